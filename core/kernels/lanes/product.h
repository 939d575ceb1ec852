/* product.h - the three matrix products of a layer, for NN_LANES networks at once. */
#ifndef NN_KERNELS_LANES_PRODUCT_H
#define NN_KERNELS_LANES_PRODUCT_H

#include "kernels/real.h"
#include <stdbool.h>

/* Elements of the arrays are NN_LANES numbers, one for each network; those of inputs may be one number for all
 * networks. Sums are taken in the order of k, by fused multiply-adds. */
typedef struct nn_lane_product {
    size_t in, out, rows;
    const REAL *a, *b;
    REAL *c;
    bool shared;       /* inputs are one number for all lanes */
    bool add;          /* the sum is added to c; that of a gradient goes on from c */
    const REAL *times; /* factors of the result, which is settled then (nn_settled), laid out like c, or NULL */
} nn_lane_product;

/* z [out][rows] = sum over k inputs of W a [in][out] times x b [in][rows] */
void X(nn_lane_forward)(const nn_lane_product *p);
/* dW [in][out] = sum over k rows of delta a [out][rows] times x b [in][rows] */
void X(nn_lane_gradient)(const nn_lane_product *p);
/* dx [in][rows] = sum over k outputs of delta a [out][rows] times W b [in][out] */
void X(nn_lane_back)(const nn_lane_product *p);
/* The same for a chunk of a single row, in another order of sums. */
void X(nn_lane_back_row)(const nn_lane_product *p);

#endif
