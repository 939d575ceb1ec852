/* show_cells.h - prints the table of the best cells. */
#ifndef NNGRID_COMMANDS_SHOW_CELLS_H
#define NNGRID_COMMANDS_SHOW_CELLS_H

#include "base/json.h"
#include "results/reader/reader.h"

typedef struct show_request {
    const char *by; /* metric or "solved", NULL: the best loss that the file has */
    size_t top;     /* cells shown, of those that have a value; 0: all */
    bool highest;   /* highest first, also where lower is better */
    bool json;
    size_t *best; /* gets the best cell, untouched where none has a value; may be NULL */
} show_request;

/* All on stdout, as text or as JSON. The best cells by the mean of a metric. */
nn_status command_show_cells(results_reader *r, const show_request *request, nn_error *err);

#endif
