/* Computes the losses of samples, by the rows of loss.def, and the deltas that follow from them. The inner loops are
 * over samples, so that they run in vectors. */
#include "kernels/loss.h"
#include "kernels/scalar.h"

/* Defines delta_<name> of a loss whose slope is `factor` times an expression in y and t. */
#define DELTA(name, factor_of_k, expression)                                                                           \
    static void delta_##name(const nn_outputs *o, REAL scale, const REAL *restrict slope)                              \
    {                                                                                                                  \
        const size_t n = o->k * o->n;                                                                                  \
        const REAL factor = factor_of_k;                                                                               \
        const REAL *restrict outputs = o->y, *restrict targets = o->t;                                                 \
        REAL *restrict delta = o->delta;                                                                               \
        for (size_t i = 0; i < n && slope == NULL; i++) {                                                              \
            const REAL y = outputs[i], t = targets[i];                                                                 \
            delta[i] = nn_settled(factor * (expression)*scale);                                                        \
        }                                                                                                              \
        for (size_t i = 0; i < n && slope != NULL; i++) {                                                              \
            const REAL y = outputs[i], t = targets[i];                                                                 \
            delta[i] = nn_settled(factor * (expression) * (scale * slope[i]));                                         \
        }                                                                                                              \
    }

/* loss = sum of factor (y-t)^2 */
static void squares(const nn_outputs *o, double factor)
{
    const size_t n = o->n;
    const REAL *restrict y = o->y, *restrict t = o->t;
    double *restrict loss = o->loss;
    for (size_t s = 0; s < n; s++) {
        const REAL d = y[s] - t[s];
        loss[s] = factor * (double)(d * d);
    }
    for (size_t i = 1; i < o->k; i++)
        for (size_t s = 0; s < n; s++) {
            const REAL d = y[i * n + s] - t[i * n + s];
            loss[s] += factor * (double)(d * d);
        }
}

static void loss_mse(const nn_outputs *o)
{
    squares(o, 1 / (double)o->k);
}

DELTA(mse, (REAL)2 / (REAL)o->k, y - t)

static void loss_half_squared_error(const nn_outputs *o)
{
    squares(o, 0.5);
}

DELTA(half_squared_error, 1, y - t)

/* loss = 1/K times the sum of of(y - t) */
static inline void differences(const nn_outputs *o, REAL (*of)(REAL d))
{
    const size_t n = o->n;
    const double factor = 1 / (double)o->k;
    const REAL *restrict y = o->y, *restrict t = o->t;
    double *restrict loss = o->loss;
    for (size_t s = 0; s < n; s++)
        loss[s] = 0;
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++)
            loss[s] += (double)of(y[i * n + s] - t[i * n + s]);
    for (size_t s = 0; s < n; s++)
        loss[s] *= factor;
}

static void loss_mae(const nn_outputs *o)
{
    differences(o, nn_abs);
}

/* The sign of d, 0 at 0 as in PyTorch; NaN stays. */
static inline REAL sign_of(REAL d)
{
    return d > 0 ? (REAL)1 : d < 0 ? (REAL)-1 : d;
}

DELTA(mae, (REAL)1 / (REAL)o->k, sign_of(y - t))

/* d^2/2 for |d| up to 1, then |d| - 1/2: P. Huber, 1964, with delta 1. */
static inline REAL huber_of(REAL d)
{
    const REAL bounded = nn_clamp(d, NN_C(1.0));
    return bounded * (d - NN_C(0.5) * bounded);
}

static void loss_huber(const nn_outputs *o)
{
    differences(o, huber_of);
}

DELTA(huber, (REAL)1 / (REAL)o->k, nn_clamp(y - t, NN_C(1.0)))

/* -t ln s(z) - (1-t) ln(1 - s(z)) = max(z, 0) - t z + ln(1 + exp(-|z|)) */
static void loss_binary_cross_entropy(const nn_outputs *o)
{
    const size_t n = o->n;
    const REAL *restrict logits = o->z, *restrict t = o->t;
    double *restrict loss = o->loss;
    for (size_t s = 0; s < n; s++)
        loss[s] = 0;
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++) {
            const REAL z = logits[i * n + s], positive = z > 0 ? z : (z <= 0 ? (REAL)0 : z);
            loss[s] += (double)(positive - t[i * n + s] * z) + (double)nn_log1p(nn_exp(-nn_abs(z)));
        }
}

#define delta_binary_cross_entropy delta_half_squared_error /* with a sigmoid, dloss/dz is y - t */

/* -ln softmax(z)[class], from what nn_softmax left. */
static void loss_cross_entropy(const nn_outputs *o)
{
    const size_t n = o->n;
    const REAL *restrict z = o->z, *restrict peak = o->peak, *restrict total = o->total;
    double *restrict loss = o->loss;
    for (size_t s = 0; s < n; s++)
        loss[s] = (double)nn_log(total[s]);
    for (size_t s = 0; s < n; s++)
        loss[s] -= (double)(z[(size_t)o->classes[s] * n + s] - peak[s]);
}

#define delta_cross_entropy delta_half_squared_error /* with a softmax, dloss/dz is y - t */

/* The sum of t ln t - t ln softmax(z), from what nn_softmax left; 0 ln 0 is 0. */
static void loss_kl_divergence(const nn_outputs *o)
{
    const size_t n = o->n;
    const REAL *restrict logits = o->z, *restrict targets = o->t, *restrict peak = o->peak, *restrict total = o->total;
    double *restrict loss = o->loss;
    for (size_t s = 0; s < n; s++)
        loss[s] = 0;
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++) {
            const REAL t = targets[i * n + s], known = t == 0 ? (REAL)0 : t * nn_log(t);
            const REAL log_y = logits[i * n + s] - peak[s] - nn_log(total[s]);
            loss[s] += (double)known - (double)(t * log_y);
        }
}

/* dloss/dz is y times the sum of the targets (1, if they are shares of a whole) minus t. */
static void delta_kl_divergence(const nn_outputs *o, REAL scale, const REAL *slope)
{
    const size_t n = o->n;
    const REAL *restrict y = o->y, *restrict t = o->t;
    REAL *restrict delta = o->delta;
    REAL sum[NN_SAMPLES];
    (void)slope;
    for (size_t s = 0; s < n; s++)
        sum[s] = 0;
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++)
            sum[s] += t[i * n + s];
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++)
            delta[i * n + s] = nn_settled((sum[s] * y[i * n + s] - t[i * n + s]) * scale);
}

#define NN_LOSS(name, ...) loss_##name,
nn_loss_function *const X(nn_loss)[NN_N_LOSS] = {
#include "tables/loss.def"
};

#define NN_LOSS(name, ...) delta_##name,
nn_delta_function *const X(nn_loss_delta)[NN_N_LOSS] = {
#include "tables/loss.def"
};
