/* Statistics over the repeats of a cell. */
#include "results/statistics.h"
#include "nn.h"
#include "results/student.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAN_VALUE ((double)NAN)

/* X(member of cell_stats and end of the column's name, help) */
#define CELL_STATS(X)                                                                                                  \
    X(mean, "mean over the done runs of the cell whose value is finite")                                               \
    X(sd, "sample standard deviation (n - 1)")                                                                         \
    X(median, "median")                                                                                                \
    X(q1, "lower quartile")                                                                                            \
    X(q3, "upper quartile")                                                                                            \
    X(low, "lower end of the 95% interval of the mean (Student's t)")                                                  \
    X(high, "upper end of the 95% interval of the mean (Student's t)")

#define STAT_NAME(name, help) {#name, help},
#define STAT_AT(name, help)   offsetof(cell_stats, name),
static const nn_name stat_names[N_CELL_STATS] = {CELL_STATS(STAT_NAME)};
static const size_t stat_at[N_CELL_STATS] = {CELL_STATS(STAT_AT)};
const nn_choices results_statistic_names = {"statistic", N_CELL_STATS, stat_names};

double results_statistic(const cell_stats *stats, int which)
{
    double value;
    memcpy(&value, (const char *)stats + stat_at[which], sizeof value);
    return value;
}

static int by_value(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static size_t keep_finite(double *values, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            values[kept++] = values[i];
    return kept;
}

double results_quantile(const double *sorted, size_t n, double p)
{
    const double h = p * (double)(n - 1), whole = floor(h);
    const size_t i = (size_t)whole;
    return i + 1 < n ? sorted[i] + (h - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* Mean and sum of squared deviations in two passes. The mean adds first and divides once, so that the mean of ones is 1;
 * large finite values are scaled, so that their sum does not overflow. */
static double mean_of(const double *values, size_t n)
{
    double sum = 0, scaled = 0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
        scaled += values[i] / (double)n;
    }
    return isfinite(sum) && n > 0 ? sum / (double)n : scaled;
}

static double deviation(const double *values, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

cell_stats results_statistics(double *values, size_t n)
{
    cell_stats s = {0, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE};
    s.n = keep_finite(values, n);
    if (s.n == 0)
        return s;
    qsort(values, s.n, sizeof *values, by_value);
    s.mean = mean_of(values, s.n);
    s.median = results_quantile(values, s.n, 0.5);
    s.q1 = results_quantile(values, s.n, 0.25);
    s.q3 = results_quantile(values, s.n, 0.75);
    if (s.n < 2)
        return s;
    s.sd = deviation(values, s.n, s.mean);
    const double half = results_student_975(s.n - 1) * s.sd / sqrt((double)s.n);
    s.low = s.mean - half;
    s.high = s.mean + half;
    return s;
}

/* Wilson, JASA 22 (1927) 209. */
void results_wilson_interval(size_t k, size_t n, double *low, double *high)
{
    const double z = NORMAL_975, count = (double)n, z2 = z * z;
    if (n == 0) {
        *low = 0;
        *high = 1;
        return;
    }
    const double p = (double)k / count, centre = (p + z2 / (2 * count)) / (1 + z2 / count);
    const double half = z / (1 + z2 / count) * sqrt(p * (1 - p) / count + z2 / (4 * count * count));
    /* Rounding must not push the ends past 0 and 1. */
    *low = k == 0 ? 0 : fmax(0, centre - half);
    *high = k == n ? 1 : fmin(1, centre + half);
}

/* Of all fractions q, only 1/10 and 1/100 have a power that is 1/100 (q = a/b in lowest terms gives 100 a^m = b^m, hence
 * a = 1). Elsewhere the quotient of the logarithms is no integer, and its rounding error decides nothing: for n up
 * to 2,000 it comes no nearer to one than 5e-7, and its error is below 1e-11. */
double results_restarts_needed(size_t k, size_t n)
{
    const size_t missed = n - k;
    if (n == 0)
        return NAN_VALUE;
    if (k == 0)
        return NN_INF;
    if (missed * 100 <= n)
        return 1;
    if (missed * 10 == n)
        return 2;
    const double share = (double)k / (double)n;
    return ceil(log(0.01) / (2 * k < n ? log1p(-share) : log((double)missed / (double)n)));
}

double results_restarts_of_share(double share)
{
    if (!(share > 0))
        return share == share ? NN_INF : NAN_VALUE;
    return 1 - share <= 0.01 ? 1 : ceil(log(0.01) / log1p(-share));
}

/* What comes at a time is looked at before what is censored there. */
static int by_moment(const void *a, const void *b)
{
    const time_moment *p = a, *q = b;
    if (p->time != q->time)
        return p->time < q->time ? -1 : 1;
    return (int)q->came - (int)p->came;
}

double results_kaplan_meier_median(time_moment *moments, size_t n)
{
    /* Where nothing is censored the factors are exact fractions, whose product may be a little above 1/2. */
    static const double half = 0.5 + 1e-12;
    double waiting = 1;
    if (n == 0)
        return NAN_VALUE;
    qsort(moments, n, sizeof *moments, by_moment);
    for (size_t i = 0; i < n && moments[i].time < NN_INF; i++) {
        waiting *= moments[i].came ? (double)(n - i - 1) / (double)(n - i) : 1;
        if (waiting <= half)
            return moments[i].time;
    }
    return NN_INF;
}
