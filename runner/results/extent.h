/* extent.h - finds what the grid and the inactive rows need: epochs, values of shapes, networks, stopping rules. */
#ifndef NNGRID_RESULTS_EXTENT_H
#define NNGRID_RESULTS_EXTENT_H

#include "results/layout.h"

void results_layout_extent(layout *l);

#endif
