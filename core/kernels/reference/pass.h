/* pass.h - runs rows through a network, forward and backward, for the reference engine. */
#ifndef NN_KERNELS_REFERENCE_PASS_H
#define NN_KERNELS_REFERENCE_PASS_H

#include "kernels/reference/reference.h"

/* Gathers n <= NN_CHUNK rows of a part and runs them forward to their losses. */
void X(nn_reference_forward)(nn_work *w, const REAL *params, nn_part part, const uint32_t *rows, size_t n,
                             const training *at);
/* Adds the gradient of the chunk that was just run forward to grad, each row weighted by scale. */
void X(nn_reference_backward)(nn_work *w, const REAL *params, size_t n, REAL scale);
/* The outputs of row r of the chunk. */
nn_outputs X(nn_reference_outputs)(const nn_work *w, size_t r, REAL *delta, REAL *peak, REAL *total);

#endif
