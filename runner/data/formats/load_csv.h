/* load_csv.h - makes a table of CSV and TSV files, and reports every field that is wrong. */
#ifndef NNGRID_DATA_FORMATS_LOAD_CSV_H
#define NNGRID_DATA_FORMATS_LOAD_CSV_H

#include "data/table.h"

/* Both fill an empty table from the file at l->path. data_load_csv finds out the delimiter. */
nn_status data_load_csv(loader *l, const data_source *source, data_table *t);
nn_status data_load_tsv(loader *l, const data_source *source, data_table *t);

#endif
