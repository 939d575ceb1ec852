/* fields.h - the datasets of a results file except those of /plots: their list, their columns, and the rows of runs. */
#ifndef NNGRID_RESULTS_FIELDS_H
#define NNGRID_RESULTS_FIELDS_H

#include "results/layout.h"

void results_layout_fields(layout *l); /* all groups but /plots */
void results_layout_state(layout *l);  /* /state, behind all groups */
/* Sets the type and the words of a column of the setting nn_hyper_rows[index]. */
void results_setting_column(const layout *l, field *f, int index);

fill_function results_fill_index, results_fill_epochs;
/* The value of a setting as a number: for choices and shapes, their code. */
double results_setting_number(const layout *l, int index, const nn_hyper *h);
/* Sets the part of each of n_rows rows, -1 where it is in none. */
void results_parts_of_split(const nn_split *split, size_t n_rows, int8_t *out);
/* Writes what a new file has before any run is trained: columns of SCOPE_FIXED and SCOPE_SPLIT, and NaN where rows and
 * cells are to come. `mend`: only writes columns of SCOPE_FIXED again where those of the file differ, since no check
 * covers them. */
nn_status results_fill(const layout *l, int fd, const char *path, bool mend, nn_error *err);

put_function results_put_solved, results_put_metric, results_put_curve, results_put_stop;

#endif
