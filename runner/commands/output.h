/* output.h - where a command's table goes: standard output, or a file that is whole or not there. */
#ifndef NNGRID_COMMANDS_OUTPUT_H
#define NNGRID_COMMANDS_OUTPUT_H

#include "nn.h"
#include <stdio.h>

/* Writes a table; an error of `to` itself is found by command_write. */
typedef nn_status command_writer(void *context, FILE *to, nn_error *err);
/* To a file, which is then whole, or is left as it was after an error; never onto an HDF5 file or a folder. NULL:
 * standard output. (cmd_output.c) */
nn_status command_write(const char *path, command_writer *write, void *context, nn_error *err);

#endif
