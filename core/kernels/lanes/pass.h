/* pass.h - runs rows through the networks of all lanes, forward and backward, and takes the steps. */
#ifndef NN_KERNELS_LANES_PASS_H
#define NN_KERNELS_LANES_PASS_H

#include "kernels/lanes/lanes.h"

/* Runs n <= LANES_ROWS rows forward to their losses. */
void X(nn_lanes_forward)(nn_work *w, const lanes_view *v, size_t position, size_t n);
/* Computes the gradient of the rows that were just run forward, which follow `done` rows of their chunk. */
void X(nn_lanes_backward)(nn_work *w, lanes_chunk chunk, size_t done);
/* Adds the gradient of a chunk after the first to that of the batch. */
void X(nn_lanes_add_chunk)(nn_work *w);
/* Takes the step of a batch of n rows. */
void X(nn_lanes_update)(nn_work *w, size_t n);

#endif
