/* place.h - where the datasets of a layout lie in a file, how large they are, and whether two layouts are the same. */
#ifndef NNGRID_RESULTS_PLACE_H
#define NNGRID_RESULTS_PLACE_H

#include "results/layout.h"

uint64_t results_layout_bytes(const layout *l); /* of the datasets, and a guess for the structure */
/* The same for two grids only if every dataset and every value known before training is the same. */
nn_status results_layout_digest(const layout *l, uint64_t *out, nn_error *err);
/* Takes the offsets from a file, or notes that it is compact. */
nn_status results_layout_place(layout *l, const char *path, nn_error *err);

#endif
