/* nn_random.h - random numbers by Philox4x32-10 (Salmon and others, SC11). It is counter-based: a draw is a function of
 * a key and a counter, so that the order of drawing never matters.
 *
 * nn_stream_key gives the key of a stream, nn_philox draws from it, and nn_uniform and nn_normal make numbers of the
 * words that are drawn. The code is in train/random.c; kernels/philox.h draws many at once. */
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
    NN_FOR_DATA,
    NN_FOR_FIRST_STEPS
} nn_purpose;

/* The key of a stream: a 64-bit hash of seed, repeat and purpose. */
uint64_t nn_stream_key(uint64_t seed, uint32_t repeat, nn_purpose purpose);

/* Draws the four words of the counter (c0, c1, c2, c3) under the key. Dropout has the counter (epoch, position of the
 * row in the epoch, layer, unit / 4) and the word unit % 4; what else draws names its counter where it draws. */
void nn_philox(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t out[4]);

double nn_uniform(uint32_t word); /* a number in (0, 1): (word + 0.5) / 2^32 */
double nn_normal(uint32_t word);  /* the standard normal quantile of nn_uniform(word) */

/* Fills order [n] with a permutation of 0 .. n-1. Draw i is word i % 4 of the counter (epoch, 0, 0, i / 4). */
void nn_permutation(uint64_t key, uint32_t epoch, size_t n, uint32_t *order);

#endif
