/* lbfgs.h - the optimizer lbfgs, and a plain minimiser, by libLBFGS. */
#ifndef NNGRID_SCHEDULE_LBFGS_H
#define NNGRID_SCHEDULE_LBFGS_H

#include "nn_descent.h"

/* J. Nocedal's L-BFGS (D. Liu, J. Nocedal, Mathematical Programming 45, 1989) with the line search of More and
 * Thuente. An epoch is an iteration: a direction and the search along it. The run ends by itself where the norm of
 * the gradient is below 1e-10 times that of the weights (or 1), or where no step along the gradient lowers the
 * cost. */
nn_descend_function schedule_lbfgs;

/* A function to lower: returns its value at x and fills its gradient, which may be NULL. */
typedef struct lbfgs_function {
    size_t n; /* of x and of the gradient */
    double (*value)(void *context, const double *x, double *gradient);
    bool (*enough)(void *context, double value); /* may the search end here? */
    void *context;
} lbfgs_function;

/* How far a step from x may go: a quarter of its norm, or 1. */
double schedule_lbfgs_reach(const double *x, size_t n);

/* Lowers the function from x, by at most `most` iterations, none of them further than its reach, until it is enough or
 * falls by less than 1e-10 of itself in ten. Adds the iterations to *steps. False: not enough memory. */
bool schedule_lbfgs_lower(const lbfgs_function *f, double *x, int most, int *steps);

#endif
