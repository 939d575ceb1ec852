/* engine.h - what an engine is, and the workspace of a pack, which the trainer and an engine share.
 *
 * The trainer (train.c) knows epochs, recording, stopping and divergence; an engine knows arithmetic. A pack is one
 * run, or alike runs side by side, one in each lane. Each engine is compiled for each precision and instruction set; a
 * table nn_kernels (kernels/kernels.c) lists what was compiled for one of them. Read train.c and
 * kernels/reference/reference.c for the two sides. */
#ifndef NN_TRAIN_ENGINE_H
#define NN_TRAIN_ENGINE_H

#include "train/rate.h"
#include "train/stop.h"

enum { NN_MAX_STATES = 2, NN_STEP_NUMBERS = 2 };

/* What the trainer remembers of a lane's run from epoch to epoch. */
typedef struct nn_lane {
    nn_job job;
    uint64_t shuffle_key, dropout_key, noise_key;
    uint64_t noise_below;     /* of a classification: labels are replaced whose draws (nn_noise_of) are below it */
    uint32_t *order;          /* [n_train] the order of the lane's rows, or NULL if they are never shuffled */
    void *kept[NN_N_KEEP];    /* [n_params], or NULL where nn_keeps says no */
    void *path;               /* [n_points][n_params] the weights of every recorded epoch, or NULL */
    double *curves;           /* [nn_n_curves][n_points] */
    nn_stop_record *stops;    /* [n_rules] */
    nn_target_score *targets; /* [best, final][NN_N_PART][n_targets] */
    nn_outcome outcome;
    nn_rate rate;
    nn_stop_state states[NN_MAX_RULES];
} nn_lane;

/* What an engine counts of its outputs for a part, in each lane. Of a class it counts the rows predicted to be of it,
 * those that truly are, and those of both kinds; the row NN_OF_ROWS begins with two sums over rows. Of an output it sums
 * |y - t| and (y-t)^2. */
enum { NN_PREDICTED, NN_TRUE, NN_CORRECT, NN_OF_ROWS, NN_N_COUNTS, NN_ABSOLUTE = 0, NN_SQUARED };
enum { NN_LOG_LIKELIHOOD, NN_BRIER };
/* A row as one class sees it. */
typedef struct nn_ranked {
    double output;
    bool is; /* of the class? */
} nn_ranked;

typedef struct nn_answers {
    bool wanted;    /* engines count only then */
    size_t n;       /* classes, or outputs of a regression */
    double *counts; /* [lane][NN_N_COUNTS][n] */
    /* Kept where a recorded measure needs all rows at once, else NULL. */
    size_t room;       /* rows of the largest part */
    size_t *n_kept;    /* rows so far */
    double *outputs;   /* [lane][room][n_outputs] */
    int32_t *labels;   /* [lane][room] */
    nn_ranked *ranked; /* [room] to sort them in */
} nn_answers;

/* The workspace of a pack. The trainer's arrays lie first and the engine's behind them, each aligned to NN_ALIGN:
 *
 *   epochs | scratch | answers | probe | checkpoint | lane 0: kept, path, order, curves, stops | lane 1: ... | the engine */
typedef struct nn_work {
    const nn_supply *supply;
    const struct nn_kernels *kernels;
    const struct nn_engine *engine;
    const nn_job *job; /* the job that lane 0 has or had last: for all that the lanes share */
    nn_network net;
    int n_lanes;       /* lanes that there is room for */
    size_t batch;      /* rows of a batch */
    size_t n_points;   /* recorded epochs */
    uint32_t *epochs;  /* [n_points] */
    void *scratch;     /* [n_params] a lane's parameters in the layout of nn_network */
    void *first_steps; /* [states][n_params] room for what draw_steps fills in, or NULL if all first steps are alike */
    void *checkpoint;  /* room for a checkpoint, or NULL if the jobs do not ask for it */
    void *own;         /* the engine's own struct */
    nn_answers answers;
    double layer_norms[NN_MAX_HIDDEN + 1]; /* of the gradient, when it was last taken */
    void *probe; /* room for probe.c: weights, gradient and a workspace in float64; NULL without recording.gradient */
    nn_lane lane[NN_MAX_LANES];
    double worth[2]; /* nn_pack_worth of lanes with rows of their own, and with the same */
    bool changed;    /* has a run begun or ended since thin packs were last looked for? */
    size_t n_begun;  /* runs so far, which tells a run from an earlier one with other rows at the same address */
    /* Every epoch looks at these, so they are arrays over the lanes. A lane without a run is never due. */
    uint32_t active;              /* bit i: lane i has a run */
    uint32_t scheduled;           /* bit i: its learning rate is not constant */
    uint32_t new_rates;           /* bit i: the engine has not seen its learning rate; an engine may clear the bit */
    uint32_t ticks[NN_MAX_LANES]; /* what an epoch adds to `epoch`: 1 in a lane with a run, else 0 */
    const uint32_t *rows[NN_MAX_LANES]; /* [n_train] in the order of the epoch */
    double learning_rate[NN_MAX_LANES]; /* of the epoch */
    double losses[NN_MAX_LANES];        /* sum over the rows of the last epoch, by the engine */
    double limit[NN_MAX_LANES];         /* a run whose sum is not <= this has diverged */
    uint32_t epoch[NN_MAX_LANES];       /* epochs trained, or, while the engine works, the epoch in progress */
    uint32_t next_point[NN_MAX_LANES];  /* the next epoch to record */
} nn_work;

