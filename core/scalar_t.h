/* exp, log, sigmoid and tanh of our own: the last bits of the C library's vary with the processor, these do
 * not.
 *
 * Every fused multiply-add is written out, so any compiler and processor gives the same bits. No tables and
 * no branches beyond selections, so that the same formulas serve a vector. NaN comes through. Accuracy is
 * tested in ulp. */
#ifndef NN_SCALAR_T_H
#define NN_SCALAR_T_H

#include "real_t.h"

#if defined NN_REAL_f32
typedef uint32_t nn_bits;
typedef int32_t nn_exponent;
#define NN_FMA        fmaf
#define NN_MANTISSA   23
#define NN_BIAS       127
#define NN_ROUND      0x1.8p23f    /* adding it rounds to an integer in the low bits */
#define NN_LN2_HI     0x1.62e3p-1f /* few bits: n * NN_LN2_HI is exact */
#define NN_LN2_LO     0x1.2fefa2p-17f
#define NN_LOG2E      0x1.715476p0f
#define NN_EXP_LOW    (-104.0f)
#define NN_EXP_HIGH   89.0f
#define NN_SMALL_HIGH 88.0f
#define NN_SQRT_HALF  0x3f3504f3u /* bits of sqrt(1/2) */
#define NN_MIN        0x1p-126f
#define NN_C(x)       x##f
#else
typedef uint64_t nn_bits;
typedef int64_t nn_exponent;
#define NN_FMA        fma
#define NN_MANTISSA   52
#define NN_BIAS       1023
#define NN_ROUND      0x1.8p52
#define NN_LN2_HI     0x1.62e42feep-1
#define NN_LN2_LO     0x1.a39ef35793c76p-33
#define NN_LOG2E      0x1.71547652b82fep0
#define NN_EXP_LOW    (-746.0)
#define NN_EXP_HIGH   710.0
#define NN_SMALL_HIGH 709.0
#define NN_SQRT_HALF  0x3fe6a09e667f3bcdu
#define NN_MIN        0x1p-1022
#define NN_C(x)       x
#endif

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
    return x < 0 ? -x : x;
}

/* 2^n for a normal result; n as a two's complement number in unsigned bits. */
static inline REAL nn_power2(nn_bits n)
{
    return nn_from_bits((n + NN_BIAS) << NN_MANTISSA);
}

/* x = n ln 2 + r with |r| <= ln(2)/2: returns e^r - 1 and n. (e^r - 1 - r)/r^2 is the polynomial with the least largest
 * error relative to e^r (Remez; 3e-9 for float, 4e-18 for double). */
static inline REAL nn_expm1_reduced(REAL x, nn_bits *n)
{
    REAL shifted = NN_FMA(x, NN_LOG2E, NN_ROUND);
    REAL whole = shifted - NN_ROUND;
    *n = nn_to_bits(shifted) - nn_to_bits(NN_ROUND);
    REAL r = NN_FMA(whole, -NN_LN2_LO, NN_FMA(whole, -NN_LN2_HI, x));
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
    return NN_FMA(r * r, q, r);
}

static inline REAL nn_exp(REAL x)
{
    x = x < NN_EXP_LOW ? NN_EXP_LOW : x;
    x = x > NN_EXP_HIGH ? NN_EXP_HIGH : x;
    nn_bits n;
    REAL y = NN_C(1.0) + nn_expm1_reduced(x, &n);
    /* 2^n in two factors, since n reaches past the exponents of normal numbers at both ends */
    nn_bits sign = n >> (sizeof n * 8 - 1), half = (n >> 1) | (sign << (sizeof n * 8 - 1));
    return y * nn_power2(half) * nn_power2(n - half);
}

