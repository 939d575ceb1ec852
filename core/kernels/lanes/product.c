/* Multiplies matrices whose elements are NN_LANES numbers. P x Q elements of the product stay in registers while k
 * runs. If a vector holds fewer numbers than there are lanes, elements are worked on in parts of H vectors, one after
 * the other.
 *
 * The matrices are so small that finding an element counts. Blocks are therefore compiled for each of the three
 * products, whose arrays are dense, since half of the strides are known then. */
#include "kernels/lanes/product.h"
#include "kernels/layer.h"
#include "kernels/simd.h"

enum { MOST_P = 4, MOST_Q = 4, MOST_H = 2 };

/* These are compiled for each shape, but once for all under sanitizers, where that would take minutes. */
#ifdef NN_SANITIZED
#define SHAPED static __attribute__((noinline))
#else
#define SHAPED static inline __attribute__((always_inline))
#endif

typedef enum product { FORWARD, GRADIENT, BACK } product;

/* c(p, q) = sum over k of a(p, k) b(q, k) */
typedef struct view {
    size_t n_p, n_q, n_k;
    const REAL *a, *b;
    REAL *c;
    const REAL *times;
    size_t a_p, a_k, b_q, b_k, c_p, c_q; /* strides in numbers */
    bool add, onward;
} view;

/* Writes a product of this kind in terms of p, q and k. With `shared`, elements of b are one number for all lanes. */
SHAPED view view_of(const product kind, const bool shared, const nn_lane_product *p)
{
    const size_t one = shared ? 1 : NN_LANES;
    view v = {.a = p->a, .b = p->b, .c = p->c, .times = kind == BACK ? p->times : NULL};
    v.n_p = kind == BACK ? p->rows : p->out;
    v.n_q = kind == FORWARD ? p->rows : p->in;
    v.n_k = kind == FORWARD ? p->in : kind == GRADIENT ? p->rows : p->out;
    v.add = kind == BACK && p->add;
    v.onward = kind == GRADIENT && p->add;
    v.a_p = kind == GRADIENT ? v.n_k * NN_LANES : NN_LANES; /* a [k][p], but for the gradient */
    v.a_k = kind == GRADIENT ? NN_LANES : v.n_p * NN_LANES;
    v.b_q = kind == FORWARD ? one : v.n_k * one; /* b [q][k], but forwards */
    v.b_k = kind == FORWARD ? v.n_q * one : one;
    v.c_p = kind == FORWARD ? v.n_q * NN_LANES : NN_LANES; /* c [q][p], but forwards */
    v.c_q = kind == FORWARD ? NN_LANES : v.n_p * NN_LANES;
    return v;
}

/* EACH repeats a statement for each vector of a block; AT is the place of that vector in arrays laid out like c. */
#define EACH(statement)                                                                                                \
    _Pragma("GCC unroll 4") for (int p = 0; p < P; p++) _Pragma("GCC unroll 4") for (int q = 0; q < Q; q++)            \
        _Pragma("GCC unroll 2") for (int h = 0; h < H; h++) statement
#define AT(c) ((c) + offset + (size_t)p * v.c_p + (size_t)q * v.c_q + (size_t)h * NN_WIDTH)

/* The view is passed by value, so that it is not read again after every store. */
SHAPED void block(const int P, const int Q, const int H, const bool shared, const view v, const REAL *a, const REAL *b,
                  size_t offset)
{
    nn_vector sum[MOST_P][MOST_Q][MOST_H];
    if (v.onward)
        EACH(sum[p][q][h] = nn_load(AT(v.c)));
    else
        EACH(sum[p][q][h] = (nn_vector){0});
    for (size_t k = 0; k < v.n_k; k++, a += v.a_k, b += v.b_k) {
        nn_vector bk[MOST_Q][MOST_H];
#pragma GCC unroll 4
        for (int q = 0; q < Q; q++)
#pragma GCC unroll 2
            for (int h = 0; h < H; h++)
                if (shared)
                    bk[q][h] = nn_broadcast(b[(size_t)q * v.b_q]);
                else
                    bk[q][h] = nn_load(b + (size_t)q * v.b_q + (size_t)h * NN_WIDTH);
#pragma GCC unroll 4
        for (int p = 0; p < P; p++)
#pragma GCC unroll 2
            for (int h = 0; h < H; h++) {
                const nn_vector ap = nn_load(a + (size_t)p * v.a_p + (size_t)h * NN_WIDTH);
#pragma GCC unroll 4
                for (int q = 0; q < Q; q++)
                    sum[p][q][h] = nn_fma(ap, bk[q][h], sum[p][q][h]);
            }
    }
    if (v.add)
        EACH(sum[p][q][h] = nn_load(AT(v.c)) + sum[p][q][h]);
    if (v.times != NULL)
        EACH(sum[p][q][h] = nn_settled_each(sum[p][q][h] * nn_load(AT(v.times))));
    EACH(nn_store(AT(v.c), sum[p][q][h]));
}
#undef EACH
#undef AT

