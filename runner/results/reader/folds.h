/* folds.h - reads the curves of a file's folds, for what cross-validation says of its cells (results/folds.h). */
#ifndef NNGRID_RESULTS_READER_FOLDS_H
#define NNGRID_RESULTS_READER_FOLDS_H

#include "results/folds.h"
#include "results/reader/reader.h"

/* Are there several folds of a validation curve? */
bool reader_has_folds(results_reader *r);
/* Reads the curves of the done runs and computes; results_folds_free frees *out. NN_file: the file is damaged. */
nn_status reader_folds_compute(results_reader *r, const summary_runs *runs, const run_groups *cells, folds_values *out,
                               nn_error *err);

#endif
