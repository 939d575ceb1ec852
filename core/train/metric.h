/* metric.h - fills the metrics of an outcome, by the rows of metric.def. */
#ifndef NN_TRAIN_METRIC_H
#define NN_TRAIN_METRIC_H

#include "nn.h"

void nn_fill_metrics(nn_outcome *o);

#endif
