/* ranking.h - the metric by which the cells of a grid are ranked and compared where nobody names one: in this one place.
 * The writer (plots.c), the readers (reader/cells.h) and the training itself bring columns of runs. */
#ifndef NNGRID_RESULTS_RANKING_H
#define NNGRID_RESULTS_RANKING_H

#include "nn.h"

enum { NO_FOLDS = -1, RANKING_N_UNITS = 3 };

/* The settings (NN_HYPER_...) whose values give losses different units. */
extern const int results_ranking_units[RANKING_N_UNITS];

/* Where the columns of runs come from. `column` returns the values [n_runs] of a setting or metric, which the caller
 * frees, or NULL where there is none. */
typedef struct ranking_source {
    void *from;
    size_t n_runs;
    double *(*column)(void *from, const char *name);
} ranking_source;

typedef struct ranking {
    int metric;        /* NN_METRIC_... of the runs */
    int folds;         /* of folds.h: takes its place where the grid has folds; NO_FOLDS: there is no validation loss */
    const char *units; /* the setting that gives losses different units here, so that errors are compared; or NULL */
} ranking;

/* The best validation loss, or training loss where no run has the former; the error of that part where a setting gives
 * the losses of the runs different units. */
ranking results_ranking(const ranking_source *source);

#endif
