/* one_hot.h - one-hot coding: a column of words, or of numbers that are names, becomes one column of 0 and 1 for each of
 * its values, in their order (numbers by size, words by their bytes). */
#ifndef NNGRID_DATA_ONE_HOT_H
#define NNGRID_DATA_ONE_HOT_H

#include "data/table.h"

/* Columns that are to be one-hot become one column for each value. After missing values. */
nn_status data_table_one_hot(data_table *t, loader *l);

#endif
