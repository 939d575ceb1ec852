/* lane_product_t.h - small matrix products, one for each of NN_LANES networks at once. */
#ifndef NN_LANE_PRODUCT_T_H
#define NN_LANE_PRODUCT_T_H

#include "layer_t.h"

/* c(p, q) = sum over k of a(p, k) b(q, k), in the order of k, by fused multiply-adds; `add`: c + the sum; `times`: that
 * times the element that stands there as c's does. Elements are NN_LANES numbers, one for each network; those of b may be
 * one number for all. Steps are in numbers. */
typedef struct nn_lane_product {
    size_t n_p, n_q, n_k;
    const REAL *a, *b;
    size_t a_p, a_k, b_q, b_k;
    REAL *c;
    size_t c_p, c_q;
    bool shared; /* b: one number for all lanes */
    bool add;
    const REAL *times; /* or NULL */
} nn_lane_product;

void X(nn_lane_multiply)(const nn_lane_product *p);

#endif
