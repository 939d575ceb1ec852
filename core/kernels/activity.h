/* activity.h - what the hidden units of a network do: which are never above 0, which lie where their slope is all but gone. */
#ifndef NN_KERNELS_ACTIVITY_H
#define NN_KERNELS_ACTIVITY_H

#include "kernels/real.h"
#include "train/engine.h"

/* What the hidden units do over n training rows. */
void X(nn_activity_in)(nn_work *w, const void *params, const uint32_t *rows, size_t n, nn_activity *out);

#endif
