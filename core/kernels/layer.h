/* layer.h - the outputs of a network as all engines lay them out, in the precision at hand (real.h). */
#ifndef NN_KERNELS_LAYER_H
#define NN_KERNELS_LAYER_H

#include "kernels/real.h"
#include "train/engine.h"

enum { NN_LANES = NN_PAD }; /* networks that train side by side: their numbers fill 64 bytes */

/* The outputs of n <= NN_SAMPLES samples, side by side in arrays [k][n]. In lanes, a sample is a row in one lane. */
enum { NN_SAMPLES = 512 };
typedef struct nn_outputs {
    size_t k, n;
    /* [k][n] logits, outputs, targets; z is y unless the loss is computed from logits */
    REAL *z, *y, *t;
    REAL *delta;                /* [k][n] dcost/dz */
    REAL *peak, *total;         /* [n] left by nn_softmax: the largest logit, and the sum of exp(z - peak) */
    int32_t *classes;           /* [n], -1 for regression */
    double *loss, *squared;     /* [n] the loss, and the sum of (y-t)^2 by nn_count */
    const double *target_scale; /* [k][lanes] what 1 is in the units of the raw target; NULL: it is 1 */
} nn_outputs;

#endif
