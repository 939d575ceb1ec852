/* Checks the gradient against central differences for every activation x loss x penalty x batch x depth, in float64.
 *
 * Where a function or its slope has a kink (relu, leaky_relu, elu, mae, huber, L1), a point is used at which no
 * pre-activation, residual or weight lies within ten steps of it. With the step of 1e-5 a few seeds suffice to find
 * one. */
#include "fixtures/problem.h"
#include "train/engine.h"

enum { MAX_PARAMS = 200 };
static const double step = 1e-5, bound = 1e-8;

/* The smallest |z| of all hidden units. The layers of these activations are computed here in the plainest way, since
 * core shows outputs only. */
static double smallest_preactivation(const problem *p, const double *weights, const uint32_t *rows, size_t n_rows)
{
    nn_network net;
    nn_network_of(&p->data, &p->hyper, &net);
    double smallest = 1e9, a[16], z[16];
    for (size_t r = 0; r < n_rows; r++) {
        memcpy(a, p->inputs + rows[r] * PROBLEM_INPUTS, PROBLEM_INPUTS * sizeof *a);
        for (int l = 0; l + 1 < net.n_layers; l++) {
            const int first = net.shortcuts ? net.fan_in[l] : 0; /* of the units that the next layer reads */
            for (int o = 0; o < net.width[l + 1]; o++) {
                z[o] = net.bias ? weights[net.b_at[l] + (size_t)o] : 0;
                for (int i = 0; i < net.fan_in[l]; i++)
                    z[o] += a[i] * weights[net.w_at[l] + (size_t)(i * net.width[l + 1] + o)];
                smallest = fmin(smallest, fabs(z[o]));
            }
            for (int o = 0; o < net.width[l + 1]; o++)
                a[first + o] = z[o] > 0                                          ? z[o]
                               : p->hyper.activation == NN_ACTIVATION_leaky_relu ? 0.01 * z[o]
                               : p->hyper.activation == NN_ACTIVATION_elu        ? expm1(z[o])
                                                                                 : 0;
        }
    }
    return smallest;
}

static double smallest_weight(const double *weights, size_t n)
{
    double smallest = 1e9;
    for (size_t i = 0; i < n; i++)
        smallest = fmin(smallest, fabs(weights[i]));
    return smallest;
}

/* Smallest distance of a residual from 0 (mae) or from +-1 (huber); of other losses infinite. */
static double smallest_residual(problem *p, const double *weights, const uint32_t *rows, size_t n_rows)
{
    const size_t k = nn_n_outputs(&p->data, &p->hyper);
    double y[24 * 16], smallest = 1e9;
    if (p->hyper.loss != NN_LOSS_mae && p->hyper.loss != NN_LOSS_huber)
        return smallest;
    assert_true(n_rows * k <= sizeof y / sizeof y[0]);
    nn_predict(&p->job, weights, rows, n_rows, y, problem_workspace(p));
    for (size_t i = 0; i < n_rows * k; i++) {
        const size_t row = rows[i / k], unit = i % k;
        const double t = p->data.classes == NULL ? p->targets[row * PROBLEM_TARGETS + unit]
                         : k == 1                ? p->classes[row]
                                                 : (double)(p->classes[row] == (int32_t)unit);
        const double d = fabs(y[i] - t);
        smallest = fmin(smallest, p->hyper.loss == NN_LOSS_mae ? d : fabs(d - 1));
    }
    return smallest;
}

static bool bends(int activation)
{
    return activation == NN_ACTIVATION_relu || activation == NN_ACTIVATION_leaky_relu ||
           activation == NN_ACTIVATION_elu;
}

static bool has_kink(const problem *p)
{
    return bends(p->hyper.activation) || bends(p->hyper.output);
}

/* Finds weights away from kinks; returns false if there are none among the seeds. */
static bool safe_weights(problem *p, const uint32_t *rows, size_t n_rows, double *weights)
{
    for (p->job.repeat = 0; p->job.repeat < 200; p->job.repeat++) {
        nn_start_weights(&p->job, weights, problem_workspace(p));
        nn_network net;
        nn_network_of(&p->data, &p->hyper, &net);
        if ((p->hyper.l1 == 0 || smallest_weight(weights, net.n_params) > 10 * step) &&
            smallest_residual(p, weights, rows, n_rows) > 20 * step &&
            (!has_kink(p) || smallest_preactivation(p, weights, rows, n_rows) > 20 * step))
            return true;
    }
    return false;
}

/* The largest difference of each engine so far. */
static double largest[NN_N_ENGINE];

