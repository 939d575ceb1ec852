/* axes.h - reads the section `grid` into the axes of the grid and the blocks of the reader. */
#ifndef NNGRID_GRID_AXES_H
#define NNGRID_GRID_AXES_H

#include "grid/reader.h"

/* Reads one mapping of axes, or a list of such mappings: each becomes a block. An axis that --set gives replaces that of
 * its setting, and is added to the mappings that have none; NULL: the file has no axes, and --set alone may have. */
void grid_read_axes(reader *r, const node *value);
/* Returns the index of the value on the setting's axis, and adds the axis and the value where they are missing. -1 after
 * a mistake. */
int grid_axis_value(reader *r, const node *at, const nn_hyper_row *row, const void *value, size_t *axis);
void grid_free_blocks(reader *r);

#endif
