/* plan.h - builds the list of datasets of a results file. */
#ifndef NNGRID_RESULTS_PLAN_H
#define NNGRID_RESULTS_PLAN_H

#include "results/layout.h"

/* `runs` are those of the grid, some of them perhaps with another arithmetic and its key; NULL: as they are in the grid.
 * Takes ownership of `inactive`, the inactive rows; NULL if there are none. After an error the caller keeps it. */
nn_status results_layout_new(const grid *g, const dataset *d, const grid_run *runs, inactive_rows *inactive,
                             layout **out, nn_error *err);
void results_layout_free(layout *l);

#endif
