/* The const arrays behind nn_tables.h: each .def file becomes rows here and nowhere else. */
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
const char *const nn_keep_names[NN_N_KEEP] = {"initial", "best", "final"};

/* ---- lists of choices: what has a name and a help ---- */

#define NN_ACTIVATION(name, f, df, place, help) {#name, help},
static const nn_name activations[NN_N_ACTIVATION] = {
#include "tables/activation.def"
};
#undef NN_ACTIVATION
const nn_choices nn_activations = {"activation", NN_N_ACTIVATION, activations};

#define NN_LOSS(name, output, required, classes, units, help) {#name, help},
static const nn_name losses[NN_N_LOSS] = {
#include "tables/loss.def"
};
#undef NN_LOSS
const nn_choices nn_losses = {"loss", NN_N_LOSS, losses};

#define NN_INIT(name, distribution, scale, center, help) {#name, help},
static const nn_name inits[NN_N_INIT] = {
#include "tables/init.def"
};
#undef NN_INIT
const nn_choices nn_inits = {"init", NN_N_INIT, inits};

#define NN_OPTIMIZER(name, states, traits, help) {#name, help},
static const nn_name optimizers[NN_N_OPTIMIZER] = {
#include "tables/optimizer.def"
};
#undef NN_OPTIMIZER
const nn_choices nn_optimizers = {"optimizer", NN_N_OPTIMIZER, optimizers};

#define NN_GRADIENT(name, help) {#name, help},
static const nn_name gradients[NN_N_GRADIENT_KIND] = {
#include "tables/gradient.def"
};
#undef NN_GRADIENT
const nn_choices nn_gradients = {"gradient", NN_N_GRADIENT_KIND, gradients};

#define NN_SCHEDULE(name, help) {#name, help},
static const nn_name schedules[NN_N_SCHEDULE] = {
#include "tables/schedule.def"
};
#undef NN_SCHEDULE
const nn_choices nn_schedules = {"schedule", NN_N_SCHEDULE, schedules};

#define NN_REDUCTION(name, help) {#name, help},
static const nn_name reductions[NN_N_REDUCTION] = {
#include "tables/reduction.def"
};
#undef NN_REDUCTION
const nn_choices nn_reductions = {"reduction", NN_N_REDUCTION, reductions};

#define NN_PRECISION(name, bytes, help) {#name, help},
static const nn_name precisions[NN_N_PRECISION] = {
#include "tables/precision.def"
};
#undef NN_PRECISION
const nn_choices nn_precisions = {"precision", NN_N_PRECISION, precisions};

#define NN_ENGINE(name, help) {#name, help},
static const nn_name engines[NN_N_ENGINE] = {
    {"fast", "tile or lanes, whichever suits the network"},
#include "tables/engine.def"
};
#undef NN_ENGINE
const nn_choices nn_engines = {"engine", NN_N_ENGINE, engines};

#define NN_ISA(name, runs, help) {#name, help},
static const nn_name isas[NN_N_ISA] = {
    {"best", "the last of these that the CPU has"},
#include "tables/isa.def"
};
#undef NN_ISA
const nn_choices nn_isas = {"instruction set", NN_N_ISA, isas};

#define NN_STOP(name, parameter, value, range, needs, help) {#name, help},
static const nn_name stops[NN_N_STOP] = {
#include "tables/stop.def"
};
#undef NN_STOP
const nn_choices nn_stops = {"stopping rule", NN_N_STOP, stops};

#define NN_CURVE(name, part, what, better, help) {#name, help},
static const nn_name curves[NN_N_CURVE] = {
#include "tables/curve.def"
};
#undef NN_CURVE
const nn_choices nn_curves = {"curve", NN_N_CURVE, curves};

#define NN_METRIC(name, expression, better, help) {#name, help},
static const nn_name metrics[NN_N_METRIC] = {
#include "tables/metric.def"
};
#undef NN_METRIC
const nn_choices nn_metrics = {"metric", NN_N_METRIC, metrics};

#define NN_METRIC(name, expression, better, help) better,
const nn_direction nn_metric_better[NN_N_METRIC] = {
#include "tables/metric.def"
};
#undef NN_METRIC
const char *const nn_direction_names[NN_N_DIRECTION] = {"neither", "lower", "higher"};

#define NN_RUN_STATUS(name, help) {#name, help},
static const nn_name run_statuses[NN_N_RUN_STATUS] = {
#include "tables/run_status.def"
};
#undef NN_RUN_STATUS
const nn_choices nn_run_statuses = {"status", NN_N_RUN_STATUS, run_statuses};

#define NN_STOP_REASON(name, help) {#name, help},
static const nn_name stop_reasons[NN_N_STOP_REASON] = {
#include "tables/stop_reason.def"
};
#undef NN_STOP_REASON
const nn_choices nn_stop_reasons = {"stop reason", NN_N_STOP_REASON, stop_reasons};

int nn_choice_find(const nn_choices *choices, const char *name)
{
    for (int i = 0; i < choices->n; i++)
        if (strcmp(choices->rows[i].name, name) == 0)
            return i;
    return -1;
}

/* ---- what else the rows say ---- */

#define NN_ACTIVATION(name, f, df, place, help) place,
const nn_place nn_activation_places[NN_N_ACTIVATION] = {
#include "tables/activation.def"
};
#undef NN_ACTIVATION

