/* sum.h - sums of float64 in one fixed order, the same on every instruction set and in every engine: chunks
 * of 128, each in 16 partial sums (element i goes to i % 16) joined by a fixed tree, chunk sums added in
 * order. */
#ifndef NN_SUM_H
#define NN_SUM_H

#include <stddef.h>

enum { NN_CHUNK = 128, NN_PARTIALS = 16 };

/* Sum of at most NN_CHUNK values. */
static inline double nn_sum_chunk(const double *values, size_t n)
{
    double partial[NN_PARTIALS] = {0};
    for (size_t i = 0; i < n; i++)
        partial[i % NN_PARTIALS] += values[i];
    for (size_t half = NN_PARTIALS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            partial[i] += partial[i + half];
    return partial[0];
}

#endif
