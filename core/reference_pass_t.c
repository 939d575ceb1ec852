/* The reference engine forwards and backwards. */
#include "reference_t.h"

/* z [n][out] = x [n][in] W [in][out] + b */
static void multiply(size_t n, size_t n_in, size_t n_out, const REAL *x, const REAL *W, const REAL *b,
                     REAL *z)
{
    for (size_t r = 0; r < n; r++, x += n_in, z += n_out) {
        for (size_t o = 0; o < n_out; o++)
            z[o] = b != NULL ? b[o] : (REAL)0;
        for (size_t i = 0; i < n_in; i++) {
            const REAL xi = x[i], *Wi = W + i * n_out;
            for (size_t o = 0; o < n_out; o++)
                z[o] += xi * Wi[o];
        }
    }
}

/* dW += x^T delta, db += sum of delta over rows. */
static void add_outer(size_t n, size_t n_in, size_t n_out, const REAL *x, const REAL *delta, REAL *dW,
                      REAL *db)
{
    for (size_t r = 0; r < n; r++, x += n_in, delta += n_out) {
        for (size_t i = 0; i < n_in; i++) {
            const REAL xi = x[i];
            REAL *row = dW + i * n_out;
            for (size_t o = 0; o < n_out; o++)
                row[o] += xi * delta[o];
        }
        for (size_t o = 0; o < n_out && db != NULL; o++)
            db[o] += delta[o];
    }
}

/* before [n][in] = (delta [n][out] W^T) * slope [n][in]: the delta rule, one layer back. */
static void back(size_t n, size_t n_in, size_t n_out, const REAL *delta, const REAL *W, const REAL *slope,
                 REAL *before)
{
    for (size_t r = 0; r < n; r++, delta += n_out)
        for (size_t i = 0; i < n_in; i++, before++, slope++) {
            const REAL *Wi = W + i * n_out;
            REAL sum = 0;
            for (size_t o = 0; o < n_out; o++)
                sum += delta[o] * Wi[o];
            *before = sum * *slope;
        }
}

static void drop(reference *e, const training *at, int layer, double rate, size_t n, size_t width, REAL *a,
                 REAL *slope)
{
    X(nn_masks)(at->key, at->epoch, at->position, layer, rate, n, width, e->masks, width);
    for (size_t i = 0; i < n * width; i++) {
        a[i] *= e->masks[i];
        if (slope != NULL)
            slope[i] *= e->masks[i];
    }
}

nn_outputs X(nn_reference_outputs)(const nn_work *w, size_t r, REAL *delta, REAL *peak, REAL *total)
{
    const reference *e = w->own;
    const int last = w->net.n_layers;
    const size_t k = (size_t)w->net.width[last];
    return (nn_outputs){.k = k,
                        .n = 1,
                        .z = e->logits + r * k,
                        .y = e->activations[last] + r * k,
                        .t = e->targets + r * k,
                        .delta = delta + r * k,
                        .peak = peak,
                        .total = total,
                        .classes = e->classes + r,
                        .loss = e->row_loss + r,
                        .squared = e->squared + r};
}

static void forward_layer(nn_work *w, const REAL *params, size_t n, int l, const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
    const bool last = l + 1 == net->n_layers;
    REAL *z = last ? e->logits : e->activations[l + 1], *slope = at != NULL ? e->slopes[l + 1] : NULL;
    multiply(n, n_in, n_out, e->activations[l], params + net->w_at[l],
             net->bias ? params + net->b_at[l] : NULL, z);
    for (size_t r = 0; r < n && last; r++) {
        REAL peak, total;
        const nn_outputs o = X(nn_reference_outputs)(w, r, e->delta[0], &peak, &total);
        X(nn_output)(&o, w->job->hyper, slope != NULL ? slope + r * n_out : NULL);
    }
    if (!last)
        X(nn_activate)[w->job->hyper->activation](n * n_out, z, slope);
    if (!last && at != NULL && at->dropout > 0)
        drop(e, at, l + 1, at->dropout, n, n_out, z, slope);
}

void X(nn_reference_forward)(nn_work *w, const REAL *params, nn_part part, const uint32_t *rows, size_t n,
                             const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[0], k = (size_t)net->width[net->n_layers];
    X(nn_gather)(w->job, rows, n, 0, e->activations[0], n_in);
    for (size_t r = 0; r < n; r++)
        X(nn_gather_targets)(w->job, part, rows + r, 1, k, e->targets + r * k, e->classes + r, 1, 1);
    if (at != NULL && at->input_dropout > 0)
        drop(e, at, 0, at->input_dropout, n, n_in, e->activations[0], NULL);
    for (int l = 0; l < net->n_layers; l++)
        forward_layer(w, params, n, l, at);
}

void X(nn_reference_backward)(nn_work *w, const REAL *params, size_t n, REAL scale)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers];
    REAL *delta = e->delta[0], *before = e->delta[1];
    for (size_t r = 0; r < n; r++) {
        const nn_outputs o = X(nn_reference_outputs)(w, r, delta, NULL, NULL);
        X(nn_output_delta)(&o, w->job->hyper, e->slopes[net->n_layers] + r * k, scale);
    }
    for (int l = net->n_layers - 1; l >= 0; l--) {
        const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
        add_outer(n, n_in, n_out, e->activations[l], delta, e->grad + net->w_at[l],
                  net->bias ? e->grad + net->b_at[l] : NULL);
        if (l > 0)
            back(n, n_in, n_out, delta, params + net->w_at[l], e->slopes[l], before);
        REAL *swap = delta;
        delta = before;
        before = swap;
    }
}
