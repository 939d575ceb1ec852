/* output.h - writes a command's table to standard output, or to a file that is never left half written. */
#ifndef NNGRID_COMMANDS_OUTPUT_H
#define NNGRID_COMMANDS_OUTPUT_H

#include "nn.h"
#include <stdio.h>

/* A command_writer writes the table; command_write checks the stream for errors afterwards. */
typedef nn_status command_writer(void *context, FILE *to, nn_error *err);
/* Writes to the file `path`, which is unchanged after an error, or to standard output if it is NULL. An HDF5 file or a
 * folder is refused. */
nn_status command_write(const char *path, command_writer *write, void *context, nn_error *err);

#endif
