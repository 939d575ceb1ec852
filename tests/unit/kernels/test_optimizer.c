/* Compares trajectories: a trainer written here in the plainest C takes the same 100 updates as nn_train.
 *
 * It knows one network, 3-4-3 with tanh and linear outputs under half_squared_error, and the updates of textbook.h. It
 * shares with core only the starting weights and the order of the rows. */
#include "fixtures/textbook.h"

/* Returns the loss of one row, and adds its gradient to s->grad. */
static double own_row(own *s, const double *x, const double *t)
{
    double a[HIDDEN], back[HIDDEN] = {0}, loss = 0;
    for (int h = 0; h < HIDDEN; h++) {
        a[h] = s->w[B1 + h];
        for (int i = 0; i < IN; i++)
            a[h] += x[i] * s->w[i * HIDDEN + h];
        a[h] = tanh(a[h]);
    }
    for (int o = 0; o < OUT; o++) {
        double d = s->w[B2 + o] - t[o];
        for (int h = 0; h < HIDDEN; h++)
            d += a[h] * s->w[W2 + h * OUT + o];
        loss += d * d / 2;
        s->grad[B2 + o] += d;
        for (int h = 0; h < HIDDEN; h++) {
            s->grad[W2 + h * OUT + o] += a[h] * d;
            back[h] += s->w[W2 + h * OUT + o] * d;
        }
    }
    for (int h = 0; h < HIDDEN; h++) {
        s->grad[B1 + h] += back[h] * (1 - a[h] * a[h]);
        for (int i = 0; i < IN; i++)
            s->grad[i * HIDDEN + h] += x[i] * back[h] * (1 - a[h] * a[h]);
    }
    return loss;
}

/* Returns the sum of the losses of n rows, and sets s->grad to the gradient of the sum. */
static double own_rows(own *s, const problem *p, const uint32_t *rows, int n)
{
    double loss = 0;
    memset(s->grad, 0, sizeof s->grad);
    for (int r = 0; r < n; r++)
        loss += own_row(s, p->inputs + rows[r] * IN, p->targets + rows[r] * OUT);
    return loss;
}

static double own_cost(own *s, const problem *p)
{
    double cost = own_rows(s, p, p->rows, ROWS);
    for (int i = 0; i < PARAMS; i++)
        if (is_weight(i))
            cost += p->hyper.lambda / 2 * s->w[i] * s->w[i] + p->hyper.l1 * fabs(s->w[i]);
    return cost / ROWS;
}

/* Makes one update with n rows, and returns the sum of their losses before it. */
static double own_update(own *s, const problem *p, const uint32_t *rows, int n)
{
    const nn_hyper *h = &p->hyper;
    const double loss = own_rows(s, p, rows, n);
    for (int i = 0; i < PARAMS; i++) {
        s->grad[i] /= n;
        if (is_weight(i))
            s->grad[i] += ((h->optimizer == NN_OPTIMIZER_adamw ? 0 : h->lambda) * s->w[i] +
                           h->l1 * ((s->w[i] > 0) - (s->w[i] < 0))) /
                          ROWS;
        if (h->reduction == NN_REDUCTION_sum)
            s->grad[i] *= n;
        if (own_is_frozen(h, i))
            s->grad[i] = 0;
    }
    s->updates++;
    own_clip(s, h);
    own_steps[h->optimizer](s, h);
    return loss;
}

/* Trains an epoch, and returns its running loss. */
static double own_epoch(own *s, const problem *p, uint32_t epoch)
{
    const int batch = p->hyper.batch_size == 0 ? ROWS : (int)p->hyper.batch_size;
    uint32_t order[ROWS];
    double loss = 0;
    nn_permutation(nn_stream_key(p->job.seed, p->job.repeat, NN_FOR_SHUFFLE), epoch, ROWS, order);
    for (int i = 0; i < ROWS; i += batch)
        loss += own_update(s, p, batch == ROWS ? p->rows : order + i, ROWS - i < batch ? ROWS - i : batch);
    return loss / ROWS;
}

