/* Tests the diagnosis of the point at which a run ended, on networks whose cost is known by hand: the kind, and the
 * numbers beside it. */
#include "fixtures/problem.h"
#include "schedule/endpoint.h"
#include "schedule/lowest.h"

enum { MOST_ROWS = 16, MOST_PARAMS = 64 };

/* One input, one output; the rows are (x, target). */
typedef struct known {
    size_t n_rows;
    double x[MOST_ROWS], t[MOST_ROWS];
    nn_hyper h;
    double start[MOST_PARAMS];
    size_t n_inputs; /* 0: 1; x has them row by row */
} known;

typedef struct diagnosed {
    nn_endpoint e;
    double cost_unit[2]; /* of lowest.h: best constant outputs, least squares */
    size_t n_params;
    double weights[MOST_PARAMS]; /* polished */
} diagnosed;

static known network(int units, int activation, int output, bool bias)
{
    known k = {.n_rows = 2, .x = {-1, 1}, .t = {-1, 1}, .h = nn_hyper_defaults};
    k.h.hidden = (nn_shape){.n = units > 0, .width = {units}};
    k.h.activation = activation;
    k.h.output = output;
    k.h.loss = NN_LOSS_mse;
    k.h.bias = bias;
    k.h.epochs = 0;
    k.h.precision = NN_PRECISION_float64;
    return k;
}

static void polished_weights(const nn_outcome *o, diagnosed *d)
{
    d->n_params = o->n_params;
    for (size_t i = 0; i < o->n_params; i++)
        d->weights[i] = o->real_bytes == sizeof(float) ? (double)((const float *)o->weights[NN_KEEP_ENDPOINT])[i]
                                                       : ((const double *)o->weights[NN_KEEP_ENDPOINT])[i];
}

