/* files.h - the files of a data set: found, each read by its format, joined. */
#ifndef NNGRID_DATA_FILES_H
#define NNGRID_DATA_FILES_H

#include "data/table.h"

/* All files of the spec, one behind the other. */
nn_status data_load_files(loader *l, data_table *t);

#endif
