/* textbook.h - every form of update in the plainest C, for the network 3-4-3 of the golden trajectories. */
#ifndef TEXTBOOK_H
#define TEXTBOOK_H

#include "problem.h"

enum { ROWS = 10, IN = PROBLEM_INPUTS, HIDDEN = 4, OUT = PROBLEM_TARGETS };
enum { B1 = IN * HIDDEN, W2 = B1 + HIDDEN, B2 = W2 + HIDDEN * OUT, PARAMS = B2 + OUT };
enum { UPDATES = 100 };

typedef struct own {
    double w[PARAMS], grad[PARAMS];
    double v[PARAMS], m[PARAMS]; /* v: velocity, squares, rprop's steps; m: means, the gradient before */
    int updates;
} own;

static inline bool is_weight(int i)
{
    return i < B1 || (i >= W2 && i < B2);
}

static inline void own_sgd(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++) {
        s->v[i] = h->momentum * s->v[i] + s->grad[i];
        s->w[i] -= h->learning_rate * (h->nesterov ? s->grad[i] + h->momentum * s->v[i] : s->v[i]);
    }
}

static inline void own_adam(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++) {
        s->m[i] = h->beta1 * s->m[i] + (1 - h->beta1) * s->grad[i];
        s->v[i] = h->beta2 * s->v[i] + (1 - h->beta2) * s->grad[i] * s->grad[i];
        const double m = s->m[i] / (1 - pow(h->beta1, s->updates)),
                     v = s->v[i] / (1 - pow(h->beta2, s->updates));
        s->w[i] -= h->learning_rate * m / (sqrt(v) + h->epsilon);
    }
}

static inline void own_adagrad(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++) {
        s->v[i] += s->grad[i] * s->grad[i];
        s->w[i] -= h->learning_rate * s->grad[i] / (sqrt(s->v[i]) + h->epsilon);
    }
}

static inline void own_rmsprop(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++) {
        s->v[i] = h->rho * s->v[i] + (1 - h->rho) * s->grad[i] * s->grad[i];
        s->w[i] -= h->learning_rate * s->grad[i] / (sqrt(s->v[i]) + h->epsilon);
    }
}

static inline void own_adamw(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++)
        if (is_weight(i))
            s->w[i] -= h->learning_rate * h->lambda / ROWS * s->w[i];
    own_adam(s, h);
}

static inline void own_rprop(own *s, const nn_hyper *h)
{
    for (int i = 0; i < PARAMS; i++) {
        const double both = s->grad[i] * s->m[i];
        if (s->updates == 1)
            s->v[i] = h->learning_rate;
        if (both > 0)
            s->v[i] = fmin(s->v[i] * h->eta_plus, h->step_max);
        if (both < 0)
            s->v[i] = fmax(s->v[i] * h->eta_minus, h->step_min);
        s->m[i] = both < 0 ? 0 : s->grad[i];
        s->w[i] -= s->m[i] == 0 ? 0 : copysign(s->v[i], s->m[i]);
    }
}

static inline void own_clip(own *s, const nn_hyper *h)
{
    double squares = 0;
    for (int i = 0; i < PARAMS; i++)
        squares += s->grad[i] * s->grad[i];
    for (int i = 0; i < PARAMS && h->clip_norm > 0; i++)
        s->grad[i] *= fmin(1, h->clip_norm / (sqrt(squares) + 1e-6));
}

typedef void own_step(own *s, const nn_hyper *h);
static own_step *const own_steps[N_OWN_OPTIMIZER] = {
    [NN_OPTIMIZER_sgd] = own_sgd,         [NN_OPTIMIZER_adagrad] = own_adagrad,
    [NN_OPTIMIZER_rmsprop] = own_rmsprop, [NN_OPTIMIZER_adam] = own_adam,
    [NN_OPTIMIZER_adamw] = own_adamw,     [NN_OPTIMIZER_rprop] = own_rprop};

#endif
