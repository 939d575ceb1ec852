/* Multiplies matrices by register tiles: R rows x V vectors of the product stay in registers while k runs. */
#include "kernels/tile/product.h"
#include "kernels/simd.h"

/* The number of registers for sums; the others hold V vectors of b and one broadcast of a. */
enum { NN_SUMS = NN_REGISTERS == 32 ? 24 : 12 };

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS void tile(const int R, const int V, const nn_product *p, const REAL *a, const REAL *b, REAL *c)
{
    const size_t a_row = p->a_row, a_k = p->a_k, b_k = p->b_k, n_k = p->n_k;
    nn_vector sum[NN_SUMS][3];
#pragma GCC unroll 24
    for (int r = 0; r < R; r++)
#pragma GCC unroll 3
        for (int v = 0; v < V; v++)
            sum[r][v] = (nn_vector){0};
    for (size_t k = 0; k < n_k; k++, a += a_k, b += b_k) {
        nn_vector bk[3];
#pragma GCC unroll 3
        for (int v = 0; v < V; v++)
            bk[v] = nn_load(b + v * NN_WIDTH);
#pragma GCC unroll 24
        for (int r = 0; r < R; r++) {
            const nn_vector ar = nn_broadcast(a[(size_t)r * a_row]);
#pragma GCC unroll 3
            for (int v = 0; v < V; v++)
                sum[r][v] = nn_fma(ar, bk[v], sum[r][v]);
        }
    }
    const size_t c_row = p->c_row;
    if (p->add) {
#pragma GCC unroll 24
        for (int r = 0; r < R; r++)
#pragma GCC unroll 3
            for (int v = 0; v < V; v++)
                sum[r][v] = nn_load(c + (size_t)r * c_row + v * NN_WIDTH) + sum[r][v];
    }
#pragma GCC unroll 24
    for (int r = 0; r < R; r++)
#pragma GCC unroll 3
        for (int v = 0; v < V; v++)
            nn_store(c + (size_t)r * c_row + v * NN_WIDTH, sum[r][v]);
}

typedef void tile_function(const nn_product *p, const REAL *a, const REAL *b, REAL *c);

/* All tiles, as T(rows, vectors). For each number of vectors, the one with the most rows comes first. */
#if NN_REGISTERS == 32
#define TILES(T)                                                                                                       \
    T(8, 3)                                                                                                            \
    T(4, 3) T(2, 3) T(1, 3) T(12, 2) T(8, 2) T(4, 2) T(2, 2) T(1, 2) T(24, 1) T(12, 1) T(8, 1) T(4, 1) T(2, 1) T(1, 1)
#else
#define TILES(T) T(4, 3) T(2, 3) T(1, 3) T(6, 2) T(4, 2) T(2, 2) T(1, 2) T(12, 1) T(8, 1) T(4, 1) T(2, 1) T(1, 1)
#endif

#define TILE_FUNCTION(R, V)                                                                                            \
    static void tile_##R##x##V(const nn_product *p, const REAL *a, const REAL *b, REAL *c)                             \
    {                                                                                                                  \
        tile(R, V, p, a, b, c);                                                                                        \
    }
TILES(TILE_FUNCTION)

#define TILE_ROW(R, V) {R, V, tile_##R##x##V},
static const struct {
    size_t rows, vectors;
    tile_function *run;
} tiles[] = {TILES(TILE_ROW)};

/* Computes all rows of the product for `vectors` vectors of columns from column q on, which is at b. */
static void columns(const nn_product *p, size_t vectors, const REAL *b, size_t q)
{
    size_t done = 0;
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles && done < p->n_rows; t++)
        for (; tiles[t].vectors == vectors && done + tiles[t].rows <= p->n_rows; done += tiles[t].rows)
            tiles[t].run(p, p->a + done * p->a_row, b, p->c + done * p->c_row + q);
}

/* Computes all rows for n columns. */
static void panel(const nn_product *p, size_t n, const REAL *b, size_t q)
{
    const size_t n_vectors = (n + NN_WIDTH - 1) / NN_WIDTH;
    for (size_t v = 0; v < n_vectors;) {
        /* 4 vectors are taken as two and two, since a tile of one would wait for its own sums. */
        const size_t left = n_vectors - v, vectors = left == 4 ? 2 : left < 3 ? left : 3;
        columns(p, vectors, b + v * NN_WIDTH, q + v * NN_WIDTH);
        v += vectors;
    }
}

void X(nn_multiply)(const nn_product *p)
{
    const size_t most = p->b_panel > 0 ? NN_PANEL : p->n_cols;
    const REAL *b = p->b;
    for (size_t q = 0; q < p->n_cols; q += most, b += p->b_panel)
        panel(p, p->n_cols - q < most ? p->n_cols - q : most, b, q);
}

void X(nn_transpose)(size_t n, size_t m, const REAL *restrict from, size_t from_row, REAL *restrict to, size_t to_row)
{
    enum { BLOCK = 16 }; /* so that both sides stay in the first cache */
    for (size_t i0 = 0; i0 < n; i0 += BLOCK)
        for (size_t j = 0; j < m; j++)
            for (size_t i = i0; i < n && i < i0 + BLOCK; i++)
                to[j * to_row + i] = from[i * from_row + j];
}

void X(nn_dots)(size_t n_rows, size_t n_k, const REAL *restrict W, const REAL *restrict x, REAL *restrict to,
                size_t step)
{
    for (size_t i = 0; i < n_rows; i++, W += n_k) {
        REAL partial[NN_PAD] = {0};
        for (size_t k = 0; k < n_k; k += NN_PAD)
            for (size_t j = 0; j < NN_PAD; j++)
                partial[j] = NN_FMA(W[k + j], x[k + j], partial[j]);
        for (size_t half = NN_PAD / 2; half > 0; half /= 2)
            for (size_t j = 0; j < half; j++)
                partial[j] += partial[j + half];
        to[i * step] = partial[0];
    }
}
