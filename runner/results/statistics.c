/* Statistics over the repeats of a cell. */
#include "results/statistics.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NAN_VALUE  ((double)NAN)
#define NORMAL_975 1.959963984540054

/* X(member of cell_stats and end of the column's name, help) */
#define CELL_STATS(X)                                                                                                  \
    X(mean, "mean over the finished runs of the cell")                                                                 \
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

/* Hyndman and Fan 1996, type 7. */
static double quantile(const double *sorted, size_t n, double p)
{
    const double h = p * (double)(n - 1), whole = floor(h);
    const size_t i = (size_t)whole;
    return i + 1 < n ? sorted[i] + (h - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

/* Mean and sum of squared deviations in two passes, scaled so that large finite values do not overflow. */
static double mean_of(const double *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i] / (double)n;
    return sum;
}

static double deviation(const double *values, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)(n - 1));
}

/* The 97.5% quantile of Student's t for n >= 1 degrees of freedom: a table (as in any textbook, more digits), then the
 * expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5), right to 2e-8 from there on. */
static double student_975(size_t n)
{
    static const double table[] = {12.70620473643, 4.302652729911, 3.182446305284, 2.776445105198, 2.570581836615,
                                   2.446911848792, 2.36462425101,  2.306004135033, 2.262157162741, 2.228138851965,
                                   2.200985160083, 2.178812829663, 2.160368656461, 2.144786687917, 2.131449545559,
                                   2.119905299221, 2.109815577833, 2.100922040241, 2.093024054408, 2.085963447266,
                                   2.079613844728, 2.073873067904, 2.068657610419, 2.063898561628, 2.059538552753,
                                   2.055529438643, 2.05183051648,  2.048407141795, 2.045229642133, 2.042272456301};
    const double z = NORMAL_975, z2 = z * z, r = 1 / (double)n;
    if (n <= sizeof table / sizeof table[0])
        return table[n - 1];
    const double g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96,
                 g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
                 g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
    return z + r * (g1 + r * (g2 + r * (g3 + r * g4)));
}

cell_stats results_statistics(double *values, size_t n)
{
    cell_stats s = {0, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE, NAN_VALUE};
    s.n = keep_finite(values, n);
    if (s.n == 0)
        return s;
    qsort(values, s.n, sizeof *values, by_value);
    s.mean = mean_of(values, s.n);
    s.median = quantile(values, s.n, 0.5);
    s.q1 = quantile(values, s.n, 0.25);
    s.q3 = quantile(values, s.n, 0.75);
    if (s.n < 2)
        return s;
    s.sd = deviation(values, s.n, s.mean);
    const double half = student_975(s.n - 1) * s.sd / sqrt((double)s.n);
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

double results_restarts_needed(size_t k, size_t n)
{
    if (k == 0 || n == 0)
        return NAN_VALUE;
    return k >= n ? 1 : ceil(log(0.01) / log1p(-(double)k / (double)n));
}

/* Chance of a larger |t| for n >= 1 degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4). */
static double student_two_sided(double t, size_t n)
{
    const double theta = atan(fabs(t) / sqrt((double)n)), c2 = cos(theta) * cos(theta);
    const bool odd = n % 2 != 0;
    double term = odd ? cos(theta) : 1, sum = 0;
    for (size_t i = odd ? 1 : 0; i + 2 <= n; i += 2) {
        sum += term;
        term *= c2 * (double)(i + 1) / (double)(i + 2);
    }
    const double inside = odd ? (theta + sin(theta) * sum) * 0.63661977236758134308 : sin(theta) * sum; /* 2 / pi */
    return fmax(0, 1 - inside);
}

cell_comparison results_cell_compare(const double *a, const double *b, size_t n, double test_to_train)
{
    cell_comparison c = {0};
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        c.n += isfinite(a[i]) && isfinite(b[i]);
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i])) {
            c.mean_a += a[i] / (double)c.n;
            c.mean_b += b[i] / (double)c.n;
            c.difference += (a[i] - b[i]) / (double)c.n;
        }
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i]))
            squares += (a[i] - b[i] - c.difference) * (a[i] - b[i] - c.difference);
    c.sd = c.t = c.p = c.low = c.high = c.degrees = NAN_VALUE;
    if (c.n == 0)
        c.mean_a = c.mean_b = c.difference = NAN_VALUE;
    if (c.n < 2)
        return c;
    c.degrees = (double)(c.n - 1);
    c.sd = sqrt(squares / c.degrees);
    const double error = sqrt(1 / (double)c.n + test_to_train) * c.sd;
    c.low = c.difference - student_975(c.n - 1) * error;
    c.high = c.difference + student_975(c.n - 1) * error;
    if (error > 0) {
        c.t = c.difference / error;
        c.p = student_two_sided(c.t, c.n - 1);
    }
    return c;
}
