/* metric.h - fills the metrics of an outcome, by the rows of metric.def. */
#ifndef NN_TRAIN_METRIC_H
#define NN_TRAIN_METRIC_H

#include "nn.h"

void nn_fill_metrics(nn_outcome *o);
/* The accuracy of a part of n rows, the right ones over all, as one division gives it: 1 - error may be a bit off. 0 rows:
 * it is not known how many, and 1 - error has to do. */
double nn_accuracy(double error, size_t n);

#endif
