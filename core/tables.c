/* The const arrays behind nn_tables.h: each .def file becomes rows here and nowhere else. */
#include "nn.h"
#include <string.h>

const char *const nn_part_names[NN_N_PART] = {"train", "validation", "test"};
const char *const nn_keep_names[NN_N_KEEP] = {"initial", "best", "final"};

/* ---- lists of choices: names and helps ---- */

#define NN_ACTIVATION(name, f, df, place, help) #name,
static const char *const activation_names[] = {
#include "activation.def"
};
#undef NN_ACTIVATION
#define NN_ACTIVATION(name, f, df, place, help) help,
static const char *const activation_helps[] = {
#include "activation.def"
};
#undef NN_ACTIVATION
#define NN_ACTIVATION(name, f, df, place, help) place,
const nn_place nn_activation_places[NN_N_ACTIVATION] = {
#include "activation.def"
};
#undef NN_ACTIVATION

#define NN_LOSS(name, output, required, units, help) #name,
static const char *const loss_names[] = {
#include "loss.def"
};
#undef NN_LOSS
#define NN_LOSS(name, output, required, units, help) help,
static const char *const loss_helps[] = {
#include "loss.def"
};
#undef NN_LOSS
#define NN_LOSS(name, output, required, units, help) {NN_ACTIVATION_##output, required, units},
const nn_loss_row nn_loss_rows[NN_N_LOSS] = {
#include "loss.def"
};
#undef NN_LOSS

#define NN_INIT(name, distribution, scale, center, help) #name,
static const char *const init_names[] = {
#include "init.def"
};
#undef NN_INIT
#define NN_INIT(name, distribution, scale, center, help) help,
static const char *const init_helps[] = {
#include "init.def"
};
#undef NN_INIT

#define NN_OPTIMIZER(name, states, help) #name,
static const char *const optimizer_names[] = {
#include "optimizer.def"
};
#undef NN_OPTIMIZER
#define NN_OPTIMIZER(name, states, help) help,
static const char *const optimizer_helps[] = {
#include "optimizer.def"
};
#undef NN_OPTIMIZER

#define NN_ENGINE(name, help) #name,
static const char *const engine_names[] = {
    "fast",
#include "engine.def"
};
#undef NN_ENGINE
#define NN_ENGINE(name, help) help,
static const char *const engine_helps[] = {
    "tile or lanes, whichever suits the network",
#include "engine.def"
};
#undef NN_ENGINE

#define NN_ISA(name, runs, help) #name,
static const char *const isa_names[] = {
    "best",
#include "isa.def"
};
#undef NN_ISA
#define NN_ISA(name, runs, help) help,
static const char *const isa_helps[] = {
    "the last of these that the CPU has",
#include "isa.def"
};
#undef NN_ISA

#define NN_REDUCTION(name, help) #name,
static const char *const reduction_names[] = {
#include "reduction.def"
};
#undef NN_REDUCTION
#define NN_REDUCTION(name, help) help,
static const char *const reduction_helps[] = {
#include "reduction.def"
};
#undef NN_REDUCTION

#define NN_PRECISION(name, bytes, help) #name,
static const char *const precision_names[] = {
#include "precision.def"
};
#undef NN_PRECISION
#define NN_PRECISION(name, bytes, help) help,
static const char *const precision_helps[] = {
#include "precision.def"
};
#undef NN_PRECISION

#define NN_STOP(name, parameter, value, range, every, validation, help) #name,
static const char *const stop_names[] = {
#include "stop.def"
};
#undef NN_STOP
#define NN_STOP(name, parameter, value, range, every, validation, help) help,
static const char *const stop_helps[] = {
#include "stop.def"
};
#undef NN_STOP

#define NN_CURVE(name, part, what, higher, help) #name,
static const char *const curve_names[] = {
#include "curve.def"
};
#undef NN_CURVE
#define NN_CURVE(name, part, what, higher, help) help,
static const char *const curve_helps[] = {
#include "curve.def"
};
#undef NN_CURVE

#define NN_METRIC(name, expression, help) #name,
static const char *const metric_names[] = {
#include "metric.def"
};
#undef NN_METRIC
#define NN_METRIC(name, expression, help) help,
static const char *const metric_helps[] = {
#include "metric.def"
};
#undef NN_METRIC

#define NN_RUN_STATUS(name, help) #name,
static const char *const run_status_names[] = {
#include "run_status.def"
};
#undef NN_RUN_STATUS
#define NN_RUN_STATUS(name, help) help,
static const char *const run_status_helps[] = {
#include "run_status.def"
};
#undef NN_RUN_STATUS

#define NN_STOP_REASON(name, help) #name,
static const char *const stop_reason_names[] = {
#include "stop_reason.def"
};
#undef NN_STOP_REASON
#define NN_STOP_REASON(name, help) help,
static const char *const stop_reason_helps[] = {
#include "stop_reason.def"
};
#undef NN_STOP_REASON

