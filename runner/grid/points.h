/* points.h - makes the cells: the union of products of axes, less what is excluded or equal, plus what is included. */
#ifndef NNGRID_GRID_POINTS_H
#define NNGRID_GRID_POINTS_H

#include "grid/reader.h"

/* Checks the patterns of `exclude` and the points of `include`, and gives the values of the latter places on the axes. */
void grid_check_points(reader *r);
/* Makes g->points: the cells in their order. All mistakes of the file must have been reported, and be none. */
void grid_make_cells(reader *r);

#endif
