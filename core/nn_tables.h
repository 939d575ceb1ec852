/* nn_tables.h - every list of the project, made from the .def files of tables/, which are meant to be read.
 *
 * A .def file, which undefines its macro at the end, is read twice: here into an enum (and, for settings, into the
 * struct nn_hyper), and in tables/tables.c into a const array of rows. The grid reader, --help, the results file and
 * the manual loop over the arrays, so that a list stands in one place. The enums come first, then names and ranges, the
 * settings, and the fields of the other rows. */
#ifndef NN_TABLES_H
#define NN_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- enums: NN_LOSS_mse, NN_ACTIVATION_relu, ...; NN_N_... is the length of a list ---- */

#define NN_STATUS(name, ...) NN_##name,
typedef enum nn_status {
#include "tables/status.def"
    NN_N_STATUS
} nn_status;

#define NN_ACTIVATION(name, ...) NN_ACTIVATION_##name,
enum nn_activation {
#include "tables/activation.def"
    NN_N_ACTIVATION
};

#define NN_LOSS(name, ...) NN_LOSS_##name,
enum nn_loss {
#include "tables/loss.def"
    NN_N_LOSS
};

#define NN_INIT(name, ...) NN_INIT_##name,
enum nn_init {
#include "tables/init.def"
    NN_N_INIT
};

#define NN_OPTIMIZER(name, ...) NN_OPTIMIZER_##name,
enum nn_optimizer {
#include "tables/optimizer.def"
    NN_N_OPTIMIZER
};

#define NN_SIGN_CHANGE(name, ...) NN_SIGN_CHANGE_##name,
enum nn_sign_change {
#include "tables/sign_change.def"
    NN_N_SIGN_CHANGE
};

#define NN_GRADIENT(name, ...) NN_GRADIENT_##name,
enum nn_gradient_kind {
#include "tables/gradient.def"
    NN_N_GRADIENT_KIND
};

#define NN_SCHEDULE(name, ...) NN_SCHEDULE_##name,
enum nn_schedule {
#include "tables/schedule.def"
    NN_N_SCHEDULE
};

#define NN_REDUCTION(name, ...) NN_REDUCTION_##name,
enum nn_reduction {
#include "tables/reduction.def"
    NN_N_REDUCTION
};

#define NN_ENGINE(name, ...) NN_ENGINE_##name,
enum nn_engine_index {
    NN_ENGINE_fast, /* stands for tile or lanes, whichever suits the network */
#include "tables/engine.def"
    NN_N_ENGINE
};

#define NN_FEATURE(name, ...) NN_FEATURE_##name,
enum nn_feature {
#include "tables/feature.def"
    NN_N_FEATURE
};

#define NN_ISA(name, ...) NN_ISA_##name,
enum nn_isa {
    NN_ISA_best, /* stands for the last one that this CPU has */
#include "tables/isa.def"
    NN_N_ISA
};

#define NN_PRECISION(name, ...) NN_PRECISION_##name,
enum nn_precision {
#include "tables/precision.def"
    NN_N_PRECISION
};

#define NN_STOP(name, ...) NN_STOP_##name,
enum nn_stop {
#include "tables/stop.def"
    NN_N_STOP
};

#define NN_MEASURE(name, ...) NN_MEASURE_##name,
enum nn_measure {
#include "tables/measure.def"
    NN_N_MEASURE,
    NN_SHARPNESS = NN_N_MEASURE /* is no curve: nn_outcome.sharpness, by the caller */
};

#define NN_CURVE(name, ...) NN_CURVE_##name,
enum nn_curve {
#include "tables/curve.def"
    NN_N_CURVE,
    NN_N_USUAL_CURVE = NN_CURVE_train_max_abs_error /* those that nobody need ask for */
};

#define NN_METRIC(name, ...) NN_METRIC_##name,
enum nn_metric {
#include "tables/metric.def"
    NN_N_METRIC
};