const nn_choices nn_activations = {"activation", NN_N_ACTIVATION, activation_names, activation_helps};
const nn_choices nn_losses = {"loss", NN_N_LOSS, loss_names, loss_helps};
const nn_choices nn_inits = {"init", NN_N_INIT, init_names, init_helps};
const nn_choices nn_optimizers = {"optimizer", NN_N_OPTIMIZER, optimizer_names, optimizer_helps};
const nn_choices nn_reductions = {"reduction", NN_N_REDUCTION, reduction_names, reduction_helps};
const nn_choices nn_precisions = {"precision", NN_N_PRECISION, precision_names, precision_helps};
const nn_choices nn_engines = {"engine", NN_N_ENGINE, engine_names, engine_helps};
const nn_choices nn_isas = {"instruction set", NN_N_ISA, isa_names, isa_helps};
const nn_choices nn_stops = {"stopping rule", NN_N_STOP, stop_names, stop_helps};
const nn_choices nn_curves = {"curve", NN_N_CURVE, curve_names, curve_helps};
const nn_choices nn_metrics = {"metric", NN_N_METRIC, metric_names, metric_helps};
const nn_choices nn_run_statuses = {"status", NN_N_RUN_STATUS, run_status_names, run_status_helps};
const nn_choices nn_stop_reasons = {"stop reason", NN_N_STOP_REASON, stop_reason_names, stop_reason_helps};

int nn_choice_find(const nn_choices *choices, const char *name)
{
    for (int i = 0; i < choices->n; i++)
        if (strcmp(choices->names[i], name) == 0)
            return i;
    return -1;
}

/* ---- stopping rules and curves ---- */

#define NN_CLOSED(low, high)                                                                                 \
    {                                                                                                        \
        low, high, false, false                                                                              \
    }
#define NN_IN(low, high)                                                                                     \
    {                                                                                                        \
        low, high, false, true                                                                               \
    }
#define NN_FROM(low)                                                                                         \
    {                                                                                                        \
        low, HUGE_VAL, false, true                                                                           \
    }
#define NN_ABOVE(low)                                                                                        \
    {                                                                                                        \
        low, HUGE_VAL, true, true                                                                            \
    }
#define NN_ANY                                                                                               \
    {                                                                                                        \
        -HUGE_VAL, HUGE_VAL, true, true                                                                      \
    }

#define NN_STOP(name, parameter, value, range, every, validation, help)                                      \
    {#name, parameter, value, range, every, validation, help},
const nn_stop_row nn_stop_rows[NN_N_STOP] = {
#include "stop.def"
};
#undef NN_STOP

#define NN_CURVE(name, part, what, higher, help) {#name, part, what, higher, help},
const nn_curve_row nn_curve_rows[NN_N_CURVE] = {
#include "curve.def"
};
#undef NN_CURVE

/* ---- hyperparameters ---- */

/* One function `matters_<name>` for each row that has a condition. */
#define NN_ALWAYS                  true
#define NN_WHEN(expression, words) (expression)
#define NN_HYPER(kind, name, value, range, pack, list, when, help)                                           \
    static bool matters_##name(const nn_hyper *h)                                                            \
    {                                                                                                        \
        (void)h;                                                                                             \
        return when;                                                                                         \
    }
#include "hyper.def"
#undef NN_HYPER
#undef NN_ALWAYS
#undef NN_WHEN
#define NN_ALWAYS                  NULL
#define NN_WHEN(expression, words) words

#define NN_LIST_activation   &nn_activations
#define NN_LIST_loss         &nn_losses
#define NN_LIST_init         &nn_inits
#define NN_LIST_optimizer    &nn_optimizers
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
#define NN_DEFAULT_SHAPE(value)                                                                              \
    {                                                                                                        \
        .n = 1, .width = { value }                                                                           \
    }
#define NN_AUTO_REAL(value)   false
#define NN_AUTO_COUNT(value)  false
#define NN_AUTO_CHOICE(value) ((int)(value) == NN_AUTO)
#define NN_AUTO_TRUTH(value)  false
#define NN_AUTO_SHAPE(value)  false

#define NN_HYPER(kind, name, value, range, pack, list, when, help) .name = NN_DEFAULT_##kind(value),
const nn_hyper nn_hyper_defaults = {
#include "hyper.def"
};
#undef NN_HYPER

#define NN_HYPER(kind, name, value, range, pack, list, when, help)                                           \
    {#name,                                                                                                  \
     NN_##kind,                                                                                              \
     offsetof(nn_hyper, name),                                                                               \
     range,                                                                                                  \
     pack,                                                                                                   \
     NN_WORD_##kind(list),                                                                                   \
     NN_OF_##kind(list),                                                                                     \
     NN_AUTO_##kind(value),                                                                                  \
     matters_##name,                                                                                         \
     when,                                                                                                   \
     help},
const nn_hyper_row nn_hyper_rows[NN_N_HYPER] = {
#include "hyper.def"
};
#undef NN_HYPER
