/* show_best.h - what may be concluded from the table of the best cells: which are no worse than chance explains, which
 * one is the simplest of the good ones, and whether the best lies where the grid ends. */
#ifndef NNGRID_COMMANDS_SHOW_BEST_H
#define NNGRID_COMMANDS_SHOW_BEST_H

#include "commands/show_data.h"

typedef struct best_cells {
    bool ranked;              /* the first line is the best one; else all that follows is empty */
    size_t n_tested;          /* cells that were tested against it */
    size_t n_apart;           /* of these, those on other rows: by Welch's test */
    size_t n_untested;        /* cells with fewer than two repeats in common with it */
    bool *alike;              /* [n] it is the best, or cannot be told from it */
    size_t n_alike;           /* how many of the others are */
    double error;             /* standard error of the best mean; NaN for one repeat without folds */
    size_t simplest;          /* the line of the simplest cell within it; SIZE_MAX: none */
    size_t n_done, n_falling; /* runs of the best cell, and those whose loss was lowest at the last epoch */
} best_cells;

/* Tests the first n of the n_lines lines against the first one, and compares all of them in how simple they are. The
 * caller frees *out by command_best_free. */
nn_status command_best_find(results_reader *r, const run_columns *c, bool highest, const cell_line *lines, size_t n,
                            size_t n_lines, best_cells *out, nn_error *err);
void command_best_free(best_cells *b);
/* Prints what was found below the table. */
void command_best_print(results_reader *r, const cell_line *lines, size_t n_lines, const best_cells *b);
/* Writes into the object of line i, of those that were tested, what was found of it; null where nothing was. */
void command_best_json(json *j, const best_cells *b, size_t i);

#endif
