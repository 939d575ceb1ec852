/* opening.h - the first rows of a text file: how many columns it has, and whether its first line names them. */
#ifndef NNGRID_DATA_FORMATS_OPENING_H
#define NNGRID_DATA_FORMATS_OPENING_H

#include "data/formats/csv.h"
#include "data/table.h"

enum { OPENING_ROWS = 16 };

/* The first rows, which are kept until it is known what they are. */
typedef struct csv_opening {
    csv_row row[OPENING_ROWS], note; /* note: the fields of the last comment above them, if it names the columns */
    const char *problem[OPENING_ROWS];
    int problem_column[OPENING_ROWS];
    int n, data;           /* number of rows; index of the first row of data */
    const csv_row *header; /* one of the rows, or the note, or NULL */
    bool row_names;        /* the first column, which the header does not name, holds names of rows */
} csv_opening;

/* Reads the first rows, sets c->n_columns, and finds the header by the spec, else by what the rows hold. What is guessed is
 * told as a warning; a header that does not fit the rows is an error. */
nn_status data_csv_open(loader *l, csv *c, csv_opening *o);
void data_csv_opening_free(csv_opening *o);

#endif
