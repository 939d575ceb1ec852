/* notation.h - numbers as people write them: with decimal commas, separators of thousands, signs of percent and
 * currency. */
#ifndef NNGRID_DATA_FORMATS_NOTATION_H
#define NNGRID_DATA_FORMATS_NOTATION_H

#include "data/formats/opening.h"

/* How the numbers of a file are written. */
typedef struct csv_notation {
    bool plain; /* all numbers of the first rows are plain: nothing else is looked for */
    data_decimal decimal;
    const char **unit; /* [n_columns] the sign that each field of the column has, or NULL */
} csv_notation;

/* Finds out how the first rows write numbers, and tells what is guessed. */
nn_status data_notation_find(loader *l, const csv *c, const csv_opening *o, csv_notation *n);
void data_notation_free(csv_notation *n);
/* Parses a field of a column. */
bool data_notation_number(const csv_notation *n, size_t column, const char *field, double *out);
/* Is it a number in any of these notations? */
bool data_looks_numeric(const char *field);
/* How to write what is a number to people, such as 0.5 mm or (1.5), and is not read as one; NULL: it is no such field. */
const char *data_notation_hint(const char *field);

#endif
