/* Compares the values of cells by t-tests. */
#include "results/compare.h"
#include "results/student.h"
#include <math.h>
#include <stdint.h>

#define NAN_VALUE ((double)NAN)

static cell_comparison unknown(void)
{
    const double nan = NAN_VALUE;
    return (cell_comparison){0, 0, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
}

/* Fills what follows from the standard error and its degrees of freedom. Where the error is 0 all values are alike:
 * the same ones are no test, others differ for certain. */
static void judge(cell_comparison *c, double quantile)
{
    c->low = c->difference - quantile * c->error;
    c->high = c->difference + quantile * c->error;
    c->t = c->error > 0 || c->difference != 0 ? c->difference / c->error : NAN_VALUE;
    c->p = results_student_two_sided(c->t, c->degrees);
}

cell_comparison results_compare_pairs(const double *a, const double *b, size_t n, double extra)
{
    cell_comparison c = unknown();
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        c.n += isfinite(a[i]) && isfinite(b[i]);
    c.n_b = c.n;
    if (c.n == 0)
        return c;
    c.mean_a = c.mean_b = c.difference = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i])) {
            c.mean_a += a[i] / (double)c.n;
            c.mean_b += b[i] / (double)c.n;
            c.difference += (a[i] - b[i]) / (double)c.n;
        }
    if (c.n < 2)
        return c;
    for (size_t i = 0; i < n; i++)
        if (isfinite(a[i]) && isfinite(b[i]))
            squares += (a[i] - b[i] - c.difference) * (a[i] - b[i] - c.difference);
    c.degrees = (double)(c.n - 1);
    c.sd = sqrt(squares / c.degrees);
    c.error = sqrt(1 / (double)c.n + extra) * c.sd;
    judge(&c, results_student_975(c.n - 1));
    return c;
}

/* Returns how many values are finite, their mean, and the variance of the mean. */
static size_t moments(const double *x, size_t n, double *mean, double *variance)
{
    size_t used = 0;
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        used += isfinite(x[i]) != 0;
    *mean = used > 0 ? 0 : NAN_VALUE;
    for (size_t i = 0; i < n; i++)
        *mean += isfinite(x[i]) ? x[i] / (double)used : 0;
    for (size_t i = 0; i < n; i++)
        squares += isfinite(x[i]) ? (x[i] - *mean) * (x[i] - *mean) : 0;
    *variance = used > 1 ? squares / (double)(used - 1) / (double)used : NAN_VALUE;
    return used;
}

cell_comparison results_compare_apart(const double *a, size_t n_a, const double *b, size_t n_b)
{
    cell_comparison c = unknown();
    double of_a, of_b;
    c.n = moments(a, n_a, &c.mean_a, &of_a);
    c.n_b = moments(b, n_b, &c.mean_b, &of_b);
    c.difference = c.mean_a - c.mean_b;
    if (c.n < 2 || c.n_b < 2)
        return c;
    const double sum = of_a + of_b;
    const double spread = of_a * of_a / (double)(c.n - 1) + of_b * of_b / (double)(c.n_b - 1);
    c.error = sqrt(sum);
    c.degrees = spread > 0 ? sum * sum / spread : (double)(c.n + c.n_b - 2);
    judge(&c, results_student_975_of(c.degrees));
    return c;
}

double results_overlap_rho(double n_train, double n_held, double n_rows)
{
    if (!(n_train > 0) || !(n_rows > 0))
        return 0;
    return fmin(n_train / n_rows, n_held / (n_train + n_held));
}

double results_overlap(double rho)
{
    return rho / (1 - rho);
}

/* The smallest chance that no smaller one stands before: SIZE_MAX where none is left. */
static size_t next_smallest(const double *p, size_t n, const bool *taken)
{
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]) && !taken[i] && (at == SIZE_MAX || p[i] < p[at]))
            at = i;
    return at;
}

void results_holm(const double *p, size_t n, double level, bool *rejected)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        rejected[i] = false;
        left += isnan(p[i]) == 0;
    }
    for (; left > 0; left--) {
        const size_t at = next_smallest(p, n, rejected);
        if (p[at] > level / (double)left)
            return;
        rejected[at] = true;
    }
}