static bool near(double got, double want)
{
    return test_near(got, want, 1e-10 * fmax(fabs(want), 1e-1));
}

/* Compares the cost and the running loss of every epoch, then the weights. */
static void compare(problem *p, const char *name)
{
    const nn_outcome out = problem_train(p);
    const double *cost = out.curves + NN_CURVE_train_cost * out.n_points,
                 *running = out.curves + NN_CURVE_running_train_loss * out.n_points,
                 *first = out.weights[NN_KEEP_INITIAL], *last = out.weights[NN_KEEP_FINAL];
    own s = {.updates = 0};
    assert_int_equal(out.n_params, PARAMS);
    memcpy(s.w, first, sizeof s.w);
    assert_true(near(cost[0], own_cost(&s, p)));
    assert_true(isnan(running[0]));
    for (uint32_t e = 1; e < out.n_points; e++) {
        const double own_running = own_epoch(&s, p, e);
        if (!near(running[e], own_running) || !near(cost[e], own_cost(&s, p)))
            fail_msg("%s, reduction %s, batch %d, lambda %g, l1 %g: epoch %u", name,
                     nn_reductions.rows[p->hyper.reduction].name, (int)p->hyper.batch_size, p->hyper.lambda,
                     p->hyper.l1, (unsigned)e);
    }
    assert_int_equal(s.updates, UPDATES);
    for (int i = 0; i < PARAMS; i++)
        if (!near(last[i], s.w[i]))
            fail_msg("%s: weight %d is %.17g, not %.17g", name, i, last[i], s.w[i]);
}

typedef struct rule {
    const char *name;
    int optimizer;
    double rate, momentum;
    bool nesterov;
    double beta1, beta2, epsilon, rho;
    double eta_plus, eta_minus, step_min, step_max;
    int sign_change;
} rule;

static const rule rules[] = {
    {"sgd", NN_OPTIMIZER_sgd, 0.05, 0, false, 0.9, 0.999, .epsilon = 1e-8},
    {"momentum", NN_OPTIMIZER_sgd, 0.02, 0.8, false, 0.9, 0.999, .epsilon = 1e-8},
    {"nesterov", NN_OPTIMIZER_sgd, 0.02, 0.8, true, 0.9, 0.999, .epsilon = 1e-8},
    {"adam", NN_OPTIMIZER_adam, 0.02, 0, false, 0.9, 0.999, .epsilon = 1e-8},
    {"adam with other betas", NN_OPTIMIZER_adam, 0.02, 0, false, 0.6, 0.95, .epsilon = 1e-8},
    {"adam with a large epsilon", NN_OPTIMIZER_adam, 0.02, 0, false, 0.9, 0.999, .epsilon = 1e-3},
    {"adamw", NN_OPTIMIZER_adamw, 0.02, 0, false, 0.9, 0.999, .epsilon = 1e-8},
    {"adagrad", NN_OPTIMIZER_adagrad, 0.1, .epsilon = 1e-8},
    {"rmsprop", NN_OPTIMIZER_rmsprop, 0.03, .epsilon = 0.1, .rho = 0.9},
    {"rmsprop with another rho", NN_OPTIMIZER_rmsprop, 0.03, .epsilon = 0.1, .rho = 0.6},
    {"rprop", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.2, .eta_minus = 0.5, .step_min = 1e-6, .step_max = 50},
    {"rprop with near ends", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.3, .eta_minus = 0.4, .step_min = 1e-3,
     .step_max = 0.03},
    {"rprop down to 0", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.2, .eta_minus = 1e-9, .step_max = 50},
    {"plain rprop", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.2, .eta_minus = 0.5, .step_max = 50,
     .sign_change = NN_SIGN_CHANGE_keep},
    {"plain rprop with near ends", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.3, .eta_minus = 0.4, .step_min = 1e-3,
     .step_max = 0.03, .sign_change = NN_SIGN_CHANGE_keep},
    {"rprop with backtracking", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.2, .eta_minus = 0.5, .step_max = 50,
     .sign_change = NN_SIGN_CHANGE_backtrack},
    {"rprop with backtracking and near ends", NN_OPTIMIZER_rprop, 0.01, .eta_plus = 1.3, .eta_minus = 0.4,
     .step_min = 1e-3, .step_max = 0.03, .sign_change = NN_SIGN_CHANGE_backtrack},
};
enum { N_RULES = sizeof rules / sizeof rules[0] };