#define NN_RUN_STATUS(name, ...) NN_RUN_##name,
typedef enum nn_run_status {
#include "tables/run_status.def"
    NN_N_RUN_STATUS
} nn_run_status;

#define NN_STOP_REASON(name, ...) NN_REASON_##name,
typedef enum nn_stop_reason {
#include "tables/stop_reason.def"
    NN_N_STOP_REASON
} nn_stop_reason;

#define NN_ENDPOINT(name, ...) NN_ENDPOINT_##name,
enum nn_endpoint_kind {
#include "tables/endpoint.def"
    NN_N_ENDPOINT
};

typedef enum nn_part { NN_TRAIN, NN_VALIDATION, NN_TEST, NN_N_PART, NN_NO_PART = NN_N_PART } nn_part;
extern const char *const nn_part_names[NN_N_PART]; /* train, validation, test */

/* ---- values and ranges ---- */

enum { NN_MAX_HIDDEN = 32 };

/* The widths of the hidden layers. */
typedef struct nn_shape {
    int32_t n;
    int32_t width[NN_MAX_HIDDEN];
} nn_shape;

/* A text with an end, and zeros behind it. */
enum { NN_TEXT_BYTES = 256 };
typedef struct nn_text {
    char text[NN_TEXT_BYTES];
} nn_text;

typedef enum nn_kind { NN_REAL, NN_COUNT, NN_CHOICE, NN_TRUTH, NN_SHAPE, NN_TEXT } nn_kind;

typedef double nn_real_value;
typedef int64_t nn_count_value;
typedef int32_t nn_choice_value; /* index into the list of choices; `auto` is NN_AUTO until nn_hyper_resolve */
typedef bool nn_truth_value;
typedef nn_shape nn_shape_value;
typedef nn_text nn_text_value;
enum { NN_AUTO = -1 };
enum { NN_BIAS_OF_LAYER = -1 }; /* an init_bias that depends on the layer */

typedef struct nn_range {
    double low, high; /* infinite if there is no bound */
    bool low_open, high_open;
} nn_range;

typedef struct nn_name {
    const char *name, *help; /* help may be NULL */
} nn_name;

/* A list of names that choices come from. */
typedef struct nn_choices {
    const char *what; /* "activation" */
    int n;
    const nn_name *rows;
} nn_choices;

extern const nn_choices nn_activations, nn_losses, nn_inits, nn_optimizers, nn_gradients, nn_schedules, nn_reductions;
extern const nn_choices nn_precisions, nn_engines, nn_isas, nn_stops, nn_curves, nn_metrics, nn_run_statuses;
extern const nn_choices nn_measures, nn_stop_reasons, nn_parts, nn_sign_changes, nn_endpoints, nn_scales, nn_missings;

/* The index of a name in the list, or -1. */
int nn_choice_find(const nn_choices *choices, const char *name);

/* ---- settings (hyperparameters) ---- */

#define NN_FIELD_REAL   nn_real_value
#define NN_FIELD_COUNT  nn_count_value
#define NN_FIELD_CHOICE nn_choice_value
#define NN_FIELD_TRUTH  nn_truth_value
#define NN_FIELD_SHAPE  nn_shape_value
#define NN_FIELD_TEXT   nn_text_value

/* One value of every setting: h.learning_rate, h.hidden, ... */
#define NN_HYPER(kind, name, ...) NN_FIELD_##kind name;
typedef struct nn_hyper {
#include "tables/hyper.def"
} nn_hyper;

#define NN_HYPER(kind, name, ...) NN_HYPER_##name,
enum nn_hyper_index {
#include "tables/hyper.def"
    NN_N_HYPER
};

/* Do the runs of a pack agree in the setting, or does each have its own value? */
typedef enum nn_in_pack { NN_ALIKE, NN_OWN } nn_in_pack;

