/* Turns deltas into gradients and takes the steps of the tile engine, in pieces for several threads. */
#include "kernels/tile/backward.h"
#include "kernels/batch.h"
#include "kernels/scalar.h"
#include "kernels/score.h"
#include "train/arena.h"

enum {
    BLOCK_BYTES = 24576, /* of gradient that are made before the optimizer takes them: half of a first cache */
    BLOCK_REALS = BLOCK_BYTES / sizeof(REAL),
    PARALLEL_WORK = 400000 /* multiply-adds of a product below which help costs more than it brings */
};

/* A product cut into blocks of rows and columns. */
typedef struct cut {
    nn_product product;
    size_t rows, cols, col_blocks;
} cut;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void multiply_block(void *arg, size_t i)
{
    const cut *c = arg;
    nn_product p = c->product;
    const size_t row = i / c->col_blocks * c->rows, col = i % c->col_blocks * c->cols;
    p.n_rows = smaller(p.n_rows - row, c->rows);
    p.n_cols = smaller(p.n_cols - col, c->cols);
    p.a += row * p.a_row;
    p.b += p.b_panel > 0 ? col / NN_PANEL * p.b_panel : col;
    p.c += row * p.c_row + col;
    X(nn_multiply)(&p);
}

void X(nn_tile_multiply)(const nn_work *w, nn_product p)
{
    enum { ROWS = 48 };
    const bool large = (double)p.n_rows * (double)p.n_cols * (double)p.n_k > PARALLEL_WORK;
    cut c = {.product = p, .rows = large ? ROWS : p.n_rows, .cols = large ? NN_PANEL : p.n_cols};
    c.col_blocks = (p.n_cols + c.cols - 1) / c.cols;
    nn_parallel(w, (p.n_rows + c.rows - 1) / c.rows * c.col_blocks, multiply_block, &c);
}

/* Takes the optimizer's step over n numbers of a layer from `at` on, of which the first n_weights are not biases. */
static void take_step(const nn_work *w, tile_layer *y, size_t at, size_t n_weights, size_t n, const REAL *g)
{
    const nn_step *step = &((const tile_engine *)w->own)->step;
    X(nn_scale)(n_weights, step->decay[0], y->W + at);
    step->method->one(n, y->W + at, g, y->state[0] + at, y->state[1] + at, step);
}

/* Rows and columns of W that are worked on together. */
typedef struct block {
    size_t row, col, n_rows, n_cols, at; /* `at` is the index of the first number in W */
} block;

static block block_of(const tile_update *u, size_t i)
{
    const tile_layer *y = u->layer;
    const size_t row = i / u->col_blocks * u->rows, col = i % u->col_blocks * u->cols;
    return (block){row, col, smaller(y->in - row, u->rows), smaller(y->ld_out - col, u->cols), row * y->ld_out + col};
}

/* Takes the step of a block by its gradient g, which is dense. */
static void step_block(const tile_update *u, const block *b, REAL *g)
{
    tile_layer *y = u->layer;
    const size_t n_weights = b->row >= y->n_weights ? 0 : smaller(y->n_weights - b->row, b->n_rows) * b->n_cols;
    X(nn_penalise)(n_weights, u->l2, u->l1, y->W + b->at, g);
    take_step(u->w, y, b->at, n_weights, b->n_rows * b->n_cols, g);
}

/* Computes the gradient of block i from several rows of data, and takes the step if asked. */
static void update_block(void *arg, size_t i)
{
    const tile_update *u = arg;
    const block b = block_of(u, i);
    REAL first[BLOCK_REALS] __attribute__((aligned(NN_ALIGN)));
    REAL *g = u->step && !u->add ? first : u->layer->gradient + b.at;
    nn_product p = u->product;
    p.n_rows = b.n_rows;
    p.n_cols = b.n_cols;
    p.a += b.row * p.a_row;
    p.b += b.col;
    p.c = g;
    X(nn_multiply)(&p);
    if (u->step)
        step_block(u, &b, g);
}

/* Takes the step of block i, whose gradient is in y->gradient. */
static void step_by_place(void *arg, size_t i)
{
    const tile_update *u = arg;
    const block b = block_of(u, i);
    step_block(u, &b, u->layer->gradient + b.at);
}

