/* agree.h - how far two outcomes of one job by different engines lie apart. */
#ifndef AGREE_H
#define AGREE_H

#include "engines.h"

/* norm(a - b) / norm(b) of doubles or floats; 0 where they are the same, NaNs at the same places included. */
static inline double difference(const void *a, const void *b, size_t n, size_t real_bytes)
{
    double apart = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = real_bytes == 4 ? (double)((const float *)a)[i] : ((const double *)a)[i];
        const double y = real_bytes == 4 ? (double)((const float *)b)[i] : ((const double *)b)[i];
        if (x != x && y != y)
            continue;
        apart += (x - y) * (x - y);
        size += y * y;
    }
    return apart == 0 ? 0 : sqrt(apart / size);
}

static inline double worse(double a, double b)
{
    return a != a || b <= a ? a : b; /* NaN is worse than any number, and stays */
}

/* The largest difference of a weight matrix or bias vector. */
static inline double weights_apart(const nn_job *job, const nn_outcome *got, const nn_outcome *want, int kept)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double worst = 0;
    for (int l = 0; l < net.n_layers; l++) {
        const size_t ends[] = {net.w_at[l], net.b_at[l],
                               net.b_at[l] + (net.bias ? (size_t)net.width[l + 1] : 0)};
        for (int block = 0; block < 2; block++) {
            const size_t at = ends[block] * want->real_bytes, n = ends[block + 1] - ends[block];
            worst = worse(worst, difference((char *)got->weights[kept] + at, (char *)want->weights[kept] + at,
                                            n, want->real_bytes));
        }
    }
    return worst;
}

/* Does the curve count rows? An output next to a border may fall on either side of it. */
static inline bool counts_rows(const nn_job *job, int curve)
{
    const nn_curve_what what = nn_curve_rows[curve].what;
    return what == NN_ACCURACY_CURVE || (what == NN_ERROR_CURVE && job->data->n_classes > 0);
}

/* The largest difference of a curve, those that count rows left out. */
static inline double curves_apart(const nn_job *job, const nn_outcome *got, const nn_outcome *want)
{
    double worst = 0;
    for (size_t c = 0; c < NN_N_CURVE; c++)
        if (!counts_rows(job, (int)c))
            worst =
                worse(worst, difference(got->curves + c * got->n_points, want->curves + c * want->n_points,
                                        want->n_points, sizeof(double)));
    return worst;
}

/* The largest difference of a curve that counts rows: a share of rows. */
static inline double counts_apart(const nn_job *job, const nn_outcome *got, const nn_outcome *want)
{
    double worst = 0;
    for (size_t c = 0; c < NN_N_CURVE; c++)
        for (size_t i = c * want->n_points; i < (c + 1) * want->n_points && counts_rows(job, (int)c); i++)
            if (want->curves[i] == want->curves[i])
                worst = worse(worst, fabs(got->curves[i] - want->curves[i]));
    return worst;
}

#endif
