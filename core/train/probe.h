/* probe.h - what is measured of a network beside its scores: gradient, units, quality of its answers. */
#ifndef NN_TRAIN_PROBE_H
#define NN_TRAIN_PROBE_H

#include "train/engine.h"

void nn_probe_gradient(const nn_work *w, const nn_job *job, const void *params, double norms[NN_N_NORM],
                       double *of_layers);
void nn_probe_units(const nn_work *w, const nn_job *job, const void *params, nn_outcome *out);
/* Scores a part, and takes the quality of the final or the best weights of the lanes of `which`. */
void nn_probe_part(nn_work *w, nn_part part, uint32_t which, bool final, nn_score *scores);
/* Quality of the final and the best weights of the lanes whose runs have ended, where it has not been taken. The engine
 * loses their final weights. */
void nn_probe_answers(nn_work *w, uint32_t ended);

#endif
