/* cells.h - the statistics of the cells of a file, computed from /runs at the moment of the call: what show, cells and
 * export print. Which runs count is said in summary.h. */
#ifndef NNGRID_RESULTS_READER_CELLS_H
#define NNGRID_RESULTS_READER_CELLS_H

#include "results/folds.h"
#include "results/ranking.h"
#include "results/reader/reader.h"
#include "results/summary.h"

/* A column that is computed: of counts (metric -1), of a metric, or of one of the folds (metric NN_N_METRIC and on). */
typedef struct computed_column {
    char *name; /* as in /cells */
    int metric, which;
    bool whole; /* its values are integers */
} computed_column;

typedef struct reader_cells {
    results_reader *reader;
    double *status, *solved, *trained, *cell; /* [n_runs] of those that are shown; solved NULL: no `success` */
    summary_runs runs;                        /* a view of these */
    run_groups groups;                        /* the runs of each cell */
    bool timed;                               /* is there a rule that says which time epochs_to_target is? */
    double *scratch;                          /* [n_runs] */
    time_moment *moments;                     /* [n_runs] */
    size_t n_columns;
    computed_column *columns;
    int metric;    /* whose statistics `block` holds; -1: none */
    double *block; /* [statistics of a metric][n_cells] */
    bool has_folds;
    folds_values folds; /* empty until asked for */
} reader_cells;

/* Reads the statuses first: a row that is final then is whole. NN_file: damaged. */
nn_status reader_cells_open(results_reader *r, reader_cells *out, nn_error *err);
void reader_cells_close(reader_cells *c);

/* Where there are folds, has *out point to what cross-validation says (owned by c). */
nn_status reader_cells_folds(reader_cells *c, const folds_values **out, nn_error *err);
/* The metric by which the cells of the file are ranked, from the runs that are shown. */
ranking reader_ranking(results_reader *r);

/* The column of this name; NULL: it is not computed. */
const computed_column *reader_cells_find(const reader_cells *c, const char *name);
/* Computes it into out[n_cells]. */
nn_status reader_cells_compute(reader_cells *c, const computed_column *column, double *out, nn_error *err);

#endif
