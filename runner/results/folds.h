/* folds.h - what cross-validation says of a cell. Every fold of a repeat stops at one epoch, that at which the mean of
 * their validation curves is lowest: were each fold to choose its own on the rows that it is judged on, the mean would
 * be too good. The writer (cells.c) and the readers (reader/folds.h) bring the curves. All functions are pure. */
#ifndef NNGRID_RESULTS_FOLDS_H
#define NNGRID_RESULTS_FOLDS_H

#include "results/summary.h"

typedef enum folds_metric { FOLDS_epoch, FOLDS_loss, FOLDS_error, N_FOLDS_METRIC } folds_metric;

/* Their names, and help. */
extern const nn_choices results_folds_metrics;
nn_direction results_folds_better(int metric);

/* Reads into out[n_epochs] the validation loss of a run, or its error; NaN where it was not recorded. */
typedef nn_status folds_curve(void *context, bool is_error, size_t run, double *out, nn_error *err);

typedef struct folds_source {
    const summary_runs *runs;
    const run_groups *cells;
    const double *repeat; /* [n runs]; the runs of a repeat follow each other */
    size_t n_epochs;
    const double *epochs; /* [n_epochs] ascending */
    folds_curve *curve;
    void *context; /* of `curve` */
} folds_source;

/* Columns of runs [N_FOLDS_METRIC][n runs]. by_repeat has the mean over the folds at the first run of each repeat, and
 * NaN at the others, so that statistics over the runs of a cell are those over its repeats. by_fold has of each fold
 * what it contributed: its own curve at the epoch of its repeat. Both are NaN in a repeat that has a run which is not
 * done, and in all repeats of a cell of which a run diverged. */
typedef struct folds_values {
    double *by_repeat[N_FOLDS_METRIC], *by_fold[N_FOLDS_METRIC];
} folds_values;

/* At an epoch that not all folds of a repeat have recorded there is no mean; a fold that ended before it keeps its last
 * value. The earliest of the lowest is taken. Sums run in the order of the folds. results_folds_free frees *out. */
nn_status results_folds_compute(const folds_source *s, folds_values *out, nn_error *err);
void results_folds_free(folds_values *v);

#endif
