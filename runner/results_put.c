/* The values of one run's row, field by field. Where a run has no such value, it is NaN. NaNs are made
 * canonical, so that equal results are equal bytes. */
#include "results_internal.h"
#include <string.h>

static double canonical(double value)
{
    return isnan(value) ? NN_NAN : value;
}

void put_status(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = (int32_t)s->status;
}

void put_reason(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = (int32_t)s->reason;
}

void put_epochs_trained(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l, (void)f;
    *(int32_t *)out = s->outcome == NULL ? 0 : (int32_t)s->outcome->epochs_trained;
}

void put_solved(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)f;
    *(uint8_t *)out = s->outcome != NULL && grid_solved(l->grid, s->outcome->metrics);
}

void put_metric(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l;
    *(double *)out = s->outcome == NULL ? NN_NAN : canonical(s->outcome->metrics[f->index]);
}

/* The file has the epochs of all runs; those that this run did not reach, or does not record, are NaN. */
void put_curve(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    double *row = out;
    for (size_t i = 0; i < l->n_epochs; i++)
        row[i] = NN_NAN;
    for (size_t i = 0, at = 0; o != NULL && i < o->n_reached; i++) {
        while (at < l->n_epochs && l->epochs[at] < o->epochs[i])
            at++;
        if (at < l->n_epochs && l->epochs[at] == o->epochs[i])
            row[at] = canonical(o->curves[(size_t)f->index * o->n_points + i]);
    }
}

void put_stop(const layout *l, const field *f, const row_source *s, void *out)
{
    double value = NN_NAN;
    (void)l;
    if (s->outcome != NULL && s->outcome->stops != NULL)
        memcpy(&value, (const char *)&s->outcome->stops[f->index] + f->detail, sizeof value);
    *(double *)out = canonical(value);
}

static double weight_at(const nn_outcome *o, int keep, size_t i)
{
    if (o == NULL || o->weights[keep] == NULL)
        return NN_NAN;
    return o->real_bytes == sizeof(float) ? (double)((const float *)o->weights[keep])[i]
                                          : ((const double *)o->weights[keep])[i];
}

void put_weights(const layout *l, const field *f, const row_source *s, void *out)
{
    (void)l;
    for (size_t i = 0; i < f->row_n; i++) {
        double value = canonical(weight_at(s->outcome, f->index, f->detail + i));
        if (f->type == H5_F64)
            ((double *)out)[i] = value;
        else
            ((float *)out)[i] = (float)value;
    }
}
