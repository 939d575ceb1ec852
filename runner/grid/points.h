/* points.h - makes the cells: products of axes, their union, what is excluded and included, without equal points. */
#ifndef NNGRID_GRID_POINTS_H
#define NNGRID_GRID_POINTS_H

#include "grid/reader.h"

/* Checks `include` and gives its values places on the axes; `exclude` likewise, against the settings. */
void grid_check_include(reader *r);
void grid_check_exclude(reader *r);
void grid_make_cells(reader *r);

#endif
