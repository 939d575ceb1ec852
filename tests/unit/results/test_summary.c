/* Tests which runs of a cell count, what is said of times that never came, and the order of cells. */
#include "results/summary.h"
#include "fixtures/test.h"
#include <math.h>
#include <string.h>

enum { N = 8 };
static const double status[N] = {NN_RUN_done,    NN_RUN_diverged, NN_RUN_done, NN_RUN_failed,
                                 NN_RUN_pending, NN_RUN_done,     NN_RUN_done, NN_RUN_done};
static const double solved[N] = {1, 1, 0, 1, 1, 1, 0, 1}, trained[N] = {10, 3, 10, 2, 0, 10, 10, 10};
static const double cell[N] = {0, 0, 0, 0, 0, 1, 1, (double)NAN};
static const summary_runs runs = {N, status, solved, trained};

static run_groups groups_of(void)
{
    run_groups g;
    nn_error err;
    assert_int_equal(results_groups_make(cell, N, 3, &g, &err), NN_ok);
    return g;
}

TEST(groups_hold_their_runs_in_order)
{
    run_groups g = groups_of();
    static const size_t start[] = {0, 5, 7, 7};
    for (size_t k = 0; k <= 3; k++)
        assert_int_equal(g.start[k], start[k]);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(g.runs[i], i); /* the last run is in none */
    results_groups_free(&g);
}

TEST(only_done_runs_are_in_a_mean)
{
    static const double values[N] = {2, 100, 4, 100, 100, HUGE_VAL, 8, 100};
    double scratch[N];
    run_groups g = groups_of();
    cell_stats s = results_of_group(&runs, &g, 0, values, scratch);
    assert_int_equal(s.n, 2);
    assert_real_equal(s.mean, 3);
    s = results_of_group(&runs, &g, 1, values, scratch);
    assert_int_equal(s.n, 1);
    assert_real_equal(s.mean, 8);
    assert_int_equal(results_of_group(&runs, &g, 2, values, scratch).n, 0);
    s = results_share_of_group(&runs, &g, 0, solved, scratch);
    assert_int_equal(s.n, 3);
    assert_near(s.mean, 1 / 3.0, 1e-15);
    results_groups_free(&g);
}

static double column(const char *name, const cell_counts *c)
{
    for (int i = 0; i < N_CELL_COLUMNS; i++)
        if (strcmp(results_cell_columns[i].name, name) == 0)
            return results_cell_columns[i].value(c);
    fail_msg("there is no column %s", name);
    return 0;
}

TEST(a_diverged_run_is_not_solved)
{
    run_groups g = groups_of();
    const cell_counts c = results_count(&runs, &g, 0), none = results_count(&runs, &g, 2);
    assert_int_equal(c.runs, 5);
    assert_int_equal(c.done, 2);
    assert_int_equal(c.solved, 1);
    assert_real_equal(column("n", &c), 3);
    assert_real_equal(column("n_done", &c), 2);
    assert_real_equal(column("n_diverged", &c), 1);
    assert_real_equal(column("n_failed", &c), 1);
    assert_real_equal(column("n_pending", &c), 1);
    assert_real_equal(column("solved", &c), 1);
    assert_real_equal(column("restarts_99", &c), 12); /* (2/3)^11 = 0.0116, (2/3)^12 = 0.0077 */
    assert_true(column("restarts_99_low", &c) < 12);
    assert_true(column("restarts_99_high", &c) > 12);
    assert_true(isnan(column("restarts_99", &none)));
    assert_true(isnan(column("restarts_99_low", &none)));
    results_groups_free(&g);
}

static double median_of(const time_moment *moments, size_t n)
{
    time_moment copy[N];
    memcpy(copy, moments, n * sizeof *copy);
    return results_kaplan_meier_median(copy, n);
}