static diagnosed diagnose_until(known k, const atomic_int *stop, nn_status want)
{
    static const uint32_t rows[MOST_ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const nn_data data = {.n_rows = k.n_rows,
                          .n_inputs = k.n_inputs > 0 ? k.n_inputs : 1,
                          .input_type = NN_FLOAT64,
                          .inputs = k.x,
                          .targets = k.t,
                          .n_targets = 1};
    const nn_split split = {.n = {k.n_rows, 0, 0}, .rows = {rows, rows, rows}};
    const nn_recording recording = {
        .every = 1, .parts = {true, true, true}, .keep = {[NN_KEEP_FINAL] = true, [NN_KEEP_ENDPOINT] = true}};
    const nn_stopping stopping = {0};
    nn_outcome out;
    nn_error err;
    eigen_lapack lapack;
    endpoint_room room = {0};
    nn_hyper_resolve(&k.h, false);
    const nn_job job = {.hyper = &k.h,
                        .data = &data,
                        .split = &split,
                        .recording = &recording,
                        .stopping = &stopping,
                        .start = k.start};
    void *workspace = aligned_alloc(NN_ALIGN, (nn_workspace_bytes(&job) + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN);
    assert_int_equal(nn_train(&job, workspace, &out, &err), NN_ok);
    assert_true(isnan(out.endpoint.kind));
    assert_true(isnan(out.metrics[NN_METRIC_endpoint_shape]));
    assert_null(out.weights[NN_KEEP_ENDPOINT]);
    assert_int_equal(schedule_eigen_load(&lapack, &err), NN_ok);
    assert_int_equal(schedule_endpoint_diagnose(&job, &out, &lapack, stop, &room, &err), want);
    diagnosed d = {.e = out.endpoint,
                   .cost_unit = {schedule_lowest_constant(&job), schedule_lowest_linear(&job, &lapack)}};
    if (want == NN_ok) {
        assert_real_equal(out.metrics[NN_METRIC_endpoint_shape], d.e.kind);
        assert_real_equal(out.metrics[NN_METRIC_endpoint_cost], d.e.cost);
        polished_weights(&out, &d);
    }
    free(workspace);
    free(room.block);
    return d;
}

static diagnosed diagnose(known k)
{
    return diagnose_until(k, NULL, NN_ok);
}

#define assert_kind(d, want)    assert_string_equal(nn_endpoints.rows[(int)(d).e.kind].name, want)
#define assert_close(got, want) assert_near(got, want, 1e-7)

/* y = v u x on x = -1, 1 with target x: the cost is (v u - 1)^2. Its gradient is 2 (vu - 1) (v, u); the Hessian has 2 v^2
 * and 2 u^2 on the diagonal and 2 (2 vu - 1) beside it. */
static known product(double u, double v, int precision)
{
    known k = network(1, NN_ACTIVATION_linear, NN_ACTIVATION_linear, false);
    k.h.precision = precision;
    k.start[0] = u;
    k.start[1] = v;
    return k;
}

TEST(a_saddle)
{
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        const diagnosed d = diagnose(product(0, 0, precision));
        assert_close(d.e.gradient_norm, 0);
        assert_close(d.e.lowest, -2);
        assert_close(d.e.highest, 2);
        assert_real_equal(d.e.n_negative, 1);
        assert_close(d.e.escape, 1); /* the way out leads to 0 */
        assert_real_equal(d.e.distance, 0);
        assert_kind(d, "saddle");
    }
}

/* Every (u, 1/u) is a solution, so that one direction is flat. */
TEST(a_solution)
{
    const diagnosed d = diagnose(product(1, 1, NN_PRECISION_float64));
    assert_close(d.e.gradient_norm, 0);
    assert_close(d.e.lowest, 0);
    assert_close(d.e.highest, 4);
    assert_real_equal(d.e.n_negative, 0);
    assert_kind(d, "solution");
}

/* Polishing goes from where the run ended to where it would have ended. */
TEST(a_run_that_had_not_ended)
{
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        const diagnosed d = diagnose(product(0.5, 1, precision));
        assert_close(d.e.gradient_norm, sqrt(1.25)); /* 2 (-0.5) (1, 0.5) */
        assert_close(d.e.cost_before, 0.25);
        assert_true(d.e.cost <= 1e-10);
        assert_true(d.e.steps > 0);
        assert_near(d.weights[0] * d.weights[1], 1, 2e-5);
        assert_near(d.e.distance, hypot(d.weights[0] - 0.5, d.weights[1] - 1), 1e-6);
        assert_kind(d, "solution");
    }
}

/* The output, a sigmoid of v tanh(u x), would like to be -1 for x = -1: it falls for ever. The least cost is 1/2, and
 * that of a constant output y >= 0 is at least 1. */
TEST(at_infinity)
{
    known k = network(1, NN_ACTIVATION_tanh, NN_ACTIVATION_sigmoid, false);
    k.start[0] = 1;
    k.start[1] = 10;
    const diagnosed d = diagnose(k);
    assert_near(d.e.cost, 0.5, 1e-6);
    assert_near(d.cost_unit[0], 1, 1e-6);
    assert_kind(d, "at_infinity");
}

/* A relu that is 0 for both rows, and a bias that gives their mean. */
TEST(a_plateau)
{
    known k = network(1, NN_ACTIVATION_relu, NN_ACTIVATION_linear, true);
    const double start[] = {0.5, -100, 3, 0};
    memcpy(k.start, start, sizeof start);
    const diagnosed d = diagnose(k);
    assert_close(d.e.cost, 1);
    assert_close(d.e.lowest, 0);
    assert_kind(d, "plateau");
}

/* ---- a cost with two minima ----
 *
 * y = tanh(w x) on x = 0.1 with target 0.9, which wants w = 14.7, and x = 10 with target -0.9, which wants w = -0.147. A
 * single unit with squared error has such costs (P. Auer, M. Herbster, M. Warmuth, Exponentially many local minima for
 * single neurons, Advances in Neural Information Processing Systems 8, 1996). */
static double two_minima_cost(double w)
{
    const double a = tanh(0.1 * w) - 0.9, b = tanh(10 * w) + 0.9;
    return (a * a + b * b) / 2;
}

