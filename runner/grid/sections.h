/* sections.h - the sections stop, record, limits and success. */
#ifndef NNGRID_GRID_SECTIONS_H
#define NNGRID_GRID_SECTIONS_H

#include "grid/reader.h"

extern const key_table grid_stop_keys, grid_record_keys, grid_limits_keys;

/* Words of the grid, each list in the order of its enum: read here, written by grid_yaml.c. */
extern const char *const grid_diagnose_words[2],
    *const grid_task_words[2], *const grid_scale_words[3], *const grid_missing_words[4], *const grid_order_words[2],
                                                                                             *const grid_mode_words[2];

void grid_read_stop(reader *r, const node *value);
void grid_read_record(reader *r, const node *value);
void grid_read_limits(reader *r, const node *value);
void grid_read_success(reader *r, const node *value);
void grid_read_diagnose(reader *r, const node *value);

#endif
