/* How good outputs are: what is counted of a chunk beside its losses, and norms of the weights. */
#include "layer_t.h"
#include "scalar_t.h"

/* Is the row classified wrong? One unit: 1/2 is the border; several: the largest, the first of equals. NaN is
 * wrong. */
static bool wrong(size_t k, const REAL *y, int32_t class_index)
{
    if (k == 1)
        return y[0] >= (REAL)0.5 ? class_index != 1 : class_index != 0 || y[0] != y[0];
    size_t best = 0;
    bool nan = y[0] != y[0];
    for (size_t i = 1; i < k; i++) {
        best = y[i] > y[best] ? i : best;
        nan = nan || y[i] != y[i];
    }
    return nan || (int32_t)best != class_index;
}

void X(nn_count)(nn_work *w, size_t n, nn_tally *tally)
{
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    const REAL *y = w->activations[w->net.n_layers], *t = w->targets;
    for (size_t r = 0; r < n; r++, y += k, t += k) {
        double squared = 0;
        for (size_t i = 0; i < k; i++) {
            double d = (double)nn_abs(y[i] - t[i]);
            squared += d * d;
            if (d > tally->max_abs_error || d != d) /* once NaN, it stays */
                tally->max_abs_error = d;
        }
        w->row_loss[r] = squared;
        tally->n_wrong += w->classes[r] >= 0 && wrong(k, y, w->classes[r]);
    }
    tally->squared += nn_sum_chunk(w->row_loss, n);
}

/* Sums over one array, element by element, in the fixed order. */
static void block_norms(nn_work *w, size_t n, const REAL *v, double *squares, double *absolutes)
{
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        for (size_t j = 0; j < chunk; j++)
            w->row_loss[j] = (double)v[i + j] * (double)v[i + j];
        *squares += nn_sum_chunk(w->row_loss, chunk);
        for (size_t j = 0; j < chunk; j++)
            w->row_loss[j] = (double)nn_abs(v[i + j]);
        *absolutes += nn_sum_chunk(w->row_loss, chunk);
    }
}

void X(nn_norms)(nn_work *w, const void *params, double *squares, double *absolutes)
{
    *squares = *absolutes = 0;
    for (int l = 0; l < w->net.n_layers; l++)
        block_norms(w, w->net.b_at[l] - w->net.w_at[l], (const REAL *)params + w->net.w_at[l], squares,
                    absolutes);
}
