/* threads.h - how many threads to use: what was asked for, never more than there are cores for; and the memory of each. */
#ifndef NNGRID_SCHEDULE_THREADS_H
#define NNGRID_SCHEDULE_THREADS_H

#include "nn.h"

/* A workspace of at least `bytes`, for free(); large ones ask for large pages. */
nn_status schedule_memory(size_t bytes, void **out, nn_error *err);

#endif
