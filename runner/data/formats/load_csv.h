/* load_csv.h - makes a table of CSV and TSV files, or of rows of text from elsewhere, and reports every field that is
 * wrong. */
#ifndef NNGRID_DATA_FORMATS_LOAD_CSV_H
#define NNGRID_DATA_FORMATS_LOAD_CSV_H

#include "data/table.h"

/* Both fill an empty table from the file at l->path. data_load_csv finds out the delimiter. */
nn_status data_load_csv(loader *l, const data_source *source, data_table *t);
nn_status data_load_tsv(loader *l, const data_source *source, data_table *t);

/* Rows that no text file has. `take` fills fields[n_columns] with the texts of a row, which the table owns. */
typedef struct csv_rows {
    size_t n_rows, n_columns;
    char **names; /* [n_columns], which the table owns, too */
    nn_status (*take)(void *context, size_t row, char **fields);
    void *context;
} csv_rows;
nn_status data_load_rows(loader *l, const csv_rows *rows, data_table *t);

#endif
