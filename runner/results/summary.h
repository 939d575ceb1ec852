/* summary.h - which runs of a cell count, and in which order cells rank: in this one place. The writer (cells.c,
 * plots.c) and the readers (reader/cells.h, commands) bring columns of /runs, and compute nothing of this themselves.
 *
 * A mean is over the done runs whose value is finite: a diverged run has no best and no final point. `solved` and the
 * restarts that it takes are over done and diverged runs; a diverged run is not solved. Failed and pending runs count
 * nowhere. All functions are pure. */
#ifndef NNGRID_RESULTS_SUMMARY_H
#define NNGRID_RESULTS_SUMMARY_H

#include "nn.h"
#include "results/statistics.h"

/* The columns of /runs that decide which runs count. */
typedef struct summary_runs {
    size_t n;
    const double *status;  /* [n] an nn_run_status */
    const double *solved;  /* [n] 0 or 1; NULL: the grid has no `success` */
    const double *trained; /* [n] epochs_trained */
} summary_runs;

/* Runs in groups: cells, or the places of a picture. Those of group k are runs[start[k]] to runs[start[k + 1] - 1],
 * ascending. */
typedef struct run_groups {
    size_t n;
    size_t *start; /* [n + 1] */
    size_t *runs;
} run_groups;

/* group[i] is the group of run i, of n_groups; one past the last, or NaN: it is in none. */
nn_status results_groups_make(const double *group, size_t n_runs, size_t n_groups, run_groups *out, nn_error *err);
void results_groups_free(run_groups *g);

typedef struct cell_counts {
    size_t runs, done, diverged, failed, pending, solved;
} cell_counts;

cell_counts results_count(const summary_runs *runs, const run_groups *g, size_t k);

/* Does a run of this status count in means, and in shares? */
bool results_in_mean(double status);
bool results_in_share(double status);

/* The statistics of a column over those of group k that count. scratch: [runs of the group]. */
cell_stats results_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                            double *scratch);
/* The same of a column of 0 and 1 such as `solved`, whose mean is a share. */
cell_stats results_share_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                  double *scratch);

/* Of metrics of runs, and those of folds behind them (NN_N_METRIC on). A time may never come: NaN in a run that ended
 * before. */
bool results_is_time(int metric);
/* Has a metric a mean, and the other statistics? One of codes has none: they stand for words. */
bool results_has_mean(int metric);
typedef struct time_stats {
    size_t n, reached; /* runs that count; those that got there */
    double median;     /* Kaplan-Meier; infinite where half of the runs never get there, NaN for n = 0 */
} time_stats;
/* A done run without a value ended at its last epoch and might have got there later (a rule stopped it, or its epochs
 * were used up): it is censored there. A diverged run never gets there. */
time_stats results_time_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                 time_moment *scratch);

/* The key of a cell, from that of its first run (repeat 0, fold 0): it lasts when the grid grows, or its order changes. */
uint64_t results_cell_key(uint64_t first_run_key);

/* ---- columns of /cells that are counts or follow from counts: one table for writer and readers ---- */

typedef struct cell_column {
    const char *name;
    bool whole;      /* an integer */
    bool of_success; /* only where the grid has `success` */
    double (*value)(const cell_counts *c);
    const char *help;
} cell_column;
enum { N_CELL_COLUMNS = 11 };
extern const cell_column results_cell_columns[N_CELL_COLUMNS];

/* ---- the order of cells ---- */

/* What decides the rank of a cell. */
typedef struct cell_rank {
    double share;  /* of its runs that count: 1 where all do */
    double value;  /* the mean, share or time by which cells are sorted; NaN: there is none */
    double beside; /* decides between equal values, the higher first: the share that got there, or 0 */
    size_t cell;
} cell_rank;

/* The rank of group k by the mean of a column. A run whose value is infinite does not count: a validation loss that
 * overflowed is no better than a run that diverged. */
cell_rank results_rank_of_group(const summary_runs *runs, const run_groups *g, size_t k, const double *values,
                                double *scratch);

/* Cells with a value come first; of these, those with the larger share of counting runs; then the lower value, or the
 * higher; then the lower number. Returns < 0 where a ranks before b. */
int results_rank_compare(const cell_rank *a, const cell_rank *b, bool highest);

#endif
