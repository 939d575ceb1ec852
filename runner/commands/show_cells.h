/* show_cells.h - prints the table of the best cells, for show and at the end of run. */
#ifndef NNGRID_COMMANDS_SHOW_CELLS_H
#define NNGRID_COMMANDS_SHOW_CELLS_H

#include "base/json.h"
#include "results/reader/reader.h"

typedef struct show_request {
    const char *by;    /* a metric or "solved"; NULL: best validation loss, else training loss */
    size_t top;        /* number of cells to show, of those that have a value; 0: all */
    bool highest;      /* highest first, even where lower is better */
    const char *where; /* only cells with these settings; NULL: all */
    bool json;
    size_t *best; /* receives the best cell, if one has a value; may be NULL */
} show_request;

/* Prints the best cells by the mean of a metric to stdout, as text or JSON. */
nn_status command_show_cells(results_reader *r, const show_request *request, nn_error *err);

#endif
