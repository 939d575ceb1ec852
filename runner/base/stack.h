/* stack.h - the stacks of this process and of its threads. Where limits make them too small the kernel ends the process
 * without a word. */
#ifndef NNGRID_BASE_STACK_H
#define NNGRID_BASE_STACK_H

#include "nn.h"
#include <stdbool.h>

/* NN_memory: the stack of this process may be no larger than `ulimit -s` says, which is too little. */
nn_status stack_check(nn_error *err);
/* Where the stack has not even the room for printing an error, which takes some 10 KB in the C library: writes it without
 * that, and returns false. To be called first of all. */
bool stack_check_printing(void);
/* NN_memory: OMP_STACKSIZE is no size, or too small for a thread that trains. */
nn_status stack_check_threads(nn_error *err);

/* The stack of each thread that OpenMP starts, in bytes; 0: that of any thread. */
size_t stack_of_threads(void);

#endif
