/* fill.h - writes the values that a new file gets before training. */
#ifndef NNGRID_RESULTS_FILL_H
#define NNGRID_RESULTS_FILL_H

#include "results/layout.h"

/* Sets the part of each of n_rows rows, -1 where it is in none. */
void results_parts_of_split(const nn_split *split, size_t n_rows, int8_t *out);
/* Writes what a new file has before any run is trained: columns of SCOPE_FIXED and SCOPE_SPLIT, and NaN where rows and
 * cells are to come. `mend`: only writes columns of SCOPE_FIXED again where those of the file differ, since no check
 * covers them. */
nn_status results_fill(const layout *l, int fd, const char *path, bool mend, nn_error *err);

#endif
