/* show_data.h - reads what show and status print from /runs: values of columns, the settings of a run, and the table
 * of cells, which show_cells.c prints. */
#ifndef NNGRID_COMMANDS_SHOW_DATA_H
#define NNGRID_COMMANDS_SHOW_DATA_H

#include "base/json.h"
#include "results/reader/cells.h"

/* Reads what each run has of a metric, which the caller frees; NULL and an error if there is none. Of a metric of folds
 * it is what the fold contributed to it. */
double *command_show_values(results_reader *r, const char *metric, nn_error *err);
/* Reads the value of column `name` of /runs at one run; false if there is none. */
bool command_show_at(results_reader *r, const char *name, size_t run, double *out);
/* Prints the settings that have an effect in a run, as a table on stdout or, if j is not NULL, into JSON. */
void command_show_settings(results_reader *r, size_t run, json *j);
/* Writes a value of a column of /runs into JSON: the name of a choice, else a number. */
void command_show_json(json *j, results_reader *r, const char *name, double value);
/* The same under another key than the column's name. */
void command_show_json_as(json *j, const char *key, results_reader *r, const char *name, double value);
/* Writes a value of a column of /runs as text: the name of a choice, else a number. Returns text. */
char *command_show_value(results_reader *r, const char *name, double value, char *text, size_t size);

/* Writes "10" where all runs are done, else "8/10 diverged": how many are, and what the others are. Returns text. */
char *command_show_done(const cell_counts *n, char *text, size_t size);

/* Cells are ranked and compared by a metric, or by `solved`: the share of the done and diverged runs of a cell that
 * are solved (a diverged run is not). */
typedef struct show_metric {
    const char *name;
    nn_direction better;
    int metric;        /* NN_METRIC_...; NN_N_METRIC and on: a metric of folds; -1: solved */
    bool is_share;     /* solved */
    const char *units; /* the setting that gives losses different units here: errors are compared instead; or NULL */
    bool is_time;      /* it may never come: its Kaplan-Meier median stands for the mean */
} show_metric;

enum { N_SHOWN = 4 }; /* columns of metrics: the one that sorts and its companions */

/* A value of a cell in the table: the mean of a metric over the done runs that have it, or the median of a time. */
typedef struct cell_value {
    cell_stats stats;
    double error; /* standard error of the mean */
    time_stats time;
    size_t n_counted; /* runs that could have a value: done; of times and shares also diverged */
} cell_value;

typedef struct cell_line {
    size_t cell, first_run;
    cell_counts counts;
    cell_rank rank; /* by the first metric */
    cell_value values[N_SHOWN];
} cell_line;

/* The columns of /runs from which the table is made. */
typedef struct run_columns {
    reader_cells cells;
    show_metric metrics[N_SHOWN];
    size_t n_shown;
    double *values[N_SHOWN]; /* [n_shown][n_runs]; of folds, those of a repeat at its first run */
} run_columns;

/* Prints a line where the runs that have ended are of several arithmetics. */
void command_show_arithmetics(results_reader *r);

/* The done runs whose best weights are those before training, since no validation loss was finite. */
size_t command_show_untrained(results_reader *r, const double *status, size_t n_runs);

/* Is it a metric of folds, with a value for each repeat? */
bool command_show_is_of_folds(const show_metric *metric);

nn_status command_show_read_columns(results_reader *r, const char *by, run_columns *out, nn_error *err);
void command_show_free_columns(run_columns *c);
/* Chooses the metric to sort or compare by: the one named, else the best validation or training loss (with folds that
 * of their mean), or error where a setting gives losses different units. */
nn_status command_show_choose_metric(results_reader *r, const char *by, show_metric *metric, nn_error *err);
/* Makes a line for each cell that has runs, in the order of results_rank_compare: best first where the first metric has
 * a direction, lowest first where it has none, unless the highest are asked for. Caller frees. */
nn_status command_show_lines(run_columns *c, bool highest, cell_line **out, size_t *n_out, nn_error *err);

#endif
