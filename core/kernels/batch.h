/* batch.h - makes batches: gathers scaled rows and targets; draws the masks of dropout; adds penalties; clips. */
#ifndef NN_KERNELS_BATCH_H
#define NN_KERNELS_BATCH_H

#include "kernels/real.h"
#include "train/engine.h"

/* Gathers n rows into x [n][stride], scaled, with missing values filled. `more` rows follow in `rows`. */
void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t more, REAL *x, size_t stride);
/* Gathers the classes of rows (-1 for regression) and their targets: unit i of row r goes to t[i * unit_stride + r *
 * row_stride]. Those of the training part get the label noise of the lane's run: classes that of nn_noise_of,
 * targets a normal number by the counter (0, row of the data, 0, unit / 4). */
void X(nn_gather_targets)(const nn_lane *lane, nn_part part, const uint32_t *rows, size_t n, size_t k, REAL *t,
                          int32_t *classes, size_t row_stride, size_t unit_stride);

/* Draws the masks of inverted dropout for a layer (0: inputs): mask[r * row_stride + u] is 0 if unit u of row r is
 * dropped, else 1/(1-rate). It is dropped if word u % 4 of the counter (epoch, position + r, layer, u / 4) is below
 * rate 2^32; `position` is that of the first row in the epoch. */
void X(nn_masks)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n_rows, size_t width,
                 REAL *mask, size_t row_stride);

/* The gradient g of a weight w, plus that of its penalties. */
static inline REAL nn_penalised(REAL g, REAL w, REAL l2, REAL l1)
{
    return g + (l2 * w + (w > 0 ? l1 : w < 0 ? -l1 : (REAL)0));
}
/* The same for n weights. */
void X(nn_penalise)(size_t n, REAL l2, REAL l1, const REAL *w, REAL *g);
/* The coefficients of the penalties for a batch of n rows, in its cost and in the optimizer's gradient. */
void X(nn_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
void X(nn_step_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1);
/* Multiplies n numbers by factor. */
void X(nn_scale)(size_t n, REAL factor, REAL *w);
/* The factor, at most 1, by which a gradient of this sum of squares is clipped, as in PyTorch. */
REAL X(nn_clip_factor)(const nn_hyper *h, double squares);

#endif
