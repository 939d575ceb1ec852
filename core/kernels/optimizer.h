/* optimizer.h - optimizers: steps over arrays of parameters, for one network or for lanes.
 *
 * nn_step_begin sets the coefficients of a run that begins, nn_step_rate those that follow from the learning rate of an
 * epoch; before each step comes step.method->next, and then step.method->one, ->lanes or ->outer. */
#ifndef NN_KERNELS_OPTIMIZER_H
#define NN_KERNELS_OPTIMIZER_H

#include "kernels/layer.h"

/* The coefficients of an optimizer's steps: those of one network are at [0], those of lane j at [j]. */
typedef struct nn_step {
    REAL rate[NN_LANES], momentum[NN_LANES], epsilon[NN_LANES];
    REAL gain1[NN_LANES], gain2[NN_LANES]; /* adam: 1 - beta, from float64, since float32 loses digits of 1 - 0.999 */
    REAL correction1[NN_LANES], correction2[NN_LANES];                      /* adam: 1 / (1 - beta^t) */
    REAL gain[NN_LANES];                                                    /* rmsprop: 1 - rho */
    REAL grow[NN_LANES], shrink[NN_LANES], least[NN_LANES], most[NN_LANES]; /* rprop: factors and limits of steps */
    REAL decay[NN_LANES]; /* the factor of the weights before a step: 1, or 1 - rate lambda/n (adamw) */
    double beta1[NN_LANES], beta2[NN_LANES];
    double power1[NN_LANES], power2[NN_LANES]; /* beta^t by products, since pow() varies by C library */
    const struct nn_method *method;
} nn_step;

/* Takes a step over n parameters w with gradient g, penalties included; s0 and s1 are the state arrays. */
typedef void nn_update_function(size_t n, REAL *w, const REAL *g, REAL *s0, REAL *s1, const nn_step *step);
/* Takes a step over a matrix w [n_rows][n_cols] by the gradient x delta^T of a single row of data, plus penalties. */
typedef struct nn_outer {
    size_t n_rows, n_cols;
    const REAL *x, *delta;
    REAL l2, l1;
} nn_outer;
typedef void nn_outer_function(const nn_outer *o, REAL *w, REAL *s0, REAL *s1, const nn_step *step);
typedef struct nn_method {
    void (*next)(nn_step *step, size_t lanes); /* called once before each step */
    nn_update_function *one, *lanes;           /* for one network; for arrays [n / NN_LANES][NN_LANES] */
    nn_outer_function *outer;
} nn_method;
/* Sets the coefficients j of a run that begins, and the method of all `lanes`. */
void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j, size_t lanes);
/* Sets the coefficients j that follow from the learning rate of an epoch. */
void X(nn_step_rate)(const nn_job *job, double learning_rate, nn_step *step, size_t j);

/* Saves and restores the coefficients j that change from step to step: numbers [NN_STEP_NUMBERS]. */
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

/* Takes the optimizer's state arrays of `bytes` from the workspace. Where it has fewer than NN_MAX_STATES,
 * the others are the first again, so that loops need no case for NULL. */
void X(nn_carve_states)(const nn_work *w, REAL *state[NN_MAX_STATES], size_t bytes, char *base, size_t *used);

#endif
