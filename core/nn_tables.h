/* nn_tables.h - every list of the project, made from the .def files beside this one.
 *
 * Each .def file is read twice: here into an enum (and, for hyperparameters, into the struct nn_hyper), and
 * in tables.c into a const array of rows. Readers, --help, plan, the results file and the docs loop over the
 * arrays and know no name of their own. */
#ifndef NN_TABLES_H
#define NN_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- enums: NN_LOSS_mse, NN_ACTIVATION_relu, ..., each list with its count NN_N_... ---- */

#define NN_STATUS(name, help) NN_##name,
typedef enum nn_status {
#include "tables/status.def"
    NN_N_STATUS
} nn_status;
#undef NN_STATUS

#define NN_ACTIVATION(name, ...) NN_ACTIVATION_##name,
enum nn_activation {
#include "tables/activation.def"
    NN_N_ACTIVATION
};
#undef NN_ACTIVATION

#define NN_LOSS(name, ...) NN_LOSS_##name,
enum nn_loss {
#include "tables/loss.def"
    NN_N_LOSS
};
#undef NN_LOSS

#define NN_INIT(name, ...) NN_INIT_##name,
enum nn_init {
#include "tables/init.def"
    NN_N_INIT
};
#undef NN_INIT

#define NN_OPTIMIZER(name, ...) NN_OPTIMIZER_##name,
enum nn_optimizer {
#include "tables/optimizer.def"
    NN_N_OPTIMIZER
};
#undef NN_OPTIMIZER

#define NN_GRADIENT(name, ...) NN_GRADIENT_##name,
enum nn_gradient_kind {
#include "tables/gradient.def"
    NN_N_GRADIENT_KIND
};
#undef NN_GRADIENT

#define NN_SCHEDULE(name, ...) NN_SCHEDULE_##name,
enum nn_schedule {
#include "tables/schedule.def"
    NN_N_SCHEDULE
};
#undef NN_SCHEDULE

#define NN_REDUCTION(name, ...) NN_REDUCTION_##name,
enum nn_reduction {
#include "tables/reduction.def"
    NN_N_REDUCTION
};
#undef NN_REDUCTION

#define NN_ENGINE(name, ...) NN_ENGINE_##name,
enum nn_engine_index {
    NN_ENGINE_fast, /* tile or lanes, whichever suits the network */
#include "tables/engine.def"
    NN_N_ENGINE
};
#undef NN_ENGINE

#define NN_ISA(name, ...) NN_ISA_##name,
enum nn_isa {
    NN_ISA_best, /* that this CPU has */
#include "tables/isa.def"
    NN_N_ISA
};
#undef NN_ISA

#define NN_PRECISION(name, ...) NN_PRECISION_##name,
enum nn_precision {
#include "tables/precision.def"
    NN_N_PRECISION
};
#undef NN_PRECISION

#define NN_STOP(name, ...) NN_STOP_##name,
enum nn_stop {
#include "tables/stop.def"
    NN_N_STOP
};
#undef NN_STOP

#define NN_CURVE(name, ...) NN_CURVE_##name,
enum nn_curve {
#include "tables/curve.def"
    NN_N_CURVE
};
#undef NN_CURVE

#define NN_METRIC(name, ...) NN_METRIC_##name,
enum nn_metric {
#include "tables/metric.def"
    NN_N_METRIC
};
#undef NN_METRIC

#define NN_RUN_STATUS(name, ...) NN_RUN_##name,
typedef enum nn_run_status {
#include "tables/run_status.def"
    NN_N_RUN_STATUS
} nn_run_status;
#undef NN_RUN_STATUS

#define NN_STOP_REASON(name, ...) NN_REASON_##name,
typedef enum nn_stop_reason {
#include "tables/stop_reason.def"
    NN_N_STOP_REASON
} nn_stop_reason;
#undef NN_STOP_REASON

typedef enum nn_part { NN_TRAIN, NN_VALIDATION, NN_TEST, NN_N_PART, NN_NO_PART = NN_N_PART } nn_part;
extern const char *const nn_part_names[NN_N_PART]; /* train, validation, test */

/* ---- values and ranges ---- */

enum { NN_MAX_HIDDEN = 32 };

/* Widths of the hidden layers. */
typedef struct nn_shape {
    int32_t n;
    int32_t width[NN_MAX_HIDDEN];
} nn_shape;

typedef enum nn_kind { NN_REAL, NN_COUNT, NN_CHOICE, NN_TRUTH, NN_SHAPE } nn_kind;

typedef double nn_real_value;
typedef int64_t nn_count_value;
typedef int32_t nn_choice_value; /* index into the table of choices; NN_AUTO until nn_hyper_resolve */
typedef bool nn_truth_value;
typedef nn_shape nn_shape_value;
enum { NN_AUTO = -1 };

typedef struct nn_range {
    double low, high; /* infinite where there is no bound */
    bool low_open, high_open;
} nn_range;

typedef struct nn_name {
    const char *name, *help; /* help: NULL where a name says it all */
} nn_name;

/* A named list that choices come from. */
typedef struct nn_choices {
    const char *what; /* "activation" */
    int n;
    const nn_name *rows;
} nn_choices;

extern const nn_choices nn_activations, nn_losses, nn_inits, nn_optimizers, nn_gradients, nn_schedules, nn_reductions,
    nn_precisions, nn_stops, nn_curves, nn_metrics, nn_run_statuses, nn_stop_reasons, nn_parts;