typedef struct nn_hyper_row {
    const char *name;
    nn_kind kind;
    size_t offset;  /* of the field in nn_hyper */
    nn_range range; /* of a REAL or COUNT, of each width of a SHAPE, of a number in a TEXT with choices */
    nn_in_pack in_pack;
    const char *word;          /* of a COUNT or REAL: a word that may be given ("full"), or NULL */
    double word_value;         /* the number that it stands for: 0 for a COUNT */
    const nn_choices *choices; /* of a CHOICE, and of a TEXT that is one of these names or a number; else NULL */
    bool automatic;            /* of a CHOICE: "auto" is allowed, and the default */
    bool of_data; /* decides which data or starting weights the caller gives to core, which takes no notice of it */
    bool in_data; /* its value for all runs stands in the section `data` of a grid, not in `base` */
    bool late; /* newer than the first results files, whose `sample` must stay: its value in base has no part in it */
    bool (*matters)(const nn_hyper *h); /* does the setting decide anything, given the others (resolved)? */
    const char *matters_when;           /* the same in words; NULL: always */
    const char *help;
} nn_hyper_row;

extern const nn_hyper_row nn_hyper_rows[NN_N_HYPER];
extern const nn_hyper nn_hyper_defaults;

/* The row of a setting, or NULL. */
const nn_hyper_row *nn_hyper_find(const char *name);

static inline const void *nn_hyper_get(const nn_hyper *h, const nn_hyper_row *row)
{
    return (const char *)h + row->offset;
}

static inline void *nn_hyper_at(nn_hyper *h, const nn_hyper_row *row)
{
    return (char *)h + row->offset;
}

/* Does a layer of weights, from 0, keep its starting values? */
static inline bool nn_is_frozen(const nn_hyper *h, int layer)
{
    bool frozen = false;
    for (int i = 0; i < h->freeze.n; i++)
        frozen |= h->freeze.width[i] == layer + 1;
    return frozen;
}

/* Are the two equal in this setting? */
bool nn_hyper_same(const nn_hyper *a, const nn_hyper *b, const nn_hyper_row *row);

/* Replaces NN_AUTO: the loss follows from the task, the output activation from the loss. */
void nn_hyper_resolve(nn_hyper *h, bool classification);

/* Finds settings that contradict each other (cross_entropy with sigmoid, ...), once they are resolved. Returns the row
 * of the one to change and writes a sentence with the remedy to `text`; or returns NULL and leaves `text` alone. */
const nn_hyper_row *nn_hyper_conflict(const nn_hyper *h, bool classification, char *text, size_t size);

/* Features whose numbers have changed: what the key of a run has to say of them. */
typedef struct nn_feature_row {
    const char *name;
    int version;
    bool (*used)(const nn_hyper *h, bool classification); /* do runs with these settings, resolved, have the feature? */
} nn_feature_row;
extern const nn_feature_row nn_feature_rows[NN_N_FEATURE];

/* The versions of the arithmetic, ascending; the last is that of this program. */
typedef struct nn_arithmetic_row {
    int number;
    const char *change; /* what became different with it */
} nn_arithmetic_row;
extern const nn_arithmetic_row nn_arithmetic_rows[];
extern const int nn_n_arithmetics;

static inline int nn_arithmetic(void)
{
    return nn_arithmetic_rows[nn_n_arithmetics - 1].number;
}

/* ---- the other fields of the rows, whose names and helps are those of the nn_choices above ---- */

typedef enum nn_place { NN_ANYWHERE, NN_OUTPUT_ONLY } nn_place;
extern const nn_place nn_activation_places[NN_N_ACTIVATION];

typedef struct nn_loss_row {
    int output;          /* the output activation that follows from the loss */
    bool required;       /* is that the only one it goes with? */
    bool classes;        /* does it need classes? */
    int two_class_units; /* output units for two classes, unless `outputs` says it */
} nn_loss_row;
extern const nn_loss_row nn_loss_rows[NN_N_LOSS];

