/* Takes the steps of optimizers over arrays of parameters. The update of one parameter, step_<name>, is written once,
 * for one network (coefficients [0]) and for lanes (coefficients [j]). */
#include "kernels/optimizer.h"
#include "kernels/batch.h"
#include "kernels/scalar.h"
#include "train/arena.h"

static void next_plain(nn_step *step, size_t lanes)
{
    (void)step, (void)lanes;
}

#define next_sgd     next_plain
#define next_adagrad next_plain
#define next_rmsprop next_plain
#define next_adamw   next_adam
#define next_rprop   next_plain
#define next_lbfgs   next_plain /* never called: NN_OUTSIDE */
#define step_lbfgs   step_plain

/* v = mu v + g; w -= eta v, as in PyTorch. Where mu is 0, products with it do not count, so that a lane without
 * momentum has the bits of step_plain beside any neighbour (0 times infinity would be NaN). */
static inline void step_sgd(REAL *w, REAL g, REAL *v, REAL *unused, const nn_step *s, size_t j)
{
    (void)unused;
    const REAL mu = s->momentum[j], moved = nn_settled(mu * *v + g);
    *v = mu != 0 ? moved : g;
    *w -= s->rate[j] * *v;
}

/* w -= eta (g + mu v) with the new v: Nesterov's momentum. */
static inline void step_nesterov(REAL *w, REAL g, REAL *v, REAL *unused, const nn_step *s, size_t j)
{
    (void)unused;
    const REAL mu = s->momentum[j], moved = nn_settled(mu * *v + g), ahead = g + mu * moved;
    *v = mu != 0 ? moved : g;
    *w -= s->rate[j] * (mu != 0 ? ahead : g);
}

/* sgd without momentum, which leaves the state array alone and so halves what goes through the cache. */
static inline void step_plain(REAL *w, REAL g, REAL *unused, REAL *unused_too, const nn_step *s, size_t j)
{
    (void)unused, (void)unused_too;
    *w -= s->rate[j] * g;
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

/* D. Kingma, J. Ba, "Adam", ICLR 2015, algorithm 1, with moments m += (1 - beta) (g - m). */
static inline void step_adam(REAL *w, REAL g, REAL *m, REAL *v, const nn_step *s, size_t j)
{
    *m = nn_settled(*m + s->gain1[j] * (g - *m));
    *v = nn_settled(*v + s->gain2[j] * (g * g - *v));
    const REAL root = NN_SQRT(*v * s->correction2[j]);
    *w -= s->rate[j] * (*m * s->correction1[j]) / (root + s->epsilon[j]);
}

#define step_adamw step_adam /* nn_scale has shrunk the weights before */

/* J. Duchi, E. Hazan, Y. Singer, JMLR 12, 2011. */
static inline void step_adagrad(REAL *w, REAL g, REAL *sum, REAL *unused, const nn_step *s, size_t j)
{
    (void)unused;
    *sum += g * g;
    *w -= s->rate[j] * g / (NN_SQRT(*sum) + s->epsilon[j]);
}

/* G. Hinton's lectures, 2012, 6e, with the mean as s += (1 - rho) (g^2 - s). */
static inline void step_rmsprop(REAL *w, REAL g, REAL *mean, REAL *unused, const nn_step *s, size_t j)
{
    (void)unused;
    *mean = nn_settled(*mean + s->gain[j] * (g * g - *mean));
    *w -= s->rate[j] * g / (NN_SQRT(*mean) + s->epsilon[j]);
}

/* M. Riedmiller, H. Braun, ICNN 1993, as in PyTorch: where the gradient changes its sign, the step shrinks and the
 * gradient counts as 0, now and in the next step. A size of 0 stands for the learning rate. */
static inline void step_rprop(REAL *w, REAL g, REAL *before, REAL *size, const nn_step *s, size_t j)
{
    const REAL both = g * *before, begun = *size == 0 ? s->rate[j] : *size;
    const REAL next = begun * (both > 0 ? s->grow[j] : both < 0 ? s->shrink[j] : (REAL)1);
    const REAL low = next < s->least[j] ? s->least[j] : next, step = low > s->most[j] ? s->most[j] : low;
    const REAL counted = both < 0 ? (REAL)0 : g;
    *before = counted;
    *size = step;
    *w -= counted > 0 ? step : counted < 0 ? -step : counted; /* so that NaN stays NaN */
}

#define STEPS(name)                                                                                                    \
    static void one_##name(size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict s0, REAL *restrict s1,   \
                           const nn_step *restrict step)                                                               \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++)                                                                                 \
            step_##name(&w[i], g[i], &s0[i], &s1[i], step, 0);                                                         \
    }                                                                                                                  \
    static void lanes_##name(size_t n, REAL *restrict w, const REAL *restrict g, REAL *restrict s0, REAL *restrict s1, \
                             const nn_step *restrict step)                                                             \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i += NN_LANES)                                                                       \
            for (size_t j = 0; j < NN_LANES; j++)                                                                      \
                step_##name(&w[i + j], g[i + j], &s0[i + j], &s1[i + j], step, j);                                     \
    }                                                                                                                  \
    static void outer_##name(const nn_outer *o, REAL *restrict w, REAL *restrict s0, REAL *restrict s1,                \
                             const nn_step *restrict step)                                                             \
    {                                                                                                                  \
        const size_t n = o->n_cols;                                                                                    \
        const REAL *restrict delta = o->delta, l2 = o->l2, l1 = o->l1;                                                 \
        const bool penalised = l2 != 0 || l1 != 0;                                                                     \
        for (size_t r = 0; r < o->n_rows; r++) {                                                                       \
            const REAL x = o->x[r];                                                                                    \
            for (size_t i = r * n; i < (r + 1) * n; i++) {                                                             \
                const REAL g = x * delta[i - r * n];                                                                   \
                step_##name(&w[i], penalised ? nn_penalised(g, w[i], l2, l1) : g, &s0[i], &s1[i], step, 0);            \
            }                                                                                                          \
        }                                                                                                              \
    }
