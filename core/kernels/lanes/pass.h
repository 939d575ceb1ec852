/* pass.h - the lanes forwards, backwards and the step. */
#ifndef NN_KERNELS_LANES_PASS_H
#define NN_KERNELS_LANES_PASS_H

#include "kernels/lanes/lanes.h"

/* Runs n <= LANES_ROWS rows through the networks, up to their losses. */
void X(nn_lanes_forward)(nn_work *w, const lanes_view *v, size_t position, size_t n);
/* The gradient of the rows that were run forward; `add`: to that of the batch's rows before. */
void X(nn_lanes_backward)(nn_work *w, bool add);
/* The step, for a batch of n rows. */
void X(nn_lanes_update)(nn_work *w, size_t n);

#endif
