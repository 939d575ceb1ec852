/* product.h - matrix products by register tiles. */
#ifndef NN_KERNELS_TILE_PRODUCT_H
#define NN_KERNELS_TILE_PRODUCT_H

#include "kernels/real.h"
#include <stdbool.h>

/* c[p][q] = sum over k of a(p, k) b[k][q], by fused multiply-adds in the order of k; with `add`, the sum is added to c.
 * The matrix a may be transposed. Rows of b and c are aligned and padded to NN_PAD, and so is the padding of c. */
typedef struct nn_product {
    size_t n_rows, n_cols, n_k;
    const REAL *a;
    size_t a_row, a_k; /* strides of a between rows and between k */
    const REAL *b;
    size_t b_k;
    size_t b_panel; /* stride between the panels of NN_PANEL columns in which b lies, or 0 */
    REAL *c;
    size_t c_row;
    bool add;
} nn_product;

enum { NN_PANEL = 3 * NN_PAD }; /* columns of a panel: whole tiles on every instruction set */

void X(nn_multiply)(const nn_product *p);

/* to[i * step] = sum over j of W[i][j] x[j], for padded rows of n_k numbers. A fixed tree joins partial sums j %
 * NN_PAD. */
void X(nn_dots)(size_t n_rows, size_t n_k, const REAL *W, const REAL *x, REAL *to, size_t step);

/* to[j][i] = from[i][j] for from [n][m], whose rows are from_row and to_row apart. */
void X(nn_transpose)(size_t n, size_t m, const REAL *from, size_t from_row, REAL *to, size_t to_row);

#endif