static int check_one(problem *p, size_t n_rows)
{
    static const uint32_t rows[] = {3, 0,  7,  11, 2,  19, 5,  23, 1,  4,  6,  8,
                                    9, 10, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22};
    double weights[MAX_PARAMS], scratch[3 * MAX_PARAMS], of[NN_N_ENGINE];
    char conflict[256];
    if (nn_hyper_conflict(&p->hyper, p->data.classes != NULL, conflict, sizeof conflict) != NULL)
        return 0;
    assert_true(safe_weights(p, rows, n_rows, weights));
    free(p->workspace);
    p->workspace = aligned_alloc(NN_ALIGN, nn_gradient_check_bytes(&p->job, rows, n_rows));
    const double worst = nn_gradient_check(&p->job, weights, rows, n_rows, step, of, scratch, p->workspace);
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
        largest[engine] = fmax(largest[engine], of[engine]);
    if (!(worst < bound))
        fail_msg("%s, %s, output %s, %d hidden layers, lambda %g, l1 %g, %zu rows: %g",
                 nn_activations.rows[p->hyper.activation].name, nn_losses.rows[p->hyper.loss].name,
                 nn_activations.rows[p->hyper.output].name, (int)p->hyper.hidden.n, p->hyper.lambda, p->hyper.l1,
                 n_rows, worst);
    return 1;
}

/* Tests one network without penalty, with L2 and with L1, on all 24 rows and on 7. Over an even number of rows the
 * slopes of mae, all of one size, could add up to 0, and rounding would be all of the gradient. */
static int check_penalties(problem *p)
{
    static const double penalties[][2] = {{0, 0}, {0.5, 0}, {0, 0.5}};
    int n = 0;
    for (size_t i = 0; i < 3; i++) {
        p->hyper.lambda = penalties[i][0];
        p->hyper.l1 = penalties[i][1];
        n += check_one(p, p->hyper.loss == NN_LOSS_mae ? 23 : 24);
        n += check_one(p, 7);
    }
    return n;
}

static int check_depths(problem *p)
{
    int n = 0;
    for (int depth = 0; depth <= 2; depth++)
        for (int shortcuts = 0; shortcuts <= (depth == 2); shortcuts++) {
            p->hyper.hidden = (nn_shape){.n = depth, .width = {4, 3}};
            p->hyper.shortcuts = shortcuts;
            n += check_penalties(p);
        }
    return n;
}

TEST(backprop_equals_central_differences)
{
    static const int classes[] = {2, 3, 0};
    int n = 0;
    for (int activation = 0; activation < NN_N_ACTIVATION; activation++)
        for (int loss = 0; loss < NN_N_LOSS; loss++)
            for (size_t c = 0; c < 3; c++) {
                problem p;
                problem_init(&p, classes[c], 5);
                p.hyper.activation = activation;
                p.hyper.loss = loss;
                p.hyper.init = NN_INIT_normal;
                p.hyper.init_bias = 0.5;
                nn_hyper_resolve(&p.hyper, p.data.classes != NULL);
                n += check_depths(&p);
                problem_free(&p);
            }
    print_message("%d gradients checked through each engine, the largest differences:", n);
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++) {
        print_message(" %s %.1e", nn_engines.rows[engine].name, largest[engine]);
        assert_true(largest[engine] > 0); /* 0: it was not asked */
        assert_true(largest[engine] < bound);
    }
    print_message("\n");
    assert_true(n > 1000);
}

/* Tests every activation at the output too, with the sum as reduction and without biases. */
TEST(every_output_activation_and_the_sum)
{
    for (int output = 0; output < NN_N_ACTIVATION; output++)
        for (int variant = 0; variant < 2; variant++) {
            problem p;
            problem_init(&p, 0, 5);
            p.hyper.activation = NN_ACTIVATION_tanh;
            p.hyper.output = bends(output) ? NN_ACTIVATION_linear : output;
            p.hyper.init = NN_INIT_normal;
            p.hyper.init_bias = 0.5;
            p.hyper.bias = variant == 0;
            p.hyper.reduction = variant;
            nn_hyper_resolve(&p.hyper, false);
            check_penalties(&p);
            problem_free(&p);
        }
}

/* The gradient check computes in float64, whatever precision the job trains in. */
TEST(a_float32_job_has_its_gradient_in_float64)
{
    problem p;
    problem_init(&p, 3, 5);
    nn_hyper_resolve(&p.hyper, true);
    double weights[MAX_PARAMS], gradient[2][MAX_PARAMS] = {{0}}, cost[2];
    const uint32_t rows[] = {3, 0, 7, 11};
    nn_start_weights(&p.job, weights, problem_workspace(&p));
    for (int wide = 0; wide < 2; wide++) {
        p.hyper.precision = wide ? NN_PRECISION_float64 : NN_PRECISION_float32;
        void *space = aligned_alloc(NN_ALIGN, nn_gradient_bytes(&p.job));
        assert_non_null(space);
        cost[wide] = nn_gradient(&p.job, weights, rows, 4, gradient[wide], space);
        free(space);
    }
    assert_true(cost[0] > 0);
    assert_memory_equal(&cost[0], &cost[1], sizeof cost[0]);
    assert_memory_equal(gradient[0], gradient[1], sizeof gradient[0]);
    problem_free(&p);
}

