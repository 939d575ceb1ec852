/* diagnostics.h - collects every mistake of a grid so that all are shown in one pass.
 *
 * A diagnostic has a place (file, line, column; line 0: none), a message that says what is wrong and what to
 * do, and a severity. diagnostics_print shows each as `file:line:column: message`, the source line and a
 * caret. */
#ifndef NNGRID_BASE_DIAGNOSTICS_H
#define NNGRID_BASE_DIAGNOSTICS_H

#include "nn_tables.h"
#include <stdio.h>

typedef enum severity { SEVERITY_ERROR, SEVERITY_WARNING } severity;

/* A place in the grid file; lines and columns count from 1. */
typedef struct place {
    int line, column;
} place;

typedef struct diagnostic {
    severity severity;
    nn_status status; /* NN_usage for the grid, NN_data for the data */
    char *file;       /* as the user named it */
    place at;
    char *message;
} diagnostic;

typedef struct diagnostics {
    size_t n, capacity, n_errors;
    diagnostic *items;
    char *source_file; /* name of the grid file, and its text, for the source lines */
    char *source;
} diagnostics;

void diagnostics_init(diagnostics *d);
void diagnostics_free(diagnostics *d);

/* Sets what source lines are taken from; copies both. */
void diagnostics_source(diagnostics *d, const char *file, const char *text);

void diagnostics_add(diagnostics *d, severity how, nn_status status, place at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same for another file (a data file): at.line is its row, at.column its column. */
void diagnostics_add_file(diagnostics *d, severity how, nn_status status, const char *file, place at,
                          const char *format, ...) __attribute__((format(printf, 6, 7)));

/* NN_ok when there is no error, else the status of the first error. */
nn_status diagnostics_status(const diagnostics *d);

/* Prints them sorted by place, the first fifty, warnings marked `warning:`; at the end how many mistakes there are,
 * and what follows, such as "nothing was written". */
void diagnostics_print(const diagnostics *d, const char *consequence, FILE *to);

#endif
