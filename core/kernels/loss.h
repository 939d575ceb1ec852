/* loss.h - computes the losses of samples, in float64, and the deltas that follow from them. */
#ifndef NN_KERNELS_LOSS_H
#define NN_KERNELS_LOSS_H

#include "kernels/layer.h"

/* Fills o->loss from z, y, t or classes. */
typedef void nn_loss_function(const nn_outputs *o);
extern nn_loss_function *const X(nn_loss)[NN_N_LOSS];
/* Fills o->delta = dcost/dz: the slope of the loss times scale, times dy/dz [k][n] if that is not NULL. */
typedef void nn_delta_function(const nn_outputs *o, REAL scale, const REAL *slope);
extern nn_delta_function *const X(nn_loss_delta)[NN_N_LOSS];

#endif
