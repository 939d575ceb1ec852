/* sum.h - sums of float64 in one fixed order, the same on every instruction set and in every engine. Values are summed
 * in chunks of 128: element i goes to partial sum i % 16, a fixed tree joins these, and chunks are added in order. */
#ifndef NN_TRAIN_SUM_H
#define NN_TRAIN_SUM_H

#include <stdbool.h>
#include <stddef.h>

enum { NN_CHUNK = 128, NN_PARTIALS = 16 };

typedef double nn_four __attribute__((vector_size(32), aligned(8), may_alias));

/* to[j] += from[j], four at a time by name, since gcc 12 unrolls a loop of known length before it makes vectors. */
static inline void nn_add_row(double *to, const double *from, size_t lanes)
{
    const size_t fours = lanes - lanes % 4;
    for (size_t j = 0; j < fours; j += 4)
        *(nn_four *)(to + j) += *(const nn_four *)(from + j);
    for (size_t j = fours; j < lanes; j++)
        to[j] += from[j];
}

/* Adds up values [n][lanes] over 1 <= n <= NN_CHUNK rows in place: the sums end in values[0 .. lanes-1]. */
static inline void nn_sum_rows(double *values, size_t n, size_t lanes)
{
    for (size_t i = NN_PARTIALS; i < n; i++)
        nn_add_row(values + i % NN_PARTIALS * lanes, values + i * lanes, lanes);
    for (size_t half = NN_PARTIALS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half && i + half < n; i++)
            nn_add_row(values + i * lanes, values + (i + half) * lanes, lanes);
}

/* The sum of n <= NN_CHUNK values, which it overwrites. */
static inline double nn_sum_chunk(double *values, size_t n)
{
    if (n == 0)
        return 0;
    nn_sum_rows(values, n, 1);
    return values[0];
}

#endif
