/* Tests the metrics of outcomes made by hand. */
#include <stdio.h>
#include "train/metric.h"
#include <stdio.h>
#include "fixtures/problem.h"

enum { POINTS = 7, REACHED = 6, N_SCORES = NN_N_AT * NN_N_PART * 3, N_QUALITIES = 2 * NN_N_PART * 10 };

typedef struct made {
    nn_outcome out;
    double curves[NN_N_CURVE * POINTS];
    uint32_t epochs[POINTS];
} made;

/* Curves have six reached points at epochs 0, 2 .. 10; the values behind them must not count. All scores are
 * different. */
static void made_init(made *m, const double *train, const double *validation)
{
    memset(m, 0, sizeof *m);
    m->out = (nn_outcome){.n_points = POINTS, .n_reached = REACHED, .epochs = m->epochs, .curves = m->curves};
    for (int i = 0; i < NN_N_CURVE * POINTS; i++)
        m->curves[i] = NN_NAN;
    for (uint32_t i = 0; i < POINTS; i++) {
        m->epochs[i] = 2 * i;
        m->curves[NN_CURVE_train_loss * POINTS + i] = i < REACHED ? train[i] : -1e6;
        m->curves[NN_CURVE_validation_loss * POINTS + i] = i < REACHED ? validation[i] : -1e3;
    }
    for (int at = 0; at < NN_N_AT; at++) {
        nn_snapshot *shot = &m->out.at[at];
        *shot = (nn_snapshot){.epoch = 1000 + at, .weight_norm = 2000 + at, .gradient = {at + 8, at + 9, at + 5}};
        for (int part = 0; part < NN_N_PART; part++) {
            const double value = 100 * at + 10 * part * part + 1;
            shot->part[part] = (nn_score){value, value + 1, value + 2};
            nn_quality *quality = at == NN_AT_BEST ? m->out.best : m->out.final; /* the last call is the final one */
            quality[part] = (nn_quality){value + 3, value + 4, value + 5,  value + 6, value + 7,
                                         value + 8, value + 9, value + 10, value + 11};
        }
    }
    m->out.distance = 41;
    m->out.small_weights = 0.125;
    m->out.sharpness = 51;
    m->out.endpoint = (nn_endpoint){21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, NULL, 0, 0};
    m->out.dead_relu = 0.25;
    m->out.saturated = 0.5;
}

/* <when>_<part>_<what>, in this order. */
TEST(scores_are_those_of_their_name)
{
    static const char *const whens[] = {"initial", "best", "best_error", "final"}, *const whats[] = {"loss", "error",
                                                                                                     "max_abs_error"};
    static const double flat[REACHED] = {0};
    made m;
    made_init(&m, flat, flat);
    nn_fill_metrics(&m.out);
    for (int i = 0; i < N_SCORES; i++) {
        const int at = i / 9, part = i / 3 % 3, what = i % 3;
        char name[64];
        snprintf(name, sizeof name, "%s_%s_%s", whens[at], nn_part_names[part], whats[what]);
        assert_string_equal(nn_metrics.rows[i].name, name);
        assert_real_equal(m.out.metrics[i], 100 * at + 10 * part * part + 1 + what);
    }
}

/* <when>_<part>_<what> of the two networks that are judged at the end. */
TEST(qualities_are_those_of_their_name)
{
    static const char *const whens[] = {"best", "final"}, *const whats[] = {
                                                              "accuracy", "precision",  "recall",         "f1",
                                                              "mae",      "r2",         "log_likelihood", "brier",
                                                              "auc",      "calibration"};
    static const int ats[] = {NN_AT_BEST, NN_AT_FINAL};
    static const double flat[REACHED] = {0};
    made m;
    made_init(&m, flat, flat);
    nn_fill_metrics(&m.out);
    for (int i = 0; i < N_QUALITIES; i++) {
        const int when = i / 30, part = i / 10 % 3, what = i % 10;
        const double value = 100 * ats[when] + 10 * part * part + 1;
        char name[64];
        snprintf(name, sizeof name, "%s_%s_%s", whens[when], nn_part_names[part], whats[what]);
        assert_string_equal(nn_metrics.rows[N_SCORES + i].name, name);
        assert_real_equal(m.out.metrics[N_SCORES + i], what == 0 ? 1 - (value + 1) : value + 2 + what);
    }
    m.out.best[NN_TRAIN].precision = NN_NAN; /* a regression */
    nn_fill_metrics(&m.out);
    assert_true(isnan(m.out.metrics[NN_METRIC_best_train_accuracy]));
}

