/* show_data.h - the table of cells as numbers (cmd_show_data.c), for cmd_show_cells.c to print. */
#ifndef NNGRID_COMMANDS_SHOW_DATA_H
#define NNGRID_COMMANDS_SHOW_DATA_H

#include "base/json.h"
#include "results/reader/reader.h"
#include "results/statistics.h"

/* Column `name` of /runs; NULL where there is none (err says why). Caller frees. */
double *command_show_column(results_reader *r, const char *name, nn_error *err);
/* The value of column `name` of /runs at one run; false where there is none. */
bool command_show_at(results_reader *r, const char *name, size_t run, double *out);
/* The settings of a run that matter there, as a table on stdout, or into an object of JSON. */
void command_show_settings(results_reader *r, size_t run, json *j);
/* A value of a column of /runs into JSON: a word for a choice, else a number. */
void command_show_json(json *j, results_reader *r, const char *name, double value);
/* Text of a value of a column of /runs: a word for a choice, else a number. Returns text. */
char *command_show_value(results_reader *r, const char *name, double value, char *text, size_t size);

/* What cells are ranked and compared by: a metric of the table, or `solved`, of which a cell has the share of its runs
 * that are done or diverged (diverged: not solved). */
typedef struct show_metric {
    const char *name;
    nn_direction better;
    bool is_share;
} show_metric;

enum { N_SHOWN = 5 }; /* metrics in the table: the one that sorts and its companions */

typedef struct cell_line {
    size_t cell, first_run, n_runs, n_finished, n_diverged, n_failed, n_solved;
    cell_stats stats[N_SHOWN];
} cell_line;

/* The columns of /runs that the table needs. */
typedef struct run_columns {
    size_t n_runs;
    double *status, *cell, *solved; /* [n_runs]; solved NULL where the grid has no success */
    show_metric metrics[N_SHOWN];
    size_t n_shown;
    double *values[N_SHOWN]; /* [n_shown][n_runs] */
} run_columns;

nn_status command_show_read_columns(results_reader *r, const char *by, run_columns *out, nn_error *err);
void command_show_free_columns(run_columns *c);
/* The metric to sort or compare by: as asked, else the best loss that has values. */
nn_status command_show_choose_metric(results_reader *r, const char *by, show_metric *metric, nn_error *err);
/* One line for each cell, sorted by the mean of the first metric: the best first where it has a direction, lowest first
 * where it has none, unless the highest are asked for. Caller frees. */
nn_status command_show_lines(const run_columns *c, bool highest, cell_line **out, size_t *n_out, nn_error *err);

#endif
