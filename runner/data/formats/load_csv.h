/* load_csv.h - from CSV rows to a table of numbers, with a message for every field that is none. */
#ifndef NNGRID_DATA_FORMATS_LOAD_CSV_H
#define NNGRID_DATA_FORMATS_LOAD_CSV_H

#include "data/table.h"

/* l->path is the file; source->targets another one where source->file is NULL. */
nn_status data_load_csv(loader *l, const data_source *source, data_table *t);
nn_status data_load_tsv(loader *l, const data_source *source, data_table *t);

#endif
