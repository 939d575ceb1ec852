/* export_internal.h - a sheet: one group of the file on its way to CSV. */
#ifndef NNGRID_EXPORT_INTERNAL_H
#define NNGRID_EXPORT_INTERNAL_H

#include "results/reader/export.h"

/* What can be exported. */
typedef struct export_table {
    const char *group;
    const char *leads[2]; /* columns that begin each line whatever is asked for; they are no content */
    const char *tag;      /* header of the name of a subgroup, each of which is a sheet; NULL: group is one */
    const char *point;    /* the scale of a second dimension, NULL: there is none */
    bool of_cells;        /* rows are cells, else runs */
    bool sparse; /* lines without content are left out: runs that are pending, points that were not reached */
} export_table;

typedef enum sheet_scope {
    SHEET_ROW,   /* a value for each row: runs or cells */
    SHEET_POINT, /* a value for each point, the same in every row: the epochs of curves */
    SHEET_BOTH   /* rows x points */
} sheet_scope;

typedef struct sheet_column {
    char *name, *path;
    reader_shape shape;
    sheet_scope scope;
    bool words; /* has it words for codes? */
    bool leads;
    int64_t code; /* the last one that was looked up, and its word */
    const char *word;
    uint64_t *values; /* 8 bytes each, of shape.kind: the rows in memory, or all points */
} sheet_column;

typedef struct sheet {
    const export_table *table;
    const char *tag; /* name of the subgroup, or NULL */
    size_t n_rows, n_points;
    size_t n;
    sheet_column *columns;
    size_t block; /* rows in memory at once */
} sheet;

/* Opens the columns of a group that are asked for ("a,b", NULL: all). */
nn_status sheet_open(results_reader *r, const export_table *table, const char *tag, const char *wanted,
                     sheet *out, nn_error *err);
void sheet_close(sheet *s);

void sheet_header(const sheet *s, FILE *to);
/* Writes rows [from, end). NN_file: the file cannot be read, or `to` cannot be written. */
nn_status sheet_write(results_reader *r, sheet *s, size_t from, size_t end, FILE *to, nn_error *err);

#endif
