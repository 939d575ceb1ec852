/* statistics.h - statistics of a metric over the repeats of a cell. All functions are pure. */
#ifndef NNGRID_RESULTS_STATISTICS_H
#define NNGRID_RESULTS_STATISTICS_H

#include "nn_tables.h"
#include <stdbool.h>

typedef struct cell_stats {
    size_t n;        /* finite values */
    double mean, sd; /* sample deviation, n - 1; NaN for n < 2 */
    double median, q1,
        q3;           /* linear interpolation between order statistics (Hyndman and Fan, type 7: NumPy's default) */
    double low, high; /* 95% interval of the mean, Student's t; NaN for n < 2 */
} cell_stats;

/* The names of the statistics, and the value of one by its index. */
enum { N_CELL_STATS = 7 };
extern const nn_choices results_statistic_names;
double results_statistic(const cell_stats *stats, int which);

/* The quantile p of n > 0 ascending values (Hyndman and Fan 1996, type 7). */
double results_quantile(const double *sorted, size_t n, double p);

/* Values that are NaN or infinite do not count. Changes `values`. */
cell_stats results_statistics(double *values, size_t n);

/* Wilson score interval of k successes in n at 95%. */
void results_wilson_interval(size_t k, size_t n, double *low, double *high);

/* Runs from fresh starts after which at least one succeeds with a chance of 99%, if each does with chance k / n: the
 * smallest m with ((n - k) / n)^m <= 1/100, exactly. Infinite for k = 0, NaN for n = 0. */
double results_restarts_needed(size_t k, size_t n);
/* The same for a chance that is no fraction of counts, such as an end of an interval. */
double results_restarts_of_share(double share);

/* When something came, or until when it is known not to have come. */
typedef struct time_moment {
    double time; /* infinite: it is known never to come */
    bool came;
} time_moment;
/* The median of times of which some are censored (E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete
 * observations", Journal of the American Statistical Association 53 (1958) 457): the first time at which the estimated
 * share that waits still is at most 1/2. A moment that is censored at a time was at risk at it. Infinite where that
 * share stays above 1/2; NaN for n = 0. Changes the order of `moments`. */
double results_kaplan_meier_median(time_moment *moments, size_t n);

#endif
