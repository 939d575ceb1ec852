/* Tests the rules over strips, and patience_error, on small curves computed by hand, and in training, alone and in
 * packs. */
#include "fixtures/packs.h"
#include "train/stop.h"

enum { POINTS = 9 };

typedef struct curves {
    double values[NN_N_CURVE * POINTS];
    uint32_t epochs[POINTS];
} curves;

static void curves_init(curves *c, const double *train, const double *validation)
{
    for (size_t i = 0; i < NN_N_CURVE * POINTS; i++)
        c->values[i] = NN_NAN;
    for (uint32_t i = 0; i < POINTS; i++) {
        c->epochs[i] = i;
        c->values[NN_CURVE_train_loss * POINTS + i] = train[i];
        c->values[NN_CURVE_validation_loss * POINTS + i] = validation[i];
    }
}

static double fires(const curves *c, int kind, double parameter, int strip)
{
    const nn_stop_rule rule = {.kind = kind, .parameter = parameter, .strip = strip};
    return nn_stop_observe(&rule, c->values, c->epochs, POINTS, POINTS).epoch;
}

/* epoch                               0  1  2  3  4  5  6  7  8 */
static const double flat[POINTS] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
static const double valley[POINTS] = {5, 3, 2, 4, 4, 4, 1, 1.5, 3};

TEST(gl_looks_at_the_end_of_each_strip)
{
    curves c;
    curves_init(&c, flat, valley);
    /* strip 1: GL(3) = 100 (4/2 - 1) */
    assert_real_equal(fires(&c, NN_STOP_gl, 99, 1), 3);
    /* strip 2: GL(2) = 0, GL(4) = 100, GL(6) = 0, GL(8) = 100 (3/1 - 1) */
    assert_real_equal(fires(&c, NN_STOP_gl, 99, 2), 4);
    assert_real_equal(fires(&c, NN_STOP_gl, 100, 2), 8); /* not above 100 before */
    assert_real_equal(fires(&c, NN_STOP_gl, 199, 2), 8);
    assert_real_equal(fires(&c, NN_STOP_gl, 200, 2), -1);
    /* strip 3: the lowest loss lies within a strip */
    assert_real_equal(fires(&c, NN_STOP_gl, 99, 3), 3);
    assert_real_equal(fires(&c, NN_STOP_gl, 99, 5), 5);
    assert_real_equal(fires(&c, NN_STOP_gl, 0, 9), -1); /* no strip ends */
}

/* GL is infinite above an E_opt of 0, and 0 at it. */
TEST(gl_with_a_lowest_loss_of_0)
{
    curves c;
    curves_init(&c, flat, (const double[POINTS]){3, 0, 0, 0, 0, 0, 1e-300, 0, 0});
    assert_real_equal(fires(&c, NN_STOP_gl, 1e300, 2), 6);
    assert_real_equal(fires(&c, NN_STOP_gl, 0, 5), -1);
    assert_real_equal(fires(&c, NN_STOP_pq, 1e300, 2), 6);
    curves_init(&c, flat, (const double[POINTS]){0, 0, 0, 0, 0, 0, 0, 0, 0});
    assert_real_equal(fires(&c, NN_STOP_gl, 0, 1), -1);
}

TEST(gl_knows_nan)
{
    curves c;
    curves_init(&c, flat, (const double[POINTS]){NN_NAN, 4, NN_NAN, 2, NN_NAN, 3, 3, NN_NAN, NN_NAN});
    assert_real_equal(fires(&c, NN_STOP_gl, 10, 2), 6);
    assert_real_equal(fires(&c, NN_STOP_gl, 50, 2), -1);
}

/* Strips of 2: P = 1000 (2/1 - 1), 1000 (3/2 - 1), 0, and 1000 (1.25/1 - 1). */
static const double training[POINTS] = {9, 3, 1, 2, 4, 2, 2, 1.5, 1};

TEST(pq_divides_by_the_progress)
{
    curves c;
    /* strips of 2: GL = 50, 25, 0, 100 */
    curves_init(&c, training, (const double[POINTS]){4, 2, 3, 2, 2.5, 2, 1, 1, 2});
    assert_real_equal(fires(&c, NN_STOP_pq, 0.049, 2), 2);
    assert_real_equal(fires(&c, NN_STOP_pq, 0.05, 2),
                      8); /* 50 / 1000 and 25 / 500 are not above it; 0 / 0 is not; 0.4 is */
    assert_real_equal(fires(&c, NN_STOP_pq, 0.4, 2), -1);
}