/* e^size for size in [0, NN_SMALL_HIGH], by one factor; NaN comes through, and what lies above counts as the end. */
static inline REAL nn_exp_small(REAL size)
{
    size = size > NN_SMALL_HIGH ? NN_SMALL_HIGH : size;
    nn_bits n;
    REAL p = nn_expm1_reduced(size, &n), scale = nn_power2(n);
    return NN_FMA(scale, p, scale);
}

/* 1/(1 + e^-|x|), and its complement where x is negative: that is 1/(1 + e^|x|), which ends at 4e-39 (float; below
 * x = -88) or 1e-308. */
static inline REAL nn_sigmoid(REAL x)
{
    REAL e = nn_exp_small(nn_abs(x));
    return (x < 0 ? NN_C(1.0) : e) / (NN_C(1.0) + e);
}

/* Near 0 the odd polynomial with the least largest relative error (Remez; 4e-9 for float, 1e-17 for double), beyond
 * 1 - 2/(e^(2|x|) + 1). */
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
    const REAL near = NN_FMA(x * z, q, x);
    const REAL far = NN_FMA(NN_C(-2.0), NN_C(1.0) / (nn_exp_small(size + size) + NN_C(1.0)), NN_C(1.0));
    const REAL signed_far = x < 0 ? -far : far;
    return size < NN_C(0.625) ? near : signed_far;
}

/* x = m 2^e with m in [sqrt(1/2), sqrt(2)); with s = (m-1)/(m+1), ln m = 2 atanh s = 2s + s z (2/3 + 2/5 z +
 * ...), z = s^2. Negative x gives NaN, 0 gives -infinity. */
static inline REAL nn_log(REAL x)
{
    REAL tiny = x < NN_MIN ? NN_C(1.0) : NN_C(0.0); /* subnormal numbers are scaled up first */
    REAL scaled = tiny > 0 ? x * ((REAL)((nn_bits)2 << NN_MANTISSA)) : x;
    nn_bits bits = nn_to_bits(scaled);
    nn_exponent n = (nn_exponent)(bits - NN_SQRT_HALF) >> NN_MANTISSA; /* arithmetic shift */
    nn_bits m_bits = bits - ((nn_bits)n << NN_MANTISSA);
    REAL e = (REAL)n - tiny * (NN_MANTISSA + 1);
    REAL f = nn_from_bits(m_bits) - NN_C(1.0);
    REAL s = f / (NN_C(2.0) + f), z = s * s, half = NN_C(0.5) * f * f;
    REAL q;
#if defined NN_REAL_f32
    q = 2.0f / 9;
#else
    q = NN_FMA(2.0 / 25, z, 2.0 / 23);
    q = NN_FMA(q, z, 2.0 / 21);
    q = NN_FMA(q, z, 2.0 / 19);
    q = NN_FMA(q, z, 2.0 / 17);
    q = NN_FMA(q, z, 2.0 / 15);
    q = NN_FMA(q, z, 2.0 / 13);
    q = NN_FMA(q, z, 2.0 / 11);
    q = NN_FMA(q, z, 2.0 / 9);
#endif
    q = NN_FMA(q, z, NN_C(2.0) / 7);
    q = NN_FMA(q, z, NN_C(2.0) / 5);
    q = NN_FMA(q, z, NN_C(2.0) / 3);
    REAL tail = NN_FMA(s, NN_FMA(q, z, half), e * NN_LN2_LO);
    REAL y = NN_FMA(e, NN_LN2_HI, f - (half - tail));
    y = x == 0 ? -(REAL)HUGE_VAL : y;
    y = x < 0 ? (REAL)NAN : y;
    return x > 0 && x < (REAL)HUGE_VAL ? y : (x > 0 || x != x ? x : y);
}

/* ln(1 + x) for x in [0, 1] (W. Kahan's correction of the rounding of 1 + x). */
static inline REAL nn_log1p(REAL x)
{
    REAL u = NN_C(1.0) + x, d = u - NN_C(1.0);
    return d == 0 ? x : nn_log(u) * (x / d);
}

#endif
