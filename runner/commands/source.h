/* source.h - a grid, or a data file as if a grid named it. */
#ifndef NNGRID_COMMANDS_SOURCE_H
#define NNGRID_COMMANDS_SOURCE_H

#include "commands/common.h"
#include <stdio.h>

/* The grid; of a data file one that names it and nothing more, without places to show (cmd_source.c). */
nn_status command_read_source(const command_source *source, diagnostics *diags, grid **out);
/* Text in the quotes of YAML. */
void command_yaml_text(FILE *to, const char *text);

#endif
