/* select.h - finds cells by names that last: by their keys, and by their settings. The number of a cell may be another
 * one's after the grid has grown. */
#ifndef NNGRID_RESULTS_READER_SELECT_H
#define NNGRID_RESULTS_READER_SELECT_H

#include "results/reader/reader.h"

enum { CELL_KEY_BYTES = 17 };
/* The keys of all cells, as results_cell_key makes them of their first runs; and that of one in hexadecimal (false: the
 * file is damaged). */
nn_status reader_cell_keys(results_reader *r, uint64_t *keys, nn_error *err); /* [n_cells] */
bool reader_cell_key(results_reader *r, size_t cell, char text[CELL_KEY_BYTES]);

/* Sets keep[n_cells]: the cells that have all of the settings, such as "lambda=10, hidden=[32]". Messages begin with
 * the option's name. NN_usage: no cell has them, a setting is unknown, or a value is none. */
nn_status reader_select_where(results_reader *r, const char *settings, const char *option, bool *keep, nn_error *err);

/* Finds one cell: by its number, the first digits (at least 4) of its key, or settings that it alone has. */
nn_status reader_select_cell(results_reader *r, const char *word, const char *option, size_t *cell, nn_error *err);

#endif
