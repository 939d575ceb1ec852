/* engine.h - what the trainer knows of an engine, and the memory that a pack works in.
 *
 * The trainer (train.c) knows epochs, recording, stopping and divergence; an engine knows arithmetic. A pack is one
 * run, or alike runs side by side (lanes); the trainer treats both alike. Each engine exists once for each precision
 * and instruction set; nn_kernels lists what was compiled for one of them. */
#ifndef NN_TRAIN_ENGINE_H
#define NN_TRAIN_ENGINE_H

#include "train/rate.h"
#include "train/stop.h"

enum { NN_MAX_STATES = 2, NN_STEP_NUMBERS = 2 };

/* One run of a pack: what the trainer remembers of it between epochs. */
typedef struct nn_lane {
    nn_job job;
    uint64_t shuffle_key, dropout_key;
    uint32_t *order;       /* [n_train] an order of the lane's own; NULL: never shuffled */
    void *kept[NN_N_KEEP]; /* [n_params], final: NULL where not asked for */
    double *curves;        /* [NN_N_CURVE][n_points] */
    nn_stop_record *stops; /* [n_rules] */
    nn_outcome outcome;
    nn_rate rate;
    nn_stop_state states[NN_MAX_RULES];
} nn_lane;

/* What is counted of the answers to a part, for each lane: of a class the rows said to be of it, those that are, and
 * those rightly said; of an output the sums over rows of |y - t| and of (y-t)^2, in file order. */
enum { NN_SAID, NN_TRUE, NN_RIGHT, NN_N_COUNTS, NN_ABSOLUTE = 0, NN_SQUARED };
typedef struct nn_answers {
    bool wanted;    /* else engines leave it alone */
    size_t n;       /* classes, or outputs of a regression */
    double *counts; /* [lane][NN_N_COUNTS][n] */
} nn_answers;

/* The workspace of a pack. The trainer's arrays lie first, the engine's behind them, each aligned to NN_ALIGN:
 *
 *   epochs | scratch | checkpoint | answers | probe | lane 0: kept, order, curves, stops | lane 1: ... | the engine's */
typedef struct nn_work {
    const nn_supply *supply;
    const struct nn_kernels *kernels;
    const struct nn_engine *engine;
    const nn_job *job; /* that of lane 0, now or last: stands for what all share */
    nn_network net;
    int n_lanes;      /* that there is room for */
    size_t batch;     /* rows of a batch */
    size_t n_points;  /* recorded epochs */
    uint32_t *epochs; /* [n_points] */
    void *scratch;    /* [n_params] a lane's parameters as the file has them */
    void *checkpoint; /* a lane's state, where the jobs ask for room; else NULL */
    void *own;        /* the engine's */
    nn_answers answers;
    double layer_norms[NN_MAX_HIDDEN + 1]; /* of the gradient, when it was last taken */
    void *probe;                           /* of nn_probe_bytes (run.h), or NULL */
    nn_lane lane[NN_MAX_LANES];
    size_t n_begun; /* runs so far: another may have other rows at the same address */
    /* Of each lane, side by side since every epoch looks at them. Inactive lanes never need attention. */
    uint32_t active;              /* bit i: lane i has a run */
    uint32_t scheduled;           /* bit i: its learning rate is not constant */
    uint32_t new_rates;           /* bit i: it has a learning rate that the engine has not seen; engines may clear it */
    uint32_t ticks[NN_MAX_LANES]; /* 1 where it has, else 0: what an epoch adds to `epoch` */
    const uint32_t *rows[NN_MAX_LANES]; /* [n_train] in the order of the epoch */
    double learning_rate[NN_MAX_LANES]; /* of the epoch */
    double losses[NN_MAX_LANES];        /* sum over the rows of the last epoch, by the engine */
    double limit[NN_MAX_LANES];         /* a sum that is not <= this has diverged */
    uint32_t epoch[NN_MAX_LANES];       /* trained so far, or, while the engine works, the one in progress */
    uint32_t next_point[NN_MAX_LANES];  /* the next epoch to record */
} nn_work;

typedef struct nn_engine {
    const char *name;
    int lanes; /* runs that it trains side by side */
    /* Takes its arrays from `base` (NULL: only counts) at *used; with base, makes them ready. */
    void (*layout)(nn_work *w, char *base, size_t *used);
    /* A lane's parameters from and to the file's layout; setting clears the optimizer's state. */
    void (*set)(nn_work *w, int lane, const void *params);
    void (*get)(const nn_work *w, int lane, void *params);
    /* What the optimizer remembers of a lane: its state arrays [states][n_params] and the numbers of nn_step_numbers. */
    void (*save)(const nn_work *w, int lane, void *states, double *numbers);
    void (*load)(nn_work *w, int lane, const void *states, const double *numbers);
    /* Trains an epoch of every active lane, in the order of lane.rows; sums of losses. False: the signal says so. */
    bool (*epoch)(nn_work *w);
    /* Gradient [n_params] of the cost of all training rows, penalties included, dropout off; returns the sum of their
     * losses. NULL: not with this engine. */
    double (*gradient)(nn_work *w, double *gradient);
    /* scores [n_lanes] of the first n rows of a part, of all lanes. */
    void (*score)(nn_work *w, nn_part part, size_t n, nn_score *scores);
} nn_engine;

/* Hidden units over some rows: how many there are, how many are never above 0, and in how many of the n outputs of units
 * to rows the slope of the activation is below 1/20 of its largest. */
typedef struct nn_activity {
    size_t n_units, n_silent, n_outputs, n_flat;
    bool finite;
} nn_activity;

/* What was compiled for one precision and instruction set. */
typedef struct nn_kernels {
    size_t real_bytes;
    void (*draw)(const nn_job *job, const nn_network *net, void *params); /* starting weights */
    /* Sums of squares and of absolute values of the weights, biases left out. */
    void (*norms)(const nn_network *net, const void *params, double *squares, double *absolutes);
    /* Sum of squared differences of the weights, biases left out. */
    double (*distance)(const nn_network *net, const void *a, const void *b);
    const nn_engine *engines[NN_N_ENGINE];
    /* By the reference engine's arrays alone. */
    void (*predict)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
    double (*gradient)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *gradient);
    void (*activity)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, nn_activity *out);
} nn_kernels;

const nn_kernels *nn_kernels_of(int precision, int isa);

/* The curves of a run: those of the table, then the gradient norm of each layer where gradients are recorded. */
static inline size_t nn_n_curves(const nn_job *job, const nn_network *net)
{
    return NN_N_CURVE + (job->recording->gradient ? (size_t)net->n_layers : 0);
}

/* Is there room for these weights? Metrics want the first and the best in any case. */
static inline bool nn_keeps(const nn_job *job, int which)
{
    return which != NN_KEEP_FINAL || job->recording->keep[which];
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

/* Does the pack's signal say to leave at once? Engines look once a batch. A run that trains alone need not wait for the
 * end of its epoch, but one that has time left must not lose a batch. */
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
