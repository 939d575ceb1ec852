/* work.h - the workspace of a pack: what lies where. */
#ifndef NN_TRAIN_WORK_H
#define NN_TRAIN_WORK_H

#include "train/engine.h"

/* Parameters of the precision of the kernels, as float64. */
void nn_widen(const nn_work *w, const void *params, double *out);
/* Lays a pack of `lanes` (at most the engine's) out from `base` (NULL: only counts) and returns its bytes. */
size_t nn_work_layout(nn_work *w, const nn_job *job, int engine, int lanes, void *base);
/* Norms of the gradient; shares of dead and saturated units. Both need w->probe, of nn_probe_bytes. */
size_t nn_probe_bytes(const nn_job *job);
/* The job in float64; `h` is where its settings go. */
nn_job nn_in_float64(const nn_job *job, nn_hyper *h);
size_t nn_weights_bytes(const nn_work *w);

#endif