/* Multiplies all columns of P rows from row `first` on, in blocks of as many columns as there are registers for. */
SHAPED void strip(const int P, const bool shared, const view v, size_t first)
{
    const REAL *a = v.a + first * v.a_p;
    const int H = P == 1 && (int)NN_LANES > (int)NN_WIDTH ? 2 : 1;
    const size_t most = NN_REGISTERS == 32 || P <= 2 ? 4 : 3;
    for (size_t q = 0; q < v.n_q; q += most)
        for (size_t part = 0; part < NN_LANES; part += (size_t)H * NN_WIDTH) {
            const REAL *b = v.b + q * v.b_q + (shared ? 0 : part);
            const size_t offset = first * v.c_p + q * v.c_q + part;
            switch (v.n_q - q < most ? v.n_q - q : most) {
            case 1:
                block(P, 1, H, shared, v, a + part, b, offset);
                break;
            case 2:
                block(P, 2, H, shared, v, a + part, b, offset);
                break;
            case 3:
                block(P, 3, H, shared, v, a + part, b, offset);
                break;
            case 4:
                block(P, 4, H, shared, v, a + part, b, offset);
                break;
            }
        }
}

SHAPED void multiply(const product kind, const bool shared, const nn_lane_product *of)
{
    const view v = view_of(kind, shared, of);
    for (size_t p = 0; p < v.n_p; p += MOST_P)
        switch (v.n_p - p) {
        case 1:
            strip(1, shared, v, p);
            break;
        case 2:
            strip(2, shared, v, p);
            break;
        case 3:
            strip(3, shared, v, p);
            break;
        default:
            strip(4, shared, v, p);
        }
}

void X(nn_lane_forward)(const nn_lane_product *p)
{
    if (p->shared)
        multiply(FORWARD, true, p);
    else
        multiply(FORWARD, false, p);
}

void X(nn_lane_gradient)(const nn_lane_product *p)
{
    if (p->shared)
        multiply(GRADIENT, true, p);
    else
        multiply(GRADIENT, false, p);
}

void X(nn_lane_back)(const nn_lane_product *p)
{
    multiply(BACK, false, p);
}

/* The sum over outputs of one row: a fixed tree joins partial sums j % NN_PAD, as nn_dots does in the tile engine. */
static nn_vector row_sum(const nn_lane_product *p, size_t i, size_t part)
{
    nn_vector partial[NN_PAD] = {{0}};
    for (size_t j = 0; j < p->out; j++)
        partial[j % NN_PAD] = nn_fma(nn_load(p->b + (i * p->out + j) * NN_LANES + part),
                                     nn_load(p->a + j * NN_LANES + part), partial[j % NN_PAD]);
    for (size_t half = NN_PAD / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            partial[j] += partial[j + half];
    return partial[0];
}

void X(nn_lane_back_row)(const nn_lane_product *p)
{
    for (size_t i = 0; i < p->in; i++)
        for (size_t part = 0; part < NN_LANES; part += NN_WIDTH) {
            const size_t at = i * NN_LANES + part;
            nn_vector sum = row_sum(p, i, part);
            if (p->add)
                sum = nn_load(p->c + at) + sum;
            nn_store(p->c + at, p->times != NULL ? nn_settled_each(sum * nn_load(p->times + at)) : sum);
        }
}
