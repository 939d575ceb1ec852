/* units.h - the functions behind elu, softplus, silu and gelu. They are built on scalar.h, by the same rules. */
#ifndef NN_KERNELS_UNITS_H
#define NN_KERNELS_UNITS_H

#include "kernels/scalar.h"

/* e^x - 1 for x <= 0; near 0 the factor 2^n is 1 and nothing is lost. Beyond -NN_SIGMOID_END it is -1. */
static inline REAL nn_expm1_negative(REAL x)
{
    nn_bits n;
    const REAL r = nn_reduce(nn_clamp(x, NN_SIGMOID_END), &n), scale = nn_from_bits(n << NN_MANTISSA);
    return NN_FMA(scale, NN_FMA(r * r, nn_exp_tail(r), r), scale - NN_C(1.0));
}

/* z where positive, else e^z - 1. */
static inline REAL nn_elu(REAL z)
{
    const REAL below = nn_expm1_negative(z > 0 ? (REAL)0 : z);
    return z > 0 ? z : below;
}

/* ln(1 + e^z) = max(z, 0) + ln(1 + e^-|z|) */
static inline REAL nn_softplus(REAL z)
{
    const REAL positive = z > 0 ? z : (REAL)0;
    return positive + nn_log1p(nn_exp(-nn_abs(z)));
}

/* s(z) (1 + z s(-z)) with s the sigmoid; 1 - s(z) in place of s(-z) would lose digits, which z would magnify. */
static inline REAL nn_silu_slope(REAL z)
{
    const REAL e = nn_exp(-nn_abs(z)), large = NN_C(1.0) / (NN_C(1.0) + e), small = e * large;
    const REAL s = z > 0 ? large : small, rest = z > 0 ? small : large;
    return s * NN_FMA(z, rest, NN_C(1.0));
}

/* e^(-z^2/2), with what z^2 loses in rounding added again, since the exponential would magnify it. */
static inline REAL nn_bell(REAL z)
{
    const REAL square = z * z, lost = NN_FMA(z, z, -square), bell = nn_exp(NN_C(-0.5) * square);
    return NN_FMA(NN_C(-0.5) * lost, bell, bell);
}

#if defined NN_REAL_f32
#define NN_TAIL_END    15.0f /* from here on the tail of the normal distribution is 0 */
#define NN_TAIL_CENTER 4.0f
#else
#define NN_TAIL_END    40.0
#define NN_TAIL_CENTER 5.0
#endif

/* Phi(x), the standard normal distribution function. Its tail beyond |x| is e^(-x^2/2) t p(2t - 1) with t = c/(c + |x|)
 * and p the interpolation at Chebyshev nodes (relative error 3e-9 for float, 4e-17 for double). Far out, p loses 3
 * bits. */
static inline REAL nn_normal_below(REAL x)
{
    const REAL size = nn_abs(nn_clamp(x, NN_TAIL_END)), t = NN_TAIL_CENTER / (NN_TAIL_CENTER + size);
    const REAL v = t + t - NN_C(1.0);
    REAL q;
#if defined NN_REAL_f32
    q = NN_FMA(-0x1.70bf46p-18f, v, -0x1.cf514ap-22f);
    q = NN_FMA(q, v, 0x1.c8b2f4p-15f);
    q = NN_FMA(q, v, 0x1.1843a8p-15f);
    q = NN_FMA(q, v, -0x1.a9c96ap-12f);
    q = NN_FMA(q, v, -0x1.c81f82p-11f);
    q = NN_FMA(q, v, 0x1.ee0e36p-10f);
    q = NN_FMA(q, v, 0x1.eec4f2p-7f);
    q = NN_FMA(q, v, 0x1.7dff3ep-5f);
    q = NN_FMA(q, v, 0x1.8c6dbep-4f);
    q = NN_FMA(q, v, 0x1.373e3ap-3f);
    q = NN_FMA(q, v, 0x1.82b4bcp-3f);
#else
    q = NN_FMA(0x1.f35577e2b7f76p-36, v, -0x1.58ee0975b03f8p-33);
    q = NN_FMA(q, v, -0x1.22bbc7b6b495dp-32);
    q = NN_FMA(q, v, 0x1.fd8cc782202f7p-30);
    q = NN_FMA(q, v, 0x1.8491e63803984p-30);
    q = NN_FMA(q, v, -0x1.cf2e2b60ace91p-27);
    q = NN_FMA(q, v, -0x1.0a4f8ae5f1b51p-27);
    q = NN_FMA(q, v, 0x1.7456013d7aef9p-24);
    q = NN_FMA(q, v, 0x1.1ea6bbb0cfe4cp-24);
    q = NN_FMA(q, v, -0x1.294de3981e99ep-21);
    q = NN_FMA(q, v, -0x1.ab4a7c6e9eeaap-21);
    q = NN_FMA(q, v, 0x1.bfc5e241ed877p-19);
    q = NN_FMA(q, v, 0x1.4df3176f319aap-17);
    q = NN_FMA(q, v, -0x1.8e767a846ca83p-17);
    q = NN_FMA(q, v, -0x1.c9182a154e442p-14);
    q = NN_FMA(q, v, -0x1.4ea693d9a0e08p-13);
    q = NN_FMA(q, v, 0x1.39e0d876e81c7p-11);
    q = NN_FMA(q, v, 0x1.1090aa5e202d4p-8);
    q = NN_FMA(q, v, 0x1.c4f9d5476f49ep-7);
    q = NN_FMA(q, v, 0x1.0e5e8ee59973ap-5);
    q = NN_FMA(q, v, 0x1.00d8ab2d2adbbp-4);
    q = NN_FMA(q, v, 0x1.95c11dc6c597cp-4);
    q = NN_FMA(q, v, 0x1.108a698eca1adp-3);
    q = NN_FMA(q, v, 0x1.3b0fbcb4c77bep-3);
#endif
    const REAL tail = q * t * nn_bell(size);
    return x < 0 ? tail : NN_C(1.0) - tail;
}

static inline REAL nn_gelu(REAL z)
{
    return z * nn_normal_below(z);
}

/* Phi(z) + z phi(z) */
static inline REAL nn_gelu_slope(REAL z)
{
    const REAL bell = nn_bell(nn_clamp(z, NN_TAIL_END));
    return NN_FMA(z * (REAL)0.3989422804014326779, bell, nn_normal_below(z)); /* 1/sqrt(2 pi) */
}

#endif
