/* fill.h - writes the values that a new file gets before training. */
#ifndef NNGRID_RESULTS_FILL_H
#define NNGRID_RESULTS_FILL_H

#include "results/layout.h"

/* Writes what is known before any run is trained: columns of SCOPE_FIXED and SCOPE_SPLIT, and into a `fresh` file NaN where
 * rows and cells are to come. */
nn_status results_fill(const layout *l, int fd, const char *path, bool fresh, nn_error *err);

#endif
