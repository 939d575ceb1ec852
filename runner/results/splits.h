/* splits.h - the datasets of /data, and the values that a new file gets there. */
#ifndef NNGRID_RESULTS_SPLITS_H
#define NNGRID_RESULTS_SPLITS_H

#include "results/layout.h"

void results_split_fields(layout *l);
/* Writes the rows of all splits: those of the grid, then those that only inactive rows have. */
nn_status results_split_write(const layout *l, int fd, const char *path, nn_error *err);
/* Sets the part of each of n_rows rows, -1 where it is in none. */
void results_parts_of_split(const nn_split *split, size_t n_rows, int8_t *out);

#endif
