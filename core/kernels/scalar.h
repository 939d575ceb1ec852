/* scalar.h - exp, log, sigmoid and tanh. The last bits of the C library's functions vary with the processor; those of
 * these do not.
 *
 * Every fused multiply-add is written out, so that any compiler and processor gives the same bits. There are no tables
 * and no branches other than selections, so that compilers make vectors of a loop over these functions. They return NaN
 * for NaN. tests/unit/kernels/test_scalar_f32.c and its twin test the accuracy in ulp. */
#ifndef NN_KERNELS_SCALAR_H
#define NN_KERNELS_SCALAR_H

#include "kernels/real.h"
#include <stdbool.h>

#if defined NN_REAL_f32
typedef uint32_t nn_bits;
#define NN_FMA        fmaf
#define NN_FABS       fabsf
#define NN_COPYSIGN   copysignf
#define NN_MANTISSA   23
#define NN_BIAS       127
#define NN_ROUND      0x1.8p23f    /* adding it rounds to an integer in the low bits */
#define NN_LN2_HI     0x1.62e3p-1f /* few bits: n * NN_LN2_HI is exact */
#define NN_LN2_LO     0x1.2fefa2p-17f
#define NN_LOG2E      0x1.715476p0f
#define NN_TWO_THIRDS 0x3f2aaaabu /* its bits */
#define NN_MIN        0x1p-126f
#define NN_C(x)       x##f
#else
typedef uint64_t nn_bits;
#define NN_FMA        fma
#define NN_FABS       fabs
#define NN_COPYSIGN   copysign
#define NN_MANTISSA   52
#define NN_BIAS       1023
#define NN_ROUND      0x1.8p52
#define NN_LN2_HI     0x1.62e42feep-1
#define NN_LN2_LO     0x1.a39ef35793c76p-33
#define NN_LOG2E      0x1.71547652b82fep0
#define NN_TWO_THIRDS 0x3fe5555555555555u
#define NN_MIN        0x1p-1022
#define NN_C(x)       x
#endif

/* Ends for nn_clamp: beyond nn_exp_end e^x is 0 or infinite, and up to nn_sigmoid_end it is a normal number. They
 * are variables of another file because the smaller of two numbers is one instruction, but three in gcc 12 if it
 * knows one. */
extern const REAL X(nn_exp_end), X(nn_sigmoid_end);
#define NN_EXP_END     X(nn_exp_end)
#define NN_SIGMOID_END X(nn_sigmoid_end)

