/* load_records.h - makes a table of a NumPy file, whose array may be structured: records with named fields, which are then
 * columns with names. */
#ifndef NNGRID_DATA_FORMATS_LOAD_RECORDS_H
#define NNGRID_DATA_FORMATS_LOAD_RECORDS_H

#include "data/table.h"

/* Fills an empty table from the .npy file at l->path. */
nn_status data_load_npy(loader *l, const data_source *source, data_table *t);

#endif
