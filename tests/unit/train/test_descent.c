/* Tests runs whose optimizer is not in core: liblbfgs lowers the cost through the interface that core offers it. */
#include "schedule/lbfgs.h"
#include "fixtures/problem.h"

static void init(problem *p, int n_classes)
{
    problem_init(p, n_classes, 31);
    p->hyper.optimizer = NN_OPTIMIZER_lbfgs;
    p->hyper.batch_size = 0;
    p->hyper.activation = NN_ACTIVATION_tanh;
    p->hyper.epochs = 20;
    p->hyper.lambda = 0.1;
    p->job.descend = schedule_lbfgs;
}

static const double *curve(const nn_outcome *out, int which)
{
    return out->curves + (size_t)which * out->n_points;
}

/* Every iteration lowers the cost, in each engine that can train so, in each precision and reduction; an epoch is an
 * iteration. */
TEST(every_epoch_lowers_the_cost)
{
    static const int engines[] = {NN_ENGINE_fast, NN_ENGINE_reference, NN_ENGINE_tile, NN_ENGINE_lanes};
    for (size_t i = 0; i < 8 * 4; i++) {
        problem p;
        init(&p, i % 2 ? 3 : 0);
        p.hyper.precision = i / 2 % 2;
        p.hyper.reduction = i / 4 % 2;
        p.job.engine = engines[i / 8];
        const nn_outcome out = problem_train(&p);
        assert_int_equal(out.status, NN_RUN_done);
        assert_int_equal(out.reason, NN_REASON_epochs);
        assert_int_equal(out.epochs_trained, 20);
        const double *cost = curve(&out, NN_CURVE_train_cost), *loss = curve(&out, NN_CURVE_train_loss),
                     *running = curve(&out, NN_CURVE_running_train_loss);
        for (size_t e = 1; e <= 20; e++) {
            assert_true(cost[e] < cost[e - 1]);
            assert_near(running[e], loss[e - 1], 1e-6 * loss[e - 1]); /* the loss at the epoch's start */
            assert_true(isnan(curve(&out, NN_CURVE_learning_rate)[e]));
        }
        assert_true(cost[20] < 0.9 * cost[0]);
        problem_free(&p);
    }
}

/* A convex cost has one minimum: other starts and other engines reach the same cost, and the gradient there is 0. */
TEST(convex_costs_have_one_minimum)
{
    double costs[4];
    for (int i = 0; i < 4; i++) {
        problem p;
        init(&p, 3);
        p.hyper.hidden.n = 0;
        p.hyper.bias = false; /* biases have no penalty, and softmax leaves their sum undetermined */
        p.hyper.epochs = 500;
        p.job.repeat = (uint32_t)(i / 2);
        p.job.engine = i % 2 ? NN_ENGINE_reference : NN_ENGINE_tile;
        p.recording.gradient = true;
        const nn_outcome out = problem_train(&p);
        assert_int_equal(out.status, NN_RUN_done);
        assert_int_equal(out.reason, NN_REASON_converged);
        assert_true(out.epochs_trained > 2);
        assert_true(out.epochs_trained < 100);
        assert_real_equal(out.at[NN_AT_FINAL].epoch, out.epochs_trained);
        assert_true(out.at[NN_AT_FINAL].gradient[NN_NORM_ALL] < 1e-6);
        costs[i] = out.at[NN_AT_FINAL].train_cost;
        assert_near(costs[i], costs[0], 1e-9 * costs[0]);
        problem_free(&p);
    }
}

/* A run that stops by itself between two recorded epochs ends with the weights of its last iteration. */
TEST(the_end_need_not_be_planned)
{
    problem p;
    init(&p, 3);
    p.hyper.hidden.n = 0;
    p.hyper.epochs = 500;
    p.recording.every = 400;
    const nn_outcome out = problem_train(&p);
    assert_int_equal(out.reason, NN_REASON_converged);
    assert_int_equal(out.n_reached, 1);
    void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
    const nn_score score = nn_evaluate(&p.job, out.weights[NN_KEEP_FINAL], NN_TRAIN, workspace);
    assert_real_equal(score.loss, out.at[NN_AT_FINAL].part[NN_TRAIN].loss);
    assert_true(score.loss < out.at[NN_AT_INITIAL].part[NN_TRAIN].loss);
    free(workspace);
    problem_free(&p);
}

/* The kinks of relu mislead the line search, which then begins anew: another run that starts where one has converged
 * cannot lower the cost. */
TEST(it_ends_where_nothing_lowers_the_cost)
{
    int n_converged = 0;
    for (uint32_t repeat = 0; repeat < 20; repeat++) {
        problem p;
        init(&p, 0);
        p.hyper.activation = NN_ACTIVATION_relu;
        p.hyper.epochs = 2000;
        p.job.repeat = repeat;
        const nn_outcome out = problem_train(&p);
        if (out.reason == NN_REASON_converged) {
            double *end = malloc(out.n_params * sizeof *end);
            assert_non_null(end);
            memcpy(end, out.weights[NN_KEEP_FINAL], out.n_params * sizeof *end);
            p.job.start = end;
            assert_int_equal(problem_train(&p).epochs_trained, 0);
            free(end);
            n_converged++;
        }
        problem_free(&p);
    }
    assert_true(n_converged > 10);
}

