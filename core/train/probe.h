/* probe.h - measures norms of the gradient, what the units do, and the quality of the outputs of a network. */
#ifndef NN_TRAIN_PROBE_H
#define NN_TRAIN_PROBE_H

#include "train/engine.h"

/* Norms of the gradient, and shares of dead and saturated units, of weights params. Both need w->probe. */
void nn_probe_gradient(const nn_work *w, const nn_job *job, const void *params, double norms[NN_N_NORM],
                       double *of_layers);
void nn_probe_units(const nn_work *w, const nn_job *job, const void *params, nn_outcome *out);
/* The share of the weights params, without biases, that are below 1e-3 in absolute value. */
double nn_probe_small_weights(const nn_work *w, const void *params);
/* Scores a part, and sets the quality of the final or the best weights of the lanes of `which` (bit i: lane i). */
void nn_probe_part(nn_work *w, nn_part part, uint32_t which, bool final, nn_score *scores);
/* Sets what is still missing of the quality of the final and the best weights of the lanes whose runs have ended. The
 * engine loses their final weights. */
void nn_probe_answers(nn_work *w, uint32_t ended);

#endif
