/* Fits the scaling of the targets of a regression on training rows. Sums run in the order of the rows, so that they
 * have the same bits everywhere. */
#include "data/target.h"

/* One target of some rows. */
typedef struct target_rows {
    const double *values; /* of row i: values[i * stride] */
    size_t stride, n;
    const uint32_t *rows; /* [n] */
} target_rows;

static double value_of(const target_rows *t, size_t i)
{
    return t->values[t->rows[i] * t->stride];
}

static void find_range(const target_rows *t, double *low, double *high)
{
    *low = *high = value_of(t, 0);
    for (size_t i = 1; i < t->n; i++) {
        const double x = value_of(t, i);
        *low = x < *low ? x : *low;
        *high = x > *high ? x : *high;
    }
}

/* Mean and population standard deviation, about a value within the range so that large offsets cost no digits. */
static void find_moments(const target_rows *t, double origin, double *mean, double *deviation)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < t->n; i++)
        sum += value_of(t, i) - origin;
    const double offset = sum / (double)t->n;
    for (size_t i = 0; i < t->n; i++) {
        const double d = value_of(t, i) - origin - offset;
        squares += d * d;
    }
    *mean = origin + offset;
    *deviation = sqrt(squares / (double)t->n);
}

void data_target_fit(const dataset *d, data_scale kind, const uint32_t *rows, size_t n_rows, double *shift,
                     double *scale)
{
    for (size_t k = 0; k < d->data.n_targets; k++) {
        const target_rows t = {d->data.targets + k, d->data.n_targets, n_rows, rows};
        double low, high, mean, deviation;
        find_range(&t, &low, &high);
        shift[k] = low;
        scale[k] = high - low;
        if (kind == SCALE_STANDARDIZE && low < high) {
            find_moments(&t, low, &mean, &deviation);
            shift[k] = mean;
            scale[k] = deviation;
        }
        if (!(scale[k] > 0.0 && isfinite(scale[k]))) /* constant, or past what float64 holds */
            scale[k] = 1.0;
    }
}
