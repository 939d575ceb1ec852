/* loss.h - losses of samples (in float64 where they are summed) and the deltas that follow from them. Loops over samples stand
 * inside, so that they run in vectors. */
#ifndef NN_KERNELS_LOSS_H
#define NN_KERNELS_LOSS_H

#include "kernels/layer.h"

/* From z, y, t or classes: the losses of the samples. */
typedef void nn_loss_function(const nn_outputs *o);
extern nn_loss_function *const X(nn_loss)[NN_N_LOSS];
/* delta = dcost/dz: the slope of the loss times scale, times `slope` [k][n], dy/dz, where it is not taken in (NULL). */
typedef void nn_delta_function(const nn_outputs *o, REAL scale, const REAL *slope);
extern nn_delta_function *const X(nn_loss_delta)[NN_N_LOSS];

#endif
