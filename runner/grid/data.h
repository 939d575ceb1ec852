/* data.h - the section `data`: fills a data_spec, with the places that later messages point at. */
#ifndef NNGRID_GRID_DATA_H
#define NNGRID_GRID_DATA_H

#include "grid/reader.h"

extern const key_table grid_data_keys, grid_target_keys, grid_split_keys, grid_file_keys, grid_train_file_keys,
    grid_validation_file_keys, grid_test_file_keys;
void grid_read_data(reader *r, const node *value);

#endif
