/* reference.h - the reference engine's arrays and passes; reference_t.c says how it works. */
#ifndef NN_KERNELS_REFERENCE_REFERENCE_H
#define NN_KERNELS_REFERENCE_REFERENCE_H

#include "kernels/optimizer.h"

/* Its arrays: rows are worked on in chunks of at most NN_CHUNK. K: outputs. */
typedef struct reference {
    REAL *params, *grad;                  /* [n_params] */
    REAL *state[NN_MAX_STATES];           /* [n_params] of the optimizer */
    REAL *activations[NN_MAX_HIDDEN + 2]; /* [NN_CHUNK][ld[l]]; [0] inputs, [L] outputs */
    REAL *slopes[NN_MAX_HIDDEN + 2];      /* the same of da/dz, masked by dropout */
    REAL *errors[NN_MAX_HIDDEN + 2];      /* the same of dcost/da, summed over the layers that read them */
    size_t ld[NN_MAX_HIDDEN + 2];         /* width[l]; with shortcuts rows hold the units of all layers but the last */
    REAL *logits, *targets;               /* [NN_CHUNK][K] z of the output layer; t */
    REAL *delta;                          /* [NN_CHUNK][widest] dcost/dz of a layer */
    REAL *masks;                          /* [NN_CHUNK][widest] of dropout */
    int32_t *classes;                     /* [NN_CHUNK] */
    double *row_loss, *squared;           /* [NN_CHUNK] */
    nn_step step;
} reference;

/* Where a chunk of rows stands in training; NULL in evaluation: no dropout, no slopes. */
typedef struct training {
    uint32_t epoch, position;
    double dropout, input_dropout;
    uint64_t key;
} training;

#endif
