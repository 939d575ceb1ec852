/* place.h - how large the datasets of a layout are, where they lie in a file, and whether two layouts are the same. */
#ifndef NNGRID_RESULTS_PLACE_H
#define NNGRID_RESULTS_PLACE_H

#include "results/layout.h"

uint64_t results_layout_bytes(const layout *l); /* of the datasets, and an estimate for the structure */
/* Equal for two grids only if all datasets and all values that are known before training are equal. */
nn_status results_layout_digest(const layout *l, uint64_t *out, nn_error *err);
/* Takes the offsets of the fields from a file, or notes that the file is compact. */
nn_status results_layout_place(layout *l, const char *path, nn_error *err);

#endif