TEST(pq_without_progress_asks_for_any_loss)
{
    curves c;
    /* strips of 2: GL = 50, 25, 50 with P = 0 */
    curves_init(&c, training, (const double[POINTS]){4, 2, 3, 2, 2.5, 2, 3, 1, 1});
    assert_real_equal(fires(&c, NN_STOP_pq, 1e300, 2), 6);
    /* a strip of equal losses whose mean rounds to below them has no progress either */
    curves_init(&c, (const double[POINTS]){0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1},
                (const double[POINTS]){2, 2, 2, 2, 2, 2, 2, 2, 3});
    assert_real_equal(fires(&c, NN_STOP_pq, 1, 8), 8);
    assert_real_equal(fires(&c, NN_STOP_progress, 1e-300, 8), 8);
    assert_real_equal(fires(&c, NN_STOP_progress, 1e-300, 7), 7);
}

/* P is infinite where the lowest training loss is 0 and another is not, and 0 where all are. */
TEST(progress_with_a_training_loss_of_0)
{
    curves c;
    curves_init(&c, (const double[POINTS]){5, 1, 0, 0, 0, 1, 1, 0, 1},
                (const double[POINTS]){1, 1, 2, 1, 1, 1, 1, 1, 2});
    assert_real_equal(fires(&c, NN_STOP_pq, 0, 2), -1); /* 100 / inf, 0 / 0, 0 / 0, 100 / inf */
    assert_real_equal(fires(&c, NN_STOP_progress, 1e300, 2), 4);
}

TEST(progress_fires_where_training_stalls)
{
    curves c;
    curves_init(&c, training,
                (const double[POINTS]){NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN});
    assert_real_equal(fires(&c, NN_STOP_progress, 1001, 2), 2);
    assert_real_equal(fires(&c, NN_STOP_progress, 1000, 2), 4);
    assert_real_equal(fires(&c, NN_STOP_progress, 500, 2), 6);
    assert_real_equal(fires(&c, NN_STOP_progress, 600, 4), -1); /* (3, 1, 2, 4): 1500; (2, 2, 1.5, 1): 625 */
    assert_real_equal(fires(&c, NN_STOP_progress, 626, 4), 8);
    assert_real_equal(fires(&c, NN_STOP_progress, 1500, 4), 8);
    assert_real_equal(fires(&c, NN_STOP_progress, 1501, 4), 4);
}

TEST(up_counts_rises_in_succession)
{
    curves c;
    /* ends of strips of 2: 1, 2, 3, 3, 4: up, up, level, up */
    curves_init(&c, flat, (const double[POINTS]){1, 0, 2, 0, 3, 0, 3, 0, 4});
    assert_real_equal(fires(&c, NN_STOP_up, 1, 2), 2);
    assert_real_equal(fires(&c, NN_STOP_up, 2, 2), 4);
    assert_real_equal(fires(&c, NN_STOP_up, 3, 2), -1);
    /* ends of strips of 4: 1, 3, 4 */
    assert_real_equal(fires(&c, NN_STOP_up, 2, 4), 8);
    /* every epoch: down, up, down, up, ... */
    assert_real_equal(fires(&c, NN_STOP_up, 1, 1), 2);
    assert_real_equal(fires(&c, NN_STOP_up, 2, 1), -1);
}

TEST(patience_error_follows_the_error)
{
    curves c;
    curves_init(&c, flat, (const double[POINTS]){9, 8, 7, 6, 5, 4, 3, 2, 1});
    const double error[POINTS] = {0.5, 0.25, 0.25, 0.25, 0.125, 0.25, 0.5, 0.5, 0.5};
    memcpy(c.values + NN_CURVE_validation_error * POINTS, error, sizeof error);
    assert_real_equal(fires(&c, NN_STOP_patience_error, 2, 0), 3);
    assert_real_equal(fires(&c, NN_STOP_patience_error, 3, 0), 7);
    assert_real_equal(fires(&c, NN_STOP_patience_error, 4, 0), 8);
    assert_real_equal(fires(&c, NN_STOP_patience_error, 5, 0), -1);
    assert_real_equal(fires(&c, NN_STOP_patience, 1, 0), -1);
    const nn_stop_rule rule = {.kind = NN_STOP_patience_error, .parameter = 3, .min_delta = 0.2};
    assert_real_equal(nn_stop_observe(&rule, c.values, c.epochs, POINTS, POINTS).epoch,
                      4); /* 0.125 is not below 0.05 */
}

