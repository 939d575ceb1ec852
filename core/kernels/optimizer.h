/* optimizer.h - optimizers: one step over an array of parameters. The update of one parameter is step_<name>; it stands once, for
 * one network (coefficients [0]) and for lanes (coefficients [j]). */
#ifndef NN_KERNELS_OPTIMIZER_H
#define NN_KERNELS_OPTIMIZER_H

#include "kernels/layer.h"

/* Coefficients of an optimizer's steps: one network has its own at [0], lanes have one each. */
typedef struct nn_step {
    REAL rate[NN_LANES], momentum[NN_LANES], epsilon[NN_LANES];
    REAL gain1[NN_LANES], gain2[NN_LANES]; /* adam: 1 - beta, taken in float64: in float32 1 - 0.999 has lost digits */
    REAL correction1[NN_LANES], correction2[NN_LANES];                      /* adam: 1 / (1 - beta^t) */
    REAL gain[NN_LANES];                                                    /* rmsprop: 1 - rho */
    REAL grow[NN_LANES], shrink[NN_LANES], least[NN_LANES], most[NN_LANES]; /* rprop: factors and ends of steps */
    REAL decay[NN_LANES]; /* what a step leaves of the weights before it: 1, adamw: 1 - rate lambda/n */
    double beta1[NN_LANES], beta2[NN_LANES];
    double power1[NN_LANES], power2[NN_LANES]; /* beta^t by products, since pow() varies by C library */
    const struct nn_method *method;
} nn_step;

/* A step over n parameters w with gradient g (penalties included); lanes: arrays [n / NN_LANES][NN_LANES]. */
typedef void nn_update_function(size_t n, REAL *w, const REAL *g, REAL *s0, REAL *s1, const nn_step *step);
/* One over a matrix w [n_rows][n_cols] whose gradient is x delta^T, that of a single row of data, and penalties. */
typedef struct nn_outer {
    size_t n_rows, n_cols;
    const REAL *x, *delta;
    REAL l2, l1;
} nn_outer;
typedef void nn_outer_function(const nn_outer *o, REAL *w, REAL *s0, REAL *s1, const nn_step *step);
typedef struct nn_method {
    void (*next)(nn_step *step, size_t lanes); /* once before each step */
    nn_update_function *one, *lanes;
    nn_outer_function *outer;
} nn_method;
/* Coefficients j, of `lanes`, of a run that begins, and the method of all; and those that follow from the learning rate of
 * an epoch. */
void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j, size_t lanes);
void X(nn_step_rate)(const nn_job *job, double learning_rate, nn_step *step, size_t j);

/* What of the coefficients j changes from step to step: [NN_STEP_NUMBERS]. */
static inline void nn_step_numbers(const nn_step *step, size_t j, double *numbers)
{
    numbers[0] = step->power1[j];
    numbers[1] = step->power2[j];
}
static inline void nn_step_resume(nn_step *step, size_t j, const double *numbers)
{
    step->power1[j] = numbers[0];
    step->power2[j] = numbers[1];
}

/* Takes the optimizer's state arrays, `bytes` each, as many as it has. The rest stand for the first and are not used. */
void X(nn_carve_states)(const nn_work *w, REAL *state[NN_MAX_STATES], size_t bytes, char *base, size_t *used);

#endif
