/* noise.h - which labels a run replaces (settings.label_noise of a classification). */
#ifndef NN_TRAIN_NOISE_H
#define NN_TRAIN_NOISE_H

#include "train/engine.h"

/* Sets noise_key and noise_below of a lane by its job. */
void nn_noise_set(nn_lane *lane);

#endif
