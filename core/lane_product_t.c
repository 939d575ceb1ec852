/* P x Q elements of the product stay in registers while k runs. Where a vector holds fewer numbers than there are
 * lanes, the parts of an element are worked on one after the other. */
#include "lane_product_t.h"
#include "simd_t.h"

#if NN_REGISTERS == 32
enum { MOST_Q = 4 };
#define BLOCKS(P) BLOCK(P, 4) BLOCK(P, 3) BLOCK(P, 2) BLOCK(P, 1)
#else
enum { MOST_Q = 2 };
#define BLOCKS(P) BLOCK(P, 2) BLOCK(P, 1)
#endif
enum { MOST_P = 4 };

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS void block(const int P, const int Q, const bool shared, const nn_lane_product *x, const REAL *a,
                  const REAL *b, REAL *c)
{
    const size_t a_p = x->a_p, a_k = x->a_k, b_q = x->b_q, b_k = x->b_k, n_k = x->n_k;
    nn_vector sum[MOST_P][MOST_Q];
#pragma GCC unroll 4
    for (int p = 0; p < P; p++)
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
            sum[p][q] = (nn_vector){0};
    for (size_t k = 0; k < n_k; k++, a += a_k, b += b_k) {
        nn_vector bk[MOST_Q];
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
            if (shared)
                bk[q] = nn_broadcast(b[(size_t)q * b_q]);
            else
                bk[q] = nn_load(b + (size_t)q * b_q);
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) {
            const nn_vector ap = nn_load(a + (size_t)p * a_p);
#pragma GCC unroll 4
            for (int q = 0; q < Q; q++)
                sum[p][q] = nn_fma(ap, bk[q], sum[p][q]);
        }
    }
#pragma GCC unroll 4
    for (int p = 0; p < P; p++)
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++) {
            REAL *to = c + (size_t)p * x->c_p + (size_t)q * x->c_q;
            if (x->add)
                sum[p][q] = nn_load(to) + sum[p][q];
            nn_store(to, sum[p][q]);
        }
}

typedef void block_function(const nn_lane_product *x, const REAL *a, const REAL *b, REAL *c);

#define BLOCK(P, Q)                                                                                          \
    static void shared_##P##x##Q(const nn_lane_product *x, const REAL *a, const REAL *b, REAL *c)            \
    {                                                                                                        \
        block(P, Q, true, x, a, b, c);                                                                       \
    }                                                                                                        \
    static void own_##P##x##Q(const nn_lane_product *x, const REAL *a, const REAL *b, REAL *c)               \
    {                                                                                                        \
        block(P, Q, false, x, a, b, c);                                                                      \
    }
BLOCKS(4)
BLOCKS(3)
BLOCKS(2)
BLOCKS(1)
#undef BLOCK

static block_function *const blocks[2][MOST_P + 1][MOST_Q + 1] = {
#define BLOCK(P, Q) [P][Q] = own_##P##x##Q,
    {BLOCKS(4) BLOCKS(3) BLOCKS(2) BLOCKS(1)},
#undef BLOCK
#define BLOCK(P, Q) [P][Q] = shared_##P##x##Q,
    {BLOCKS(4) BLOCKS(3) BLOCKS(2) BLOCKS(1)},
#undef BLOCK
};

void X(nn_lane_multiply)(const nn_lane_product *x)
{
    const size_t b_step = MOST_Q * x->b_q, c_step = MOST_Q * x->c_q;
    const size_t b_part = x->shared ? 0 : NN_WIDTH;
    for (size_t p = 0; p < x->n_p; p += MOST_P) {
        block_function *const *of = blocks[x->shared][x->n_p - p < MOST_P ? x->n_p - p : MOST_P];
        const REAL *a = x->a + p * x->a_p, *b = x->b;
        REAL *c = x->c + p * x->c_p;
        for (size_t left = x->n_q; left > 0; b += b_step, c += c_step) {
            const size_t Q = left < MOST_Q ? left : MOST_Q;
            for (size_t part = 0; part < NN_LANES / NN_WIDTH; part++)
                of[Q](x, a + part * NN_WIDTH, b + part * b_part, c + part * NN_WIDTH);
            left -= Q;
        }
    }
}