typedef struct nn_engine {
    const char *name;
    int lanes; /* how many runs it trains side by side */
    /* Takes its arrays from the workspace at *used and makes them ready; with base NULL it only counts. */
    void (*layout)(nn_work *w, char *base, size_t *used);
    /* Set and get a lane's parameters, in the layout of nn_network; setting them clears the state arrays. */
    void (*set)(nn_work *w, int lane, const void *params);
    void (*get)(const nn_work *w, int lane, void *params);
    /* Save and load what the optimizer remembers: state arrays [states][n_params], and NN_STEP_NUMBERS numbers. */
    void (*save)(const nn_work *w, int lane, void *states, double *numbers);
    void (*load)(nn_work *w, int lane, const void *states, const double *numbers);
    /* Trains an epoch of every active lane in the order of w->rows and sums up w->losses. Returns false if nn_leave. */
    bool (*epoch)(nn_work *w);
    /* Fills the gradient [n_params] of the cost of all training rows, penalties included and dropout off, and returns
     * the sum of their losses. NULL if the engine has none. */
    double (*gradient)(nn_work *w, double *gradient);
    /* Fills scores [n_lanes] with those of the first n rows of a part. */
    void (*score)(nn_work *w, nn_part part, size_t n, nn_score *scores);
} nn_engine;

/* What the hidden units do over some rows: how many units there are and how many are never above 0; how many outputs of
 * units to rows there are, and in how many the slope of the activation is below 1/20 of its largest. */
typedef struct nn_activity {
    size_t n_units, n_silent, n_outputs, n_flat;
    bool finite;
} nn_activity;

/* What was compiled for one precision and instruction set. */
typedef struct nn_kernels {
    size_t real_bytes;
    void (*draw)(const nn_job *job, const nn_network *net, void *params);       /* fills in the starting weights */
    void (*draw_steps)(const nn_job *job, const nn_network *net, void *states); /* ... and the first steps of rprop */
    /* Sums of squares and of absolute values of the weights, without biases. */
    void (*norms)(const nn_network *net, const void *params, double *squares, double *absolutes);
    /* Sum of squared differences of the weights, without biases. */
    double (*distance)(const nn_network *net, const void *a, const void *b);
    const nn_engine *engines[NN_N_ENGINE];
    /* These need a workspace that was laid out for the reference engine. */
    void (*predict)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
    double (*gradient)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *gradient);
    void (*activity)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, nn_activity *out);
    void (*units)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
} nn_kernels;

const nn_kernels *nn_kernels_of(int precision, int isa);
/* Turns NN_ENGINE_fast into the engine that trains so many runs like this job in the least time, if all have the same
 * rows. */
int nn_engine_resolve(const nn_job *job, int runs);

/* How many scores of targets there are of the best, or of the final weights; 0 for classification. */
static inline size_t nn_n_target_scores(const nn_data *data)
{
    return NN_N_PART * (data->classes == NULL ? data->n_targets : 0);
}

/* Is there room for these weights? Metrics need the initial and the best ones in any case. */
static inline bool nn_keeps(const nn_job *job, int which)
{
    return which < NN_KEEP_FINAL || (which == NN_KEEP_FINAL && job->recording->keep[which]);
}

static inline bool nn_bit(uint32_t lanes, int lane)
{
    return (lanes >> lane & 1) != 0;
}

static inline bool nn_active(const nn_work *w, int lane)
{
    return nn_bit(w->active, lane);
}

static inline bool nn_at_last_epoch(const nn_work *w, int lane)
{
    return w->epoch[lane] == (uint64_t)w->lane[lane].job.hyper->epochs;
}

/* Does the pack's signal say to leave at once? Engines ask before every batch. A run that trains alone and is out of
 * time need not wait for the end of its epoch; in a pack, the others must not lose a batch. */
static inline bool nn_leave(const nn_work *w)
{
    const nn_supply *supply = w->supply;
    if (supply == NULL || supply->signal == NULL)
        return false;
    const int signal = atomic_load_explicit(supply->signal, memory_order_relaxed);
    return signal == NN_ABANDON || (signal == NN_OUT_OF_TIME && w->n_lanes == 1 && supply->expired != NULL &&
                                    supply->expired(supply->context, 0));
}

#endif
