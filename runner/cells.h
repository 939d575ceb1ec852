/* cells.h - statistics of a metric over the repeats of a cell. Pure functions. */
#ifndef NNGRID_CELLS_H
#define NNGRID_CELLS_H

#include <stddef.h>

typedef struct cell_stats {
    size_t n;        /* finite values that count */
    double mean, sd; /* sample deviation, n - 1; NaN for n < 2 */
    double median, q1,
        q3; /* linear interpolation between order statistics (Hyndman and Fan, type 7: NumPy's default) */
    double low, high; /* 95% interval of the mean, Student's t; NaN for n < 2 */
} cell_stats;

/* Values that are NaN or infinite do not count. Sorts `values` in place. */
cell_stats cell_statistics(double *values, size_t n);

/* Wilson score interval of k successes in n at 95%. */
void wilson_interval(size_t k, size_t n, double *low, double *high);

#endif
