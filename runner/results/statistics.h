/* statistics.h - statistics of a metric over the repeats of a cell. All functions are pure. */
#ifndef NNGRID_RESULTS_STATISTICS_H
#define NNGRID_RESULTS_STATISTICS_H

#include "nn_tables.h"

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

/* Values that are NaN or infinite do not count. Changes `values`. */
cell_stats results_statistics(double *values, size_t n);

/* Wilson score interval of k successes in n at 95%. */
void results_wilson_interval(size_t k, size_t n, double *low, double *high);

/* Runs from fresh starts after which at least one succeeds with a chance of 99%, if each does with chance k / n:
 * ceil(ln 0.01 / ln(1 - k/n)). NaN for k = 0 or n = 0. */
double results_restarts_needed(size_t k, size_t n);

/* Compares two cells by pairs of runs of the same repeat and fold. */
typedef struct cell_comparison {
    size_t n;              /* pairs with finite values */
    double mean_a, mean_b; /* over the pairs */
    double difference, sd; /* of a - b: mean, sample deviation */
    double t, degrees, p;  /* of the corrected resampled t-test; p two-sided; NaN for n < 2 or sd 0 */
    double low, high;      /* 95% interval of the difference; NaN for n < 2 */
} cell_comparison;

/* Corrected resampled t-test (C. Nadeau and Y. Bengio, "Inference for the generalization error", Machine Learning 52
 * (2003) 239): t = mean / sqrt((1/n + test_to_train) sd^2), n - 1 degrees of freedom, where training sets of the pairs
 * overlap and each holds out test_to_train times as many rows as it trains on. 0: the paired t-test. */
cell_comparison results_cell_compare(const double *a, const double *b, size_t n, double test_to_train);

#endif
