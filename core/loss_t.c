/* Losses of one row (numerics in float64 where they are summed) and their slopes. */
#include "layer_t.h"
#include "scalar_t.h"

static double squares(size_t k, const REAL *y, const REAL *t)
{
    double sum = 0;
    for (size_t i = 0; i < k; i++) {
        REAL d = y[i] - t[i];
        sum += (double)(d * d);
    }
    return sum;
}

static double loss_mse(size_t k, const REAL *z, const REAL *y, const REAL *t, int32_t c)
{
    (void)z, (void)c;
    return squares(k, y, t) / (double)k;
}

static void slope_mse(size_t k, const REAL *y, const REAL *t, REAL *slope)
{
    const REAL factor = (REAL)2 / (REAL)k;
    for (size_t i = 0; i < k; i++)
        slope[i] = factor * (y[i] - t[i]);
}

static double loss_half_squared_error(size_t k, const REAL *z, const REAL *y, const REAL *t, int32_t c)
{
    (void)z, (void)c;
    return 0.5 * squares(k, y, t);
}

static void slope_half_squared_error(size_t k, const REAL *y, const REAL *t, REAL *slope)
{
    for (size_t i = 0; i < k; i++)
        slope[i] = y[i] - t[i];
}

/* -t ln s(z) - (1-t) ln(1 - s(z)) = max(z, 0) - t z + ln(1 + exp(-|z|)) */
static double loss_binary_cross_entropy(size_t k, const REAL *z, const REAL *y, const REAL *t, int32_t c)
{
    (void)y, (void)c;
    double sum = 0;
    for (size_t i = 0; i < k; i++) {
        REAL positive = z[i] > 0 ? z[i] : (z[i] <= 0 ? (REAL)0 : z[i]);
        sum += (double)(positive - t[i] * z[i]) + (double)nn_log1p(nn_exp(-nn_abs(z[i])));
    }
    return sum;
}

static void slope_binary_cross_entropy(size_t k, const REAL *y, const REAL *t, REAL *slope)
{
    slope_half_squared_error(k, y, t, slope); /* dloss/dz of the sigmoid pairing */
}

static double loss_cross_entropy(size_t k, const REAL *z, const REAL *y, const REAL *t, int32_t c)
{
    (void)y, (void)t;
    REAL largest = z[0], sum = 0;
    for (size_t i = 1; i < k; i++)
        largest = z[i] > largest ? z[i] : largest;
    for (size_t i = 0; i < k; i++)
        sum += nn_exp(z[i] - largest);
    return (double)nn_log(sum) - (double)(z[c] - largest);
}

static void slope_cross_entropy(size_t k, const REAL *y, const REAL *t, REAL *slope)
{
    slope_half_squared_error(k, y, t, slope); /* dloss/dz of the softmax pairing */
}

#define NN_LOSS(name, output, required, units, help) loss_##name,
nn_loss_function *const X(nn_row_loss)[NN_N_LOSS] = {
#include "loss.def"
};
#undef NN_LOSS

#define NN_LOSS(name, output, required, units, help) slope_##name,
nn_loss_slope_function *const X(nn_loss_slope)[NN_N_LOSS] = {
#include "loss.def"
};
