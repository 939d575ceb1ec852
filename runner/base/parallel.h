/* parallel.h - work on several threads: a loop, or a crew. This file's .c is the only place of OpenMP. */
#ifndef NNGRID_BASE_PARALLEL_H
#define NNGRID_BASE_PARALLEL_H

#include "nn.h"
#include <stddef.h>

/* The most threads that OpenMP will start at once (OMP_THREAD_LIMIT, OMP_MAX_ACTIVE_LEVELS). */
int parallel_limit(void);

/* How many threads beside this one the system starts, of the n that are wanted: it has limits for processes and memory.
 * OpenMP would end the process instead of saying so. */
int parallel_try(int n);
/* NN_memory: the system does not start n threads, or OMP_STACKSIZE gives them too little; says what to do. */
nn_status parallel_check(int n, nn_error *err);

/* Calls work(context, i) for each i < n, on at most `threads` threads, and returns when all calls have returned. */
void parallel_for(int threads, size_t n, void (*work)(void *context, size_t i), void *context);

/* Starts `threads` threads, or the n < threads that OpenMP gives. One of them calls begin(context, n); then the i-th
 * calls work(context, i), i = 0 .. n - 1. Returns when all calls have returned. */
void parallel_crew(int threads, void (*begin)(void *context, int n), void (*work)(void *context, int i), void *context);

#endif
