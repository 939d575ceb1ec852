/* arena.h - tODO */
#ifndef NN_TRAIN_ARENA_H
#define NN_TRAIN_ARENA_H

#include "train/engine.h"

/* Takes `bytes` from the block; with base NULL it only counts. */
void *nn_carve(char *base, size_t *used, size_t bytes);
/* Is everything set that sizes depend on? Parts may be empty, but not all of them. */
bool nn_has_size(const nn_job *job);
/* body(arg, 0 .. n-1), on several threads where some are free. */
void nn_parallel(const nn_work *w, size_t n, void (*body)(void *arg, size_t i), void *arg);

#endif
