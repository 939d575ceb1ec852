/* Scaling and imputation, fitted on the rows it is given and on nothing else. Missing values do not count.
 * Sums run in the order of the rows, so that they are the same everywhere. */
#include "data/scale.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* mean[j], low[j], high[j] and count[j] of each input over the rows; the mean of nothing is 0. */
static void fit_means(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s, double *mean)
{
    size_t n = d->data.n_inputs;
    for (size_t j = 0; j < n; j++) {
        mean[j] = s->count[j] = 0.0;
        s->low[j] = NN_INF;
        s->high[j] = -NN_INF;
    }
    for (size_t i = 0; i < n_rows; i++) {
        dataset_row(&d->data, rows[i], s->row);
        for (size_t j = 0; j < n; j++) {
            double x = s->row[j];
            if (!isnan(x)) {
                mean[j] += x;
                s->count[j] += 1.0;
                s->low[j] = x < s->low[j] ? x : s->low[j];
                s->high[j] = x > s->high[j] ? x : s->high[j];
            }
        }
    }
    for (size_t j = 0; j < n; j++)
        mean[j] = s->count[j] > 0.0 ? mean[j] / s->count[j] : 0.0;
}

/* factor[j] = 1 / population deviation; 1 where an input is constant. */
static void fit_deviations(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s)
{
    size_t n = d->data.n_inputs;
    for (size_t j = 0; j < n; j++)
        s->factor[j] = 0.0;
    for (size_t i = 0; i < n_rows; i++) {
        dataset_row(&d->data, rows[i], s->row);
        for (size_t j = 0; j < n; j++) {
            double difference = s->row[j] - s->shift[j];
            s->factor[j] += isnan(difference) ? 0.0 : difference * difference;
        }
    }
    for (size_t j = 0; j < n; j++) {
        /* Compared by its ends: the mean of equal numbers can be off by a bit. */
        double deviation = s->low[j] < s->high[j] ? sqrt(s->factor[j] / s->count[j]) : 1.0;
        s->factor[j] = deviation > 0.0 ? 1.0 / deviation : 1.0;
    }
}

static void fit_scale(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s)
{
    data_scale scale = d->spec->scale;
    for (size_t j = 0; j < d->data.n_inputs && scale == SCALE_DIVISOR; j++) {
        s->shift[j] = 0.0;
        s->factor[j] = 1.0 / d->spec->divisor;
    }
    if (scale == SCALE_DIVISOR)
        return;
    fit_means(d, rows, n_rows, s, s->shift);
    if (scale == SCALE_STANDARDIZE) {
        fit_deviations(d, rows, n_rows, s);
        return;
    }
    for (size_t j = 0; j < d->data.n_inputs; j++) {
        bool varies = s->low[j] < s->high[j];
        s->factor[j] = varies ? 1.0 / (s->high[j] - s->low[j]) : 1.0;
        s->shift[j] = s->count[j] > 0.0 ? s->low[j] : 0.0;
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double input(const nn_data *data, size_t row, size_t j)
{
    /* Missing values are never bytes. */
    size_t at = row * data->n_inputs + j;
    return data->input_type == NN_FLOAT32 ? (double)((const float *)data->inputs)[at]
                                          : ((const double *)data->inputs)[at];
}

static double median(const dataset *d, const uint32_t *rows, size_t n_rows, size_t j, double *column)
{
    size_t n = 0;
    for (size_t i = 0; i < n_rows; i++) {
        double x = input(&d->data, rows[i], j);
        if (!isnan(x))
            column[n++] = x;
    }
    if (n == 0)
        return 0.0;
    qsort(column, n, sizeof *column, compare);
    return n % 2 == 1 ? column[n / 2] : 0.5 * column[n / 2 - 1] + 0.5 * column[n / 2];
}

void data_scaling_fit(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s)
{
    if (s->shift != NULL)
        fit_scale(d, rows, n_rows, s);
    if (s->fill == NULL)
        return;
    if (d->spec->missing == MISSING_MEAN) {
        fit_means(d, rows, n_rows, s, s->fill);
        return;
    }
    for (size_t j = 0; j < d->data.n_inputs; j++)
        s->fill[j] = median(d, rows, n_rows, j, s->column);
}

void dataset_row(const nn_data *data, size_t row, double *out)
{
    const size_t n = data->n_inputs, from = row * n;
    switch (data->input_type) {
    case NN_UINT8:
        for (size_t j = 0; j < n; j++)
            out[j] = ((const uint8_t *)data->inputs)[from + j];
        break;
    case NN_FLOAT32:
        for (size_t j = 0; j < n; j++)
            out[j] = (double)((const float *)data->inputs)[from + j];
        break;
    case NN_FLOAT64:
        memcpy(out, (const double *)data->inputs + from, n * sizeof *out);
        break;
    }
}
