/* diagnostics.h - collects all errors of a grid and its data, so that a user sees them in one pass.
 *
 * A diagnostic has a severity, a place (file, line, column; line 0: none), and a message that says what is wrong and
 * what to do. diagnostics_print shows it as `file:line:column: message`, with the source line and a caret. */
#ifndef NNGRID_BASE_DIAGNOSTICS_H
#define NNGRID_BASE_DIAGNOSTICS_H

#include "nn_tables.h"
#include <stdio.h>

typedef enum severity { SEVERITY_ERROR, SEVERITY_WARNING } severity;

/* A place in a file. Lines and columns count from 1. */
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
    char *source_file; /* the name of the grid file */
    char *source;      /* its text, for the source lines */
} diagnostics;

void diagnostics_init(diagnostics *d);
void diagnostics_free(diagnostics *d);

/* Sets the file that source lines are taken from, and copies name and text. */
void diagnostics_source(diagnostics *d, const char *file, const char *text);

void diagnostics_add(diagnostics *d, severity how, nn_status status, place at, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Adds a diagnostic of another file, such as a data file: at.line is its row, at.column its column. */
void diagnostics_add_file(diagnostics *d, severity how, nn_status status, const char *file, place at,
                          const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Drops the warnings among the n diagnostics that were added from number `first` on. */
void diagnostics_drop_warnings(diagnostics *d, size_t first, size_t n);

/* Returns the status of the first error, or NN_ok if there is none. */
nn_status diagnostics_status(const diagnostics *d);

/* Prints the first fifty, sorted by place, then how many errors there are and their consequence, such as "nothing was
 * written". */
void diagnostics_print(const diagnostics *d, const char *consequence, FILE *to);

#endif
