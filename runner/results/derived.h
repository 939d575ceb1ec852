/* derived.h - looks whether the columns of a file that no row's check covers are what the grid, the data and the finished runs
 * say: somebody may have changed them. */
#ifndef NNGRID_RESULTS_DERIVED_H
#define NNGRID_RESULTS_DERIVED_H

#include "results/layout.h"
#include "results/options.h"

/* Compares a file of this layout, whose fields get their places. Writes nothing. The statistics of cells and the pictures
 * are compared only where the file says that they are complete; otherwise the next call writes them anyway. */
nn_status results_derived_look(layout *l, const stored *s, results_differences *out, nn_error *err);

#endif
