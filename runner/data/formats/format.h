/* format.h - the table of data formats. A new format is a row of the table in format.c and the functions that it
 * names. */
#ifndef NNGRID_DATA_FORMATS_FORMAT_H
#define NNGRID_DATA_FORMATS_FORMAT_H

#include "data/formats/array.h"
#include "data/table.h"

/* What a format is recognised by, and what reads it. */
struct data_format {
    const char *name;                                /* "CSV" */
    const char *endings;                             /* ".csv .data", separated by blanks, without .gz */
    bool (*is)(const unsigned char *head, size_t n); /* recognises the first bytes, or NULL */
    nn_status (*load)(loader *l, const data_source *source, data_table *t); /* fills an empty table */
    array_reader *read; /* reads one array; NULL for formats of text */
    bool apart;         /* is read in a process of its own: array_read_apart */
    bool named;         /* a file holds several arrays, which have names */
};

/* The format of a file, which is opened under another path where it came through a pipe (data_opened): by its first bytes,
 * else by its ending, else CSV. Never NULL. */
const data_format *data_format_of(const char *path, const char *opened);
/* Lists the formats and their endings in text. Returns text. */
const char *data_format_list(char *text, size_t size);

#endif
