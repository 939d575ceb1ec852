/* fields.h - the datasets of /runs, /cells, /data, /timing and the root: one loop over each table, no name of a setting
 * or metric. */
#ifndef NNGRID_RESULTS_FIELDS_H
#define NNGRID_RESULTS_FIELDS_H

#include "results/layout.h"

void results_layout_fields(layout *l); /* all groups but /plots */
void results_layout_state(layout *l);  /* /state, behind all groups */
/* Type and words of a column of the setting nn_hyper_rows[index]. */
void results_setting_column(const layout *l, field *f, int index);

fill_function results_fill_index, results_fill_epochs;
/* A setting's value as a number: a code for choices and shapes. */
double results_setting_number(const layout *l, int index, const nn_hyper *h);
/* Part of each row, -1: none. */
void results_parts_of_split(const nn_split *split, size_t n_rows, int8_t *out);
/* Writes what a new file has before any run is trained: columns of SCOPE_FIXED and SCOPE_SPLIT, and NaN where rows and
 * cells are to come. `mend`: only writes columns of SCOPE_FIXED again where those of the file differ, since no check covers
 * them. */
nn_status results_fill(const layout *l, int fd, const char *path, bool mend, nn_error *err);

put_function results_put_solved, results_put_metric, results_put_curve, results_put_stop;

#endif
