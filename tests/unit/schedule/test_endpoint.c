/* Tests the diagnosis of the point at which a run ended, on networks whose gradient and Hessian are known by hand. */
#include "fixtures/problem.h"
#include "schedule/endpoint.h"

/* The rows are x = -1, 1 with target x. A network 1-1-1 without biases and with linear output is y = v u x, and its
 * cost is mean (y - x)^2 = (v u - 1)^2. The gradient is 2 (vu - 1) (v, u); the Hessian has 2 v^2 and 2 u^2 on the
 * diagonal and 2 (2 vu - 1) beside it. */
static nn_endpoint diagnose(double u, double v, int output, int precision)
{
    static const double inputs[] = {-1, 1}, targets[] = {-1, 1};
    static const uint32_t rows[] = {0, 1};
    static const nn_data data = {
        .n_rows = 2, .n_inputs = 1, .input_type = NN_FLOAT64, .inputs = inputs, .targets = targets, .n_targets = 1};
    static const nn_split split = {.n = {2, 0, 0}, .rows = {rows, rows, rows}};
    static const nn_recording recording = {.every = 1, .parts = {true, true, true}, .keep = {false, false, true}};
    static const nn_stopping stopping = {0};
    const double start[] = {u, v};
    nn_hyper h = nn_hyper_defaults;
    nn_outcome out;
    nn_error err;
    endpoint_lapack lapack;
    h.hidden = (nn_shape){.n = 1, .width = {1}};
    h.activation = output == NN_ACTIVATION_linear ? NN_ACTIVATION_linear : NN_ACTIVATION_tanh;
    h.output = output;
    h.loss = NN_LOSS_mse;
    h.bias = false;
    h.epochs = 0;
    h.precision = precision;
    nn_hyper_resolve(&h, false);
    const nn_job job = {
        .hyper = &h, .data = &data, .split = &split, .recording = &recording, .stopping = &stopping, .start = start};
    const size_t bytes = nn_workspace_bytes(&job);
    void *workspace = aligned_alloc(NN_ALIGN, bytes);
    assert_int_equal(nn_train(&job, workspace, &out, &err), NN_ok);
    assert_true(isnan(out.endpoint.kind));
    assert_true(isnan(out.metrics[NN_METRIC_endpoint_kind]));
    assert_int_equal(schedule_endpoint_load(&lapack, &err), NN_ok);
    assert_int_equal(schedule_endpoint_diagnose(&job, &out, &lapack, &err), NN_ok);
    assert_real_equal(out.metrics[NN_METRIC_endpoint_kind], out.endpoint.kind);
    assert_real_equal(out.metrics[NN_METRIC_endpoint_lowest], out.endpoint.lowest);
    free(workspace);
    return out.endpoint;
}

#define assert_close(got, want) assert_near(got, want, 1e-7)

TEST(a_saddle)
{
    for (int precision = 0; precision < NN_N_PRECISION; precision++) {
        const nn_endpoint e = diagnose(0, 0, NN_ACTIVATION_linear, precision);
        assert_close(e.gradient_norm, 0);
        assert_close(e.lowest, -2);
        assert_close(e.highest, 2);
        assert_real_equal(e.n_negative, 1);
        assert_real_equal(e.kind, NN_POINT_SADDLE);
    }
}

/* Every (u, 1/u) is a minimum, so that one direction is flat. */
TEST(a_minimum)
{
    const nn_endpoint e = diagnose(1, 1, NN_ACTIVATION_linear, NN_PRECISION_float64);
    assert_close(e.gradient_norm, 0);
    assert_close(e.lowest, 0);
    assert_close(e.highest, 4);
    assert_real_equal(e.n_negative, 0);
    assert_real_equal(e.kind, NN_POINT_MINIMUM);
}

TEST(not_stationary)
{
    const nn_endpoint e = diagnose(0.5, 1, NN_ACTIVATION_linear, NN_PRECISION_float64);
    assert_close(e.gradient_norm, sqrt(1.25)); /* 2 (-0.5) (1, 0.5) */
    assert_real_equal(e.kind, NN_POINT_NOT_STATIONARY);
}

/* The output unit is saturated, on the wrong side for x = -1, so that the gradient vanishes. */
TEST(a_plateau)
{
    const nn_endpoint e = diagnose(1, 1000, NN_ACTIVATION_sigmoid, NN_PRECISION_float64);
    assert_close(e.gradient_norm, 0);
    assert_close(e.highest, 0);
    assert_real_equal(e.kind, NN_POINT_PLATEAU);
}