/* The expected values of every other metric in six runs. gap_best and gap_final follow from made_init: 10 in all. */
enum { SCENES = 6 };
typedef struct expected {
    const char *name;
    double in[SCENES];
} expected;

typedef struct scene {
    double train[REACHED], validation[REACHED];
} scene;

#define NONE NN_NAN
static const scene scenes[SCENES] = {
    /* the lowest value comes twice: after the second the curve only lies higher */
    {{4, 3.5, 3, 2.5, 1, 0.5}, {5, 2, 3, 2, 4, 6}},
    /* the gap is largest in the middle */
    {{4, 3, 2, 2, 2, 2}, {4, 3, 9, 3.5, 3.25, 3.125}},
    /* still falling: no overfitting; validation always below training */
    {{9, 8, 7, 6, 5, 4}, {6, 5, 4.5, 4, 3.5, 3}},
    /* no validation part */
    {{4, 3, 2, 1, 1, 1}, {NONE, NONE, NONE, NONE, NONE, NONE}},
    /* the last point is not finite: a diverged run */
    {{4, 3, 2, 3, 8, NONE}, {4, 2, 1, 3, 10, NONE}},
    /* the first point is not finite */
    {{4, 3, 2, 1, 1, 1}, {NONE, 7, 2, 4, 3, 8}},
};

