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
#define step_rprop   step_zero
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

/* The size of the last step of rprop: what is stored, where 0 stands for the learning rate, and -1 for 0. */
static inline REAL last_size(REAL stored, const nn_step *s, size_t j)
{
    return stored == 0 ? s->rate[j] : stored > 0 ? stored : (REAL)0;
}

/* Returns the size of the next step, which is longer or shorter by the sign of `both`, the gradient times the one
 * before, and stores it. */
static inline REAL next_size(REAL both, REAL *stored, const nn_step *s, size_t j)
{
    const REAL next = last_size(*stored, s, j) * (both > 0 ? s->grow[j] : both < 0 ? s->shrink[j] : (REAL)1);
    const REAL low = next < s->least[j] ? s->least[j] : next, size = low > s->most[j] ? s->most[j] : low;
    *stored = size > 0 ? size : (REAL)-1;
    return size;
}

/* A step of this size by the sign of g; NaN stays NaN. */
static inline REAL by_sign(REAL g, REAL size)
{
    return g > 0 ? size : g < 0 ? -size : g;
}

/* C. Igel, M. Huesken, Neurocomputing 50, 2003, iRprop-, as in PyTorch: where the gradient changes its sign it counts as
 * 0, now and in the next step. */
static inline void step_zero(REAL *w, REAL g, REAL *before, REAL *stored, const nn_step *s, size_t j)
{
    const REAL both = g * *before, size = next_size(both, stored, s, j);
    *before = both < 0 ? (REAL)0 : g;
    *w -= by_sign(*before, size);
}

/* The same authors' Rprop-: the gradient always counts. */
static inline void step_keep(REAL *w, REAL g, REAL *before, REAL *stored, const nn_step *s, size_t j)
{
    const REAL size = next_size(g * *before, stored, s, j);
    *before = g;
    *w -= by_sign(g, size);
}

/* M. Riedmiller, H. Braun, ICNN 1993: where the gradient changes its sign, the last step, which had the sign of the
 * gradient before, is taken back, and the gradient counts as 0 in the next step. */
static inline void step_backtrack(REAL *w, REAL g, REAL *before, REAL *stored, const nn_step *s, size_t j)
{
    const REAL both = g * *before, last = last_size(*stored, s, j), size = next_size(both, stored, s, j);
    const REAL back = *before > 0 ? -last : last;
    *before = both < 0 ? (REAL)0 : g;
    *w -= both < 0 ? back : by_sign(*before, size);
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
#define NN_SIGN_CHANGE(name, ...) STEPS(name)
#include "tables/sign_change.def"

/* The method of a run; `moves`: some lane of its pack has momentum. */
static const nn_method *method_of(const nn_hyper *h, bool moves)
{
    static const nn_method plain = {next_plain, one_plain, lanes_plain, outer_plain};
    static const nn_method nesterov = {next_plain, one_nesterov, lanes_nesterov, outer_nesterov};
    static const nn_method methods[NN_N_OPTIMIZER] = {
#define NN_OPTIMIZER(name, ...) {next_##name, one_##name, lanes_##name, outer_##name},
#include "tables/optimizer.def"
    };
    static const nn_method rprops[NN_N_SIGN_CHANGE] = {
#define NN_SIGN_CHANGE(name, ...) {next_plain, one_##name, lanes_##name, outer_##name},
#include "tables/sign_change.def"
    };
    if (h->optimizer == NN_OPTIMIZER_rprop)
        return &rprops[h->sign_change];
    if (h->optimizer != NN_OPTIMIZER_sgd)
        return &methods[h->optimizer];
    return !moves ? &plain : h->nesterov ? &nesterov : &methods[NN_OPTIMIZER_sgd];
}

void X(nn_step_begin)(const nn_hyper *h, nn_step *step, size_t j, size_t lanes)
{
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
    bool moves = false;
    for (size_t i = 0; i < lanes; i++)
        moves |= step->momentum[i] != 0;
    step->method = method_of(h, moves);
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
