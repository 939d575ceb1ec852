/* layer.h - the parts of a network that engines share, in the precision at hand (real_t.h). */
#ifndef NN_KERNELS_LAYER_H
#define NN_KERNELS_LAYER_H

#include "kernels/real.h"
#include "train/engine.h"

enum { NN_LANES = NN_PAD }; /* networks that train side by side: 64 bytes of them */

/* The outputs of n samples, unit by unit: arrays [k][n], so that samples lie side by side. In lanes, a sample is a row
 * in one lane. At most NN_SAMPLES. */
enum { NN_SAMPLES = 512 };
typedef struct nn_outputs {
    size_t k, n;
    /* [k][n] logits, outputs, targets; z is y but for losses that are computed from logits */
    REAL *z, *y, *t;
    REAL *delta;            /* [k][n] dcost/dz */
    REAL *peak, *total;     /* [n] left by softmax: the largest logit, the sum of exp(z - peak) */
    int32_t *classes;       /* [n], or -1 for regression */
    double *loss, *squared; /* [n] squared: sum of (y-t)^2, by nn_count */
} nn_outputs;

extern const nn_engine X(nn_reference), X(nn_tile), X(nn_lanes);

#endif