static inline nn_bits nn_to_bits(REAL x)
{
    nn_bits bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline REAL nn_from_bits(nn_bits bits)
{
    REAL x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline REAL nn_abs(REAL x)
{
    return NN_FABS(x);
}

/* x limited to -end .. end; NaN stays. There is one comparison, since gcc 12 makes a tree of branches, then of
 * masks, from two. Bits set the sign: gcc would move a copysign() to the operands of the comparison, which then is
 * no minimum. */
static inline REAL nn_clamp(REAL x, REAL end)
{
    const REAL size = nn_abs(x), smaller = end < size ? end : size;
    return nn_from_bits((nn_to_bits(x) & nn_to_bits(NN_C(-0.0))) | nn_to_bits(smaller));
}

/* x, or 0 if it is near the subnormal numbers. Many processors take a hundred cycles or more for a product with one of
 * these, so numbers that training multiplies again and again must not become subnormal: the averages of gradients of a
 * unit that no gradient reaches any more would stay so for ever (0.9 times the smallest numbers rounds to themselves).
 * The factor keeps products with learning rates, inputs and weights of usual sizes normal, too. NaN stays. */
static inline REAL nn_settled(REAL x)
{
    return nn_abs(x) < NN_MIN * NN_C(0x1p20) ? (REAL)0 : x;
}

/* x = n ln 2 + r with |r| <= ln(2)/2: returns r, and n + NN_BIAS in the low bits of `exponent`. */
static inline REAL nn_reduce(REAL x, nn_bits *exponent)
{
    const REAL shift = NN_ROUND + NN_BIAS, shifted = NN_FMA(x, NN_LOG2E, shift), n = shifted - shift;
    *exponent = nn_to_bits(shifted);
    return NN_FMA(n, -NN_LN2_LO, NN_FMA(n, -NN_LN2_HI, x));
}

/* (e^r - 1 - r)/r^2 for |r| <= ln(2)/2: the polynomial with the least largest error relative to e^r (Remez; 3e-9
 * for float, 4e-18 for double). */
static inline REAL nn_exp_tail(REAL r)
{
    REAL q;
#if defined NN_REAL_f32
    q = NN_FMA(0x1.6a23d0p-10f, r, 0x1.123a20p-7f);
    q = NN_FMA(q, r, 0x1.5558f2p-5f);
    q = NN_FMA(q, r, 0x1.555492p-3f);
    q = NN_FMA(q, r, 0x1.fffffcp-2f);
#else
    q = NN_FMA(0x1.ad7f3dcc1b4b6p-26, r, 0x1.28ad9b42d1fb0p-22);
    q = NN_FMA(q, r, 0x1.71df25b370749p-19);
    q = NN_FMA(q, r, 0x1.a01999e2b5076p-16);
    q = NN_FMA(q, r, 0x1.a01a012a0f388p-13);
    q = NN_FMA(q, r, 0x1.6c16c184388d4p-10);
    q = NN_FMA(q, r, 0x1.1111111127d0ep-7);
    q = NN_FMA(q, r, 0x1.555555555083fp-5);
    q = NN_FMA(q, r, 0x1.55555555554f9p-3);
    q = NN_FMA(q, r, 0x1.000000000000ap-1);
#endif
    return q;
}

static inline REAL nn_exp(REAL x)
{
    nn_bits n;
    const REAL r = nn_reduce(nn_clamp(x, NN_EXP_END), &n);
    const REAL y = NN_FMA(NN_FMA(nn_exp_tail(r), r, NN_C(1.0)), r, NN_C(1.0));
    /* 2^n in two factors, since n reaches past the exponents of normal numbers at both ends */
    const nn_bits both = n - nn_to_bits(NN_ROUND) + NN_BIAS, half = both >> 1;
    return y * nn_from_bits(half << NN_MANTISSA) * nn_from_bits((both - half) << NN_MANTISSA);
}

/* 1 + e^x for |x| up to NN_SIGMOID_END, where one factor 2^n is enough. */
static inline REAL nn_one_plus_exp(REAL x)
{
    nn_bits n;
    const REAL r = nn_reduce(x, &n), scale = nn_from_bits(n << NN_MANTISSA); /* which drops the upper bits */
    const REAL p = NN_FMA(r * r, nn_exp_tail(r), r);                         /* e^r - 1 */
    return NN_FMA(scale, p, NN_C(1.0)) + scale;
}

/* 1/(1 + e^-x). Below -NN_SIGMOID_END it stays at 1.2e-38 or 2.5e-308, near the smallest normal number. */
static inline REAL nn_sigmoid(REAL x)
{
    return NN_C(1.0) / nn_one_plus_exp(-nn_clamp(x, NN_SIGMOID_END));
}

/* Near 0 this is the odd polynomial with the least largest relative error (Remez; 4e-9 for float, 1e-17 for double),
 * farther out 1 - 2/(e^(2|x|) + 1). */
static inline REAL nn_tanh(REAL x)
{
    const REAL size = nn_abs(x), z = x * x;
    REAL q;
#if defined NN_REAL_f32
    q = NN_FMA(-0x1.76ac1ep-8f, z, 0x1.5256d8p-6f);
    q = NN_FMA(q, z, -0x1.b84448p-5f);
    q = NN_FMA(q, z, 0x1.110768p-3f);
    q = NN_FMA(q, z, -0x1.555534p-2f);
#else
    q = NN_FMA(-0x1.0e3d677b227c5p-16, z, 0x1.43e1781e81f57p-14);
    q = NN_FMA(q, z, -0x1.df7a899efbd96p-13);
    q = NN_FMA(q, z, 0x1.336ae5e396104p-11);
    q = NN_FMA(q, z, -0x1.7d696a6bd6e89p-10);
    q = NN_FMA(q, z, 0x1.d6cf3ca4b4466p-9);
    q = NN_FMA(q, z, -0x1.226e16d9fed93p-7);
    q = NN_FMA(q, z, 0x1.664f4781f6aaap-6);
    q = NN_FMA(q, z, -0x1.ba1ba1b53102dp-5);
    q = NN_FMA(q, z, 0x1.111111110b0c6p-3);
    q = NN_FMA(q, z, -0x1.5555555555503p-2);
#endif
    const REAL near = NN_FMA(size * z, q, size);
    const REAL twice = size + size, bounded = NN_SIGMOID_END < twice ? NN_SIGMOID_END : twice;
    const REAL far = NN_C(1.0) - NN_C(2.0) / nn_one_plus_exp(bounded);
    return NN_COPYSIGN(size < NN_C(0.625) ? near : far, x);
}

/* ln(x / 2^offset) + low for a normal positive x; low is far below the last bit of x.
 *
 * x = m 2^e with m in [2/3, 4/3), f = m - 1: ln m = f - f^2/2 + t. For float t is f^3 times a polynomial in f (Remez;
 * 8e-9). For double t is s (f^2/2 + z R(z)) with s = f/(2 + f), z = s^2, from ln m = 2 atanh s, R by Remez (2e-19). */
static inline REAL nn_log_normal(REAL x, REAL low, REAL offset)
{
    /* e + NN_BIAS has no sign; set into the low bits of 2^NN_MANTISSA, it is a REAL. AVX2 can neither shift nor convert
     * signed 64-bit integers. */
    const nn_bits e_bits = (nn_to_bits(x) - NN_TWO_THIRDS + ((nn_bits)NN_BIAS << NN_MANTISSA)) >> NN_MANTISSA;
    const nn_bits unit = (nn_bits)(NN_BIAS + NN_MANTISSA) << NN_MANTISSA;
    const REAL e = nn_from_bits(e_bits | unit) - (nn_from_bits(unit) + NN_BIAS) - offset;
    const REAL f = nn_from_bits(nn_to_bits(x) - ((e_bits - NN_BIAS) << NN_MANTISSA)) - NN_C(1.0);
    const REAL half = NN_C(-0.5) * f;
    REAL q, tail;
#if defined NN_REAL_f32
    q = NN_FMA(-0x1.04cba2p-3f, f, 0x1.20822cp-3f);
    q = NN_FMA(q, f, -0x1.f4ded6p-4f);
    q = NN_FMA(q, f, 0x1.1e848ep-3f);
    q = NN_FMA(q, f, -0x1.5589b6p-3f);
    q = NN_FMA(q, f, 0x1.99d286p-3f);
    q = NN_FMA(q, f, -0x1.ffff74p-3f);
    q = NN_FMA(q, f, 0x1.55550cp-2f);
    tail = NN_FMA(f * f * f, q, low);
#else
    const REAL s = f / (2 + f), z = s * s;
    q = NN_FMA(0x1.1ad908774ebdcp-3, z, 0x1.0de7ca3d1af84p-3);
    q = NN_FMA(q, z, 0x1.3b33d26649ed4p-3);
    q = NN_FMA(q, z, 0x1.745c5ca5664d0p-3);
    q = NN_FMA(q, z, 0x1.c71c7433ec2ecp-3);
    q = NN_FMA(q, z, 0x1.2492492266d4ap-2);
    q = NN_FMA(q, z, 0x1.999999999b5f2p-2);
    q = NN_FMA(q, z, 0x1.5555555555552p-1);
    tail = NN_FMA(s, NN_FMA(q, z, -half * f), low);
#endif
    /* e ln 2 + f rounds; what it loses joins the small terms */
    const REAL sum = NN_FMA(e, NN_LN2_HI, f), lost = f - NN_FMA(-e, NN_LN2_HI, sum);
    return sum + (NN_FMA(half, f, NN_FMA(e, NN_LN2_LO, tail)) + lost);
}

/* Negative x gives NaN, 0 gives -infinity. */
static inline REAL nn_log(REAL x)
{
    const bool tiny = x < NN_MIN; /* subnormal numbers are scaled up first */
    const REAL scaled = tiny ? x * (REAL)((nn_bits)2 << NN_MANTISSA) : x;
    const REAL y = nn_log_normal(scaled, 0, tiny ? (REAL)(NN_MANTISSA + 1) : 0);
    const REAL special = x < 0 ? (REAL)NAN : (x == 0 ? -(REAL)HUGE_VAL : x);
    return x > 0 && x < (REAL)HUGE_VAL ? y : special;
}

/* ln(1 + x) for x in [0, 1]: what the sum u = 1 + x loses is x - d with d = u - 1, and adds (x - d)/u, where 1 - d +
 * d^2/2 is near enough to 1/u. */
static inline REAL nn_log1p(REAL x)
{
    const REAL u = NN_C(1.0) + x, d = u - NN_C(1.0);
    const REAL y = nn_log_normal(u, (x - d) * NN_FMA(NN_FMA(d, NN_C(0.5), NN_C(-1.0)), d, NN_C(1.0)), 0);
    return x == x ? y : x;
}

#endif