/* The check itself must be able to fail: within a step of the kink of |w| the two derivatives differ. */
TEST(a_wrong_gradient_is_found)
{
    problem p;
    problem_init(&p, 3, 5);
    p.hyper.activation = NN_ACTIVATION_tanh;
    p.hyper.l1 = 0.5;
    nn_hyper_resolve(&p.hyper, true);
    double weights[MAX_PARAMS], scratch[3 * MAX_PARAMS];
    const uint32_t rows[] = {0, 1, 2};
    free(p.workspace);
    p.workspace = aligned_alloc(NN_ALIGN, nn_gradient_check_bytes(&p.job, rows, 3));
    nn_start_weights(&p.job, weights, p.workspace);
    assert_true(nn_gradient_check(&p.job, weights, rows, 3, step, NULL, scratch, p.workspace) < bound);
    weights[0] = step / 2;
    assert_true(nn_gradient_check(&p.job, weights, rows, 3, step, NULL, scratch, p.workspace) > 1e-4);
    problem_free(&p);
}

/* A NaN in one block is not forgotten because of the numbers in the blocks after it: a weight so large that the step
 * vanishes beside it has 0/0 for a central difference, and all others have a number. */
TEST(a_gradient_that_is_no_number_is_found)
{
    problem p;
    problem_init(&p, 3, 5);
    p.hyper.activation = NN_ACTIVATION_tanh;
    nn_hyper_resolve(&p.hyper, true);
    double weights[MAX_PARAMS], scratch[3 * MAX_PARAMS], of[NN_N_ENGINE];
    const uint32_t rows[] = {0, 1, 2};
    free(p.workspace);
    p.workspace = aligned_alloc(NN_ALIGN, nn_gradient_check_bytes(&p.job, rows, 3));
    nn_start_weights(&p.job, weights, p.workspace);
    weights[0] = 1e150;
    assert_true(isnan(nn_gradient_check(&p.job, weights, rows, 3, step, of, scratch, p.workspace)));
    for (int engine = NN_ENGINE_fast + 1; engine < NN_N_ENGINE; engine++)
        assert_true(isnan(of[engine]));
    problem_free(&p);
}

/* Training by numerical gradients follows backprop as closely as its differences approximate the gradient: to h^2 by
 * central ones, to h by forward ones, with dropout, penalties and mini-batches too, whatever engine is asked for. */
TEST(numerical_descent_follows_backprop)
{
    static const double bounds[NN_N_GRADIENT_KIND] = {
        [NN_GRADIENT_forward_difference] = 1e-3, [NN_GRADIENT_central_difference] = 1e-7};
    for (int i = 0; i < 2 * NN_N_GRADIENT_KIND * NN_N_ENGINE; i++) {
        const int kind = i / 2 % NN_N_GRADIENT_KIND;
        problem p;
        problem_init(&p, i % 2 == 0 ? 3 : 0, 5);
        p.hyper.activation = NN_ACTIVATION_tanh;
        p.hyper.batch_size = 7;
        p.hyper.lambda = 0.5;
        p.hyper.dropout = 0.3;
        p.hyper.reduction = i % 2;
        p.hyper.learning_rate = 0.02;
        p.hyper.epochs = 5;
        nn_outcome out = problem_train(&p);
        double want[MAX_PARAMS], apart = 0;
        memcpy(want, out.weights[NN_KEEP_FINAL], out.n_params * sizeof *want);
        p.hyper.gradient = kind;
        p.job.engine = i / 2 / NN_N_GRADIENT_KIND;
        out = problem_train(&p);
        assert_true(kind == NN_GRADIENT_backprop || nn_engine_resolve(&p.job, NN_MAX_LANES) == NN_ENGINE_reference);
        for (size_t k = 0; k < out.n_params; k++)
            apart = fmax(apart, fabs(((const double *)out.weights[NN_KEEP_FINAL])[k] - want[k]));
        assert_true(apart <= fmax(bounds[kind], 1e-12));
        assert_true(kind == NN_GRADIENT_backprop || apart > 0); /* it was asked */
        problem_free(&p);
    }
}
