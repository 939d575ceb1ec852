/* nn_descent.h - optimizers outside core (NN_OUTSIDE), which own their loop.
 *
 * nn_train calls nn_job.descend, which is such a loop (runner/schedule/lbfgs.c has one). It asks for the starting
 * weights, then for costs and gradients as it likes, and calls nn_descent_step at the end of each iteration, which
 * counts as an epoch: core records it, asks the stopping rules, and says whether to go on. */
#ifndef NN_DESCENT_H
#define NN_DESCENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_descent nn_descent;

/* The number of parameters, and their values at the start. */
size_t nn_descent_params(const nn_descent *d);
void nn_descent_start(const nn_descent *d, double *weights);

/* Returns the cost of all training rows, penalties included, and fills its gradient [n_params]; the arithmetic is in
 * the job's precision. The cost is NaN, at once, when the run was told to stop. */
double nn_descent_cost(nn_descent *d, const double *weights, double *gradient);

/* Ends an iteration with these weights, which are those of the last cost. Returns false if the run is over. */
bool nn_descent_step(nn_descent *d, const double *weights);

/* Sets the final weights. */
void nn_descent_end(nn_descent *d, const double *weights);

/* A loop: lowers the cost until nn_descent_step returns false, or as far as it can. False: not enough memory. */
typedef bool nn_descend_function(nn_descent *d);

#endif