static void problem_of(problem *p, const rule *r)
{
    problem_init(p, 0, 31);
    p->split.n[NN_TRAIN] = ROWS;
    p->split.n[NN_VALIDATION] = p->split.n[NN_TEST] = 0;
    p->hyper.hidden = (nn_shape){.n = 1, .width = {HIDDEN}};
    p->hyper.activation = NN_ACTIVATION_tanh;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.init_bias = 0.3;
    p->hyper.optimizer = r->optimizer;
    p->hyper.learning_rate = r->rate;
    p->hyper.momentum = r->momentum;
    p->hyper.nesterov = r->nesterov;
    p->hyper.beta1 = r->beta1;
    p->hyper.beta2 = r->beta2;
    p->hyper.epsilon = r->epsilon;
    p->hyper.rho = r->rho;
    p->hyper.eta_plus = r->eta_plus;
    p->hyper.eta_minus = r->eta_minus;
    p->hyper.step_min = r->step_min;
    p->hyper.step_max = r->step_max;
    p->hyper.sign_change = r->sign_change;
}

TEST(every_update_is_the_textbook_s)
{
    static const int batches[] = {0, 1, 7}, epochs[] = {UPDATES, UPDATES / ROWS, UPDATES / 2};
    static const double penalties[][3] = {{0, 0, 0}, {0.3, 0, 0.5}, {0.2, 0.07, 0}}; /* lambda, l1, clip_norm */
    for (int r = 0; r < N_RULES; r++)
        for (int i = 0; i < NN_N_REDUCTION * 3 * 3; i++) {
            const bool full = (nn_optimizer_rows[rules[r].optimizer].traits & NN_FULL_BATCH) != 0;
            if (full && batches[i / NN_N_REDUCTION % 3] != 0)
                continue;
            problem p;
            problem_of(&p, &rules[r]);
            p.hyper.reduction = i % NN_N_REDUCTION;
            p.hyper.batch_size = batches[i / NN_N_REDUCTION % 3];
            p.hyper.epochs = epochs[i / NN_N_REDUCTION % 3];
            p.hyper.lambda = penalties[i / NN_N_REDUCTION / 3][0];
            p.hyper.l1 = penalties[i / NN_N_REDUCTION / 3][1];
            p.hyper.clip_norm = penalties[i / NN_N_REDUCTION / 3][2];
            for (p.job.engine = 0; p.job.engine < NN_N_ENGINE; p.job.engine++)
                compare(&p, rules[r].name);
            problem_free(&p);
        }
}

/* A frozen layer keeps its bits under every optimizer, penalty and clipping; the other takes the textbook's updates. */
TEST(frozen_layers_do_not_move)
{
    for (int i = 0; i < N_RULES * 2 * NN_N_ENGINE * NN_N_PRECISION; i++) {
        problem p;
        problem_of(&p, &rules[i % N_RULES]);
        const int frozen = 1 + i / N_RULES % 2, first = frozen == 1 ? 0 : W2, end = frozen == 1 ? W2 : PARAMS;
        p.job.engine = i / N_RULES / 2 % NN_N_ENGINE;
        p.hyper.precision = i / N_RULES / 2 / NN_N_ENGINE;
        p.hyper.freeze = (nn_shape){.n = 1, .width = {frozen}};
        p.hyper.lambda = 0.3;
        p.hyper.l1 = 0.07;
        p.hyper.clip_norm = 0.5;
        p.hyper.batch_size = i % 3 == 0 && p.hyper.optimizer != NN_OPTIMIZER_rprop ? 7 : 0;
        p.hyper.epochs = p.hyper.batch_size == 0 ? UPDATES : UPDATES / 2;
        const nn_outcome out = problem_train(&p);
        const char *at_start = out.weights[NN_KEEP_INITIAL], *at_end = out.weights[NN_KEEP_FINAL];
        const size_t bytes = out.real_bytes, all = PARAMS * bytes, from = (size_t)first * bytes,
                     to = (size_t)end * bytes;
        assert_memory_equal(at_start + from, at_end + from, to - from);
        for (size_t k = 0; k < all; k += bytes)
            assert_true((k >= from && k < to) || memcmp(at_start + k, at_end + k, bytes) != 0);
        if (p.hyper.precision == NN_PRECISION_float64)
            compare(&p, rules[i % N_RULES].name);
        problem_free(&p);
    }
}

