/* Makes the const arrays of nn_tables.h: each .def file becomes rows here. */
#include "nn.h"
#include <string.h>

#define NN_PARTS      NN_PART(train) NN_PART(validation) NN_PART(test)
#define NN_PART(name) #name,
const char *const nn_part_names[NN_N_PART] = {NN_PARTS};
#undef NN_PART
#define NN_PART(name) {#name, NULL},
static const nn_name parts[NN_N_PART] = {NN_PARTS};
#undef NN_PART
const nn_choices nn_parts = {"part", NN_N_PART, parts};
static const nn_name scales[] = {
    {"none", "raw inputs"}, {"minmax", "to 0..1"}, {"standardize", "to mean 0 and population deviation 1"}};
const nn_choices nn_scales = {"data.scale", sizeof scales / sizeof *scales, scales};
static const nn_name missings[] = {{"error", "is reported"},
                                   {"mean", "the mean of the training rows"},
                                   {"median", "the median of the training rows"},
                                   {"drop", "rows with missing values are left out"}};
const nn_choices nn_missings = {"data.missing", sizeof missings / sizeof *missings, missings};
const char *const nn_keep_names[NN_N_KEEP] = {"initial", "best", "final", "endpoint"};

/* ---- names and helps of every list ---- */

#define NN_ACTIVATION(name, f, df, place, help) {#name, help},
static const nn_name activations[NN_N_ACTIVATION] = {
#include "tables/activation.def"
};
const nn_choices nn_activations = {"activation", NN_N_ACTIVATION, activations};

#define NN_LOSS(name, help, ...) {#name, help},
static const nn_name losses[NN_N_LOSS] = {
#include "tables/loss.def"
};
const nn_choices nn_losses = {"loss", NN_N_LOSS, losses};

#define NN_INIT(name, distribution, scale, center, help) {#name, help},
static const nn_name inits[NN_N_INIT] = {
#include "tables/init.def"
};
const nn_choices nn_inits = {"init", NN_N_INIT, inits};

#define NN_OPTIMIZER(name, help, ...) {#name, help},
static const nn_name optimizers[NN_N_OPTIMIZER] = {
#include "tables/optimizer.def"
};
const nn_choices nn_optimizers = {"optimizer", NN_N_OPTIMIZER, optimizers};

#define NN_SIGN_CHANGE(name, help) {#name, help},
static const nn_name sign_changes[NN_N_SIGN_CHANGE] = {
#include "tables/sign_change.def"
};
const nn_choices nn_sign_changes = {"sign_change", NN_N_SIGN_CHANGE, sign_changes};

#define NN_GRADIENT(name, help) {#name, help},
static const nn_name gradients[NN_N_GRADIENT_KIND] = {
#include "tables/gradient.def"
};
const nn_choices nn_gradients = {"gradient", NN_N_GRADIENT_KIND, gradients};

#define NN_SCHEDULE(name, help) {#name, help},
static const nn_name schedules[NN_N_SCHEDULE] = {
#include "tables/schedule.def"
};
const nn_choices nn_schedules = {"schedule", NN_N_SCHEDULE, schedules};

#define NN_REDUCTION(name, help) {#name, help},
static const nn_name reductions[NN_N_REDUCTION] = {
#include "tables/reduction.def"
};
const nn_choices nn_reductions = {"reduction", NN_N_REDUCTION, reductions};

#define NN_PRECISION(name, bytes, help) {#name, help},
static const nn_name precisions[NN_N_PRECISION] = {
#include "tables/precision.def"
};
const nn_choices nn_precisions = {"precision", NN_N_PRECISION, precisions};

#define NN_ENGINE(name, help) {#name, help},
static const nn_name engines[NN_N_ENGINE] = {
    {"fast", "tile or lanes, whichever suits the network"},
#include "tables/engine.def"
};
const nn_choices nn_engines = {"engine", NN_N_ENGINE, engines};

#define NN_ISA(name, runs, help) {#name, help},
static const nn_name isas[NN_N_ISA] = {
    {"best", "the last of these that the CPU has"},
#include "tables/isa.def"
};
const nn_choices nn_isas = {"instruction set", NN_N_ISA, isas};

#define NN_STOP(name, help, ...) {#name, help},
static const nn_name stops[NN_N_STOP] = {
#include "tables/stop.def"
};
const nn_choices nn_stops = {"stopping rule", NN_N_STOP, stops};

#define NN_MEASURE(name, value, of, better, help) {#name, help},
static const nn_name measures[NN_N_MEASURE + 1] = {
#include "tables/measure.def"
    {"sharpness", "largest eigenvalue of the Hessian of the cost at the best weights: a metric, which has no curves"}};
const nn_choices nn_measures = {"measure", NN_N_MEASURE + 1, measures};

#define NN_MEASURE(name, value, of, better, help) #name,
const char *const nn_measure_names[NN_N_MEASURE + 1] = {
#include "tables/measure.def"
    "sharpness"};
#define NN_MEASURE(name, value, of, better, help) of,
const nn_measured nn_measure_of[NN_N_MEASURE] = {
#include "tables/measure.def"
};

#define NN_CURVE(name, help, ...) {#name, help},
static const nn_name curves[NN_N_CURVE] = {
#include "tables/curve.def"
};
const nn_choices nn_curves = {"curve", NN_N_CURVE, curves};

#define NN_METRIC(name, expression, help, ...) {#name, help},
static const nn_name metrics[NN_N_METRIC] = {
#include "tables/metric.def"
};
const nn_choices nn_metrics = {"metric", NN_N_METRIC, metrics};

