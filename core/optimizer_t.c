/* Optimizers: one step over an array of parameters. */
#include "layer_t.h"

X(nn_step) X(nn_step_of)(const nn_hyper *h, double rate, const double beta_power[2])
{
    return (X(nn_step)){.rate = (REAL)rate,
                        .momentum = (REAL)h->momentum,
                        .beta1 = (REAL)h->beta1,
                        .beta2 = (REAL)h->beta2,
                        .epsilon = (REAL)h->epsilon,
                        .correction1 = (REAL)(1 / (1 - beta_power[0])),
                        .correction2 = (REAL)(1 / (1 - beta_power[1])),
                        .nesterov = h->nesterov};
}

/* PyTorch's form: v = mu v + g; w -= eta v, or, with Nesterov's momentum, w -= eta (g + mu v) with the new v.
 */
static void X(update_sgd)(size_t n, REAL *w, const REAL *g, REAL *v, REAL *unused, const X(nn_step) * s)
{
    (void)unused;
    for (size_t i = 0; i < n; i++) {
        v[i] = s->momentum * v[i] + g[i];
        w[i] -= s->rate * (s->nesterov ? g[i] + s->momentum * v[i] : v[i]);
    }
}

/* D. Kingma, J. Ba, "Adam", ICLR 2015, algorithm 1. */
static void X(update_adam)(size_t n, REAL *w, const REAL *g, REAL *m, REAL *v, const X(nn_step) * s)
{
    for (size_t i = 0; i < n; i++) {
        m[i] += ((REAL)1 - s->beta1) * (g[i] - m[i]);
        v[i] = s->beta2 * v[i] + ((REAL)1 - s->beta2) * (g[i] * g[i]);
        REAL root = sizeof(REAL) == 4 ? (REAL)sqrtf((float)(v[i] * s->correction2))
                                      : (REAL)sqrt((double)(v[i] * s->correction2));
        w[i] -= s->rate * (m[i] * s->correction1) / (root + s->epsilon);
    }
}

#define NN_OPTIMIZER(name, states, help) X(update_##name),
X(nn_update_function) *const X(nn_update)[NN_N_OPTIMIZER] = {
#include "optimizer.def"
};
