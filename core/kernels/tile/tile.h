/* tile.h - the tile engine: trains one network by register-blocked products (product.h), with batches of any size.
 *
 * The inputs of a layer end with a unit that is always 1, and a bias is the weight of that unit, so that forward,
 * gradient and update need no code for biases. Rows of all arrays are padded to 64 bytes. A chunk of at most NN_CHUNK
 * rows goes this way:
 *
 *   x [row][in+1]  --W-->  z [row][out]  --f-->  x of the next layer, slopes
 *   ... z of the outputs, turned to [unit][row], where losses and deltas are made with rows in vectors
 *   delta [unit][row]  --W-->  delta of the layer before [unit][row]  --turned, times slopes-->  [row][unit]
 *   x, delta [row][unit]  -->  gradient of some rows of W, which the optimizer takes at once, while it is in the cache
 *
 * With shortcuts, x of a layer is the x of the layer before it, followed by the units of that layer.
 *
 * A batch of several chunks adds up its gradient before the step, and so does one whose gradient is clipped. In a batch
 * of several chunks, layers of a few units over many inputs have rows, or inputs, in vectors, since most of a vector of
 * units would be padding (25 units take the time of 32). */
#ifndef NN_KERNELS_TILE_TILE_H
#define NN_KERNELS_TILE_TILE_H

#include "kernels/optimizer.h"
#include "kernels/tile/product.h"
#include "train/sum.h"

typedef struct tile_layer {
    size_t in, out;       /* inputs, with the constant one, and outputs */
    size_t ld_in, ld_out; /* padded */
    size_t n_weights;     /* rows of W without that of the biases: those that are penalised */
    size_t own;           /* inputs that come from earlier layers than the one before: 0 without shortcuts */
    size_t ld_slope;
    bool frozen;           /* then its gradient is never made */
    REAL *W, *gradient;    /* [in][ld_out] */
    REAL *gradient_turned; /* [out][ld_in] of the chunks so far, if that pads less; else NULL */
    REAL *state[NN_MAX_STATES];
    REAL *x;     /* [NN_CHUNK][ld_in] */
    REAL *slope; /* [NN_CHUNK][ld_slope] of x from `own` on, from layer 1 */
} tile_layer;

typedef struct tile_engine {
    tile_layer layer[NN_MAX_HIDDEN + 1];
    REAL *z;                /* [NN_CHUNK][ld_out] logits by rows */
    REAL *delta;            /* [NN_CHUNK][widest] */
    REAL *turned[2];        /* [widest][NN_CHUNK] deltas of a layer and of the one before */
    REAL *slope;            /* [K][NN_CHUNK] of the outputs */
    REAL *errors;           /* [hidden units][NN_CHUNK] dcost/da, summed over the layers; NULL without shortcuts */
    REAL *masks;            /* [NN_CHUNK][widest] */
    REAL *inputs;           /* [n_train][ld_in] gathered once, or NULL */
    REAL *by_row, *by_unit; /* panels that replace `inputs`, or NULL: see nn_tile_in_panels */
    nn_outputs outputs;     /* [K][NN_CHUNK] */
    nn_step step;
    size_t gathered; /* nn_work.n_begun + 1 of the run whose inputs are kept, or 0 */
} tile_engine;

/* Where a chunk of rows is in training. It is NULL in evaluation: then there are no dropout and no slopes. */
typedef struct tile_rows {
    uint32_t position; /* the place of its first row in the epoch */
} tile_rows;

/* Are the inputs of the first layer kept in panels? Each chunk then has two copies, one for the products forward and
 * one for the gradient: by_row [panel of rows][in][NN_PANEL] and by_unit [panel of units][NN_CHUNK][NN_PANEL]. A panel
 * is read from its start to its end, which is fastest. */
static inline bool nn_tile_in_panels(const nn_work *w)
{
    return ((const tile_engine *)w->own)->by_row != NULL && w->job->hyper->input_dropout == 0;
}
static inline size_t nn_tile_panels(size_t n)
{
    return (n + NN_PANEL - 1) / NN_PANEL;
}
/* The panels of the chunk whose first row is at `position` in the epoch. */
static inline REAL *nn_tile_by_row(const tile_engine *e, size_t position)
{
    return e->by_row + position / NN_CHUNK * nn_tile_panels(NN_CHUNK) * e->layer[0].in * NN_PANEL;
}
static inline REAL *nn_tile_by_unit(const tile_engine *e, size_t position)
{
    return e->by_unit + position / NN_CHUNK * nn_tile_panels(e->layer[0].in) * NN_CHUNK * NN_PANEL;
}

/* The stride between units of arrays [unit][row] of n rows. The units of a single row lie side by side. */
static inline size_t nn_tile_stride(size_t n)
{
    return n == 1 ? 1 : nn_pad(n);
}

/* Copies the parameters of a layer from padded rows to the layout of nn_network. */
static inline void nn_tile_gather(const tile_layer *y, const REAL *rows, REAL *to)
{
    for (size_t i = 0; i < y->in; i++) /* b is the last row */
        memcpy(to + i * y->out, rows + i * y->ld_out, y->out * sizeof(REAL));
}

/* How the gradient of a layer is made and used, block by block. */
typedef struct tile_update {
    const nn_work *w;
    tile_layer *layer;
    nn_product product; /* c is set for each block */
    size_t rows, cols;  /* of a block: as many rows as fit, or a piece of one row */
    size_t col_blocks;
    size_t position; /* the place of the chunk's first row in the epoch */
    bool add;        /* add to the gradient of the chunks before? */
    bool last, step; /* does this chunk complete the batch's gradient, and is a step taken with it? */
    REAL l2, l1;
} tile_update;

extern const nn_engine X(nn_tile);

#endif
