/* evaluate.h - uses a network without training it; nn.h has the other functions of evaluate.c. */
#ifndef NN_TRAIN_EVALUATE_H
#define NN_TRAIN_EVALUATE_H

#include "train/engine.h"

/* What the hidden units do over the training rows, in float64. The workspace has nn_gradient_bytes. */
nn_activity nn_activity_of(const nn_job *job, const double *weights, void *workspace);

#endif
