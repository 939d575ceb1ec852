/* fields.h - the datasets of a results file except those of /data (splits.h) and /plots: their list, their columns, and the rows of runs. */
#ifndef NNGRID_RESULTS_FIELDS_H
#define NNGRID_RESULTS_FIELDS_H

#include "results/layout.h"

void results_layout_fields(layout *l); /* all groups but /plots */
void results_layout_state(layout *l);  /* /state, behind all groups */
/* Sets the type and the words of a column of the setting nn_hyper_rows[index]. */
void results_setting_column(const layout *l, field *f, int index);

fill_function results_fill_epochs;
/* The value of a setting as a number: for choices and shapes, their code. */
double results_setting_number(const layout *l, int index, const nn_hyper *h);
/* Is it the first column of a stopping rule, `epoch`? */
bool results_is_rule(const field *f);
put_function results_put_solved, results_put_metric, results_put_curve, results_put_stop, results_put_path,
    results_put_target;

#endif
