/* source.h - lets data and init take a data file wherever a grid could stand. */
#ifndef NNGRID_COMMANDS_SOURCE_H
#define NNGRID_COMMANDS_SOURCE_H

#include "commands/common.h"
#include <stdio.h>

/* Reads the grid or, for a data file, a grid made up to name it, whose errors have no place in a file. */
nn_status command_read_source(const command_source *source, diagnostics *diags, grid **out);
/* Writes text as a quoted scalar of YAML. */
void command_yaml_text(FILE *to, const char *text);

#endif
