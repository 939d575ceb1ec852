/* nn_random.h - random numbers: Philox4x32-10 (Salmon et al., SC11), counter-based, so that order never matters. */
#ifndef NN_RANDOM_H
#define NN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef enum nn_purpose {
    NN_FOR_SPLIT = 1,
    NN_FOR_INIT,
    NN_FOR_SHUFFLE,
    NN_FOR_DROPOUT,
    NN_FOR_LABEL_NOISE,
    NN_FOR_DATA
} nn_purpose;

/* 64-bit hash of (seed, repeat, purpose): the key of a stream. */
uint64_t nn_stream_key(uint64_t seed, uint32_t repeat, nn_purpose purpose);

/* out[4] = Philox4x32-10 of counter (c0, c1, c2, c3) under key. In this project the counter is
 * (epoch, row's position in the epoch, layer, unit / 4) and the draw of a unit is out[unit % 4]. */
void nn_philox(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t out[4]);

double nn_uniform(uint32_t word); /* in (0, 1): (word + 0.5) / 2^32 */
double nn_normal(uint32_t word);  /* standard normal quantile of nn_uniform(word) (Wichura 1988, AS 241) */

/* order[0..n-1] = a permutation of 0..n-1 (Fisher-Yates; draw i is word i % 4 of counter (epoch, 0, 0, i /
 * 4)). */
void nn_permutation(uint64_t key, uint32_t epoch, size_t n, uint32_t *order);

#endif
