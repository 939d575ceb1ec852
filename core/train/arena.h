/* arena.h - takes arrays from a workspace, and shares work out between threads, for the trainer and the engines. */
#ifndef NN_TRAIN_ARENA_H
#define NN_TRAIN_ARENA_H

#include "train/engine.h"

/* Takes `bytes`, rounded up to NN_ALIGN, from the workspace at *used. With base NULL it only counts. */
void *nn_carve(char *base, size_t *used, size_t bytes);
/* Is everything set that sizes depend on? Some parts may be empty, but not all. */
bool nn_has_size(const nn_job *job);
/* Calls body(arg, i) for i = 0 .. n-1, on several threads if some are free. */
void nn_parallel(const nn_work *w, size_t n, void (*body)(void *arg, size_t i), void *arg);

#endif
