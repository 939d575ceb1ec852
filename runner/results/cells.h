/* cells.h - fills /cells from the rows in the file, while the grid runs and at its end. */
#ifndef NNGRID_RESULTS_CELLS_H
#define NNGRID_RESULTS_CELLS_H

#include "results/layout.h"

/* All of it is of the rows that are final when it begins: statuses are read once, and a row whose status is final is
 * whole. `computed` is -1 meanwhile, so that no reader takes a column of another moment. */
nn_status results_cells_write(const layout *l, int fd, const char *path, nn_error *err);

#endif
