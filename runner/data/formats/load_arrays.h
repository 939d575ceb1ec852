/* load_arrays.h - from the arrays of a file (NumPy, IDX, MATLAB, HDF5) to a table: inputs and targets as two arrays, or one
 * matrix of which a column is the target. */
#ifndef NNGRID_DATA_FORMATS_LOAD_ARRAYS_H
#define NNGRID_DATA_FORMATS_LOAD_ARRAYS_H

#include "data/table.h"

nn_status data_load_arrays(loader *l, const data_source *source, data_table *t);

#endif
