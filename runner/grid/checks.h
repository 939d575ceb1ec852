/* checks.h - checks what a grid asks for against its data. */
#ifndef NNGRID_GRID_CHECKS_H
#define NNGRID_GRID_CHECKS_H

#include "grid/grid.h"
#include <string.h>

void grid_check(const grid *g, const dataset *data, diagnostics *diags);
/* Does the setting decide how starting weights are drawn? With an init_file it then decides nothing. */
static inline bool grid_starts(const nn_hyper_row *row)
{
    return strncmp(row->name, "init", 4) == 0;
}

#endif
