/* gather.h - what goes into the lanes: inputs and targets, once for all or for each lane; dropout. */
#ifndef NN_KERNELS_LANES_GATHER_H
#define NN_KERNELS_LANES_GATHER_H

#include "kernels/lanes/lanes.h"

/* Brings inputs and targets of n rows from `position` on; do lanes share the inputs? */
bool X(nn_lanes_bring)(nn_work *w, const lanes_view *v, size_t position, size_t n);
/* Multiplies the masks of dropout to `width` units of n rows. Lanes without dropout have masks of 1. */
void X(nn_lanes_drop)(nn_work *w, size_t layer, size_t position, size_t n, size_t width, REAL *x, REAL *slope);

#endif
