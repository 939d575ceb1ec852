/* backward.h - turns deltas into gradients and takes the steps of the tile engine, in pieces for several threads. */
#ifndef NN_KERNELS_TILE_BACKWARD_H
#define NN_KERNELS_TILE_BACKWARD_H

#include "kernels/tile/tile.h"

/* Transposes units [width][stride] to rows [n][ld], and pads these with zeros. */
void X(nn_tile_turn)(size_t width, size_t n, const REAL *turned, size_t stride, REAL *rows, size_t ld);
/* Turns the deltas of the outputs into the gradients of all layers; takes the step if u->step. */
void X(nn_tile_backward)(nn_work *w, const REAL *inputs, size_t n, tile_update *u);

/* Takes the step of a batch whose gradient is clipped, once it is complete. */
void X(nn_tile_clipped_step)(nn_work *w, const tile_update *u);

/* Computes the product p, in blocks of rows and columns if it is large, so that other threads can help. Sums are not
 * cut, so blocks do not change a bit. */
void X(nn_tile_multiply)(const nn_work *w, nn_product p);

#endif