static const expected table[] = {
    {"best_epoch", {1001, 1001, 1001, 1001, 1001, 1001}},
    {"best_error_epoch", {1002, 1002, 1002, 1002, 1002, 1002}},
    {"gap_best", {10, 10, 10, 10, 10, 10}},
    {"gap_final", {10, 10, 10, 10, 10, 10}},
    {"gap_max", {5.5, 7, -1, NONE, 2, 7}},
    {"error_gap_best", {10, 10, 10, 10, 10, 10}},
    {"error_gap_final", {10, 10, 10, 10, 10, 10}},
    /* six points are fewer than 8 strips; test_overfit.c has longer curves */
    {"overfit_epoch", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"overfit_final", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"overfit_integral", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"double_descent", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"double_descent_depth", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"double_descent_first", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"double_descent_peak", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"double_descent_second", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"epochs_to_target", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"final_distance", {41, 41, 41, 41, 41, 41}},
    {"final_small_weights", {0.125, 0.125, 0.125, 0.125, 0.125, 0.125}},
    {"initial_gradient_norm", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"initial_gradient_norm_first", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"initial_gradient_norm_last", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"initial_gradient_ratio", {NONE, NONE, NONE, NONE, NONE, NONE}},
    {"final_gradient_norm", {11, 11, 11, 11, 11, 11}},
    {"final_gradient_norm_first", {12, 12, 12, 12, 12, 12}},
    {"final_gradient_norm_last", {8, 8, 8, 8, 8, 8}},
    {"gradient_ratio", {1.5, 1.5, 1.5, 1.5, 1.5, 1.5}},
    {"dead_relu", {0.25, 0.25, 0.25, 0.25, 0.25, 0.25}},
    {"saturated", {0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
    {"sharpness", {51, 51, 51, 51, 51, 51}},
    {"endpoint_gradient_norm", {21, 21, 21, 21, 21, 21}},
    {"endpoint_cost_before", {22, 22, 22, 22, 22, 22}},
    {"endpoint_cost", {23, 23, 23, 23, 23, 23}},
    {"endpoint_distance", {24, 24, 24, 24, 24, 24}},
    {"endpoint_steps", {25, 25, 25, 25, 25, 25}},
    {"endpoint_residual", {26, 26, 26, 26, 26, 26}},
    {"endpoint_eigenvalue_lowest", {27, 27, 27, 27, 27, 27}},
    {"endpoint_eigenvalue_highest", {28, 28, 28, 28, 28, 28}},
    {"endpoint_n_negative", {29, 29, 29, 29, 29, 29}},
    {"endpoint_escape", {30, 30, 30, 30, 30, 30}},
    {"endpoint_shape", {31, 31, 31, 31, 31, 31}},
    {"final_weight_norm", {2003, 2003, 2003, 2003, 2003, 2003}},
};

static const expected *expected_of(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    fail_msg("no expected value of %s: add a row", name);
    return NULL;
}

TEST(the_rest_by_hand)
{
    for (int s = 0; s < SCENES; s++) {
        made m;
        made_init(&m, scenes[s].train, scenes[s].validation);
        nn_fill_metrics(&m.out);
        for (int i = N_SCORES + N_QUALITIES; i < NN_N_METRIC; i++) {
            const double got = m.out.metrics[i], want = expected_of(nn_metrics.rows[i].name)->in[s];
            if (!(got == want || (isnan(got) && isnan(want))))
                fail_msg("%s is %.17g in scene %d, not %.17g", nn_metrics.rows[i].name, got, s, want);
        }
    }
}

TEST(epochs_to_the_first_target)
{
    static const nn_stop_rule rules[] = {{.kind = NN_STOP_patience, .parameter = 1},
                                         {.kind = NN_STOP_target, .parameter = 1, .curve = NN_CURVE_train_loss},
                                         {.kind = NN_STOP_target, .parameter = 5, .curve = NN_CURVE_train_loss}};
    made m;
    nn_stop_record stops[3];
    nn_stopping stopping = {.n_rules = 3, .rules = rules};
    made_init(&m, scenes[0].train, scenes[0].validation);
    m.out.stops = stops;
    nn_observe(&m.out, &stopping);
    assert_real_equal(m.out.metrics[NN_METRIC_epochs_to_target], 8);
    made_init(&m, scenes[1].train, scenes[1].validation);
    m.out.stops = stops;
    nn_observe(&m.out, &stopping);
    assert_true(isnan(m.out.metrics[NN_METRIC_epochs_to_target])); /* the second target is reached, not the first */
}

/* Gaps at an epoch are validation minus training there, of losses and of errors. */
TEST(gaps_have_a_sign)
{
    made m;
    made_init(&m, scenes[0].train, scenes[0].validation);
    m.out.at[NN_AT_BEST].part[NN_TRAIN].loss = 3;
    m.out.at[NN_AT_BEST].part[NN_VALIDATION].loss = 1;
    m.out.at[NN_AT_FINAL].part[NN_TRAIN].loss = 0.5;
    m.out.at[NN_AT_FINAL].part[NN_VALIDATION].loss = 4;
    nn_fill_metrics(&m.out);
    assert_real_equal(m.out.metrics[NN_METRIC_gap_best], -2);
    assert_real_equal(m.out.metrics[NN_METRIC_gap_final], 3.5);
    m.out.at[NN_AT_BEST].part[NN_TRAIN].error = 0.25;
    m.out.at[NN_AT_BEST].part[NN_VALIDATION].error = 0.125;
    m.out.at[NN_AT_FINAL].part[NN_TRAIN].error = 0;
    m.out.at[NN_AT_FINAL].part[NN_VALIDATION].error = 0.5;
    nn_fill_metrics(&m.out);
    assert_real_equal(m.out.metrics[NN_METRIC_error_gap_best], -0.125);
    assert_real_equal(m.out.metrics[NN_METRIC_error_gap_final], 0.5);
}

TEST(a_run_without_points_has_no_metrics_of_curves)
{
    made m;
    made_init(&m, scenes[0].train, scenes[0].validation);
    m.out.n_reached = 0;
    nn_fill_metrics(&m.out);
    assert_true(isnan(m.out.metrics[NN_METRIC_gap_max]));
    assert_true(isnan(m.out.metrics[NN_METRIC_overfit_epoch]));
    assert_true(isnan(m.out.metrics[NN_METRIC_overfit_integral]));
}

/* Two runs of one job differ in their rules alone: the results of the second are computed from what the first one
 * stored. */
TEST(other_rules_from_stored_results)
{
    static const nn_stop_rule old_rules[] = {{.kind = NN_STOP_patience, .parameter = 1}},
                              new_rules[] = {{.kind = NN_STOP_patience, .parameter = 2},
                                             {.kind = NN_STOP_target, .parameter = 1.05}};
    static problem p, q;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        problem_init(&p, seed % 2 ? 3 : 0, seed);
        problem_init(&q, seed % 2 ? 3 : 0, seed);
        p.hyper.epochs = q.hyper.epochs = 12;
        p.hyper.learning_rate = q.hyper.learning_rate = 0.5;
        p.stopping = (nn_stopping){.n_rules = 1, .rules = old_rules};
        q.stopping = (nn_stopping){.n_rules = 2, .rules = new_rules};
        nn_outcome o = problem_train(&p);
        const nn_outcome anew = problem_train(&q);
        nn_stop_record stops[2];
        memset(o.at, 0, sizeof o.at);
        for (int i = NN_METRIC_gap_best; i < NN_METRIC_final_distance; i++)
            o.metrics[i] = -1;
        o.distance = -1;
        o.stops = stops;
        nn_recall(&o);
        nn_observe(&o, &q.stopping);
        assert_memory_equal(o.metrics, anew.metrics, sizeof o.metrics);
        assert_memory_equal(stops, anew.stops, sizeof stops);
        free(p.workspace);
        free(q.workspace);
    }
}
