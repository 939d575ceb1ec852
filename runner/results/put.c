/* The values of one run's row, field by field. Where a run has no such value, it is NaN. NaNs are made
 * canonical, so that equal results are equal bytes. */
#include "results/layout.h"
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

static void copy_canonical(const double *from, size_t n, double *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = canonical(from[i]);
}

/* The recorded epochs of this run are those of the file up to where it ended, as in most grids: then the curve
 * is copied as it is. */
static bool epochs_agree(const layout *l, const nn_outcome *o)
{
    return o->n_reached <= l->n_epochs && memcmp(o->epochs, l->epochs, o->n_reached * sizeof *o->epochs) == 0;
}

/* The file has the epochs of all runs; those that this run did not reach, or does not record, are NaN. */
static void scatter_curve(const layout *l, const nn_outcome *o, const double *curve, double *row)
{
    for (size_t i = 0; i < l->n_epochs; i++)
        row[i] = NN_NAN;
    for (size_t i = 0, at = 0; i < o->n_reached; i++) {
        while (at < l->n_epochs && l->epochs[at] < o->epochs[i])
            at++;
        if (at < l->n_epochs && l->epochs[at] == o->epochs[i])
            row[at] = canonical(curve[i]);
    }
}

void put_curve(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    double *row = out;
    size_t n = 0;
    if (o != NULL && (size_t)f->index >= o->n_curves)
        o = NULL; /* it has fewer layers */
    if (o != NULL && !epochs_agree(l, o)) {
        scatter_curve(l, o, o->curves + (size_t)f->index * o->n_points, row);
        return;
    }
    if (o != NULL) {
        n = o->n_reached;
        copy_canonical(o->curves + (size_t)f->index * o->n_points, n, row);
    }
    for (size_t i = n; i < l->n_epochs; i++)
        row[i] = NN_NAN;
}

void put_stop(const layout *l, const field *f, const row_source *s, void *out)
{
    double value = NN_NAN;
    const bool own = f->index < l->grid->stopping.n_rules; /* else of runs that have left the grid */
    if (own && s->outcome != NULL && s->outcome->stops != NULL)
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

static void copy_canonical_narrow(const float *from, size_t n, float *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = isnan(from[i]) ? (float)NN_NAN : from[i];
}

void put_weights(const layout *l, const field *f, const row_source *s, void *out)
{
    const nn_outcome *o = s->outcome;
    const bool there = o != NULL && o->weights[f->index] != NULL;
    (void)l;
    if (there && f->type == H5_F32 && o->real_bytes == sizeof(float)) {
        copy_canonical_narrow((const float *)o->weights[f->index] + f->detail, f->row_n, out);
        return;
    }
    for (size_t i = 0; i < f->row_n; i++) {
        const double value = canonical(weight_at(o, f->index, f->detail + i));
        if (f->type == H5_F64)
            ((double *)out)[i] = value;
        else
            ((float *)out)[i] = (float)value;
    }
}
