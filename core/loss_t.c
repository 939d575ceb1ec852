/* Losses of samples (in float64 where they are summed) and their slopes. Loops over samples stand inside, so that they
 * run in vectors. */
#include "layer_t.h"
#include "scalar_t.h"

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

static void slope_mse(const nn_outputs *o)
{
    const REAL factor = (REAL)2 / (REAL)o->k;
    const REAL *restrict y = o->y, *restrict t = o->t;
    REAL *restrict delta = o->delta;
    for (size_t i = 0; i < o->k * o->n; i++)
        delta[i] = factor * (y[i] - t[i]);
}

static void loss_half_squared_error(const nn_outputs *o)
{
    squares(o, 0.5);
}

static void slope_half_squared_error(const nn_outputs *o)
{
    const REAL *restrict y = o->y, *restrict t = o->t;
    REAL *restrict delta = o->delta;
    for (size_t i = 0; i < o->k * o->n; i++)
        delta[i] = y[i] - t[i];
}

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

static void slope_binary_cross_entropy(const nn_outputs *o)
{
    slope_half_squared_error(o); /* dloss/dz of the sigmoid pairing */
}

/* -ln softmax(z)[class], by the parts that the softmax left. */
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

static void slope_cross_entropy(const nn_outputs *o)
{
    slope_half_squared_error(o); /* dloss/dz of the softmax pairing */
}

#define NN_LOSS(name, ...) loss_##name,
nn_loss_function *const X(nn_loss)[NN_N_LOSS] = {
#include "loss.def"
};
#undef NN_LOSS

#define NN_LOSS(name, ...) slope_##name,
nn_loss_function *const X(nn_loss_slope)[NN_N_LOSS] = {
#include "loss.def"
};
