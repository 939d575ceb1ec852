/* pipe.h - keeps what comes through a pipe, which can be read but once, while data are looked at more than once. */
#ifndef NNGRID_BASE_PIPE_H
#define NNGRID_BASE_PIPE_H

#include "nn.h"
#include <stdbool.h>

/* Is this a pipe: one with a name, or one (or a socket) that the process was started with, such as /dev/stdin? */
bool pipe_is(const char *path);

/* What was kept is opened under this folder and its number. Its link leads to no name. */
#define PIPE_FOLDER "/proc/self/fd/"

/* Reads the pipe to its end and keeps that in an unnamed file in memory, which the caller closes. A pipe with a name that
 * no program opens for writing within PIPE_PATIENCE seconds is refused; one whose writer is there is waited for. Messages
 * do not say the path, which the caller adds. NN_file: it cannot be read. NN_memory: it is larger than the memory. */
enum { PIPE_PATIENCE = 5 };
nn_status pipe_keep(const char *path, int *fd, nn_error *err);

#endif
