/* format.h - the formats of data files. A new one is a row here and what it points to. */
#ifndef NNGRID_DATA_FORMATS_FORMAT_H
#define NNGRID_DATA_FORMATS_FORMAT_H

#include "data/formats/array.h"
#include "data/table.h"

/* A row of the table of formats: what a file is called and recognised by, and what reads it. */
struct data_format {
    const char *name;                                /* "CSV" */
    const char *endings;                             /* ".csv .data", separated by blanks, without .gz */
    bool (*is)(const unsigned char *head, size_t n); /* by its first bytes; NULL: not so */
    nn_status (*load)(loader *l, const data_source *source, data_table *t); /* fills an empty table */
    array_reader *read;                                                     /* one array; NULL: a table of text */
    bool apart; /* read by a library that a damaged file can lead astray */
    bool named; /* the arrays of a file have names */
};

/* By content, else by name, else CSV. Never NULL. */
const data_format *data_format_of(const char *path);
/* "CSV, TSV, NumPy .npy, ..." */
const char *data_format_list(char *text, size_t size);

#endif
