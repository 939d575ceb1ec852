/* Optimizers: one step over an array of parameters. The update of one parameter is step_<name>; it stands once, for
 * one network (coefficients [0]) and for lanes (coefficients [j]). */
#include "layer_t.h"

void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j)
{
    step->momentum[j] = (REAL)h->momentum;
    step->gain1[j] = (REAL)(1 - h->beta1);
    step->gain2[j] = (REAL)(1 - h->beta2);
    step->epsilon[j] = (REAL)h->epsilon;
    step->beta1[j] = h->beta1;
    step->beta2[j] = h->beta2;
    step->power1[j] = step->power2[j] = 1;
    step->nesterov = h->nesterov;
}

/* Plain steps leave the state alone, which halves what goes through the cache. */
static bool shortcut_sgd(size_t n, REAL *restrict w, const REAL *restrict g, const nn_step *restrict step,
                         size_t lanes)
{
    for (size_t j = 0; j < lanes; j++)
        if (step->momentum[j] != 0)
            return false;
    if (lanes == 1) {
        const REAL rate = step->rate[0];
        for (size_t i = 0; i < n; i++)
            w[i] -= rate * g[i];
    } else
        for (size_t i = 0; i < n; i += NN_LANES)
            for (size_t j = 0; j < NN_LANES; j++)
                w[i + j] -= step->rate[j] * g[i + j];
    return true;
}

static void next_sgd(nn_step *step, size_t lanes)
{
    (void)step, (void)lanes;
}

/* PyTorch's form: v = mu v + g; w -= eta v, or, with Nesterov's momentum, w -= eta (g + mu v) with the new v. Without
 * momentum v is g, to the sign of a zero, whatever v was: a lane has the bits of the plain steps beside any neighbour. */
static inline void step_sgd(REAL *w, REAL g, REAL *v, REAL *unused, const nn_step *s, size_t j)
{
    (void)unused;
    const REAL kept = s->momentum[j] * *v + g;
    *v = s->momentum[j] != 0 ? kept : g;
    *w -= s->rate[j] * (s->nesterov ? g + s->momentum[j] * *v : *v);
}

static bool shortcut_adam(size_t n, REAL *w, const REAL *g, const nn_step *step, size_t lanes)
{
    (void)n, (void)w, (void)g, (void)step, (void)lanes;
    return false;
}

static void next_adam(nn_step *s, size_t lanes)
{
    for (size_t j = 0; j < lanes; j++) {
        s->power1[j] *= s->beta1[j];
        s->power2[j] *= s->beta2[j];
        s->correction1[j] = (REAL)(1 / (1 - s->power1[j]));
        s->correction2[j] = (REAL)(1 / (1 - s->power2[j]));
    }
}

/* D. Kingma, J. Ba, "Adam", ICLR 2015, algorithm 1, with the moments as m += (1 - beta) (g - m): one product a sum. */
static inline void step_adam(REAL *w, REAL g, REAL *m, REAL *v, const nn_step *s, size_t j)
{
    *m += s->gain1[j] * (g - *m);
    *v += s->gain2[j] * (g * g - *v);
    const REAL root = NN_SQRT(*v * s->correction2[j]);
    *w -= s->rate[j] * (*m * s->correction1[j]) / (root + s->epsilon[j]);
}

#define NN_OPTIMIZER(name, states, help)                                                                     \
    static void update_##name(size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict s0,         \
                              REAL *restrict s1, const nn_step *restrict step)                               \
    {                                                                                                        \
        if (shortcut_##name(n, w, g, step, 1))                                                               \
            return;                                                                                          \
        for (size_t i = 0; i < n; i++)                                                                       \
            step_##name(&w[i], g[i], &s0[i], &s1[i], step, 0);                                               \
    }                                                                                                        \
    static void update_lanes_##name(size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict s0,   \
                                    REAL *restrict s1, const nn_step *restrict step)                         \
    {                                                                                                        \
        if (shortcut_##name(n, w, g, step, NN_LANES))                                                        \
            return;                                                                                          \
        for (size_t i = 0; i < n; i += NN_LANES)                                                             \
            for (size_t j = 0; j < NN_LANES; j++)                                                            \
                step_##name(&w[i + j], g[i + j], &s0[i + j], &s1[i + j], step, j);                           \
    }
#include "optimizer.def"
#undef NN_OPTIMIZER

#define NN_OPTIMIZER(name, states, help) {next_##name, update_##name, update_lanes_##name},
const nn_method X(nn_optimizers)[NN_N_OPTIMIZER] = {
#include "optimizer.def"
};
#undef NN_OPTIMIZER

void X(nn_carve_states)(const nn_work *w, REAL *state[NN_MAX_STATES], size_t bytes, char *base, size_t *used)
{
    const int n = nn_optimizer_states[w->job->hyper->optimizer];
    for (int s = 0; s < NN_MAX_STATES; s++)
        state[s] = s == 0 || s < n ? nn_carve(base, used, bytes) : state[0];
}