/* Takes the step of rows `first` to `end` of W for one row of data, whose gradient is never stored. */
static void step_outer(const tile_update *u, const REAL *x, size_t first, size_t end, REAL l2, REAL l1)
{
    const tile_engine *e = u->w->own;
    tile_layer *y = u->layer;
    const size_t at = first * y->ld_out;
    const nn_outer outer = {end - first, y->ld_out, x + first, e->delta, l2, l1};
    e->step.method->outer(&outer, y->W + at, y->state[0] + at, y->state[1] + at, &e->step);
}

/* Adds up the gradient of n rows with inputs in vectors, and copies it to y->gradient once the batch is complete. */
static void add_turned(nn_work *w, tile_layer *y, const REAL *x, size_t n, const tile_update *u)
{
    const tile_engine *e = w->own;
    const bool panels = x == NULL;
    const nn_product p = {.n_rows = y->out,
                          .n_cols = y->in,
                          .n_k = n,
                          .a = e->delta,
                          .a_row = 1,
                          .a_k = y->ld_out,
                          .b = panels ? nn_tile_by_unit(e, u->position) : x,
                          .b_k = panels ? NN_PANEL : y->ld_in,
                          .b_panel = panels ? NN_CHUNK * NN_PANEL : 0,
                          .c = y->gradient_turned,
                          .c_row = y->ld_in,
                          .add = u->add};
    X(nn_tile_multiply)(w, p);
    if (u->last)
        X(nn_transpose)(y->out, y->in, y->gradient_turned, y->ld_in, y->gradient, y->ld_out);
}

/* Makes the gradient of a layer from its inputs x (NULL: in panels) and deltas [row][unit]; takes the step if asked. */
static void update_layer(nn_work *w, tile_layer *y, const REAL *x, size_t n, tile_update *u)
{
    enum { MOST_ROWS = 24, ROWS = 8 }; /* multiples of the heights of all tiles, and of most */
    const tile_engine *e = w->own;
    const size_t fit = BLOCK_REALS / y->ld_out;
    u->layer = y;
    if (y->frozen)
        return;
    if (n == 1 && u->step && !u->add) {
        X(nn_scale)(y->n_weights * y->ld_out, e->step.decay[0], y->W);
        step_outer(u, x, 0, y->n_weights, u->l2, u->l1);
        step_outer(u, x, y->n_weights, y->in, 0, 0);
        return;
    }
    u->rows = fit >= MOST_ROWS ? fit / MOST_ROWS * MOST_ROWS : fit >= ROWS ? fit / ROWS * ROWS : fit > 0 ? fit : 1;
    u->cols = fit > 0 ? y->ld_out : BLOCK_REALS;
    u->col_blocks = (y->ld_out + u->cols - 1) / u->cols;
    const size_t n_blocks = (y->in + u->rows - 1) / u->rows * u->col_blocks;
    if (y->gradient_turned != NULL) {
        add_turned(w, y, x, n, u);
        if (u->step)
            nn_parallel(w, n_blocks, step_by_place, u);
        return;
    }
    u->product = (nn_product){.n_k = n,
                              .a = x,
                              .a_row = 1,
                              .a_k = y->ld_in,
                              .b = e->delta,
                              .b_k = y->ld_out,
                              .c_row = u->cols,
                              .add = u->add};
    nn_parallel(w, n_blocks, update_block, u);
}

/* to [unit][row] = W delta for the inputs of layer l from `first` on. A single row leaves nothing to fill vectors with
 * but W, so its sums run along that. */
static void multiply_back(nn_work *w, int l, size_t first, size_t n, const REAL *turned, REAL *to)
{
    const tile_engine *e = w->own;
    const tile_layer *y = &e->layer[l];
    const REAL *W = y->W + first * y->ld_out;
    const nn_product p = {.n_rows = y->n_weights - first,
                          .n_cols = n,
                          .n_k = y->out,
                          .a = W,
                          .a_row = y->ld_out,
                          .a_k = 1,
                          .b = turned,
                          .b_k = nn_tile_stride(n),
                          .c = to,
                          .c_row = nn_tile_stride(n)};
    if (n == 1)
        X(nn_dots)(y->n_weights - first, y->ld_out, W, e->delta, to, nn_tile_stride(n));
    else
        X(nn_tile_multiply)(w, p);
}

