/* engine.h - what the trainer knows of an engine, and the memory that a run works in.
 *
 * The trainer (train.c) knows epochs, recording, stopping and divergence; an engine knows arithmetic. There
 * is one table of functions for each engine and precision. Engines share nn_work, whose arrays are of the
 * engine's REAL. */
#ifndef NN_ENGINE_H
#define NN_ENGINE_H

#include "nn.h"
#include "sum.h"

enum { NN_MAX_STATES = 2 }; /* arrays of optimizer state, the most that optimizer.def asks for */

/* The workspace, in the order in which it is laid out (each array aligned to NN_ALIGN):
 *
 *   params | grad | state[..] | kept[initial, best, final] |
 *   activations[0] | activations[1] | slopes[1] | ... | activations[L] | slopes[L] | logits | targets |
 *   delta[2] | classes | row_loss | order | epochs | curves | stops
 *
 * Rows are worked on in chunks of at most NN_CHUNK. K: outputs. */
typedef struct nn_work {
    const nn_job *job;
    const struct nn_engine *engine;
    nn_network net;
    size_t batch;                         /* rows of a batch */
    void *params, *grad;                  /* [n_params] */
    void *state[NN_MAX_STATES];           /* [n_params] of the optimizer */
    void *kept[NN_N_KEEP];                /* [n_params] */
    double beta_power[2];                 /* adam: beta^t by products, since pow() varies by C library */
    void *activations[NN_MAX_HIDDEN + 2]; /* [NN_CHUNK][width[l]]; [0] inputs, [L] outputs */
    void *slopes[NN_MAX_HIDDEN + 2];      /* [NN_CHUNK][width[l]] da/dz, masked by dropout; from layer 1 */
    void *logits, *targets;               /* [NN_CHUNK][K] z of the output layer; t */
    void *delta[2];                       /* [NN_CHUNK][widest] dcost/dz of a layer and of the one before */
    int32_t *classes;                     /* [NN_CHUNK] */
    double *row_loss;                     /* [NN_CHUNK] */
    uint32_t *order;                      /* [n_train] rows in the order of the epoch */
    uint32_t *epochs;                     /* [n_points] */
    double *curves;                       /* [NN_N_CURVE][n_points] */
    nn_stop_record *stops;                /* [n_rules] */
    size_t n_points;
} nn_work;

typedef struct nn_engine {
    const char *name;
    size_t real_bytes;
    /* Fills params with the starting weights and clears the optimizer's state. */
    void (*start)(nn_work *w);
    /* Trains epoch `epoch` (from 1) in the order of w->order. Mean loss over its rows; false if signalled. */
    bool (*epoch)(nn_work *w, uint32_t epoch, double learning_rate, double *running_loss);
    nn_score (*score)(nn_work *w, const void *params, nn_part part);
    /* Sums of squares and of absolute values of the weights, biases left out. */
    void (*norms)(nn_work *w, const void *params, double *squares, double *absolutes);
    void (*predict)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
    double (*gradient)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *gradient);
} nn_engine;

/* What is summed and counted over the rows of a part. */
typedef struct nn_tally {
    double loss, squared; /* sums over rows of the loss, and of squared errors over rows and outputs */
    double max_abs_error;
    size_t n_wrong;
} nn_tally;

/* The score of n rows. */
static inline nn_score nn_score_of(const nn_work *w, const nn_tally *t, size_t n)
{
    if (n == 0)
        return (nn_score){NN_NAN, NN_NAN, NN_NAN};
    const double rows = (double)n, k = (double)w->net.width[w->net.n_layers];
    const double error =
        w->job->data->classes != NULL ? (double)t->n_wrong / rows : sqrt(t->squared / (rows * k));
    return (nn_score){t->loss / rows, error, t->max_abs_error};
}

extern const nn_engine nn_reference_f32, nn_reference_f64;

/* Lays the workspace out from `base` (NULL: only counts) and returns its bytes. */
size_t nn_work_layout(nn_work *w, const nn_job *job, void *base);

#endif
