/* layer_t.h - the parts of a network that engines share, in the precision at hand (real_t.h). */
#ifndef NN_LAYER_T_H
#define NN_LAYER_T_H

#include "engine.h"
#include "real_t.h"

/* a = f(z) in place for n units; slope, if not NULL, gets da/dz. */
typedef void nn_activate_function(size_t n, REAL *z_then_a, REAL *slope);
extern nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION];

/* Rows of softmax, in place, by the largest logit: y [n_rows][k]. */
void X(nn_softmax)(size_t n_rows, size_t k, REAL *z_then_y);

/* One row of a loss: its value from logits z, outputs y, targets t [k] or the class. */
typedef double nn_loss_function(size_t k, const REAL *z, const REAL *y, const REAL *t, int32_t class_index);
/* Its slope: dloss/dy, or dloss/dz for the losses with a required output activation. */
typedef void nn_loss_slope_function(size_t k, const REAL *y, const REAL *t, REAL *slope);
extern nn_loss_function *const X(nn_row_loss)[NN_N_LOSS];
extern nn_loss_slope_function *const X(nn_loss_slope)[NN_N_LOSS];

/* One step of an optimizer over n parameters w with gradient g (penalties included). */
typedef struct nn_step {
    REAL rate, momentum, epsilon;
    REAL gain1, gain2; /* adam: 1 - beta, taken in float64: in float32 1 - 0.999 has lost five digits */
    REAL correction1, correction2; /* adam: 1 / (1 - beta^t) */
    bool nesterov;
} nn_step;
typedef void nn_update_function(size_t n, REAL *w, const REAL *g, REAL *s0, REAL *s1, const nn_step *step);
extern nn_update_function *const X(nn_update)[NN_N_OPTIMIZER];
/* beta_power: beta1^t and beta2^t at step t. */
nn_step X(nn_step_of)(const nn_hyper *h, double rate, const double beta_power[2]);

/* Starting weights of a job. */
void X(nn_start)(const nn_job *job, const nn_network *net, REAL *params);

/* Reads rows into x [n][n_inputs] (scaled, missing filled), t [n][k] and classes [n] (-1 for regression). */
void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t k, REAL *x, REAL *t,
                  int32_t *classes);

/* Inverted dropout of layer `layer` (0: inputs): multiplies a, and slope if not NULL, by 0 or 1/(1-rate).
 * `position` is that of the first row in the epoch. */
void X(nn_drop)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n,
                size_t width, REAL *a, REAL *slope);

/* Adds squared errors, wrong classes and the largest error of n rows in the workspace to the tally. */
void X(nn_count)(nn_work *w, size_t n, nn_tally *tally);

/* Sums of squares and of absolute values of all weights, biases left out. */
void X(nn_norms)(nn_work *w, const void *params, double *squares, double *absolutes);

#endif