/* Index of `name` in the list, or -1. */
int nn_choice_find(const nn_choices *choices, const char *name);

/* ---- hyperparameters ---- */

#define NN_FIELD_REAL   nn_real_value
#define NN_FIELD_COUNT  nn_count_value
#define NN_FIELD_CHOICE nn_choice_value
#define NN_FIELD_TRUTH  nn_truth_value
#define NN_FIELD_SHAPE  nn_shape_value

/* One value of every hyperparameter: h.learning_rate, h.hidden, ... */
#define NN_HYPER(kind, name, ...) NN_FIELD_##kind name;
typedef struct nn_hyper {
#include "tables/hyper.def"
} nn_hyper;
#undef NN_HYPER

#define NN_HYPER(kind, name, ...) NN_HYPER_##name,
enum nn_hyper_index {
#include "tables/hyper.def"
    NN_N_HYPER
};
#undef NN_HYPER

/* May the runs of a pack differ in the setting? */
typedef enum nn_in_pack { NN_ALIKE, NN_OWN } nn_in_pack;

typedef struct nn_hyper_row {
    const char *name;
    nn_kind kind;
    size_t offset; /* of the field in nn_hyper */
    nn_range range;
    nn_in_pack in_pack;
    const char *word;                   /* COUNT: the word that stands for 0 ("full"), or NULL */
    const nn_choices *choices;          /* CHOICE: where the names are, else NULL */
    bool automatic;                     /* CHOICE: "auto" is allowed and the default */
    bool (*matters)(const nn_hyper *h); /* does it decide anything, given the others (resolved)? */
    const char *matters_when;           /* the same in words, NULL: always */
    const char *help;
} nn_hyper_row;

extern const nn_hyper_row nn_hyper_rows[NN_N_HYPER];
extern const nn_hyper nn_hyper_defaults;

/* Row of the setting `name`, or NULL. */
const nn_hyper_row *nn_hyper_find(const char *name);

static inline const void *nn_hyper_get(const nn_hyper *h, const nn_hyper_row *row)
{
    return (const char *)h + row->offset;
}

static inline void *nn_hyper_at(nn_hyper *h, const nn_hyper_row *row)
{
    return (char *)h + row->offset;
}

/* Are the two equal in this setting? */
bool nn_hyper_same(const nn_hyper *a, const nn_hyper *b, const nn_hyper_row *row);

/* Fills in what `auto` stands for: the loss from the task, the output activation from the loss. */
void nn_hyper_resolve(nn_hyper *h, bool classification);

/* What is wrong with a resolved combination (cross_entropy with sigmoid, ...): the setting to point at, and a
 * sentence with the remedy in `text`; or NULL, and `text` is left as it is. */
const nn_hyper_row *nn_hyper_conflict(const nn_hyper *h, bool classification, char *text, size_t size);

/* ---- what else the rows say; their names and helps are those of the nn_choices above ---- */

typedef enum nn_place { NN_ANYWHERE, NN_OUTPUT_ONLY } nn_place;
extern const nn_place nn_activation_places[NN_N_ACTIVATION];

typedef struct nn_loss_row {
    int output;          /* activation that follows from the loss */
    bool required;       /* may no other stand with it? */
    bool classes;        /* does it need them? */
    int two_class_units; /* output units for two classes */
} nn_loss_row;
extern const nn_loss_row nn_loss_rows[NN_N_LOSS];

/* What is special about an optimizer. */
enum { NN_DECOUPLED = 1, NN_FULL_BATCH = 2, NN_OUTSIDE = 4 };
typedef struct nn_optimizer_row {
    int states; /* arrays of the size of the parameters */
    int traits;
} nn_optimizer_row;
extern const nn_optimizer_row nn_optimizer_rows[NN_N_OPTIMIZER];
extern const size_t nn_precision_bytes[NN_N_PRECISION]; /* of a number */

/* What a rule needs of the grid, and which keys it takes. */
enum {
    NN_WANTS_VALIDATION = 1, /* a validation part that is evaluated */
    NN_WANTS_STRIPS = 2,     /* looks at the ends of strips: needs record: {every: 1} */
    NN_WANTS_PROGRESS = 4,   /* P_k: strips of 2 epochs at least, and a training part that is evaluated */
    NN_TAKES_MIN_DELTA = 8,
    NN_TAKES_CURVE = 16 /* which curve must reach the value */
};

typedef struct nn_stop_row {
    const char *parameter;
    double default_value;
    nn_range range;
    int needs; /* NN_WANTS_..., NN_TAKES_... */
} nn_stop_row;
extern const nn_stop_row nn_stop_rows[NN_N_STOP];

/* Which values of a metric or curve are better. Whatever ranks by one asks its table. */
typedef enum nn_direction { NN_NEITHER, NN_LOWER, NN_HIGHER, NN_N_DIRECTION } nn_direction;
extern const char *const nn_direction_names[NN_N_DIRECTION]; /* neither, lower, higher */
extern const nn_direction nn_metric_better[NN_N_METRIC];

typedef enum nn_curve_what {
    NN_LOSS_CURVE,
    NN_ERROR_CURVE,
    NN_ACCURACY_CURVE,
    NN_GRADIENT_CURVE, /* where recording.gradient */
    NN_OTHER_CURVE
} nn_curve_what;
typedef struct nn_curve_row {
    nn_part part; /* NN_NO_PART: of none */
    nn_curve_what what;
    nn_direction better;
} nn_curve_row;
extern const nn_curve_row nn_curve_rows[NN_N_CURVE];

#endif
