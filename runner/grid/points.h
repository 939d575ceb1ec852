/* points.h - makes the cells: products of axes, their union, what is excluded and included, without equal points. */
#ifndef NNGRID_GRID_POINTS_H
#define NNGRID_GRID_POINTS_H

#include "grid/reader.h"

/* Checks the patterns of `exclude` and the points of `include`, and gives the values of the latter places on the axes. */
void grid_check_points(reader *r);
/* Makes g->points: the cells in their order. All mistakes of the file must have been reported, and be none. */
void grid_make_cells(reader *r);

#endif
