/* plan.h - the list of datasets, and the way to it. */
#ifndef NNGRID_RESULTS_PLAN_H
#define NNGRID_RESULTS_PLAN_H

#include "results/layout.h"

/* Takes `left` over (NULL: nothing has left the grid). */
nn_status results_layout_new(const grid *g, const dataset *d, inactive *left, layout **out, nn_error *err);
void results_layout_free(layout *l);

#endif
