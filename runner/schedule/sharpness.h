/* sharpness.h - measures how sharp the best point of a run is: the largest eigenvalue of the Hessian of its cost. */
#ifndef NNGRID_SCHEDULE_SHARPNESS_H
#define NNGRID_SCHEDULE_SHARPNESS_H

#include "nn.h"

enum {
    SHARPNESS_STEPS = 100
}; /* of Lanczos, each two gradients over the training part; fewer if there is no more to find */

/* Fills outcome->sharpness and its metric: of the cost over all training rows, penalties included, dropout off, in
 * float64, at the best weights, which must be there; frozen layers stay. The largest eigenvalue is that of C. Lanczos'
 * tridiagonal matrix (1950), from a start that is the same for all runs of a network. NN_cancelled: `stop`, which may be
 * NULL, was not 0. */
nn_status schedule_sharpness(const nn_job *job, nn_outcome *outcome, const atomic_int *stop, nn_error *err);

/* The bytes that it takes. */
size_t schedule_sharpness_bytes(const nn_job *job);

/* Predicts what it costs, in multiply-adds of training. */
double schedule_sharpness_work(const nn_job *job);

#endif
