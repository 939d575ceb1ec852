/* cells.h - fills /cells from the rows in the file, while the grid runs and at its end. */
#ifndef NNGRID_RESULTS_CELLS_H
#define NNGRID_RESULTS_CELLS_H

#include "results/folds.h"
#include "results/layout.h"

/* All of it is of the rows that are final when it begins: statuses are read once, and a row whose status is final is
 * whole. `computed` is -1 meanwhile, so that no reader takes a column of another moment. */
nn_status results_cells_write(const layout *l, int fd, const char *path, nn_error *err);

/* Are there several folds of a validation curve? */
bool results_cells_have_folds(const layout *l);
/* Reads the curves of the done runs and computes what the folds say; results_folds_free frees *out. */
nn_status results_cells_folds(const layout *l, int fd, const char *path, const summary_runs *runs,
                              const run_groups *cells, folds_values *out, nn_error *err);

#endif
