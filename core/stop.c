/* Stopping rules (L. Prechelt, "Early stopping - but when?", 1998, for the terms slowness and badness). */
#include "stop.h"

typedef struct look {
    const double *curves;
    size_t stride, point;
    double epoch;
} look;

static double curve_at(const look *at, int curve)
{
    return at->curves[(size_t)curve * at->stride + at->point];
}

/* Fires when the lowest validation loss (by more than min_delta) is `parameter` epochs old. */
static bool step_patience(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    const double loss = curve_at(at, NN_CURVE_validation_loss);
    if (!state->started || nn_better(loss, state->best - rule->min_delta)) {
        state->started = true;
        state->best = loss;
        state->best_epoch = at->epoch;
    }
    return at->epoch - state->best_epoch >= rule->parameter;
}

/* Fires when the curve reaches the value. */
static bool step_target(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    (void)state;
    const double value = curve_at(at, rule->curve);
    return nn_curve_rows[rule->curve].higher_is_better ? value >= rule->parameter : value <= rule->parameter;
}

typedef bool step_function(const nn_stop_rule *rule, nn_stop_state *state, const look *at);

#define NN_STOP(name, parameter, value, range, every, validation, help) step_##name,
static step_function *const steps[NN_N_STOP] = {
#include "stop.def"
};
#undef NN_STOP

bool nn_stop_step(const nn_stop_rule *rule, nn_stop_state *state, const double *curves, size_t stride,
                  size_t point, double epoch)
{
    const look at = {curves, stride, point, epoch};
    return steps[rule->kind](rule, state, &at);
}

static const double *curve_of(const double *curves, size_t stride, int curve)
{
    return curves + (size_t)curve * stride;
}

static nn_stop_record never(void)
{
    return (nn_stop_record){.epoch = -1,
                            .best_epoch = -1,
                            .best_train_loss = NN_NAN,
                            .best_validation_loss = NN_NAN,
                            .best_test_loss = NN_NAN,
                            .best_train_error = NN_NAN,
                            .best_validation_error = NN_NAN,
                            .best_test_error = NN_NAN,
                            .slowness = NN_NAN,
                            .badness = NN_NAN};
}

/* What stopping at point t would have left: the best weights up to there. */
static nn_stop_record stopped_at(size_t t, const double *curves, const uint32_t *epochs, size_t n_points,
                                 size_t stride)
{
    const double *validation = curve_of(curves, stride, NN_CURVE_validation_loss);
    const double *test = curve_of(curves, stride, NN_CURVE_test_loss);
    const double lowest_validation = validation[nn_lowest(validation, n_points)];
    const bool validated =
        lowest_validation == lowest_validation; /* a NaN at first is not yet no validation */
    const size_t best =
        nn_lowest(validated ? validation : curve_of(curves, stride, NN_CURVE_train_loss), t + 1);
    const double lowest_test = test[nn_lowest(test, n_points)];
    return (nn_stop_record){
        .epoch = epochs[t],
        .best_epoch = epochs[best],
        .best_train_loss = curve_of(curves, stride, NN_CURVE_train_loss)[best],
        .best_validation_loss = validation[best],
        .best_test_loss = test[best],
        .best_train_error = curve_of(curves, stride, NN_CURVE_train_error)[best],
        .best_validation_error = curve_of(curves, stride, NN_CURVE_validation_error)[best],
        .best_test_error = curve_of(curves, stride, NN_CURVE_test_error)[best],
        .slowness = epochs[best] > 0 ? (double)epochs[t] / epochs[best] : NN_NAN,
        .badness = lowest_test > 0 ? test[best] / lowest_test - 1 : NN_NAN,
    };
}

nn_stop_record nn_stop_observe(const nn_stop_rule *rule, const double *curves, const uint32_t *epochs,
                               size_t n_points, size_t stride)
{
    nn_stop_state state = {0};
    for (size_t i = 0; i < n_points; i++)
        if (nn_stop_step(rule, &state, curves, stride, i, epochs[i]))
            return stopped_at(i, curves, epochs, n_points, stride);
    return never();
}
