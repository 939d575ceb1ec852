/* evaluate.h - using a network without training it: scores, outputs, gradients, and what a run will cost. */
#ifndef NN_TRAIN_EVALUATE_H
#define NN_TRAIN_EVALUATE_H

#include "train/engine.h"

/* Of the training rows, in float64; workspace: nn_gradient_bytes. */
nn_activity nn_activity_of(const nn_job *job, const double *weights, void *workspace);

#endif
