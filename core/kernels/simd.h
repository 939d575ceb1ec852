/* simd.h - vectors of the instruction set that a file is compiled for. Only matrix products and Philox are written with
 * them; everything else that works element by element is a plain loop, which compilers vectorise.
 *
 * The width of a vector never decides a sum: each element of a product is summed on its own, in one order. */
#ifndef NN_KERNELS_SIMD_H
#define NN_KERNELS_SIMD_H

#include "kernels/scalar.h"
#if defined __x86_64__
#include <immintrin.h>
#elif defined __aarch64__
#include <arm_neon.h>
#endif

#if defined __AVX512F__
#define NN_VECTOR_BYTES 64
#define NN_REGISTERS    32
#elif defined __AVX2__
#define NN_VECTOR_BYTES 32
#define NN_REGISTERS    16
#elif defined __aarch64__
#define NN_VECTOR_BYTES 16
#define NN_REGISTERS    32
#else
#define NN_VECTOR_BYTES 16
#define NN_REGISTERS    16
#endif

typedef REAL nn_vector __attribute__((vector_size(NN_VECTOR_BYTES), may_alias));
enum { NN_WIDTH = NN_VECTOR_BYTES / sizeof(REAL) };

typedef uint64_t nn_words __attribute__((vector_size(NN_VECTOR_BYTES)));

static inline nn_vector nn_load(const REAL *aligned)
{
    return *(const nn_vector *)aligned;
}

static inline void nn_store(REAL *aligned, nn_vector v)
{
    *(nn_vector *)aligned = v;
}

static inline nn_vector nn_broadcast(REAL x)
{
    return x - (nn_vector){0}; /* minus, so that -0 stays -0 */
}

/* a b + c, rounded once. */
static inline nn_vector nn_fma(nn_vector a, nn_vector b, nn_vector c)
{
#if defined __AVX512F__ && defined NN_REAL_f32
    return (nn_vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined __AVX512F__
    return (nn_vector)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif defined __AVX2__ && defined NN_REAL_f32
    return (nn_vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined __AVX2__
    return (nn_vector)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif defined __aarch64__ && defined NN_REAL_f32
    return (nn_vector)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined __aarch64__
    return (nn_vector)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    for (int i = 0; i < NN_WIDTH; i++)
        c[i] = NN_FMA(a[i], b[i], c[i]);
    return c;
#endif
}

/* nn_settled of each number. */
static inline nn_vector nn_settled_each(nn_vector x)
{
    typedef nn_bits bits __attribute__((vector_size(NN_VECTOR_BYTES)));
    const bits sign = (bits)nn_broadcast(NN_C(-0.0));
    const nn_vector size = (nn_vector)((bits)x & ~sign);
    return (nn_vector)((bits)x & ~(bits)(size < nn_broadcast(NN_MIN * NN_C(0x1p20))));
}

/* Products of the lower halves of 64-bit elements. They are named, since gcc 12 would multiply whole elements. */
static inline nn_words nn_product32(nn_words a, nn_words b)
{
#if defined __AVX512F__
    return (nn_words)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined __AVX2__
    return (nn_words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined __x86_64__
    return (nn_words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif defined __aarch64__
    return (nn_words)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
    return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

#endif
