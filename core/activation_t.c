/* Activations: one loop for each row of activation.def. */
#include "layer_t.h"
#include "scalar_t.h"

#define NN_ACTIVATION(name, f, df, place, help)                                                              \
    static void activate_##name(size_t n, REAL *z_then_a, REAL *slope)                                       \
    {                                                                                                        \
        for (size_t i = 0; i < n; i++) {                                                                     \
            const REAL z = z_then_a[i], a = f;                                                               \
            if (slope != NULL)                                                                               \
                slope[i] = df;                                                                               \
            z_then_a[i] = a;                                                                                 \
        }                                                                                                    \
    }
#include "activation.def"
#undef NN_ACTIVATION

#define NN_ACTIVATION(name, f, df, place, help) activate_##name,
nn_activate_function *const X(nn_activate)[NN_N_ACTIVATION] = {
#include "activation.def"
};

void X(nn_softmax)(size_t n_rows, size_t k, REAL *y)
{
    for (size_t r = 0; r < n_rows; r++, y += k) {
        REAL largest = y[0], sum = 0;
        for (size_t i = 1; i < k; i++)
            largest = y[i] > largest ? y[i] : largest;
        for (size_t i = 0; i < k; i++)
            sum += y[i] = nn_exp(y[i] - largest);
        for (size_t i = 0; i < k; i++)
            y[i] /= sum;
    }
}