/* ---- in training ---- */

/* Every rule, with parameters by which it fires within these runs. */
static const nn_stop_rule rules[] = {
    {.kind = NN_STOP_gl, .parameter = 0.5, .strip = 3}, {.kind = NN_STOP_pq, .parameter = 0.05, .strip = 3},
    {.kind = NN_STOP_up, .parameter = 2, .strip = 2},   {.kind = NN_STOP_progress, .parameter = 5, .strip = 4},
    {.kind = NN_STOP_patience_error, .parameter = 4},
};
enum { N_RULES = sizeof rules / sizeof rules[0], RUNS = 5, EPOCHS = 40 };

typedef struct family {
    problem p;
    nn_hyper hyper[RUNS];
    nn_stopping stopping;
    nn_job jobs[RUNS];
} family;

/* Builds runs of one kind that differ in learning rate and repeat. */
static void family_init(family *f, int engine, bool first, int rule)
{
    problem_init(&f->p, 3, 5);
    f->stopping = (nn_stopping){.first = first, .n_rules = first ? 1 : N_RULES, .rules = first ? rules + rule : rules};
    f->p.hyper.epochs = EPOCHS;
    nn_hyper_resolve(&f->p.hyper, true);
    for (uint32_t i = 0; i < RUNS; i++) {
        f->hyper[i] = f->p.hyper;
        f->hyper[i].learning_rate = 0.1 * (i + 1);
        f->jobs[i] = f->p.job;
        f->jobs[i].hyper = &f->hyper[i];
        f->jobs[i].repeat = i;
        f->jobs[i].engine = engine;
        f->jobs[i].stopping = &f->stopping;
    }
}

/* With `first`, a run ends where nn_stop_observe says that the rule would have fired, and its curves up to there are
 * the same. */
TEST(first_stops_where_observe_says)
{
    static family f;
    size_t fired[N_RULES] = {0};
    for (int rule = 0; rule < N_RULES; rule++)
        for (size_t i = 0; i < RUNS; i++) {
            nn_outcome observed, stopped;
            nn_error err;
            family_init(&f, NN_ENGINE_lanes, false, 0);
            void *workspace = workspace_for(&f.jobs[i]);
            assert_int_equal(nn_train(&f.jobs[i], workspace, &observed, &err), NN_ok);
            const nn_stop_record r = observed.stops[rule];
            const double loss_there =
                r.epoch < 0 ? 0 : observed.curves[NN_CURVE_validation_loss * observed.n_points + (size_t)r.epoch];
            family_init(&f, NN_ENGINE_lanes, true, rule);
            assert_int_equal(nn_train(&f.jobs[i], workspace, &stopped, &err), NN_ok);
            assert_int_equal(stopped.reason, r.epoch < 0 ? NN_REASON_epochs : NN_REASON_rule);
            assert_int_equal(stopped.epochs_trained, r.epoch < 0 ? EPOCHS : (uint32_t)r.epoch);
            assert_true(r.epoch < 0 || stopped.at[NN_AT_FINAL].part[NN_VALIDATION].loss == loss_there);
            assert_true(r.epoch < 0 || stopped.stops[0].epoch == r.epoch);
            fired[rule] += r.epoch >= 0;
            free(workspace);
        }
    for (int rule = 0; rule < N_RULES; rule++)
        if (fired[rule] == 0)
            fail_msg("%s never fired", nn_stops.rows[rules[rule].kind].name);
}

TEST(packs_stop_as_runs_alone)
{
    static family f;
    static pack p;
    for (int rule = 0; rule < N_RULES; rule++) {
        family_init(&f, NN_ENGINE_lanes, true, rule);
        pack_init(&p, f.jobs, RUNS);
        const nn_supply supply = {.context = &p, .next = give, .finished = receive};
        assert_int_equal(train_supply(&p, &supply), NN_ok);
        check_traces(&p, nn_stops.rows[rules[rule].kind].name);
    }
}
