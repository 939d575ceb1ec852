/* batch.h - what a batch is made of: rows of the data, scaled, with their targets; the masks of dropout; the penalties. */
#ifndef NN_KERNELS_BATCH_H
#define NN_KERNELS_BATCH_H

#include "kernels/real.h"
#include "nn.h"

/* Reads n rows into x [n][stride], scaled, missing filled. `more` rows follow them in `rows`, for a batch to come. */
void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t more, REAL *x, size_t stride);
/* Reads the classes of rows (-1 for regression) and their targets: unit i of row r to t[i * unit_stride + r * row_stride].
 * Those of the training part have their label noise: draws of counter (0, row of the data, 0, unit / 4). Of a class,
 * word 0 says whether it is replaced and word 1 by which other. */
void X(nn_gather_targets)(const nn_job *job, nn_part part, const uint32_t *rows, size_t n, size_t k, REAL *t,
                          int32_t *classes, size_t row_stride, size_t unit_stride);

/* Inverted dropout of layer `layer` (0: inputs): 0 or 1/(1-rate) for unit u of row r into mask[r * row_stride + u]. It
 * is dropped where word u % 4 of counter (epoch, position + r, layer, u / 4) is below rate 2^32; `position` is that of the
 * first row in the epoch. */
void X(nn_masks)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n_rows, size_t width,
                 REAL *mask, size_t row_stride);

/* The gradient g of a weight w with that of its penalties. */
static inline REAL nn_penalised(REAL g, REAL w, REAL l2, REAL l1)
{
    return g + (l2 * w + (w > 0 ? l1 : w < 0 ? -l1 : (REAL)0));
}
/* The same for n weights. */
void X(nn_penalise)(size_t n, REAL l2, REAL l1, const REAL *w, REAL *g);
/* Their coefficients for a batch of n rows: of its cost; of the gradient that the optimizer steps by. */
void X(nn_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
void X(nn_step_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
/* w *= factor, for n numbers. */
void X(nn_scale)(size_t n, REAL factor, REAL *w);
/* What clipping leaves of a gradient with this sum of squares, as PyTorch has it: at most 1. */
REAL X(nn_clip_factor)(const nn_hyper *h, double squares);

#endif
