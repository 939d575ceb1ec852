/* reference.h - the reference engine: forward, backward and update as the textbooks write them, one row after the
 * other.
 *
 * It is written to be read, and faster engines are tested against it. Inner loops run over the units of a layer, which
 * lie side by side in W [in][out], so that a compiler can vectorise them without reordering any sum. */
#ifndef NN_KERNELS_REFERENCE_REFERENCE_H
#define NN_KERNELS_REFERENCE_REFERENCE_H

#include "kernels/optimizer.h"

/* The arrays of the engine, which works on chunks of at most NN_CHUNK rows. K is the number of outputs. */
typedef struct reference {
    REAL *params, *grad;                  /* [n_params] */
    REAL *state[NN_MAX_STATES];           /* [n_params] of the optimizer */
    REAL *activations[NN_MAX_HIDDEN + 2]; /* [NN_CHUNK][ld[l]] of layer l, from the inputs to the outputs */
    REAL *slopes[NN_MAX_HIDDEN + 2];      /* da/dz in the same layout, masked by dropout */
    REAL *errors[NN_MAX_HIDDEN + 2];      /* dcost/da in the same layout, summed over the layers that read a */
    size_t ld[NN_MAX_HIDDEN + 2];         /* width[l]; with shortcuts the widths of all layers but the last together */
    REAL *logits, *targets;               /* [NN_CHUNK][K] */
    REAL *delta;                          /* [NN_CHUNK][widest] dcost/dz of one layer */
    REAL *masks;                          /* [NN_CHUNK][widest] of dropout */
    int32_t *classes;                     /* [NN_CHUNK] */
    double *row_loss, *squared;           /* [NN_CHUNK] */
    nn_step step;
} reference;

/* Where a chunk of rows is in training, for dropout. NULL in evaluation: no dropout, no slopes. */
typedef struct training {
    uint32_t epoch, position;
    double dropout, input_dropout;
    uint64_t key;
} training;

extern const nn_engine X(nn_reference);
/* Outputs y [n_rows][K] of weights params for rows of the data. */
void X(nn_reference_predict)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
/* Outputs y [n_rows][units] of the units of all layers but the inputs. */
void X(nn_reference_units)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y);
/* The cost of a batch of training rows, and its gradient [n_params], which may be NULL. */
double X(nn_reference_gradient)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *gradient);
/* What the hidden units do over n training rows. */
void X(nn_reference_activity)(nn_work *w, const void *params, const uint32_t *rows, size_t n, nn_activity *out);

#endif
