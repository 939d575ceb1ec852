/* extent.h - what the grid implies, and the rows that have left it: epochs, values of shapes, networks, stopping rules. */
#ifndef NNGRID_RESULTS_EXTENT_H
#define NNGRID_RESULTS_EXTENT_H

#include "results/layout.h"

void results_layout_extent(layout *l); /* epochs, shapes, networks, rules */

#endif
