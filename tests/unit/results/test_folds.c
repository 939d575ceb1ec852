/* Tests what cross-validation says of a cell, on built curves. */
#include "results/folds.h"
#include "fixtures/test.h"
#include <math.h>
#include <string.h>

/* Two cells of two repeats of two folds, at four epochs. */
enum { N = 8, N_EPOCHS = 4 };
#define NIL ((double)NAN)
static const double cell[N] = {0, 0, 0, 0, 1, 1, 1, 1}, repeat[N] = {0, 0, 1, 1, 0, 0, 1, 1};
static const double epochs[N_EPOCHS] = {0, 5, 10, 20};

typedef struct curves {
    double status[N], loss[N][N_EPOCHS];
} curves;

static nn_status read_curve(void *context, bool is_error, size_t run, double *out, nn_error *err)
{
    const curves *c = context;
    (void)err;
    for (size_t i = 0; i < N_EPOCHS; i++)
        out[i] = is_error ? c->loss[run][i] / 8 : c->loss[run][i];
    return NN_ok;
}

static curves flat(void)
{
    curves c;
    for (size_t i = 0; i < N; i++) {
        c.status[i] = NN_RUN_done;
        for (size_t e = 0; e < N_EPOCHS; e++)
            c.loss[i][e] = 8;
    }
    return c;
}

static void set(curves *c, size_t run, double a, double b, double d, double e)
{
    const double values[N_EPOCHS] = {a, b, d, e};
    memcpy(c->loss[run], values, sizeof values);
}

static folds_values compute(curves *c)
{
    nn_error err;
    run_groups g;
    folds_values v;
    const summary_runs runs = {N, c->status, NULL, NULL};
    assert_int_equal(results_groups_make(cell, N, 2, &g, &err), NN_ok);
    const folds_source source = {&runs, &g, repeat, N_EPOCHS, epochs, read_curve, c};
    assert_int_equal(results_folds_compute(&source, &v, &err), NN_ok);
    results_groups_free(&g);
    return v;
}

TEST(the_lowest_mean_decides_and_not_the_lowest_of_each_fold)
{
    curves c = flat();
    set(&c, 0, 8, 1, 2, 8); /* alone it would choose epoch 5 */
    set(&c, 1, 8, 8, 3, 4);
    set(&c, 2, 8, 4, 4, 8); /* the earliest of equal ones */
    set(&c, 3, 8, 4, 4, 8);
    folds_values v = compute(&c);
    assert_real_equal(v.by_repeat[FOLDS_epoch][0], 10);
    assert_real_equal(v.by_repeat[FOLDS_loss][0], 2.5);
    assert_real_equal(v.by_repeat[FOLDS_error][0], 2.5 / 8);
    assert_true(isnan(v.by_repeat[FOLDS_loss][1]));
    assert_real_equal(v.by_fold[FOLDS_loss][0], 2);
    assert_real_equal(v.by_fold[FOLDS_loss][1], 3);
    assert_real_equal(v.by_fold[FOLDS_epoch][1], 10);
    assert_real_equal(v.by_repeat[FOLDS_epoch][2], 5);
    assert_real_equal(v.by_repeat[FOLDS_epoch][4], 0);
    results_folds_free(&v);
}

TEST(a_fold_that_ended_early_keeps_its_last_value)
{
    curves c = flat();
    set(&c, 0, 8, 4, NIL, NIL);
    set(&c, 1, 8, 8, 6, 2);
    set(&c, 2, 8, 4, NIL, NIL); /* both have ended: there is no epoch 10 */
    set(&c, 3, 8, 4, NIL, NIL);
    folds_values v = compute(&c);
    assert_real_equal(v.by_repeat[FOLDS_epoch][0], 20);
    assert_real_equal(v.by_repeat[FOLDS_loss][0], 3);
    assert_real_equal(v.by_repeat[FOLDS_error][0], 3.0 / 8);
    assert_real_equal(v.by_fold[FOLDS_loss][0], 4);
    assert_real_equal(v.by_repeat[FOLDS_epoch][2], 5);
    results_folds_free(&v);
}

TEST(an_epoch_that_a_fold_did_not_record_has_no_mean)
{
    curves c = flat();
    set(&c, 0, 8, NIL, 6, 7);
    set(&c, 1, 8, 1, 6, 7);
    set(&c, 2, NIL, NIL, NIL, NIL); /* nothing was recorded */
    folds_values v = compute(&c);
    assert_real_equal(v.by_repeat[FOLDS_epoch][0], 10);
    assert_real_equal(v.by_repeat[FOLDS_loss][0], 6);
    assert_true(isnan(v.by_repeat[FOLDS_epoch][2]) && isnan(v.by_fold[FOLDS_loss][3]));
    results_folds_free(&v);
}

TEST(a_diverged_fold_takes_its_cell_along_and_a_pending_one_its_repeat)
{
    curves c = flat();
    c.status[1] = NN_RUN_diverged;
    c.status[7] = NN_RUN_pending;
    folds_values v = compute(&c);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(isnan(v.by_repeat[FOLDS_loss][i]), i != 4);
    c.status[7] = NN_RUN_failed;
    results_folds_free(&v);
    v = compute(&c);
    assert_true(isnan(v.by_repeat[FOLDS_loss][6]) && v.by_repeat[FOLDS_loss][4] == 8);
    results_folds_free(&v);
}

TEST(a_loss_that_is_infinite_everywhere_stays_so)
{
    curves c = flat();
    set(&c, 0, NN_INF, NN_INF, NN_INF, NN_INF);
    folds_values v = compute(&c);
    assert_real_equal(v.by_repeat[FOLDS_epoch][0], 0);
    assert_true(isinf(v.by_repeat[FOLDS_loss][0]));
    results_folds_free(&v);
}
