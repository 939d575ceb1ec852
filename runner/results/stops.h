/* stops.h - what a stopping rule does to the runs of a cell: the columns of L. Prechelt's tables ("Early stopping - but
 * when?", 1998). All functions are pure. */
#ifndef NNGRID_RESULTS_STOPS_H
#define NNGRID_RESULTS_STOPS_H

#include "results/summary.h"

/* A mean of a column of /stops/RULE over the done runs of a cell. A run in which the rule never fires counts by what its
 * whole length gives, so that rules are compared over the same runs. */
typedef struct stop_mean {
    const char *name;
    const char *source;    /* the column of /stops/RULE */
    const char *otherwise; /* the column that is taken where that has no number; NULL: none */
    bool ends;             /* the epoch at which training ends: the last one where the rule does not fire */
    const char *help;
} stop_mean;

enum { N_STOP_MEANS = 5 };
extern const stop_mean results_stop_means[N_STOP_MEANS];

/* The mean for group k; NaN: no number. values: [n runs] the source column; it is changed where `ends`. otherwise: that
 * other column, or NULL. scratch: [runs of the group]. */
double results_stop_mean(const summary_runs *runs, const run_groups *g, size_t k, const stop_mean *mean, double *values,
                         const double *otherwise, double *scratch);

#endif