TEST(stopping_rules_end_it)
{
    problem p;
    init(&p, 3);
    p.hyper.epochs = 200;
    const nn_stop_rule rule = {.kind = NN_STOP_patience, .parameter = 3};
    p.stopping = (nn_stopping){.first = true, .n_rules = 1, .rules = &rule};
    const nn_outcome out = problem_train(&p);
    assert_int_equal(out.reason, NN_REASON_rule);
    assert_true(out.epochs_trained < 200);
    assert_real_equal(out.stops[0].epoch, out.epochs_trained);
    problem_free(&p);
}

typedef struct told {
    const nn_job *job;
    int left, n_finished, n_given_up;
    int asked, time_left; /* calls to `expired`; how many of them say that there is time */
    nn_outcome last;
    atomic_int signal;
} told;

static bool give(void *context, int lane, nn_job *job)
{
    told *t = context;
    (void)lane;
    *job = *t->job;
    return t->left-- > 0;
}

static bool receive(void *context, int lane, const nn_outcome *outcome)
{
    told *t = context;
    (void)lane;
    if (outcome == NULL) {
        t->n_given_up++;
        return true;
    }
    t->last = *outcome;
    t->n_finished++;
    return true;
}

static bool expired(void *context, int lane)
{
    told *t = context;
    (void)lane;
    return ++t->asked > t->time_left;
}

TEST(several_runs_follow_each_other_and_a_signal_ends_them)
{
    problem p;
    nn_error err;
    init(&p, 3);
    nn_hyper_resolve(&p.hyper, true);
    told t = {.job = &p.job, .left = 3};
    const nn_supply supply = {.context = &t, .next = give, .finished = receive, .signal = &t.signal};
    assert_int_equal(nn_lanes(&p.job), 1);
    assert_int_equal(nn_train_pack(&supply, problem_workspace(&p), &err), NN_ok);
    assert_int_equal(t.n_finished, 3);
    t.left = 3;
    atomic_store(&t.signal, NN_ABANDON);
    assert_int_equal(nn_train_pack(&supply, p.workspace, &err), NN_cancelled);
    assert_int_equal(t.n_finished, 3);
    problem_free(&p);
}

/* Whenever a run is told to stop, in the middle of a gradient too, it is whole or given up: a gradient computed in part
 * is 0 in places, and must not pass for a minimum. */
TEST(a_run_out_of_time_is_whole_or_given_up)
{
    problem p;
    nn_error err;
    int n_given_up = 0, n_whole = 0;
    init(&p, 3);
    nn_hyper_resolve(&p.hyper, true);
    problem_workspace(&p);
    for (int time_left = 0; n_whole == 0; time_left++) {
        told t = {.job = &p.job, .left = 1, .time_left = time_left, .signal = NN_OUT_OF_TIME};
        const nn_supply supply = {
            .context = &t, .next = give, .finished = receive, .expired = expired, .signal = &t.signal};
        assert_int_equal(nn_train_pack(&supply, p.workspace, &err), NN_ok);
        assert_int_equal(t.n_finished + t.n_given_up, 1);
        n_given_up += t.n_given_up;
        n_whole += t.n_finished;
        if (t.n_finished > 0)
            assert_int_equal(t.last.reason, NN_REASON_epochs);
    }
    assert_true(n_given_up > p.hyper.epochs);
    problem_free(&p);
}

/* A cost that is NaN from the start counts as divergence; without a descent function a job is refused. */
TEST(what_cannot_be_trained)
{
    problem p;
    nn_outcome out;
    nn_error err;
    init(&p, 0);
    p.inputs[0] = NN_NAN;
    assert_int_equal(problem_train(&p).status, NN_RUN_diverged);
    p.inputs[0] = 0;
    p.job.descend = NULL;
    assert_int_equal(nn_train(&p.job, p.workspace, &out, &err), NN_usage);
    problem_free(&p);
}

/* Settings that make the cost jump or bend are refused by name. */
TEST(rough_costs_are_refused)
{
    for (int i = 0; i < 6; i++) {
        char text[256];
        nn_hyper h = nn_hyper_defaults;
        h.optimizer = NN_OPTIMIZER_lbfgs;
        h.batch_size = i == 5 ? 32 : 0;
        nn_hyper_resolve(&h, true);
        const int rows[] = {NN_HYPER_dropout, NN_HYPER_input_dropout, NN_HYPER_l1, NN_HYPER_clip_norm};
        double *const values[] = {&h.dropout, &h.input_dropout, &h.l1, &h.clip_norm};
        if (i < 4)
            *values[i] = 0.5;
        const nn_hyper_row *conflict = nn_hyper_conflict(&h, true, text, sizeof text);
        if (i == 4)
            assert_null(conflict);
        else
            assert_ptr_equal(conflict, &nn_hyper_rows[i < 4 ? rows[i] : NN_HYPER_optimizer]);
    }
}
