/* P x Q elements of the product stay in registers while k runs. Where a vector holds fewer numbers than there are
 * lanes, the parts of an element are worked on one after the other. */
#include "lane_product_t.h"
#include "simd_t.h"

enum { MOST_P = 4, MOST_Q = 4 };
#define ALWAYS static inline __attribute__((always_inline))

/* The statement for each element of a block; the place of the element in c, and in what stands like c. */
#define EACH(statement)                                                                                      \
    _Pragma("GCC unroll 4") for (int p = 0; p < P; p++) _Pragma("GCC unroll 4") for (int q = 0; q < Q; q++)  \
        statement
#define AT(c) ((c) + offset + (size_t)p * x.c_p + (size_t)q * x.c_q)

/* The product goes by value: what is known of it then is not read again after every store. */
ALWAYS void block(const int P, const int Q, const bool shared, const nn_lane_product x, const REAL *a,
                  const REAL *b, size_t offset)
{
    nn_vector sum[MOST_P][MOST_Q];
    EACH(sum[p][q] = (nn_vector){0});
    for (size_t k = 0; k < x.n_k; k++, a += x.a_k, b += x.b_k) {
        nn_vector bk[MOST_Q];
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
            if (shared)
                bk[q] = nn_broadcast(b[(size_t)q * x.b_q]);
            else
                bk[q] = nn_load(b + (size_t)q * x.b_q);
#pragma GCC unroll 4
        for (int p = 0; p < P; p++) {
            const nn_vector ap = nn_load(a + (size_t)p * x.a_p);
#pragma GCC unroll 4
            for (int q = 0; q < Q; q++)
                sum[p][q] = nn_fma(ap, bk[q], sum[p][q]);
        }
    }
    if (x.add)
        EACH(sum[p][q] = nn_load(AT(x.c)) + sum[p][q]);
    if (x.times != NULL)
        EACH(sum[p][q] *= nn_load(AT(x.times)));
    EACH(nn_store(AT(x.c), sum[p][q]));
}
#undef EACH
#undef AT

/* All columns of P rows from row `first`. It stands once for each P, so that small products are not all calls. */
ALWAYS void strip(const int P, const bool shared, const nn_lane_product *product, size_t first)
{
    const nn_lane_product x = *product;
    const REAL *a = x.a + first * x.a_p;
    const size_t most = NN_REGISTERS == 32 || P <= 2 ? MOST_Q : MOST_Q / 2; /* what there are registers for */
    for (size_t q = 0; q < x.n_q; q += most)
        for (size_t part = 0; part < NN_LANES; part += NN_WIDTH) {
            const REAL *b = x.b + q * x.b_q + (shared ? 0 : part);
            const size_t offset = first * x.c_p + q * x.c_q + part;
            switch (x.n_q - q < most ? x.n_q - q : most) {
            case 1:
                block(P, 1, shared, x, a + part, b, offset);
                break;
            case 2:
                block(P, 2, shared, x, a + part, b, offset);
                break;
            case 3:
                block(P, 3, shared, x, a + part, b, offset);
                break;
            case 4:
                block(P, 4, shared, x, a + part, b, offset);
                break;
            }
        }
}

typedef void strip_function(const nn_lane_product *product, size_t first);

#define STRIP(P)                                                                                             \
    static void shared_##P(const nn_lane_product *product, size_t first)                                     \
    {                                                                                                        \
        strip(P, true, product, first);                                                                      \
    }                                                                                                        \
    static void own_##P(const nn_lane_product *product, size_t first)                                        \
    {                                                                                                        \
        strip(P, false, product, first);                                                                     \
    }
STRIP(1)
STRIP(2)
STRIP(3)
STRIP(4)
#undef STRIP

void X(nn_lane_multiply)(const nn_lane_product *x)
{
    static strip_function *const own[] = {own_1, own_2, own_3, own_4};
    static strip_function *const shared[] = {shared_1, shared_2, shared_3, shared_4};
    strip_function *const *of = x->shared ? shared : own;
    for (size_t p = 0; p < x->n_p; p += MOST_P)
        of[x->n_p - p < MOST_P ? x->n_p - p - 1 : MOST_P - 1](x, p);
}