/* In float32 1 - 0.9999 keeps three digits: the gains must be taken in float64. */
TEST(adam_in_float32_follows_float64)
{
    static const double beta2[] = {0.999, 0.9999};
    for (int i = 0; i < 2; i++) {
        problem p;
        problem_of(&p, &rules[3]);
        p.hyper.beta2 = beta2[i];
        p.hyper.batch_size = 0;
        p.hyper.epochs = 60;
        nn_outcome out = problem_train(&p);
        double want[PARAMS];
        memcpy(want, out.weights[NN_KEEP_FINAL], sizeof want);
        p.hyper.precision = NN_PRECISION_float32;
        out = problem_train(&p);
        assert_int_equal(out.real_bytes, nn_precision_bytes[NN_PRECISION_float32]);
        for (int j = 0; j < PARAMS; j++)
            assert_near((double)((const float *)out.weights[NN_KEEP_FINAL])[j], want[j], 1e-5);
        problem_free(&p);
    }
}

/* A linear network, all of whose weights start at 0. Its inputs, or else its targets, are so small that gradients come
 * close to the smallest normal number; the learning rate makes up for it. */
static void almost_nothing(problem *p, int precision, int engine, bool inputs)
{
    const bool f32 = precision == NN_PRECISION_float32;
    problem_init(p, 0, 31);
    for (int i = 0; i < PROBLEM_ROWS * PROBLEM_INPUTS; i++)
        *(inputs ? &p->inputs[i] : &p->targets[i]) *= f32 ? 1e-33 : 1e-303;
    p->job.engine = engine;
    p->hyper.precision = precision;
    p->hyper.hidden.n = 0;
    p->hyper.bias = false;
    p->hyper.init = NN_INIT_zeros;
    p->hyper.loss = NN_LOSS_half_squared_error;
    p->hyper.learning_rate = f32 ? 1e31 : 1e301;
}

/* Copies the final weights of almost_nothing. */
enum { WEIGHTS_BYTES = PROBLEM_INPUTS * PROBLEM_TARGETS * sizeof(double) };
static void weights_after(problem *p, char bytes[WEIGHTS_BYTES])
{
    memset(bytes, 0, WEIGHTS_BYTES);
    const nn_outcome out = problem_train(p);
    assert_int_equal(out.epochs_trained, p->hyper.epochs);
    assert_int_equal(out.n_params, PROBLEM_INPUTS * PROBLEM_TARGETS);
    memcpy(bytes, out.weights[NN_KEEP_FINAL], out.n_params * out.real_bytes);
}

/* An average of gradients close to the smallest normal number counts as 0 and moves no weight; nor does such an error.
 * A gradient that is not averaged is taken as it is. */