static known two_minima(double w)
{
    known k = network(0, NN_ACTIVATION_tanh, NN_ACTIVATION_tanh, false);
    k.x[0] = 0.1;
    k.t[0] = 0.9;
    k.x[1] = 10;
    k.t[1] = -0.9;
    k.start[0] = w;
    return k;
}

/* The minima on a fine grid of weights: there are two. */
static int minima_on_a_grid(double at[4])
{
    int n = 0;
    for (double w = -100; w < 100; w += 1e-3) {
        const double below = two_minima_cost(w - 1e-3), here = two_minima_cost(w), above = two_minima_cost(w + 1e-3);
        if (here < below && here < above && n < 4)
            at[n++] = w;
    }
    return n;
}

TEST(two_minima_are_both_found)
{
    double at[4];
    assert_int_equal(minima_on_a_grid(at), 2);
    assert_near(at[0], -0.13, 0.05);
    assert_near(at[1], 14.722, 0.05);
    static const double starts[] = {-3, -0.5, 0, 5, 10, 20};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        const diagnosed d = diagnose(two_minima(starts[i]));
        const double want = at[starts[i] > 1];
        assert_near(d.weights[0], want, 2e-3);
        assert_near(d.e.cost, two_minima_cost(d.weights[0]), 1e-12);
        assert_true(d.e.lowest > 0);
        assert_kind(d, "minimum");
    }
}

/* A constant factor changes no verdict and no relative number: the sum over 2 rows is twice the mean, exactly. */
TEST(the_unit_of_the_cost_is_nothing)
{
    known mean = two_minima(8), sum = mean;
    sum.h.reduction = NN_REDUCTION_sum;
    const diagnosed a = diagnose(mean), b = diagnose(sum);
    assert_real_equal(b.e.cost, 2 * a.e.cost);
    assert_real_equal(b.weights[0], a.weights[0]);
    assert_real_equal(b.e.residual, a.e.residual);
    assert_real_equal(b.e.kind, a.e.kind);
}

/* ---- linear networks: least squares, computed here by the normal equations of a line ---- */

TEST(a_linear_network_reaches_least_squares)
{
    known k = network(2, NN_ACTIVATION_linear, NN_ACTIVATION_linear, true);
    const double x[] = {0.5, 1.5, 2, 4, 7}, t[] = {1, 3, 2, 6, 4}, start[] = {0.3, -0.2, 0.1, 0.4, 0.7, 0.5, -0.3};
    double sx = 0, st = 0, sxx = 0, sxt = 0, cost = 0;
    k.n_rows = 5;
    memcpy(k.x, x, sizeof x);
    memcpy(k.t, t, sizeof t);
    memcpy(k.start, start, sizeof start);
    for (int i = 0; i < 5; i++) {
        sx += x[i];
        st += t[i];
        sxx += x[i] * x[i];
        sxt += x[i] * t[i];
    }
    const double slope = (sxt - sx * st / 5) / (sxx - sx * sx / 5), intercept = (st - slope * sx) / 5;
    for (int i = 0; i < 5; i++)
        cost += (t[i] - slope * x[i] - intercept) * (t[i] - slope * x[i] - intercept) / 5;
    const diagnosed d = diagnose(k);
    assert_near(d.cost_unit[1], cost, 1e-13);
    assert_near(d.e.cost, cost, 1e-9 * cost);
    assert_kind(d, "solution");
    memset(k.start, 0, sizeof k.start); /* Baldi and Hornik: whatever is not the minimum is a saddle */
    assert_kind(diagnose(k), "saddle");
    k.h.lambda = 0.1; /* with a penalty least squares is not the minimum, and weights can be */
    assert_true(isnan(diagnose(k).cost_unit[1]));
}

/* ---- being told to stop ---- */

TEST(it_stops_when_told)
{
    static atomic_int stop = 1;
    diagnose_until(product(0.5, 1, NN_PRECISION_float64), &stop, NN_cancelled);
}
