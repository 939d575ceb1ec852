/* export.h - writes a results file as CSV: a line for each run, cell, point of a curve, or stopping rule of a run.
 *
 * It follows RFC 4180, with lines that end in LF. Choices are words, truth values are true and false, NaN and
 * infinities are empty; other numbers are the shortest text that reads back to the same bits. Memory does not grow with
 * the file, since some rows are read at a time. */
#ifndef NNGRID_RESULTS_READER_EXPORT_H
#define NNGRID_RESULTS_READER_EXPORT_H

#include "results/reader/reader.h"
#include <stdio.h>

/* Columns that have another number of rows than the table, and are left out. */
typedef struct export_left_out {
    size_t n;
    char first[160]; /* "/runs/long has 50 rows and the table 48" */
} export_left_out;

typedef struct export_request {
    const char *what;      /* runs, cells, curves or stops */
    const char *columns;   /* "a,b,c" in this order, or NULL: all */
    int64_t run;           /* only this run (not for cells), or -1: all */
    const char *cell;      /* only this cell, or its runs, as reader_select_cell names it; NULL: all */
    const char *where;     /* only cells that have these settings, or their runs; NULL: all */
    export_left_out *left; /* is told what is left out; may be NULL */
} export_request;

/* NN_usage: no such table, column or run. NN_file: damaged, or `to` cannot be written (errno says why). */
nn_status results_export(results_reader *r, const export_request *request, FILE *to, nn_error *err);

#endif
