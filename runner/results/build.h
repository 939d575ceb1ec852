/* build.h - creates the structure of the file with HDF5: groups, datasets, scales, attributes. Values come later, by
 * plain writes. Two kinds of text are left out of comparisons between files: /timing and /provenance. */
#ifndef NNGRID_RESULTS_BUILD_H
#define NNGRID_RESULTS_BUILD_H

#include "results/layout.h"
#include "results/options.h"

/* Creates the structure of an empty file over `path`, and notes where its datasets lie. */
nn_status results_build(layout *l, const results_options *options, const char *path, nn_error *err);

#endif
