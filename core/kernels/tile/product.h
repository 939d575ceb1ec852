/* product.h - matrix products by register tiles, in the precision and instruction set at hand. */
#ifndef NN_KERNELS_TILE_PRODUCT_H
#define NN_KERNELS_TILE_PRODUCT_H

#include "kernels/real.h"
#include <stdbool.h>

/* c[p][q] = sum over k of a(p, k) b[k][q], or `add`: c[p][q] + that sum; each sum by fused multiply-adds in the order of k.
 * a may lie in either order; rows of b and c are aligned and padded to NN_PAD, and c's padding is written too. */
typedef struct nn_product {
    size_t n_rows, n_cols, n_k;
    const REAL *a;
    size_t a_row, a_k; /* steps in a from row to row and from k to k */
    const REAL *b;
    size_t b_k;
    size_t b_panel; /* 0, or b lies in panels of NN_PANEL columns, this far from each other */
    REAL *c;
    size_t c_row;
    bool add;
} nn_product;

enum { NN_PANEL = 3 * NN_PAD }; /* columns: whole tiles on every instruction set */

void X(nn_multiply)(const nn_product *p);

/* to[i * step] = sum over j of W[i][j] x[j] for rows of n_k, padded: element j goes to partial sum j % NN_PAD, and a
 * fixed tree joins them. */
void X(nn_dots)(size_t n_rows, size_t n_k, const REAL *W, const REAL *x, REAL *to, size_t step);

/* to[j][i] = from[i][j] for from [n][m]; steps between rows. */
void X(nn_transpose)(size_t n, size_t m, const REAL *from, size_t from_row, REAL *to, size_t to_row);

#endif
