/* Optimizers: one step over an array of parameters. */
#include "layer_t.h"

nn_step X(nn_step_of)(const nn_hyper *h, double rate, const double beta_power[2])
{
    return (nn_step){.rate = (REAL)rate,
                     .momentum = (REAL)h->momentum,
                     .gain1 = (REAL)(1 - h->beta1),
                     .gain2 = (REAL)(1 - h->beta2),
                     .epsilon = (REAL)h->epsilon,
                     .correction1 = (REAL)(1 / (1 - beta_power[0])),
                     .correction2 = (REAL)(1 / (1 - beta_power[1])),
                     .nesterov = h->nesterov};
}

/* PyTorch's form: v = mu v + g; w -= eta v, or, with Nesterov's momentum, w -= eta (g + mu v) with the new v. */
static void update_sgd(size_t n, REAL *w, const REAL *g, REAL *v, REAL *unused, const nn_step *s)
{
    (void)unused;
    for (size_t i = 0; i < n; i++) {
        v[i] = s->momentum * v[i] + g[i];
        w[i] -= s->rate * (s->nesterov ? g[i] + s->momentum * v[i] : v[i]);
    }
}

/* D. Kingma, J. Ba, "Adam", ICLR 2015, algorithm 1, with the moments as m += (1 - beta) (g - m): one product a sum. */
static void update_adam(size_t n, REAL *w, const REAL *g, REAL *m, REAL *v, const nn_step *s)
{
    for (size_t i = 0; i < n; i++) {
        m[i] += s->gain1 * (g[i] - m[i]);
        v[i] += s->gain2 * (g[i] * g[i] - v[i]);
        const REAL root = NN_SQRT(v[i] * s->correction2);
        w[i] -= s->rate * (m[i] * s->correction1) / (root + s->epsilon);
    }
}

#define NN_OPTIMIZER(name, states, help) update_##name,
nn_update_function *const X(nn_update)[NN_N_OPTIMIZER] = {
#include "optimizer.def"
};
