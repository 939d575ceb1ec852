/* lanes.h - the lanes engine: small networks of one kind side by side, one to a SIMD lane. Whatever a network has once, is here
 * NN_LANES numbers: element (unit, row) of an array stands at [unit][row][lane], and weight i of the file's layout at
 * [i][lane], W and then b, so that a bias is the weight of one more input that is always 1.
 *
 * A lane never sees its neighbours: all arithmetic is lane by lane, and what only some lanes do (dropout, penalties) is
 * left out in the others by selection. Where all lanes have the same rows in the same order, as runs of one repeat have,
 * inputs stand once for all of them. */
#ifndef NN_KERNELS_LANES_LANES_H
#define NN_KERNELS_LANES_LANES_H

#include "kernels/lanes/product.h"
#include "kernels/optimizer.h"

enum {
    LANES_ROWS = NN_SAMPLES / NN_MAX_LANES
}; /* worked on at once, so that what is between layers stays in the cache */

typedef struct lane_layer {
    size_t in, out, n_weights; /* units; in counts the constant one, n_weights does not */
    size_t own;                /* inputs that come from earlier layers than the one before: 0 without shortcuts */
    size_t at;                 /* of its first weight */
    REAL *x;                   /* [in][LANES_ROWS][lane] inputs; of layer 0 where lanes differ in them */
    REAL *slope;               /* [n_weights - own][LANES_ROWS][lane] of x from `own` on, from layer 1 */
    /* What it multiplies in the passes of n_planned rows; `back`: for the layer before, `back_far`: with shortcuts, for
     * hidden layers before that. */
    nn_lane_product forward, gradient, back, back_far;
} lane_layer;

/* How the lanes of an epoch or a part share rows. */
typedef struct lanes_view {
    const uint32_t *rows; /* of all lanes; NULL: each has its own */
    const nn_job *job;    /* of a lane, for what the lanes then share */
    nn_part part;
    bool training;
} lanes_view;

typedef struct lanes_engine {
    lane_layer layer[NN_MAX_HIDDEN + 1];
    REAL *params, *gradient;    /* [n_params][lane] */
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
    nn_outputs outputs;     /* [K][LANES_ROWS][lane] */
    lanes_view epoch;       /* where rows have no order: of all epochs until a lane gets a run; job NULL: not known */
    const uint32_t *held;   /* the rows whose inputs and targets are there, n_held of them; NULL: none */
    size_t n_held;
    size_t n_planned;              /* rows for which the products of the layers are planned */
    bool shares;                   /* and whether lanes then share the inputs */
    double dropout[2][NN_LANES];   /* rates of the inputs and of hidden layers */
    bool drops[2];                 /* is there any? */
    bool penalised, decays, noisy; /* has a lane penalties, weights that shrink, label noise? */
    nn_step step;
    REAL l2[NN_LANES], l1[NN_LANES];
    size_t penalty_rows; /* of the batch that l2 and l1 are for */
} lanes_engine;

#endif
