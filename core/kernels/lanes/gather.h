/* gather.h - gathers inputs and targets for the lanes, and applies dropout. */
#ifndef NN_KERNELS_LANES_GATHER_H
#define NN_KERNELS_LANES_GATHER_H

#include "kernels/lanes/lanes.h"

/* Gathers inputs and targets of n rows from `position` on. Returns whether the lanes share the inputs. */
bool X(nn_lanes_bring)(nn_work *w, const lanes_view *v, size_t position, size_t n);
/* Multiplies `width` units of n rows, and their slopes if not NULL, by the masks of dropout. */
void X(nn_lanes_drop)(nn_work *w, size_t layer, size_t position, size_t n, size_t width, REAL *x, REAL *slope);

#endif
