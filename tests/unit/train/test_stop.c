/* Tests stopping rules and curve metrics on small curves computed by hand. */
#include "fixtures/problem.h"
#include "train/stop.h"

enum { POINTS = 8 };

typedef struct curves {
    double values[NN_N_CURVE * POINTS];
    uint32_t epochs[POINTS];
} curves;

static void curves_init(curves *c, const double *validation)
{
    for (size_t i = 0; i < NN_N_CURVE * POINTS; i++)
        c->values[i] = NN_NAN;
    for (uint32_t i = 0; i < POINTS; i++) {
        c->epochs[i] = i;
        c->values[NN_CURVE_train_loss * POINTS + i] = 1.0 / (i + 1);
        c->values[NN_CURVE_validation_loss * POINTS + i] = validation[i];
        c->values[NN_CURVE_test_loss * POINTS + i] = validation[i] + 0.5;
        c->values[NN_CURVE_validation_accuracy * POINTS + i] = 0.1 * i;
    }
}

static nn_stop_record observe(const curves *c, nn_stop_rule rule)
{
    return nn_stop_observe(&rule, c->values, c->epochs, POINTS, POINTS);
}

static const double valley[POINTS] = {5, 3, 2, 4, 4, 4, 1, 1.5};

TEST(patience_counts_epochs_since_the_lowest)
{
    curves c;
    curves_init(&c, valley);
    nn_stop_record r = observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 3});
    assert_real_equal(r.epoch, 5);
    assert_real_equal(r.fired, 1);
    assert_real_equal(r.best_epoch, 2);
    assert_real_equal(r.best_validation_loss, 2);
    assert_real_equal(r.best_test_loss, 2.5);
    assert_real_equal(r.best_train_loss, 1.0 / 3);
    assert_real_equal(r.slowness, 2.5);
    assert_near(r.badness, 2.5 / 1.5 - 1, 1e-15);
    r = observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 4}); /* the new lowest comes in time */
    assert_real_equal(r.epoch, -1);                                            /* the rest is of the whole run */
    assert_real_equal(r.fired, 0);
    assert_real_equal(r.best_epoch, 6);
    assert_real_equal(r.best_validation_loss, 1);
    assert_real_equal(r.best_test_loss, 1.5);
    assert_real_equal(r.best_train_loss, 1.0 / 7);
    assert_real_equal(r.slowness, 7.0 / 6);
    assert_real_equal(r.badness, 0);
}

TEST(min_delta_raises_the_bar)
{
    curves c;
    curves_init(&c, (const double[POINTS]){5, 4.9, 4.8, 4.7, 4.6, 4.5, 4.4, 4.3});
    assert_real_equal(observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 3}).epoch, -1);
    const nn_stop_record r = observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 3, .min_delta = 0.5});
    assert_real_equal(r.epoch, 3); /* 4.7 is not below 5 - 0.5 */
}

TEST(patience_counts_epochs_not_points)
{
    curves c;
    curves_init(&c, valley);
    for (uint32_t i = 0; i < POINTS; i++)
        c.epochs[i] = 10 * i;
    assert_real_equal(observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 25}).epoch, 50);
}

TEST(target_fires_at_the_first_reach)
{
    curves c;
    curves_init(&c, valley);
    nn_stop_rule rule = {.kind = NN_STOP_target, .parameter = 2, .curve = NN_CURVE_validation_loss};
    assert_real_equal(observe(&c, rule).epoch, 2);
    rule.parameter = 0.5;
    assert_real_equal(observe(&c, rule).epoch, -1);
    rule = (nn_stop_rule){.kind = NN_STOP_target, .parameter = 0.25, .curve = NN_CURVE_validation_accuracy};
    assert_real_equal(observe(&c, rule).epoch, 3); /* accuracies are reached from below */
}

/* Reaching a value is enough, from either side; a NaN reaches nothing. */
TEST(target_reached_exactly)
{
    curves c;
    curves_init(&c, (const double[POINTS]){NN_NAN, 5, 2, 4, 4, 4, 1, 1.5});
    nn_stop_rule rule = {.kind = NN_STOP_target, .parameter = 5, .curve = NN_CURVE_validation_loss};
    assert_real_equal(observe(&c, rule).epoch, 1);
    rule.parameter = 2;
    assert_real_equal(observe(&c, rule).epoch, 2);
    rule.parameter = nextafter(1, 0);
    assert_real_equal(observe(&c, rule).epoch, -1);
    rule = (nn_stop_rule){.kind = NN_STOP_target, .parameter = 0.5, .curve = NN_CURVE_validation_accuracy};
    c.values[NN_CURVE_validation_accuracy * POINTS] = NN_NAN;
    assert_real_equal(observe(&c, rule).epoch, 5);
    rule.parameter = nextafter(0.5, 1);
    assert_real_equal(observe(&c, rule).epoch, 6);
}

