/* axes.h - the section `grid`: mappings of axes, and axes that go in step (zip). */
#ifndef NNGRID_GRID_AXES_H
#define NNGRID_GRID_AXES_H

#include "grid/reader.h"

void grid_read_axes(reader *r, const node *value);
/* Index of the value on the setting's axis, both made if they are not there; -1 after a mistake. */
int grid_axis_value(reader *r, const node *at, const nn_hyper_row *row, const void *value, size_t *axis);
void grid_free_blocks(reader *r);

#endif