#define NN_METRIC(name, expression, help, ...)       {__VA_ARGS__},
#define NN_METRIC_CURVE(name, expression, help, ...) {.of_curves = true, __VA_ARGS__},
const nn_metric_row nn_metric_rows[NN_N_METRIC] = {
#include "tables/metric.def"
};
const char *const nn_direction_names[NN_N_DIRECTION] = {"neither", "lower", "higher"};

#define NN_RUN_STATUS(name, help) {#name, help},
static const nn_name run_statuses[NN_N_RUN_STATUS] = {
#include "tables/run_status.def"
};
const nn_choices nn_run_statuses = {"status", NN_N_RUN_STATUS, run_statuses};

#define NN_ENDPOINT(name, help) {#name, help},
static const nn_name endpoints[NN_N_ENDPOINT] = {
#include "tables/endpoint.def"
};
const nn_choices nn_endpoints = {"endpoint", NN_N_ENDPOINT, endpoints};

#define NN_STOP_REASON(name, help) {#name, help},
static const nn_name stop_reasons[NN_N_STOP_REASON] = {
#include "tables/stop_reason.def"
};
const nn_choices nn_stop_reasons = {"stop reason", NN_N_STOP_REASON, stop_reasons};

int nn_choice_find(const nn_choices *choices, const char *name)
{
    for (int i = 0; i < choices->n; i++)
        if (strcmp(choices->rows[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- the other fields of the rows ---- */

#define NN_ACTIVATION(name, f, df, place, help) place,
const nn_place nn_activation_places[NN_N_ACTIVATION] = {
#include "tables/activation.def"
};

#define NN_LOSS(name, help, ...) {__VA_ARGS__},
const nn_loss_row nn_loss_rows[NN_N_LOSS] = {
#include "tables/loss.def"
};

#define NN_OPTIMIZER(name, help, ...) {__VA_ARGS__},
const nn_optimizer_row nn_optimizer_rows[NN_N_OPTIMIZER] = {
#include "tables/optimizer.def"
};

#define NN_PRECISION(name, bytes, help) bytes,
const size_t nn_precision_bytes[NN_N_PRECISION] = {
#include "tables/precision.def"
};

/* Ranges [low, high], [low, high), (low, high), [low, infinite), (low, infinite), all numbers. */
#define NN_RANGE(low, high, low_open, high_open)                                                                       \
    {                                                                                                                  \
        low, high, low_open, high_open                                                                                 \
    }
#define NN_CLOSED(low, high)  NN_RANGE(low, high, false, false)
#define NN_IN(low, high)      NN_RANGE(low, high, false, true)
#define NN_BETWEEN(low, high) NN_RANGE(low, high, true, true)
#define NN_FROM(low)          NN_RANGE(low, HUGE_VAL, false, true)
#define NN_ABOVE(low)         NN_RANGE(low, HUGE_VAL, true, true)
#define NN_ANY                NN_RANGE(-HUGE_VAL, HUGE_VAL, true, true)

#define NN_STOP(name, help, ...) {__VA_ARGS__},
const nn_stop_row nn_stop_rows[NN_N_STOP] = {
#include "tables/stop.def"
};

#define NN_CURVE(name, help, ...) {__VA_ARGS__},
const nn_curve_row nn_curve_rows[NN_N_CURVE] = {
#include "tables/curve.def"
};

/* ---- settings ---- */

#define NN_CONDITION(name, holds, words)                                                                               \
    static bool matters_##name(const nn_hyper *h)                                                                      \
    {                                                                                                                  \
        return holds;                                                                                                  \
    }                                                                                                                  \
    static const char words_##name[] = words;
#include "tables/condition.def"
#define NN_WHEN(condition) .matters = matters_##condition, .matters_when = words_##condition

static bool always(const nn_hyper *h)
{
    (void)h;
    return true;
}
#define NN_ALWAYS .matters = always

#define NN_FEATURE(name, version, condition)                                                                           \
    static bool uses_##name(const nn_hyper *h, bool classification)                                                    \
    {                                                                                                                  \
        (void)h, (void)classification;                                                                                 \
        return condition;                                                                                              \
    }
#include "tables/feature.def"
#define NN_FEATURE(name, version, condition) {#name, version, uses_##name},
const nn_feature_row nn_feature_rows[NN_N_FEATURE] = {
#include "tables/feature.def"
};

#define NN_DEFAULT_REAL(value)   value
#define NN_DEFAULT_COUNT(value)  value
#define NN_DEFAULT_CHOICE(value) value
#define NN_DEFAULT_TRUTH(value)  value
#define NN_DEFAULT_SHAPE(value)                                                                                        \
    {                                                                                                                  \
        .n = (value) > 0, .width = { value }                                                                           \
    }
#define NN_DEFAULT_TEXT(value)                                                                                         \
    {                                                                                                                  \
        .text = value                                                                                                  \
    }
#define NN_HYPER(kind, name, value, ...) .name = NN_DEFAULT_##kind(value),
const nn_hyper nn_hyper_defaults = {
#include "tables/hyper.def"
};

#define NN_NAMED_HYPER(of_kind, setting, its_name, value, ...)                                                         \
    {.name = its_name, .kind = NN_##of_kind, .offset = offsetof(nn_hyper, setting), __VA_ARGS__},
#define NN_HYPER(of_kind, setting, value, ...) NN_NAMED_HYPER(of_kind, setting, #setting, value, __VA_ARGS__)
const nn_hyper_row nn_hyper_rows[NN_N_HYPER] = {
#include "tables/hyper.def"
};