/* Traits of optimizers: flags. */
enum {
    NN_DECOUPLED = 1,  /* lambda shrinks the weights beside the gradient, not in it */
    NN_FULL_BATCH = 2, /* takes batch_size: full only */
    NN_OUTSIDE = 4     /* nn_job.descend owns the loop (nn_descent.h); no lanes, no checkpoints, a smooth cost only */
};
typedef struct nn_optimizer_row {
    int states; /* state arrays of the size of the parameters */
    int traits; /* flags, joined by | */
} nn_optimizer_row;
extern const nn_optimizer_row nn_optimizer_rows[NN_N_OPTIMIZER];
extern const size_t nn_precision_bytes[NN_N_PRECISION]; /* of a number */

/* What a stopping rule needs of the grid, and which keys it takes. */
enum {
    NN_WANTS_VALIDATION = 1, /* a validation part that is evaluated */
    NN_WANTS_STRIPS = 2,     /* record: {every: 1}, since it looks at the ends of strips */
    NN_WANTS_PROGRESS = 4,   /* strips of 2 epochs at least, and a training part that is evaluated, for P_k */
    NN_TAKES_MIN_DELTA = 8,
    NN_TAKES_CURVE = 16 /* takes the curve that must reach the value */
};

typedef struct nn_stop_row {
    const char *parameter;
    double default_value;
    nn_range range;
    int needs; /* NN_WANTS_..., NN_TAKES_... */
} nn_stop_row;
extern const nn_stop_row nn_stop_rows[NN_N_STOP];

/* Which values of a metric or curve are better: whatever ranks runs reads it here. */
typedef enum nn_direction { NN_NEITHER, NN_LOWER, NN_HIGHER, NN_N_DIRECTION } nn_direction;
extern const char *const nn_direction_names[NN_N_DIRECTION]; /* neither, lower, higher */

/* What the numbers of a metric are: those of a code stand for words, so that no mean of them is made; a time may never
 * come, which is NaN. */
typedef enum nn_metric_kind { NN_NUMBER_METRIC, NN_TIME_METRIC, NN_CODE_METRIC } nn_metric_kind;
/* What a grid has to ask for, or else no run has the metric. */
typedef enum nn_metric_needs {
    NN_NEEDS_NOTHING,
    NN_NEEDS_RANKS, /* record: {metrics: [...]} with auc or calibration */
    NN_NEEDS_SHARPNESS,
    NN_NEEDS_GRADIENT,
    NN_NEEDS_ENDPOINT
} nn_metric_needs;
typedef struct nn_metric_row {
    nn_direction better;
    nn_metric_kind kind;
    nn_metric_needs needs;
    bool of_curves; /* does it follow from the curves alone? */
    int error;      /* of an accuracy: the metric of the error that it follows from; else 0 */
    nn_part part;   /* of an accuracy: its part */
} nn_metric_row;
extern const nn_metric_row nn_metric_rows[NN_N_METRIC];

typedef enum nn_curve_what {
    NN_LOSS_CURVE,
    NN_ERROR_CURVE,
    NN_ACCURACY_CURVE,
    NN_GRADIENT_CURVE, /* needs recording.gradient */
    NN_ASKED_CURVE,    /* needs recording.measures[measure] */
    NN_OTHER_CURVE
} nn_curve_what;
typedef struct nn_curve_row {
    nn_part part; /* or NN_NO_PART */
    nn_curve_what what;
    nn_direction better;
    int measure; /* of NN_ASKED_CURVE: enum nn_measure */
} nn_curve_row;

/* What data have this measure. */
typedef enum nn_measured { NN_OF_ANY, NN_OF_CLASSES, NN_OF_TARGETS } nn_measured;
extern const nn_measured nn_measure_of[NN_N_MEASURE];
extern const char *const nn_measure_names[NN_N_MEASURE + 1]; /* the last is sharpness */

extern const nn_curve_row nn_curve_rows[NN_N_CURVE];

#endif
