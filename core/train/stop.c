/* Runs the stopping rules of stop.def over curves. Slowness and badness are terms of L. Prechelt (stop.def). */
#include "train/stop.h"

typedef struct look {
    const double *curves;
    size_t stride, point;
    double epoch;
} look;

static double curve_at(const look *at, int curve)
{
    return at->curves[(size_t)curve * at->stride + at->point];
}

/* Fires when no value has been lower, by more than min_delta, for `parameter` epochs. */
static bool too_old(const nn_stop_rule *rule, nn_stop_state *state, const look *at, int curve)
{
    const double value = curve_at(at, curve);
    if (!state->started || nn_better(value, state->best - rule->min_delta)) {
        state->started = true;
        state->best = value;
        state->best_epoch = at->epoch;
    }
    return at->epoch - state->best_epoch >= rule->parameter;
}

static bool step_patience(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    return too_old(rule, state, at, NN_CURVE_validation_loss);
}

static bool step_patience_error(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    return too_old(rule, state, at, NN_CURVE_validation_error);
}

/* scikit-learn's rule (_update_no_improvement_count): any lower loss is the new lowest, but only one that is lower by
 * min_delta counts as progress. Before the first epoch there is no running loss. */
static bool step_patience_train(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    const double value = curve_at(at, NN_CURVE_running_train_loss);
    if (at->epoch == 0)
        return false;
    if (!state->started || !(value > state->best - rule->min_delta))
        state->best_epoch = at->epoch;
    if (!state->started || nn_better(value, state->best))
        state->best = value;
    state->started = true;
    return at->epoch - state->best_epoch > rule->parameter;
}

/* Fires when the curve reaches the value. */
static bool step_target(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    (void)state;
    const double value = curve_at(at, rule->curve);
    return nn_curve_rows[rule->curve].better == NN_HIGHER ? value >= rule->parameter : value <= rule->parameter;
}

/* ---- rules over strips ---- */

static bool strip_ends(const nn_stop_rule *rule, const look *at)
{
    return at->epoch > 0 && fmod(at->epoch, rule->strip) == 0;
}

double nn_excess(double value, double least)
{
    if (value <= least)
        return 0;
    return least > 0 ? value / least - 1 : value + NN_INF;
}

/* GL in percent. It keeps E_opt in the state, so it must see every point. */
static double generalization_loss(nn_stop_state *state, const look *at)
{
    const double loss = curve_at(at, NN_CURVE_validation_loss);
    if (!state->started || nn_better(loss, state->best))
        state->best = loss;
    state->started = true;
    return 100 * nn_excess(loss, state->best);
}

/* P_k, per mille, of the strip that ends here. */
static double progress_of(const nn_stop_rule *rule, const look *at)
{
    const size_t k = (size_t)rule->strip;
    if (at->point < k) /* not every epoch is recorded */
        return NN_NAN;
    const double *loss = at->curves + NN_CURVE_train_loss * at->stride + (at->point + 1 - k);
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += loss[i];
    return 1000 * nn_excess(sum / (double)k, loss[nn_lowest(loss, k)]);
}

static bool step_gl(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    return generalization_loss(state, at) > rule->parameter && strip_ends(rule, at);
}

static bool step_pq(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    const double gl = generalization_loss(state, at);
    if (!strip_ends(rule, at))
        return false;
    const double progress = progress_of(rule, at);
    return progress == 0 ? gl > 0 : gl / progress > rule->parameter;
}

static bool step_up(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    const double loss = curve_at(at, NN_CURVE_validation_loss);
    if (state->started && !strip_ends(rule, at))
        return false;
    state->rises = state->started && loss > state->last ? state->rises + 1 : 0;
    state->last = loss;
    state->started = true;
    return state->rises >= rule->parameter;
}

static bool step_progress(const nn_stop_rule *rule, nn_stop_state *state, const look *at)
{
    (void)state;
    return strip_ends(rule, at) && progress_of(rule, at) < rule->parameter;
}

/* ---- all of them ---- */

typedef bool step_function(const nn_stop_rule *rule, nn_stop_state *state, const look *at);

#define NN_STOP(name, ...) step_##name,
static step_function *const steps[NN_N_STOP] = {
#include "tables/stop.def"
};

bool nn_stop_step(const nn_stop_rule *rule, nn_stop_state *state, const double *curves, size_t stride, size_t point,
                  double epoch)
{
    const look at = {curves, stride, point, epoch};
    return steps[rule->kind](rule, state, &at);
}

static const double *curve_of(const double *curves, size_t stride, int curve)
{
    return curves + (size_t)curve * stride;
}

/* What a run until point t gives, by the best weights up to there. */
static nn_stop_record run_until(size_t t, const double *curves, const uint32_t *epochs, size_t n_points, size_t stride)
{
    const double *validation = curve_of(curves, stride, NN_CURVE_validation_loss);
    const double *test = curve_of(curves, stride, NN_CURVE_test_loss);
    const double lowest_validation = validation[nn_lowest(validation, n_points)];
    const bool validated = lowest_validation == lowest_validation; /* a first value may be NaN */
    const size_t best = nn_lowest(validated ? validation : curve_of(curves, stride, NN_CURVE_train_loss), t + 1);
    const double lowest_test = test[nn_lowest(test, n_points)];
    return (nn_stop_record){
        .fired = 1,
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

nn_stop_record nn_stop_observe(const nn_stop_rule *rule, const double *curves, const uint32_t *epochs, size_t n_points,
                               size_t stride)
{
    static const nn_stop_record nothing = {0,      -1,     NN_NAN, NN_NAN, NN_NAN, NN_NAN,
                                           NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
    nn_stop_state state = {0};
    for (size_t i = 0; i < n_points; i++)
        if (nn_stop_step(rule, &state, curves, stride, i, epochs[i]))
            return run_until(i, curves, epochs, n_points, stride);
    nn_stop_record whole = n_points > 0 ? run_until(n_points - 1, curves, epochs, n_points, stride) : nothing;
    whole.fired = 0;
    whole.epoch = -1;
    return whole;
}
