/* build.h - creates the structure of the file with HDF5: groups, datasets, scales, attributes. Values come later, by
 * plain writes. Comparisons between files leave out the texts of /timing and /provenance. */
#ifndef NNGRID_RESULTS_BUILD_H
#define NNGRID_RESULTS_BUILD_H

#include "results/layout.h"
#include "results/options.h"

/* Creates the structure in the empty file at `path`, and sets the offsets of the fields. */
nn_status results_build(layout *l, const results_options *options, const char *path, nn_error *err);

#endif
