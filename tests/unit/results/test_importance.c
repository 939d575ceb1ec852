/* Tests the shares of settings on responses whose shares are known; tests/system/test_importance.py compares with NumPy. */
#include "fixtures/test.h"
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include "results/importance.h"

enum { MOST_CELLS = 3125, MOST_AXES = 13 };

/* A grid of cells with `repeats` runs each, without holes until some are cut. */
typedef struct scene {
    importance_runs runs;
    double cell[MOST_CELLS], value[MOST_CELLS];
    double settings[MOST_AXES][MOST_CELLS];
    const double *setting[MOST_AXES];
} scene;

typedef double response(const double *levels, size_t repeat);

/* Fills a product of n axes with these numbers of levels; levels are 0, 1, 2, ... */
static void fill(scene *s, size_t n, const size_t *n_levels, size_t repeats, response *of)
{
    size_t cells = 1;
    for (size_t a = 0; a < n; a++)
        cells *= n_levels[a];
    assert_true(cells * repeats <= MOST_CELLS);
    for (size_t c = 0; c < cells; c++) {
        double levels[MOST_AXES];
        size_t left = c;
        for (size_t a = n; a-- > 0; left /= n_levels[a])
            s->settings[a][c] = levels[a] = (double)(left % n_levels[a]);
        for (size_t k = 0; k < repeats; k++) {
            s->cell[c * repeats + k] = (double)c;
            s->value[c * repeats + k] = of(levels, k);
        }
    }
    for (size_t a = 0; a < n; a++)
        s->setting[a] = s->settings[a];
    s->runs = (importance_runs){cells * repeats, cells, n, s->cell, s->value, s->setting};
}

static importance shares(const scene *s, size_t resamples)
{
    importance found;
    nn_error err;
    assert_int_equal(results_importance(&s->runs, resamples, &found, &err), NN_ok);
    return found;
}

static void check(const scene *s, const double *expected, double higher, double tolerance)
{
    importance found = shares(s, 0);
    for (size_t t = 0; t < found.n_terms; t++)
        assert_near(found.terms[t].share, expected[t], tolerance);
    assert_near(found.higher, higher, tolerance);
    results_importance_free(&found);
}

/* Variances over levels 0, 1 and 0, 1, 2: 1/4 and 2/3. */
static double additive(const double *x, size_t repeat)
{
    return 3 * x[0] - x[1] + 100.0 * (double)repeat; /* a repeat shifts all cells alike */
}

static double interacting(const double *x, size_t repeat)
{
    (void)repeat;
    return (x[0] - 0.5) * (x[1] - 1);
}

/* Each of the terms of two centred binary settings and all three together, by 1, 2, 3 and 4. */
static double third_order(const double *x, size_t repeat)
{
    const double a = 2 * x[0] - 1, b = 2 * x[1] - 1, c = 2 * x[2] - 1;
    (void)repeat;
    return a + 2 * b + 3 * a * c + 4 * a * b * c;
}

static const size_t two_by_three[] = {2, 3}, twice_twice_twice[] = {2, 2, 2};

TEST(shares_of_products_are_exact)
{
    static scene s;
    const double v = 9 / 4.0 + 2 / 3.0;
    fill(&s, 2, two_by_three, 2, additive);
    check(&s, (double[]){9 / 4.0 / v, 2 / 3.0 / v, 0}, 0, 1e-14);
    fill(&s, 2, two_by_three, 1, interacting);
    check(&s, (double[]){0, 0, 1}, 0, 1e-14);
    fill(&s, 3, twice_twice_twice, 1, third_order);
    check(&s, (double[]){1 / 30.0, 4 / 30.0, 0, 0, 9 / 30.0, 0}, 16 / 30.0, 1e-14);
    importance found = shares(&s, IMPORTANCE_RESAMPLES);
    assert_true(found.exact);
    assert_int_equal(found.n_cells, 8);
    assert_int_equal(found.n_left_out, 0);
    assert_int_equal(found.n_resamples, 0);
    results_importance_free(&found);
}

/* Without a cell the shares of an additive response still have no pair, and no third order; the settings' own shares
 * move, since the cells that are left are no balanced sample. */
TEST(a_missing_cell)
{
    static scene s;
    fill(&s, 2, two_by_three, 2, additive);
    s.value[5] = (double)NAN;
    importance found = shares(&s, 50);
    assert_false(found.exact);
    assert_int_equal(found.n_cells, 5);
    assert_int_equal(found.n_left_out, 1);
    assert_int_equal(found.n_resamples, 50);
    assert_near(found.terms[2].share, 0, 1e-12);
    assert_near(found.terms[0].share + found.terms[1].share, 1, 1e-12);
    assert_true(found.terms[0].share > 0.6 && found.terms[0].share < 0.95);
    assert_true(found.terms[0].low <= found.terms[0].share && found.terms[0].share <= found.terms[0].high);
    results_importance_free(&found);
}