/* The share that waits falls by (n - 1) / n at each time that came, n being those at risk. */
TEST(times_that_are_censored_count_until_then)
{
    const time_moment all[] = {{4, true}, {1, true}, {3, true}, {2, true}};
    assert_real_equal(median_of(all, 4), 2); /* 3/4, 1/2 */
    assert_real_equal(median_of(all, 3), 3); /* of 1, 3, 4 */
    /* 4/5 at 1; censored at 2; 4/5 2/3 = 8/15 at 3; 4/15 at 5. Without the censored one it would be 3. */
    const time_moment some[] = {{1, true}, {2, false}, {3, true}, {5, true}, {9, true}};
    assert_real_equal(median_of(some, 5), 5);
    /* What is censored at a time was at risk at it: 1/2 at 1. */
    const time_moment ties[] = {{1, false}, {1, true}};
    assert_real_equal(median_of(ties, 2), 1);
    const time_moment never[] = {{1, true}, {NN_INF, false}, {NN_INF, false}};
    assert_true(isinf(median_of(never, 3)));
    const time_moment last[] = {{1, false}, {2, false}};
    assert_true(isinf(median_of(last, 2)));
    assert_true(isnan(median_of(last, 0)));
    /* 29 equal steps to one half, whose product in floating point may be a little above. */
    time_moment many[58];
    for (size_t i = 0; i < 58; i++)
        many[i] = (time_moment){(double)i, true};
    assert_real_equal(results_kaplan_meier_median(many, 58), 28);
}

TEST(a_diverged_run_never_gets_there)
{
    const double values[N] = {7, 1, (double)NAN, 1, 1, 6, (double)NAN, 1};
    time_moment scratch[N];
    run_groups g = groups_of();
    time_stats t = results_time_of_group(&runs, &g, 0, values, scratch);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.reached, 1);
    assert_true(isinf(t.median)); /* 7; censored at 10; never */
    t = results_time_of_group(&runs, &g, 1, values, scratch);
    assert_int_equal(t.n, 2);
    assert_real_equal(t.median, 6);
    t = results_time_of_group(&runs, &g, 2, values, scratch);
    assert_true(isnan(t.median));
    results_groups_free(&g);
}

static bool before(cell_rank a, cell_rank b, bool highest)
{
    const int order = results_rank_compare(&a, &b, highest);
    assert_int_equal(order, -results_rank_compare(&b, &a, highest));
    return order < 0;
}

TEST(whole_cells_come_first)
{
    assert_true(before((cell_rank){.share = 1, .value = 9}, (cell_rank){.share = 0.5, .value = 1}, false));
    assert_true(before((cell_rank){.share = 1, .value = 1}, (cell_rank){.share = 1, .value = 9}, false));
    assert_true(before((cell_rank){.share = 1, .value = 9}, (cell_rank){.share = 1, .value = 1}, true));
    assert_true(before((cell_rank){.share = 0.5, .value = 1}, (cell_rank){.share = 1, .value = (double)NAN}, false));
    assert_true(
        before((cell_rank){.share = 1, .value = 3, .cell = 1}, (cell_rank){.share = 1, .value = 3, .cell = 2}, true));
    assert_true(before((cell_rank){.share = 1, .value = NN_INF, .beside = 0.4, .cell = 2},
                       (cell_rank){.share = 1, .value = NN_INF, .beside = 0.2, .cell = 1}, false));
}

TEST(an_infinite_value_takes_a_run_from_the_share)
{
    const double values[N] = {2, 1, HUGE_VAL, 1, 1, 3, 5, 1};
    double scratch[N];
    run_groups g = groups_of();
    const cell_rank first = results_rank_of_group(&runs, &g, 0, values, scratch),
                    second = results_rank_of_group(&runs, &g, 1, values, scratch);
    assert_near(first.share, 1 / 5.0, 1e-15);
    assert_real_equal(first.value, 2);
    assert_real_equal(second.share, 1);
    assert_true(before(second, first, false));
    results_groups_free(&g);
}