/* dcost/da [unit][row] of the layer before, by the deltas of layer l and, with shortcuts, of all later ones. */
static const REAL *step_back(nn_work *w, int l, size_t n, const REAL *turned, REAL *before)
{
    const tile_engine *e = w->own;
    const tile_layer *y = &e->layer[l];
    const size_t first = (size_t)w->net.width[0]; /* errors of the inputs of the network are not needed */
    if (!w->net.shortcuts) {
        multiply_back(w, l, 0, n, turned, before);
        return before;
    }
    const bool last = l == w->net.n_layers - 1; /* which reads all hidden units */
    multiply_back(w, l, first, n, turned, last ? e->errors : before);
    for (size_t i = 0; i < (y->n_weights - first) * nn_tile_stride(n) && !last; i++)
        e->errors[i] += before[i];
    return e->errors + (y->own - first) * nn_tile_stride(n);
}

void X(nn_tile_turn)(size_t width, size_t n, const REAL *turned, size_t stride, REAL *rows, size_t ld)
{
    X(nn_transpose)(width, n, turned, stride, rows, ld);
    for (size_t r = 0; r < n; r++)
        for (size_t i = width; i < ld; i++)
            rows[r * ld + i] = 0;
}

/* Multiplies errors [unit][row] of a layer's x by its slopes, to deltas [row][ld]. */
static void turn_errors(const tile_layer *y, size_t width, size_t n, const REAL *turned, REAL *delta, size_t ld)
{
    X(nn_tile_turn)(width, n, turned, nn_tile_stride(n), delta, ld);
    for (size_t r = 0; r < n; r++) {
        REAL *restrict row = delta + r * ld;
        const REAL *restrict slope = y->slope + r * y->ld_slope;
        for (size_t i = 0; i < width; i++)
            row[i] = nn_settled(row[i] * slope[i]);
    }
}

void X(nn_tile_backward)(nn_work *w, const REAL *inputs, size_t n, tile_update *u)
{
    tile_engine *e = w->own;
    int l = w->net.n_layers - 1;
    REAL *turned = e->turned[0], *before = e->turned[1]; /* outputs.delta is turned[0] */
    X(nn_tile_turn)(e->layer[l].out, n, turned, nn_tile_stride(n), e->delta, e->layer[l].ld_out);
    for (; l > 0; l--) {
        tile_layer *y = &e->layer[l];
        const size_t width = y->n_weights - y->own;
        const REAL *error = step_back(w, l, n, turned, before);
        update_layer(w, y, y->x, n, u);
        turn_errors(y, width, n, error, e->delta, e->layer[l - 1].ld_out);
        if (l > 1)
            X(nn_transpose)(n, width, e->delta, e->layer[l - 1].ld_out, turned, nn_tile_stride(n));
    }
    update_layer(w, &e->layer[0], inputs, n, u);
}

/* The layer whose rows of weights take a clipped step. */
typedef struct clipped {
    const nn_work *w;
    tile_layer *layer;
    REAL factor;
} clipped;

static void clipped_row(void *arg, size_t i)
{
    const clipped *c = arg;
    tile_layer *y = c->layer;
    const size_t at = i * y->ld_out;
    X(nn_scale)(y->ld_out, c->factor, y->gradient + at);
    take_step(c->w, y, at, i < y->n_weights ? y->ld_out : 0, y->ld_out, y->gradient + at);
}

void X(nn_tile_clipped_step)(nn_work *w, const tile_update *u)
{
    tile_engine *e = w->own;
    REAL *gradient = w->scratch; /* in the order in which all engines sum its squares */
    for (int l = 0; l < w->net.n_layers; l++) {
        tile_layer *y = &e->layer[l];
        if (!y->frozen)
            X(nn_penalise)(y->n_weights * y->ld_out, u->l2, u->l1, y->W, y->gradient);
        nn_tile_gather(y, y->gradient, gradient + w->net.w_at[l]); /* that of a frozen layer is 0 */
    }
    clipped c = {.w = w, .factor = X(nn_clip_factor)(w->job->hyper, X(nn_squares)(w->net.n_params, gradient))};
    for (int l = 0; l < w->net.n_layers; l++) {
        c.layer = &e->layer[l];
        if (!c.layer->frozen)
            nn_parallel(w, c.layer->in, clipped_row, &c);
    }
}
