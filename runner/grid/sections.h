/* sections.h - the sections stop, record, limits and success. */
#ifndef NNGRID_GRID_SECTIONS_H
#define NNGRID_GRID_SECTIONS_H

#include "grid/reader.h"

extern const key_table grid_stop_keys, grid_record_keys, grid_limits_keys;
void grid_read_success(reader *r, const key_row *row, const node *value);

/* The words of record.weights: nn_keep_names, and every. */
extern const char *const grid_kept_words[NN_KEEP_EVERY + 1];

#endif
