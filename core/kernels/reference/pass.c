/* Runs rows through a network, forward to their losses and backward to gradients, for the reference engine. */
#include "kernels/reference/pass.h"
#include "kernels/activation.h"
#include "kernels/batch.h"
#include "kernels/score.h"

/* z [n][ld_z] = x [n][ld_x] W [in][out] + b */
static void multiply(size_t n, size_t n_in, size_t n_out, const REAL *x, size_t ld_x, const REAL *W, const REAL *b,
                     REAL *z, size_t ld_z)
{
    for (size_t r = 0; r < n; r++, x += ld_x, z += ld_z) {
        for (size_t o = 0; o < n_out; o++)
            z[o] = b != NULL ? b[o] : (REAL)0;
        for (size_t i = 0; i < n_in; i++) {
            const REAL xi = x[i], *Wi = W + i * n_out;
            for (size_t o = 0; o < n_out; o++)
                z[o] += xi * Wi[o];
        }
    }
}

/* dW += x^T delta; db += the sum of delta over rows. */
static void add_outer(size_t n, size_t n_in, size_t n_out, const REAL *x, size_t ld_x, const REAL *delta, REAL *dW,
                      REAL *db)
{
    for (size_t r = 0; r < n; r++, x += ld_x, delta += n_out) {
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

/* error [n][ld] += delta [n][out] W^T: the delta rule, one layer back. */
static void add_back(size_t n, size_t n_in, size_t n_out, const REAL *delta, const REAL *W, REAL *error, size_t ld)
{
    for (size_t r = 0; r < n; r++, delta += n_out, error += ld)
        for (size_t i = 0; i < n_in; i++) {
            const REAL *Wi = W + i * n_out;
            REAL sum = 0;
            for (size_t o = 0; o < n_out; o++)
                sum += delta[o] * Wi[o];
            error[i] += sum;
        }
}

static void drop(reference *e, const training *at, int l, double rate, size_t n, size_t width, REAL *slope)
{
    X(nn_masks)(at->key, at->epoch, at->position, l, rate, n, width, e->masks, width);
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < width; i++) {
            e->activations[l][r * e->ld[l] + i] *= e->masks[r * width + i];
            if (slope != NULL)
                slope[r * e->ld[l] + i] *= e->masks[r * width + i];
        }
}

/* The inputs of layer l, in rows of ld[l]. With shortcuts they are the units of all layers before. */
static REAL *inputs_of(const nn_work *w, int l)
{
    const reference *e = w->own;
    return e->activations[w->net.shortcuts ? 0 : l];
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
                        .target_scale = w->job->split->target_scale,
                        .squared = e->squared + r};
}

static void forward_layer(nn_work *w, const REAL *params, size_t n, int l, const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_out = (size_t)net->width[l + 1];
    const bool last = l + 1 == net->n_layers;
    REAL *z = last ? e->logits : e->activations[l + 1], *slope = at != NULL ? e->slopes[l + 1] : NULL;
    const size_t ld = e->ld[l + 1], rows_at_once = ld == n_out ? n : 1;
    nn_activate_function *const activate = X(nn_activate)[w->job->hyper->activation];
    multiply(n, (size_t)net->fan_in[l], n_out, inputs_of(w, l), e->ld[l], params + net->w_at[l],
             net->bias ? params + net->b_at[l] : NULL, z, ld);
    for (size_t r = 0; r < n && last; r++) {
        REAL peak, total;
        const nn_outputs o = X(nn_reference_outputs)(w, r, e->delta, &peak, &total);
        X(nn_output)(&o, w->job->hyper, slope != NULL ? slope + r * n_out : NULL);
    }
    for (size_t r = 0; r < n && !last; r += rows_at_once)
        activate(rows_at_once * n_out, z + r * ld, slope != NULL ? slope + r * ld : NULL);
    if (!last && at != NULL && at->dropout > 0)
        drop(e, at, l + 1, at->dropout, n, n_out, slope);
}

void X(nn_reference_forward)(nn_work *w, const REAL *params, nn_part part, const uint32_t *rows, size_t n,
                             const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[0], k = (size_t)net->width[net->n_layers];
    X(nn_gather)(w->job, rows, n, 0, e->activations[0], e->ld[0]);
    for (size_t r = 0; r < n; r++)
        X(nn_gather_targets)(&w->lane[0], part, rows + r, 1, k, e->targets + r * k, e->classes + r, 1, 1);
    if (at != NULL && at->input_dropout > 0)
        drop(e, at, 0, at->input_dropout, n, n_in, NULL);
    for (int l = 0; l < net->n_layers; l++)
        forward_layer(w, params, n, l, at);
}

/* Fills delta [n][width] of hidden layer l from the errors that later layers have left. */
static void delta_of(const reference *e, int l, size_t n, size_t width, REAL *delta)
{
    for (size_t r = 0; r < n; r++)
        for (size_t i = 0; i < width; i++)
            delta[r * width + i] = e->errors[l][r * e->ld[l] + i] * e->slopes[l][r * e->ld[l] + i];
}

void X(nn_reference_backward)(nn_work *w, const REAL *params, size_t n, REAL scale)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers];
    REAL *delta = e->delta;
    for (size_t r = 0; r < n; r++) {
        const nn_outputs o = X(nn_reference_outputs)(w, r, delta, NULL, NULL);
        X(nn_output_delta)(&o, w->job->hyper, e->slopes[net->n_layers] + r * k, scale);
    }
    for (int l = 1; l < net->n_layers; l++)
        for (size_t r = 0; r < n; r++)
            memset(e->errors[l] + r * e->ld[l], 0, (size_t)net->width[l] * sizeof(REAL));
    for (int l = net->n_layers - 1; l >= 0; l--) {
        const size_t n_out = (size_t)net->width[l + 1];
        add_outer(n, (size_t)net->fan_in[l], n_out, inputs_of(w, l), e->ld[l], delta, e->grad + net->w_at[l],
                  net->bias ? e->grad + net->b_at[l] : NULL);
        for (int from = net->shortcuts ? 1 : l; from <= l && l > 0; from++) {
            const size_t row = net->shortcuts ? (size_t)net->fan_in[from - 1] : 0;
            add_back(n, (size_t)net->width[from], n_out, delta, params + net->w_at[l] + row * n_out, e->errors[from],
                     e->ld[from]);
        }
        if (l > 0)
            delta_of(e, l, n, (size_t)net->width[l], delta);
    }
}
