/* forward.h - runs rows forward through the network of the tile engine. */
#ifndef NN_KERNELS_TILE_FORWARD_H
#define NN_KERNELS_TILE_FORWARD_H

#include "kernels/tile/tile.h"

/* Runs n <= NN_CHUNK rows forward to their losses. Returns their inputs [n][ld_in]; NULL: kept in panels. */
const REAL *X(nn_tile_forward)(nn_work *w, nn_part part, const uint32_t *rows, size_t n, const tile_rows *at);

#endif