#define NN_LOSS(name, output, required, classes, units, help) {NN_ACTIVATION_##output, required, classes, units},
const nn_loss_row nn_loss_rows[NN_N_LOSS] = {
#include "tables/loss.def"
};
#undef NN_LOSS

#define NN_OPTIMIZER(name, states, traits, help) {states, traits},
const nn_optimizer_row nn_optimizer_rows[NN_N_OPTIMIZER] = {
#include "tables/optimizer.def"
};
#undef NN_OPTIMIZER

#define NN_PRECISION(name, bytes, help) bytes,
const size_t nn_precision_bytes[NN_N_PRECISION] = {
#include "tables/precision.def"
};
#undef NN_PRECISION

#define NN_CLOSED(low, high)                                                                                           \
    {                                                                                                                  \
        low, high, false, false                                                                                        \
    }
#define NN_IN(low, high)                                                                                               \
    {                                                                                                                  \
        low, high, false, true                                                                                         \
    }
#define NN_BETWEEN(low, high)                                                                                          \
    {                                                                                                                  \
        low, high, true, true                                                                                          \
    }
#define NN_FROM(low)                                                                                                   \
    {                                                                                                                  \
        low, HUGE_VAL, false, true                                                                                     \
    }
#define NN_ABOVE(low)                                                                                                  \
    {                                                                                                                  \
        low, HUGE_VAL, true, true                                                                                      \
    }
#define NN_ANY                                                                                                         \
    {                                                                                                                  \
        -HUGE_VAL, HUGE_VAL, true, true                                                                                \
    }

#define NN_STOP(name, parameter, value, range, needs, help) {parameter, value, range, needs},
const nn_stop_row nn_stop_rows[NN_N_STOP] = {
#include "tables/stop.def"
};
#undef NN_STOP

#define NN_CURVE(name, part, what, better, help) {part, what, better},
const nn_curve_row nn_curve_rows[NN_N_CURVE] = {
#include "tables/curve.def"
};
#undef NN_CURVE

/* ---- hyperparameters ---- */

/* One function `matters_<name>` for each row that has a condition. */
#define NN_ALWAYS                  true
#define NN_WHEN(expression, words) (expression)
#define NN_HYPER(kind, name, value, range, pack, list, when, help)                                                     \
    static bool matters_##name(const nn_hyper *h)                                                                      \
    {                                                                                                                  \
        (void)h;                                                                                                       \
        return when;                                                                                                   \
    }
#include "tables/hyper.def"
#undef NN_HYPER
#undef NN_ALWAYS
#undef NN_WHEN
#define NN_ALWAYS                  NULL
#define NN_WHEN(expression, words) words

#define NN_LIST_activation   &nn_activations
#define NN_LIST_loss         &nn_losses
#define NN_LIST_init         &nn_inits
#define NN_LIST_optimizer    &nn_optimizers
#define NN_LIST_gradient     &nn_gradients
#define NN_LIST_schedule     &nn_schedules
#define NN_LIST_reduction    &nn_reductions
#define NN_LIST_precision    &nn_precisions
#define NN_WORD_REAL(list)   NULL
#define NN_WORD_COUNT(list)  list
#define NN_WORD_CHOICE(list) NULL
#define NN_WORD_TRUTH(list)  NULL
#define NN_WORD_SHAPE(list)  NULL
#define NN_OF_REAL(list)     NULL
#define NN_OF_COUNT(list)    NULL
#define NN_OF_CHOICE(list)   NN_LIST_##list
#define NN_OF_TRUTH(list)    NULL
#define NN_OF_SHAPE(list)    NULL

#define NN_DEFAULT_REAL(value)   value
#define NN_DEFAULT_COUNT(value)  value
#define NN_DEFAULT_CHOICE(value) value
#define NN_DEFAULT_TRUTH(value)  value
#define NN_DEFAULT_SHAPE(value)                                                                                        \
    {                                                                                                                  \
        .n = 1, .width = { value }                                                                                     \
    }
#define NN_AUTO_REAL(value)   false
#define NN_AUTO_COUNT(value)  false
#define NN_AUTO_CHOICE(value) ((int)(value) == NN_AUTO)
#define NN_AUTO_TRUTH(value)  false
#define NN_AUTO_SHAPE(value)  false

#define NN_HYPER(kind, name, value, range, pack, list, when, help) .name = NN_DEFAULT_##kind(value),
const nn_hyper nn_hyper_defaults = {
#include "tables/hyper.def"
};
#undef NN_HYPER

#define NN_HYPER(kind, name, value, range, pack, list, when, help)                                                     \
    {#name,                                                                                                            \
     NN_##kind,                                                                                                        \
     offsetof(nn_hyper, name),                                                                                         \
     range,                                                                                                            \
     pack,                                                                                                             \
     NN_WORD_##kind(list),                                                                                             \
     NN_OF_##kind(list),                                                                                               \
     NN_AUTO_##kind(value),                                                                                            \
     matters_##name,                                                                                                   \
     when,                                                                                                             \
     help},
const nn_hyper_row nn_hyper_rows[NN_N_HYPER] = {
#include "tables/hyper.def"
};
#undef NN_HYPER