/* A NaN is never the lowest loss: the first number after it is. */
TEST(patience_with_nan_first)
{
    curves c;
    curves_init(&c, (const double[POINTS]){NN_NAN, NN_NAN, 9, 9, 9, 9, 9, 9});
    for (double patience = 2; patience <= 4; patience++) {
        const nn_stop_record r =
            observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = patience, .min_delta = 0.5});
        assert_real_equal(r.epoch, patience == 2 ? 4 : 2 + patience);
    }
    curves_init(&c, (const double[POINTS]){3, NN_NAN, NN_NAN, NN_NAN, 1, 2, 2, 2});
    assert_real_equal(observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 3}).epoch, 3);
    assert_real_equal(observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 4}).epoch, -1);
}

TEST(lowest_knows_nan)
{
    assert_true(nn_better(1, 2));
    assert_false(nn_better(2, 1));
    assert_false(nn_better(1, 1));
    assert_true(nn_better(1, NN_NAN));
    assert_false(nn_better(NN_NAN, 1));
    assert_false(nn_better(NN_NAN, NN_NAN));
    assert_true(nn_better(NN_INF, NN_NAN));
    assert_true(nn_better(-NN_INF, 0));
    assert_false(nn_better(NN_NAN, NN_INF));
    assert_int_equal(nn_lowest((const double[]){NN_NAN, 3, 2, 2, NN_NAN}, 5), 2);
    assert_int_equal(nn_lowest((const double[]){NN_NAN, NN_INF, NN_NAN}, 3), 1);
    assert_int_equal(nn_lowest((const double[]){NN_NAN, NN_NAN}, 2), 0);
    assert_int_equal(nn_lowest((const double[]){1, NN_NAN, 1, -1}, 3), 0);
}

/* Where the first validation loss is NaN the rule still uses validation, and its best epoch is one with a number. */
TEST(the_best_up_to_a_stop_with_nan_first)
{
    curves c;
    curves_init(&c, (const double[POINTS]){NN_NAN, 4, 3, 5, 5, 5, 5, 5});
    const nn_stop_record r = observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 3});
    assert_real_equal(r.epoch, 5);
    assert_real_equal(r.best_epoch, 2);
    assert_real_equal(r.best_validation_loss, 3);
}

TEST(nothing_divides_by_zero)
{
    curves c;
    curves_init(&c, (const double[POINTS]){0, 1, 2, 3, 4, 5, 6, 7});
    for (int i = 0; i < POINTS; i++)
        c.values[NN_CURVE_test_loss * POINTS + i] = 0;
    const nn_stop_record r = observe(&c, (nn_stop_rule){.kind = NN_STOP_patience, .parameter = 2});
    assert_real_equal(r.epoch, 2);
    assert_real_equal(r.best_epoch, 0);
    assert_true(isnan(r.slowness));
    assert_true(isnan(r.badness));
}

TEST(recorded_epochs)
{
    uint32_t e[64];
    assert_int_equal(nn_recorded_epochs(&(nn_recording){.every = 4}, 10, e), 4);
    assert_memory_equal(e, ((const uint32_t[]){0, 4, 8, 10}), 16);
    assert_int_equal(nn_recorded_epochs(&(nn_recording){.every = 4}, 8, e), 3);
    assert_int_equal(nn_recorded_epochs(&(nn_recording){.every = 1}, 0, e), 1);
    assert_int_equal(nn_recorded_epochs(&(nn_recording){.per_decade = 2}, 50, e), 6);
    assert_memory_equal(e, ((const uint32_t[]){0, 1, 3, 10, 32, 50}), 24);
    assert_int_equal(nn_recorded_epochs(&(nn_recording){.per_decade = 50}, 10000, NULL), 156);
}

TEST(tables_are_complete)
{
    const nn_choices *lists[] = {&nn_activations, &nn_losses,       &nn_inits,        &nn_optimizers, &nn_schedules,
                                 &nn_gradients,   &nn_reductions,   &nn_precisions,   &nn_stops,      &nn_curves,
                                 &nn_metrics,     &nn_run_statuses, &nn_stop_reasons, &nn_engines,    &nn_isas};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++)
        for (int i = 0; i < lists[l]->n; i++) {
            assert_true(strlen(lists[l]->rows[i].name) > 0);
            assert_true(strlen(lists[l]->rows[i].help) > 0);
            assert_int_equal(nn_choice_find(lists[l], lists[l]->rows[i].name), i);
        }
    assert_int_equal(nn_choice_find(&nn_losses, "none such"), -1);
    for (int i = 0; i < NN_N_HYPER; i++) {
        assert_ptr_equal(nn_hyper_find(nn_hyper_rows[i].name), &nn_hyper_rows[i]);
        if (nn_hyper_rows[i].kind != NN_TEXT)
            assert_int_equal(nn_hyper_rows[i].kind == NN_CHOICE, nn_hyper_rows[i].choices != NULL);
    }
}