/* Two settings that change together cannot be told apart: half each. A third one beside them keeps its own. */
TEST(settings_that_change_together_share)
{
    static scene s;
    fill(&s, 2, two_by_three, 1, additive);
    s.setting[2] = s.settings[2];
    s.runs.n_axes = 3;
    for (size_t c = 0; c < 6; c++)
        s.settings[2][c] = 10 * s.settings[0][c];
    const double v = 9 / 4.0 + 2 / 3.0;
    check(&s, (double[]){9 / 8.0 / v, 2 / 3.0 / v, 9 / 8.0 / v, 0, 0, 0}, 0, 1e-10);
}

static double noisy(const double *x, size_t repeat)
{
    static const double noise[2][2] = {{1, -1}, {-1, 1}};
    return x[0] + noise[(size_t)x[1]][repeat] * (1 - 2 * fmod(x[0], 2)); /* the cells differ by x[0] alone */
}

/* Residual squares 8 over 3 x 1 degrees of freedom, so that a mean of two repeats has the variance 4/3, and each of the
 * three degrees of freedom between 4 cells adds 1/3 to their variance: more than the 1/4 of the setting itself. */
TEST(the_part_of_repeats_is_taken_off)
{
    static scene s;
    const size_t twice_twice[] = {2, 2};
    fill(&s, 2, twice_twice, 2, noisy);
    importance found = shares(&s, 0);
    assert_near(found.repeats, 1, 0);
    assert_true(isnan(found.terms[0].share));
    results_importance_free(&found);
    for (size_t i = 0; i < s.runs.n_runs; i++)
        s.value[i] += 10 * (s.cell[i] >= 2) + (s.cell[i] == 1 || s.cell[i] == 3); /* variances 121/4 and 1/4 */
    found = shares(&s, 0);
    assert_near(found.repeats, 1 / (121 / 4.0 + 1 / 4.0), 1e-14);
    assert_near(found.terms[0].share, 1, 0);
    assert_near(found.terms[1].share, 0, 0); /* 1/4 - 1/3 */
    results_importance_free(&found);
}

static double first_alone(const double *x, size_t repeat)
{
    (void)repeat;
    return x[0];
}

/* Many settings: orders are drawn, and pairs left out where there are too many. */
TEST(many_settings)
{
    static scene s;
    const size_t five[] = {2, 2, 2, 2, 2};
    fill(&s, 5, five, 1, first_alone);
    s.value[7] = HUGE_VAL;
    importance found = shares(&s, 20);
    assert_int_equal(found.n_terms, 15);
    assert_near(found.terms[0].share, 1, 0.02);
    assert_int_equal(found.n_left_out, 1);
    results_importance_free(&found);
    for (size_t a = 5; a < MOST_AXES; a++)
        s.setting[a] = s.settings[0];
    s.runs.n_axes = MOST_AXES;
    found = shares(&s, 0);
    assert_false(found.pairs);
    assert_int_equal(found.n_terms, MOST_AXES);
    assert_near(found.terms[12].share, 1 / 9.0, 0.06); /* nine of the settings are the same one */
    results_importance_free(&found);
}

/* Three settings that add up, and all that is left in a pair. */
static double of_a_pair(const double *x, size_t repeat)
{
    return additive(x, repeat) + x[4] + 2 * x[3] * fmod(x[4], 2);
}

/* It took 13 s where each fit began anew. */
TEST(many_cells_are_quick)
{
    static scene s;
    const size_t five[] = {5, 5, 5, 5, 5};
    const clock_t began = clock();
    fill(&s, 5, five, 1, of_a_pair);
    for (size_t c = 0; c < MOST_CELLS; c += 25)
        s.value[c] = (double)NAN;
    importance found = shares(&s, IMPORTANCE_RESAMPLES);
    assert_int_equal(found.n_cells, 3000);
    assert_near(found.higher, 0, 1e-12);
    assert_near(found.terms[2].share, 0, 0.001); /* which tells nothing, but is not balanced with those that do */
    assert_true(found.terms[14].share > 0.05);   /* the pair */
    assert_true(found.n_resamples >= 20);
    assert_true((double)(clock() - began) / CLOCKS_PER_SEC < 6);
    results_importance_free(&found);
}

TEST(nothing_to_share)
{
    static scene s;
    fill(&s, 2, two_by_three, 1, interacting);
    for (size_t i = 0; i < s.runs.n_runs; i++)
        s.value[i] = 0.1;
    importance found = shares(&s, 10);
    assert_true(isnan(found.terms[0].share));
    results_importance_free(&found);
    for (size_t i = 0; i < s.runs.n_runs; i++)
        s.value[i] = (double)NAN;
    found = shares(&s, 10);
    assert_int_equal(found.n_cells, 0);
    assert_int_equal(found.n_left_out, 6);
    assert_true(isnan(found.terms[0].share));
    results_importance_free(&found);
}
