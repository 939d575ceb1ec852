/* checks.h - checks what a grid asks for against its data. */
#ifndef NNGRID_GRID_CHECKS_H
#define NNGRID_GRID_CHECKS_H

#include "grid/grid.h"

void grid_check(const grid *g, const dataset *data, diagnostics *diags);

#endif
