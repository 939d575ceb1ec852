/* variants.h - finds the variants of the data that the cells of a grid ask for; grid.h declares what others ask of them. */
#ifndef NNGRID_GRID_VARIANTS_H
#define NNGRID_GRID_VARIANTS_H

#include "grid/grid.h"

/* Lists the variants of all cells. False: not enough memory. */
bool grid_find_variants(grid *g);
/* Numbers the splits: those of a variant follow those of the one before. */
void grid_number_splits(grid *g, const dataset *d);
/* Reports variants that have not enough rows. */
void grid_check_variants(const grid *g, const dataset *data, diagnostics *d);

#endif