#define NN_OPTIMIZER(name, ...) STEPS(name)
#include "tables/optimizer.def"
STEPS(plain)
STEPS(nesterov)

void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j, size_t lanes)
{
    static const nn_method plain = {next_plain, one_plain, lanes_plain, outer_plain};
    static const nn_method nesterov = {next_plain, one_nesterov, lanes_nesterov, outer_nesterov};
    static const nn_method methods[NN_N_OPTIMIZER] = {
#define NN_OPTIMIZER(name, ...) {next_##name, one_##name, lanes_##name, outer_##name},
#include "tables/optimizer.def"
    };
    step->momentum[j] = (REAL)h->momentum;
    step->gain1[j] = (REAL)(1 - h->beta1);
    step->gain2[j] = (REAL)(1 - h->beta2);
    step->epsilon[j] = (REAL)h->epsilon;
    step->beta1[j] = h->beta1;
    step->beta2[j] = h->beta2;
    step->power1[j] = step->power2[j] = 1;
    step->gain[j] = (REAL)(1 - h->rho);
    step->grow[j] = (REAL)h->eta_plus;
    step->shrink[j] = (REAL)h->eta_minus;
    step->least[j] = (REAL)h->step_min;
    step->most[j] = (REAL)h->step_max;
    step->decay[j] = 1;
    bool moves = h->optimizer != NN_OPTIMIZER_sgd;
    for (size_t i = 0; i < lanes; i++)
        moves |= step->momentum[i] != 0;
    step->method = !moves                                            ? &plain
                   : h->nesterov && h->optimizer == NN_OPTIMIZER_sgd ? &nesterov
                                                                     : &methods[h->optimizer];
}

void X(nn_step_rate)(const nn_job *job, double learning_rate, nn_step *step, size_t j)
{
    const bool decoupled = (nn_optimizer_rows[job->hyper->optimizer].traits & NN_DECOUPLED) != 0;
    const double lambda = decoupled ? job->hyper->lambda : 0;
    step->rate[j] = (REAL)learning_rate;
    step->decay[j] = (REAL)(1 - learning_rate * lambda / (double)job->split->n[NN_TRAIN]);
}

void X(nn_carve_states)(const nn_work *w, REAL *state[NN_MAX_STATES], size_t bytes, char *base, size_t *used)
{
    const int n = nn_optimizer_rows[w->job->hyper->optimizer].states;
    for (int s = 0; s < NN_MAX_STATES; s++)
        state[s] = s == 0 || s < n ? nn_carve(base, used, bytes) : state[0];
}
