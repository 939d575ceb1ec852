/* activation.h - applies activations: one function for each row of activation.def, and the softmax. */
#ifndef NN_KERNELS_ACTIVATION_H
#define NN_KERNELS_ACTIVATION_H

#include "kernels/layer.h"

/* Replaces z by a = f(z) in n units; slope, if not NULL, gets da/dz. */
typedef void nn_activate_function(size_t n, REAL *z_then_a, REAL *slope);
extern nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION];
/* Replaces the logits in o->y by their softmax, and leaves the largest logit and the sum of exponentials. */
void X(nn_softmax)(const nn_outputs *o);

#endif
