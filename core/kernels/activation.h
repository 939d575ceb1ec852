/* activation.h - activations: one loop for each row of activation.def. */
#ifndef NN_KERNELS_ACTIVATION_H
#define NN_KERNELS_ACTIVATION_H

#include "kernels/layer.h"

/* a = f(z) in place for n units; slope, if not NULL, gets da/dz. */
typedef void nn_activate_function(size_t n, REAL *z_then_a, REAL *slope);
extern nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION];
/* Softmax of y in place, by the largest logit. */
void X(nn_softmax)(const nn_outputs *o);

#endif
