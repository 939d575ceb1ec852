/* load_arrays.h - makes a table of the arrays of NumPy, IDX, MATLAB and HDF5 files. */
#ifndef NNGRID_DATA_FORMATS_LOAD_ARRAYS_H
#define NNGRID_DATA_FORMATS_LOAD_ARRAYS_H

#include "data/table.h"

/* Inputs and targets are two arrays, of one file or of two; or one matrix, of which a column is the target. */
nn_status data_load_arrays(loader *l, const data_source *source, data_table *t);

#endif
