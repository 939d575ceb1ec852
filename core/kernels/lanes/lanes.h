/* lanes.h - the lanes engine: trains small alike networks side by side, one to a SIMD lane.
 *
 * Every scalar of a network is an array of NN_LANES numbers here: element (unit, row) of an array is [unit][row][lane],
 * and parameter i of nn_network is [i][lane]. Since b follows W there, a bias is the weight of one more input, which is
 * always 1.
 *
 * A lane never sees its neighbours: all arithmetic is lane by lane, and what only some lanes do (dropout, penalties) is
 * selected lane by lane. Lanes that have the same rows in the same order share inputs. */
#ifndef NN_KERNELS_LANES_LANES_H
#define NN_KERNELS_LANES_LANES_H

#include "kernels/lanes/product.h"
#include "kernels/optimizer.h"

/* Rows that are worked on at once: few, so that what is between layers stays in the cache. */
enum { LANES_ROWS = NN_SAMPLES / NN_MAX_LANES };

typedef struct lane_layer {
    size_t in, out, n_weights; /* inputs with and outputs; inputs without the constant one */
    size_t own;                /* inputs that come from earlier layers than the one before: 0 without shortcuts */
    size_t at;                 /* the index of its first weight */
    bool frozen;               /* then its gradient is never made, and stays 0 */
    REAL *x;                   /* [in][LANES_ROWS][lane] inputs; those of layer 0 only if lanes do not share them */
    REAL *slope;               /* [n_weights - own][LANES_ROWS][lane] of x from `own` on, from layer 1 */
    /* The products of passes of n_planned rows. With shortcuts, back_far is for the hidden layers before. */
    nn_lane_product forward, gradient, back, back_far;
} lane_layer;

/* How the lanes of an epoch or a part share rows. */
typedef struct lanes_view {
    const uint32_t *rows; /* those of all lanes, or NULL if each has its own */
    const nn_lane *lane;  /* one of them, for what they share */
    nn_part part;
    bool training;
} lanes_view;

/* A part of a batch whose gradient is one sum over its rows; those of the chunks are added. */
typedef struct lanes_chunk {
    size_t n;
    bool first;
} lanes_chunk;

typedef struct lanes_engine {
    lane_layer layer[NN_MAX_HIDDEN + 1];
    REAL *params, *gradient;    /* [n_params][lane] */
    REAL *of_chunk;             /* [n_params][lane] gradient of a chunk after the first; NULL: no batch has one */
    REAL *state[NN_MAX_STATES]; /* [n_params][lane] */
    REAL *rows;                 /* [LANES_ROWS][n_inputs] as gathered */
    REAL *shared;               /* [in][LANES_ROWS] inputs of all lanes */
    REAL *targets;              /* [K][LANES_ROWS] of all lanes */
    int32_t *classes;           /* [LANES_ROWS] */
    REAL *delta[2];             /* [widest][LANES_ROWS][lane] of a layer and of the one before */
    REAL *errors;           /* [hidden units][LANES_ROWS][lane] dcost/da, added up over the layers; with shortcuts */
    REAL *masks;            /* [widest][LANES_ROWS][lane] */
    REAL *slope;            /* [K][LANES_ROWS][lane] of the outputs */
    double *loss, *squared; /* [NN_CHUNK][lane] */
    double *target_scale;   /* [K][lane] of the raw targets; 1 where these are not scaled */
    nn_outputs outputs;     /* [K][LANES_ROWS][lane] */
    lanes_view epoch;       /* without a shuffle, of all epochs until a lane gets a run; lane is NULL if unknown */
    const uint32_t *held;   /* [n_held] the rows whose inputs and targets are gathered, or NULL */
    size_t n_held;
    size_t n_planned;              /* the rows for which the products of the layers are planned */
    bool shares;                   /* do the lanes share the inputs of the held rows? */
    double dropout[2][NN_LANES];   /* rates of the inputs and of hidden layers */
    bool drops[2];                 /* is any of these rates above 0? */
    bool penalised, decays, noisy; /* does any lane have penalties, weights that shrink, label noise? */
    nn_step step;
    REAL l2[NN_LANES], l1[NN_LANES];
    size_t penalty_rows; /* rows of the batches that l2 and l1 are for */
} lanes_engine;

extern const nn_engine X(nn_lanes);

#endif
