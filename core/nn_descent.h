/* nn_descent.h - optimizers that stand outside core (NN_OUTSIDE) and own their loop: while they run, core evaluates. */
#ifndef NN_DESCENT_H
#define NN_DESCENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct nn_descent nn_descent;
size_t nn_descent_params(const nn_descent *d);
void nn_descent_start(const nn_descent *d, double *weights); /* [n_params], where it begins */
/* Cost of all training rows (penalties included) and its gradient [n_params], in the job's precision. Once the run was told
 * to stop the cost is NaN, at once. */
double nn_descent_cost(nn_descent *d, const double *weights, double *gradient);
/* Takes the weights that an iteration ends with, those of the last cost, as the end of an epoch. False: the run is over. */
bool nn_descent_step(nn_descent *d, const double *weights);
void nn_descent_end(nn_descent *d, const double *weights); /* the weights that it ends with */
/* Lowers the cost until nn_descent_step says no, or as far as it can. False: not enough memory. */
typedef bool nn_descend_function(nn_descent *d);

#endif
