/* work.h - lays out the workspace of a pack (nn_work in engine.h). */
#ifndef NN_TRAIN_WORK_H
#define NN_TRAIN_WORK_H

#include "train/engine.h"

/* Copies parameters of the kernels' precision to float64. */
void nn_widen(const nn_work *w, const void *params, double *out);
/* Lays out a pack of at most `lanes` lanes from `base` and returns its bytes; with base NULL it only counts. */
size_t nn_work_layout(nn_work *w, const nn_job *job, int engine, int lanes, void *base);
/* The job in float64, with nothing recorded. Its settings are put into *h. */
nn_job nn_in_float64(const nn_job *job, nn_hyper *h);
/* The bytes of the weights in float64, rounded up to NN_ALIGN. */
size_t nn_weights_bytes(const nn_work *w);

#endif
