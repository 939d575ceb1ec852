/* fill.h - writes the values that a new file gets before training. */
#ifndef NNGRID_RESULTS_FILL_H
#define NNGRID_RESULTS_FILL_H

#include "results/layout.h"

/* Writes what a new file has before any run is trained: columns of SCOPE_FIXED and SCOPE_SPLIT, and NaN where rows and
 * cells are to come. `mend`: only writes columns of SCOPE_FIXED again where those of the file differ, since no check
 * covers them. */
nn_status results_fill(const layout *l, int fd, const char *path, bool mend, nn_error *err);

#endif
