/* backward.h - the tile engine backwards: deltas to gradients, and the step; products in pieces for several threads. */
#ifndef NN_KERNELS_TILE_BACKWARD_H
#define NN_KERNELS_TILE_BACKWARD_H

#include "kernels/tile/tile.h"

/* Units [width][stride] to rows [n][ld], with zeros as padding. */
void X(nn_tile_turn)(size_t width, size_t n, const REAL *turned, size_t stride, REAL *rows, size_t ld);
/* From the outputs' deltas to all layers' gradients, and at the last chunk of a batch the step. */
void X(nn_tile_backward)(nn_work *w, const REAL *inputs, size_t n, tile_update *u);

/* The step of a batch whose gradient is clipped, once all of it is there. */
void X(nn_tile_clipped_step)(nn_work *w, const tile_update *u);

/* The product p, in blocks of rows where other threads help: what is summed stays whole, so that the cut decides no
 * bit. */
void X(nn_tile_multiply)(const nn_work *w, nn_product p);

#endif
