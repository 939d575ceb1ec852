/* philox.h - draws from 16 counters at once by Philox4x32-10 (train/random.c), in vectors of 64-bit elements. */
#ifndef NN_KERNELS_PHILOX_H
#define NN_KERNELS_PHILOX_H

#include "kernels/simd.h"

enum { NN_BLOCK = 16 };
typedef uint32_t nn_half_words __attribute__((vector_size(NN_VECTOR_BYTES / 2)));

/* Draw i has the key key[1][i] 2^32 + key[0][i] and the counter (c[0][i], ..., c[3][i]). */
typedef struct nn_draws {
    uint32_t key[2][NN_BLOCK], c[4][NN_BLOCK];
} nn_draws;

/* Sets what the draws of dropout share (nn_masks in batch.h). */
static inline void nn_set_draw(nn_draws *d, size_t i, uint64_t key, uint32_t epoch, int layer)
{
    d->key[0][i] = (uint32_t)key;
    d->key[1][i] = (uint32_t)(key >> 32);
    d->c[0][i] = epoch;
    d->c[2][i] = (uint32_t)layer;
}

/* Dropout at this rate: a draw has 16 bits for each of eight units of a row, the lower half of word 0 first, and drops
 * a unit whose bits are below the threshold. The others are divided by the share that is kept. */
typedef struct nn_drop {
    uint32_t below;
    REAL keep;
} nn_drop;

enum { NN_DRAW_UNITS = 8, NN_DRAW_BITS = 16, NN_DRAW_MASK = (1 << NN_DRAW_BITS) - 1 };

static inline nn_drop nn_drop_of(double rate)
{
    const double below = floor(rate * (1 << NN_DRAW_BITS) + 0.5);
    return (nn_drop){(uint32_t)below, (REAL)(1 / (1 - below / (1 << NN_DRAW_BITS)))};
}

static inline nn_words nn_load_words(const uint32_t *from)
{
    nn_half_words half;
    memcpy(&half, from, sizeof half);
    return __builtin_convertvector(half, nn_words);
}

static inline void nn_store_words(uint32_t *to, nn_words words)
{
    const nn_half_words half = __builtin_convertvector(words, nn_half_words); /* drops the upper halves */
    memcpy(to, &half, sizeof half);
}

/* Fills out[w][i] with word w of draw i, as nn_philox does. The upper halves of c0 ... c3 hold remains of products. */
static inline void nn_philox_block(const nn_draws *d, uint32_t out[4][NN_BLOCK])
{
    const nn_words m0 = (nn_words){0} + 0xD2511F53u, m1 = (nn_words){0} + 0xCD9E8D57u;
    for (size_t i = 0; i < NN_BLOCK; i += sizeof(nn_words) / sizeof(uint64_t)) {
        nn_words k0 = nn_load_words(d->key[0] + i), k1 = nn_load_words(d->key[1] + i);
        nn_words c0 = nn_load_words(d->c[0] + i), c1 = nn_load_words(d->c[1] + i);
        nn_words c2 = nn_load_words(d->c[2] + i), c3 = nn_load_words(d->c[3] + i);
        for (int round = 0; round < 10; round++) {
            const nn_words p0 = nn_product32(m0, c0), p1 = nn_product32(m1, c2);
            c0 = (p1 >> 32) ^ c1 ^ k0;
            c1 = p1;
            c2 = (p0 >> 32) ^ c3 ^ k1;
            c3 = p0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        nn_store_words(out[0] + i, c0);
        nn_store_words(out[1] + i, c1);
        nn_store_words(out[2] + i, c2);
        nn_store_words(out[3] + i, c3);
    }
}

#endif
