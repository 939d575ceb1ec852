/* cells.h - fills /cells at the end: statistics over the finished runs of each cell. */
#ifndef NNGRID_RESULTS_CELLS_H
#define NNGRID_RESULTS_CELLS_H

#include "results/layout.h"

nn_status results_cells_write(const layout *l, int fd, const char *path, nn_error *err);

#endif
