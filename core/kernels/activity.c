/* What the hidden units of a network do: which are never above 0, which lie where their slope is all but gone. */
#include "kernels/activity.h"
#include "kernels/reference/pass.h"
#include "train/sum.h"

/* The slope of a saturating activation from its value, as a share of its largest; 1 for the others. */
static REAL slope_left(int activation, REAL a)
{
    return activation == NN_ACTIVATION_sigmoid ? 4 * a * (1 - a)
           : activation == NN_ACTIVATION_tanh  ? 1 - a * a
                                               : (REAL)1;
}

/* Which units were above 0 stands in grad, which has a weight for each of them at least. */
void X(nn_activity_in)(nn_work *w, const void *params, const uint32_t *rows, size_t n, nn_activity *out)
{
    const reference *e = w->own;
    const int activation = w->job->hyper->activation;
    *out = (nn_activity){.finite = true};
    for (int l = 1; l < w->net.n_layers; l++)
        out->n_units += (size_t)w->net.width[l];
    memset(e->grad, 0, out->n_units * sizeof(REAL));
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        REAL *above = e->grad;
        X(nn_reference_forward)(w, params, NN_TRAIN, rows + i, chunk, NULL);
        for (int l = 1; l < w->net.n_layers; above += w->net.width[l++])
            for (size_t u = 0, width = (size_t)w->net.width[l]; u < chunk * width; u++) {
                const REAL a = e->activations[l][u / width * e->ld[l] + u % width];
                above[u % width] = a > 0 ? 1 : above[u % width];
                out->n_flat += slope_left(activation, a) < (REAL)0.05;
                out->finite &= isfinite(a) != 0;
            }
    }
    for (size_t u = 0; u < out->n_units; u++)
        out->n_silent += e->grad[u] == 0;
    out->n_outputs = out->n_units * n;
}
