/* store.h - turns a table as it was read into the dataset that is kept. */
#ifndef NNGRID_DATA_STORE_H
#define NNGRID_DATA_STORE_H

#include "data/table.h"

/* Handles missing values, codes categorical columns one-hot, finds the classes, and moves the table into the smallest
 * form. */
nn_status data_keep(loader *l, data_table *t, dataset *d);
/* One row of raw inputs as doubles. */
void dataset_row(const nn_data *data, size_t row, double *out);

#endif
