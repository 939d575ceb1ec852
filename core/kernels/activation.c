/* Applies activations: one loop over units for each row of activation.def. */
#include "kernels/activation.h"
#include "kernels/units.h"

#define NN_ACTIVATION(name, f, df, place, help)                                                                        \
    static void activate_##name(size_t n, REAL *restrict z_then_a, REAL *restrict slope)                               \
    {                                                                                                                  \
        for (size_t i = 0; i < n && slope == NULL; i++) {                                                              \
            const REAL z = z_then_a[i];                                                                                \
            z_then_a[i] = f;                                                                                           \
        }                                                                                                              \
        for (size_t i = 0; i < n && slope != NULL; i++) {                                                              \
            const REAL z = z_then_a[i], a = f;                                                                         \
            slope[i] = df;                                                                                             \
            z_then_a[i] = a;                                                                                           \
        }                                                                                                              \
    }
#include "tables/activation.def"

#define NN_ACTIVATION(name, ...) activate_##name,
nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION] = {
#include "tables/activation.def"
};

/* The inner loops are over samples, so that they run in vectors. */
void X(nn_softmax)(const nn_outputs *o)
{
    const size_t n = o->n;
    REAL *restrict y = o->y, *restrict peak = o->peak, *restrict total = o->total;
    for (size_t s = 0; s < n; s++) {
        peak[s] = y[s];
        total[s] = 0;
    }
    for (size_t i = 1; i < o->k; i++)
        for (size_t s = 0; s < n; s++)
            peak[s] = y[i * n + s] > peak[s] ? y[i * n + s] : peak[s];
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++) {
            const REAL e = nn_exp(y[i * n + s] - peak[s]);
            y[i * n + s] = e;
            total[s] += e;
        }
    for (size_t i = 0; i < o->k; i++)
        for (size_t s = 0; s < n; s++)
            y[i * n + s] /= total[s];
}