TEST(almost_nothing_counts_as_0)
{
    static const char zeros[WEIGHTS_BYTES];
    for (int i = 0; i < NN_N_PRECISION * NN_N_ENGINE; i++) {
        problem p;
        char plain[WEIGHTS_BYTES], after[WEIGHTS_BYTES];
        almost_nothing(&p, i / NN_N_ENGINE, i % NN_N_ENGINE, true);
        weights_after(&p, plain);
        assert_memory_not_equal(plain, zeros, WEIGHTS_BYTES);
        p.hyper.momentum = 0.5;
        weights_after(&p, after);
        assert_memory_equal(after, zeros, WEIGHTS_BYTES);
        p.hyper.nesterov = true; /* Nesterov's step keeps the gradient's own part */
        weights_after(&p, after);
        assert_memory_equal(after, plain, WEIGHTS_BYTES);
        p.hyper.optimizer = NN_OPTIMIZER_adam;
        weights_after(&p, after);
        assert_memory_equal(after, zeros, WEIGHTS_BYTES);
        problem_free(&p);
        almost_nothing(&p, i / NN_N_ENGINE, i % NN_N_ENGINE, false);
        weights_after(&p, after);
        assert_memory_equal(after, zeros, WEIGHTS_BYTES);
        problem_free(&p);
    }
}

/* A step of size 0 stays so: it is not taken for a first one, which has the size of the learning rate. */
TEST(a_step_that_is_0_stays_0)
{
    for (int i = 0; i < NN_N_PRECISION * NN_N_ENGINE * NN_N_SIGN_CHANGE; i++) {
        problem p;
        char few[WEIGHTS_BYTES], many[WEIGHTS_BYTES];
        problem_init(&p, 0, 31);
        p.hyper.precision = i % NN_N_PRECISION;
        p.job.engine = i / NN_N_PRECISION % NN_N_ENGINE;
        p.hyper.sign_change = i / NN_N_PRECISION / NN_N_ENGINE;
        p.hyper.hidden.n = 0;
        p.hyper.bias = false;
        p.hyper.batch_size = 0;
        p.hyper.optimizer = NN_OPTIMIZER_rprop;
        p.hyper.step_min = 0;
        p.hyper.eta_minus = 1e-200; /* 0 in float32, and after two changes of sign in float64 */
        p.hyper.epochs = 400;
        weights_after(&p, few);
        p.hyper.epochs = 401;
        weights_after(&p, many);
        assert_memory_equal(few, many, WEIGHTS_BYTES);
        problem_free(&p);
    }
}

/* A workspace that was used before starts anew: no velocity or moment of the run before remains. */
TEST(state_is_cleared_at_the_start)
{
    for (int r = 0; r < N_RULES; r++) {
        problem p;
        problem_of(&p, &rules[r]);
        nn_outcome out = problem_train(&p);
        double want[PARAMS];
        memcpy(want, out.weights[NN_KEEP_FINAL], sizeof want);
        assert_int_equal(nn_train(&p.job, p.workspace, &out, NULL), NN_ok);
        assert_memory_equal(want, out.weights[NN_KEEP_FINAL], sizeof want);
        problem_free(&p);
    }
}

/* In each engine adam needs one array more than sgd: its second moment. */
TEST(states_take_the_room_that_the_table_says)
{
    problem p;
    problem_init(&p, 0, 5);
    p.hyper.hidden = (nn_shape){.n = 1, .width = {4096}};
    nn_hyper_resolve(&p.hyper, false);
    for (p.job.engine = 0; p.job.engine < NN_N_ENGINE; p.job.engine++)
        for (p.hyper.precision = 0; p.hyper.precision < NN_N_PRECISION; p.hyper.precision++) {
            nn_network net;
            size_t bytes[N_OWN_OPTIMIZER];
            nn_network_of(&p.data, &p.hyper, &net);
            for (p.hyper.optimizer = 0; p.hyper.optimizer < N_OWN_OPTIMIZER; p.hyper.optimizer++)
                bytes[p.hyper.optimizer] = nn_workspace_bytes(&p.job);
            p.hyper.optimizer = NN_OPTIMIZER_adam;
            const int more = nn_optimizer_rows[NN_OPTIMIZER_adam].states - nn_optimizer_rows[NN_OPTIMIZER_sgd].states;
            assert_int_equal(more, 1);
            const size_t array = net.n_params * nn_precision_bytes[p.hyper.precision] * (size_t)nn_lanes(&p.job);
            assert_in_range(bytes[NN_OPTIMIZER_adam] - bytes[NN_OPTIMIZER_sgd], array, 4 * array); /* padded */
        }
    problem_free(&p);
}
