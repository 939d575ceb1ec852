/* The tile engine: one network, by register-blocked products (product_t.h), for batches of any size.
 *
 * Layers' inputs carry a last unit of constant 1, and a bias is the weight of that unit, so that forward, gradient and
 * update know no biases. Rows of all arrays are padded to 64 bytes. A chunk of at most NN_CHUNK rows goes
 *
 *   x [row][in+1]  --W-->  z [row][out]  --f-->  x of the next layer, slopes
 *   ... z of the outputs, turned to [unit][row], where losses and deltas are made with rows in vectors
 *   delta [unit][row]  --W-->  delta of the layer before [unit][row]  --turned, times slopes-->  [row][unit]
 *   x, delta [row][unit]  -->  gradient, some rows of W at a time, and at once the optimizer: it never leaves the cache
 *
 * A batch of several chunks adds up its gradient first. */
#include "layer_t.h"
#include "product_t.h"
#include "scalar_t.h"

enum {
    BLOCK_BYTES = 49152, /* of gradient that is made before the optimizer takes it */
    BLOCK_REALS = BLOCK_BYTES / sizeof(REAL),
    PARALLEL_WORK = 400000, /* multiply-adds of a product below which help costs more than it brings */
    CACHE_BYTES = 16 << 20  /* of inputs kept from epoch to epoch where their order never changes */
};

typedef struct tile_layer {
    size_t in, out;         /* units; in counts the constant one */
    size_t ld_in, ld_out;   /* padded */
    size_t n_weights;       /* rows of W that are penalised: not the bias's */
    REAL *W, *gradient;     /* [in][ld_out] */
    REAL *state[NN_MAX_STATES];
    REAL *x;                /* [NN_CHUNK][ld_in] */
    REAL *slope;            /* [NN_CHUNK][ld_in] of x, from layer 1 */
} tile_layer;

typedef struct tile_engine {
    tile_layer layer[NN_MAX_HIDDEN + 1];
    REAL *z;            /* [NN_CHUNK][ld_out] logits by rows */
    REAL *delta;        /* [NN_CHUNK][widest] */
    REAL *turned[2];    /* [widest][NN_CHUNK] deltas by units, of a layer and of the one before */
    REAL *slope;        /* [K][NN_CHUNK] of the outputs */
    REAL *masks;        /* [NN_CHUNK][widest] */
    REAL *inputs;       /* [n_train][ld_in] gathered once, or NULL */
    nn_outputs outputs; /* [K][NN_CHUNK] */
    nn_step step;
    bool gathered;
} tile_engine;

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Is the order of rows the same in every epoch, and are they few enough to be kept as they are gathered? */
static bool keeps_inputs(const nn_work *w, size_t ld)
{
    const size_t n = w->job->split->n[NN_TRAIN];
    return (w->batch == n || !w->job->hyper->shuffle) && w->job->hyper->input_dropout == 0 &&
           n * ld * sizeof(REAL) <= CACHE_BYTES;
}

static void layout_layer(const nn_work *w, int l, tile_layer *y, char *base, size_t *used)
{
    const nn_network *net = &w->net;
    y->n_weights = (size_t)net->width[l];
    y->in = y->n_weights + (net->bias ? 1 : 0);
    y->out = (size_t)net->width[l + 1];
    y->ld_in = nn_pad_row(y->in);
    y->ld_out = nn_pad_row(y->out);
    const size_t bytes = y->in * y->ld_out * sizeof(REAL), rows = NN_CHUNK * y->ld_in * sizeof(REAL);
    y->W = nn_carve(base, used, bytes);
    y->gradient = w->batch > NN_CHUNK ? nn_carve(base, used, bytes) : NULL;
    for (int s = 0; s < NN_MAX_STATES; s++)
        y->state[s] = nn_carve(base, used, bytes);
    y->x = nn_carve(base, used, rows);
    y->slope = l > 0 ? nn_carve(base, used, rows) : NULL;
}

static void tile_layout(nn_work *w, char *base, size_t *used)
{
    const size_t start = *used;
    tile_engine e = {.gathered = false}, *own = nn_carve(base, used, sizeof e);
    size_t most = NN_PAD;
    for (int l = 0; l < w->net.n_layers; l++) {
        layout_layer(w, l, &e.layer[l], base, used);
        most = max_size(most, max_size(e.layer[l].ld_in, e.layer[l].ld_out));
    }
    const size_t k = (size_t)w->net.width[w->net.n_layers], column = NN_CHUNK * sizeof(REAL);
    REAL **const arrays[] = {&e.z, &e.delta, &e.masks, &e.turned[0], &e.turned[1]};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = nn_carve(base, used, most * column);
    nn_outputs *o = &e.outputs;
    REAL **const columns[] = {&e.slope, &o->z, &o->y, &o->t};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = nn_carve(base, used, k * column);
    o->k = k;
    o->delta = e.turned[0];
    o->peak = nn_carve(base, used, column);
    o->total = nn_carve(base, used, column);
    o->classes = nn_carve(base, used, NN_CHUNK * sizeof *o->classes);
    o->loss = nn_carve(base, used, NN_CHUNK * sizeof *o->loss);
    o->squared = nn_carve(base, used, NN_CHUNK * sizeof *o->squared);
    if (keeps_inputs(w, e.layer[0].ld_in))
        e.inputs = nn_carve(base, used, w->job->split->n[NN_TRAIN] * e.layer[0].ld_in * sizeof(REAL));
    w->own = own;
    if (own == NULL)
        return;
    memset(own, 0, *used - start); /* padding must be numbers, and that of weights 0 */
    *own = e;
}

static void tile_set(nn_work *w, int lane, const void *params)
{
    tile_engine *e = w->own;
    (void)lane;
    for (int l = 0; l < w->net.n_layers; l++) {
        tile_layer *y = &e->layer[l];
        const REAL *from = (const REAL *)params + w->net.w_at[l]; /* W and b: in rows of `out` */
        for (size_t i = 0; i < y->in; i++)
            memcpy(y->W + i * y->ld_out, from + i * y->out, y->out * sizeof(REAL));
        for (int s = 0; s < NN_MAX_STATES; s++)
            memset(y->state[s], 0, y->in * y->ld_out * sizeof(REAL));
    }
    X(nn_step_begin)(w->job->hyper, &e->step, 0);
}

static void tile_get(const nn_work *w, int lane, void *params)
{
    const tile_engine *e = w->own;
    (void)lane;
    for (int l = 0; l < w->net.n_layers; l++) {
        const tile_layer *y = &e->layer[l];
        REAL *to = (REAL *)params + w->net.w_at[l];
        for (size_t i = 0; i < y->in; i++)
            memcpy(to + i * y->out, y->W + i * y->ld_out, y->out * sizeof(REAL));
    }
}

/* ---- products, in pieces where other threads help ---- */

static void parallel(const nn_work *w, size_t n, void (*body)(void *, size_t), void *arg)
{
    if (n > 1 && w->supply != NULL && w->supply->parallel_for != NULL)
        w->supply->parallel_for(w->supply->context, n, body, arg);
    else
        for (size_t i = 0; i < n; i++)
            body(arg, i);
}

/* A product cut into blocks of rows: what is summed stays whole, so that the cut decides no bit. */
typedef struct cut {
    nn_product product;
    size_t rows; /* of a block */
} cut;

static void multiply_block(void *arg, size_t i)
{
    const cut *c = arg;
    nn_product p = c->product;
    const size_t from = i * c->rows;
    p.n_rows = p.n_rows - from < c->rows ? p.n_rows - from : c->rows;
    p.a += from * p.a_row;
    p.c += from * p.c_row;
    X(nn_multiply)(&p);
}

static void multiply(const nn_work *w, nn_product p)
{
    enum { ROWS = 24 };
    const bool large = (double)p.n_rows * (double)p.n_cols * (double)p.n_k > PARALLEL_WORK;
    cut c = {p, large && p.n_rows > ROWS ? ROWS : p.n_rows};
    parallel(w, (p.n_rows + c.rows - 1) / c.rows, multiply_block, &c);
}

/* ---- forward ---- */

/* Where a chunk of rows stands in training; NULL in evaluation: no dropout, no slopes. */
typedef struct training {
    uint32_t position; /* of its first row in the epoch */
} training;

static void drop(nn_work *w, const training *at, int l, double rate, size_t n, REAL *restrict x, REAL *restrict slope)
{
    const tile_engine *e = w->own;
    const size_t ld = e->layer[l].ld_in, width = e->layer[l].n_weights;
    const REAL *restrict masks = e->masks;
    X(nn_masks)(w->lane[0].dropout_key, w->epoch[0], at->position, l, rate, n, width, e->masks, ld, 1);
    for (size_t r = 0; r < n; r++)
        for (size_t i = r * ld; i < r * ld + width; i++)
            x[i] *= masks[i];
    for (size_t r = 0; r < n && slope != NULL; r++)
        for (size_t i = r * ld; i < r * ld + width; i++)
            slope[i] *= masks[i];
}

/* The constant unit of each row. */
static void set_ones(const tile_layer *y, size_t n, REAL *x)
{
    for (size_t r = 0; r < n && y->in > y->n_weights; r++)
        x[r * y->ld_in + y->n_weights] = 1;
}

static void hidden_layer(nn_work *w, int l, size_t n, const training *at)
{
    tile_engine *e = w->own;
    tile_layer *y = &e->layer[l];
    const nn_hyper *h = w->job->hyper;
    X(nn_activate)[h->activation](n * y->ld_in, y->x, at != NULL ? y->slope : NULL);
    if (at != NULL && h->dropout > 0)
        drop(w, at, l, h->dropout, n, y->x, y->slope);
    set_ones(y, n, y->x);
}

/* The inputs of n rows [n][ld_in]: gathered, or, in training, kept since the first epoch. */
static const REAL *inputs_of(nn_work *w, const uint32_t *rows, size_t n, const training *at)
{
    tile_engine *e = w->own;
    const tile_layer *y = &e->layer[0];
    const bool kept = at != NULL && e->inputs != NULL;
    REAL *x = kept ? e->inputs + at->position * y->ld_in : y->x;
    if (kept && e->gathered)
        return x;
    X(nn_gather)(w->job, rows, n, x, y->ld_in);
    if (at != NULL && w->job->hyper->input_dropout > 0)
        drop(w, at, 0, w->job->hyper->input_dropout, n, x, NULL);
    set_ones(y, n, x);
    return x;
}

/* Runs n <= NN_CHUNK rows through the network, up to their losses. Returns their inputs. */
static const REAL *forward(nn_work *w, const uint32_t *rows, size_t n, const training *at)
{
    tile_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    nn_outputs *o = &e->outputs;
    o->n = nn_pad(n);
    X(nn_gather_targets)(w->job, rows, n, o->k, o->t, o->classes, 1, o->n);
    for (size_t r = n; r < o->n; r++)
        o->classes[r] = 0; /* padding is a row like others */
    const REAL *inputs = inputs_of(w, rows, n, at);
    for (int l = 0; l <= last; l++) {
        const tile_layer *y = &e->layer[l];
        multiply(w, (nn_product){.n_rows = n,
                                 .n_cols = y->out,
                                 .n_k = y->in,
                                 .a = l > 0 ? y->x : inputs,
                                 .a_row = y->ld_in,
                                 .a_k = 1,
                                 .b = y->W,
                                 .b_k = y->ld_out,
                                 .c = l < last ? e->layer[l + 1].x : e->z,
                                 .c_row = l < last ? e->layer[l + 1].ld_in : y->ld_out});
        if (l < last)
            hidden_layer(w, l + 1, n, at);
    }
    X(nn_transpose)(n, o->k, e->z, e->layer[last].ld_out, o->z, o->n);
    X(nn_output)(o, w->job->hyper, at != NULL ? e->slope : NULL);
    return inputs;
}

/* ---- backward and update ---- */

/* What is done with the gradient of a layer, block by block. */
typedef struct update_job {
    const nn_work *w;
    tile_layer *layer;
    nn_product product; /* its c is set for each block */
    size_t rows, cols;  /* of a block: as many rows as fit, or a part of one */
    size_t col_blocks;
    bool add, step; /* to the gradient of the chunks before; the last chunk: take the step */
    REAL l2, l1;
} update_job;

static void update_block(void *arg, size_t i)
{
    const update_job *u = arg;
    tile_layer *y = u->layer;
    const size_t row = i / u->col_blocks * u->rows, col = i % u->col_blocks * u->cols;
    const size_t n_rows = y->in - row < u->rows ? y->in - row : u->rows, at = row * y->ld_out + col;
    const size_t n_cols = y->ld_out - col < u->cols ? y->ld_out - col : u->cols, n = n_rows * n_cols;
    REAL block[BLOCK_REALS] __attribute__((aligned(NN_ALIGN)));
    REAL *g = u->step || u->add ? block : y->gradient + at;
    nn_product p = u->product;
    p.n_rows = n_rows;
    p.n_cols = n_cols;
    p.a += row * p.a_row;
    p.b += col;
    p.c = g;
    X(nn_multiply)(&p);
    if (u->add) {
        REAL *restrict sum = y->gradient + at;
        for (size_t j = 0; j < n; j++)
            sum[j] += block[j];
        g = sum;
    }
    if (!u->step)
        return;
    if (row < y->n_weights)
        X(nn_penalise)((y->n_weights - row < n_rows ? y->n_weights - row : n_rows) * n_cols, u->l2, u->l1, y->W + at, g);
    X(nn_optimizers)[u->w->job->hyper->optimizer].one(n, y->W + at, g, y->state[0] + at, y->state[1] + at,
                                                     &((const tile_engine *)u->w->own)->step);
}

/* The gradient of layer l from its inputs x and deltas [row][unit]. */
static void update_layer(nn_work *w, tile_layer *y, const REAL *x, size_t n, update_job *u)
{
    enum { MOST_ROWS = 24 }; /* whole tiles of every height */
    const size_t fit = BLOCK_REALS / y->ld_out;
    u->layer = y;
    u->rows = fit >= MOST_ROWS ? fit / MOST_ROWS * MOST_ROWS : max_size(fit, 1);
    u->cols = fit > 0 ? y->ld_out : BLOCK_REALS;
    u->col_blocks = (y->ld_out + u->cols - 1) / u->cols;
    u->product = (nn_product){.n_k = n,
                              .a = x,
                              .a_row = 1,
                              .a_k = y->ld_in,
                              .b = ((tile_engine *)w->own)->delta,
                              .b_k = y->ld_out,
                              .c_row = u->cols};
    parallel(w, (y->in + u->rows - 1) / u->rows * u->col_blocks, update_block, u);
}

/* before [unit][row] = W delta: what the deltas of layer l say of its inputs. One row has no rows to put in vectors:
 * its sums run along W. */
static void step_back(nn_work *w, int l, size_t n, const REAL *turned, REAL *before)
{
    const tile_engine *e = w->own;
    const tile_layer *y = &e->layer[l];
    if (n == 1)
        X(nn_dots)(y->n_weights, y->ld_out, y->W, e->delta, before, nn_pad(n));
    else
        multiply(w, (nn_product){.n_rows = y->n_weights,
                                 .n_cols = n,
                                 .n_k = y->out,
                                 .a = y->W,
                                 .a_row = y->ld_out,
                                 .a_k = 1,
                                 .b = turned,
                                 .b_k = nn_pad(n),
                                 .c = before,
                                 .c_row = nn_pad(n)});
}

/* Deltas [unit][row] to [row][ld], with zeros as padding; times the slopes of the layer's x, if it has any. */
static void turn(const tile_layer *y, size_t width, size_t n, const REAL *turned, REAL *delta, size_t ld)
{
    X(nn_transpose)(width, n, turned, nn_pad(n), delta, ld);
    for (size_t r = 0; r < n; r++) {
        REAL *restrict row = delta + r * ld;
        const REAL *restrict slope = y != NULL ? y->slope + r * y->ld_in : NULL;
        for (size_t i = 0; i < width && slope != NULL; i++)
            row[i] *= slope[i];
        for (size_t i = width; i < ld; i++)
            row[i] = 0;
    }
}

/* From the outputs' deltas to all layers' gradients, and at the last chunk of a batch the step. */
static void backward(nn_work *w, const REAL *inputs, size_t n, update_job *u)
{
    tile_engine *e = w->own;
    int l = w->net.n_layers - 1;
    REAL *turned = e->turned[0], *before = e->turned[1]; /* outputs.delta is turned[0] */
    turn(NULL, e->layer[l].out, n, turned, e->delta, e->layer[l].ld_out);
    for (; l > 0; l--) {
        tile_layer *y = &e->layer[l];
        step_back(w, l, n, turned, before);
        update_layer(w, y, y->x, n, u);
        turn(y, y->n_weights, n, before, e->delta, e->layer[l - 1].ld_out);
        if (l > 1)
            X(nn_transpose)(n, y->n_weights, e->delta, e->layer[l - 1].ld_out, turned, nn_pad(n));
    }
    update_layer(w, &e->layer[0], inputs, n, u);
}

/* Trains a batch of n rows; sum of their losses. */
static double train_batch(nn_work *w, size_t position, size_t n)
{
    tile_engine *e = w->own;
    const nn_hyper *h = w->job->hyper;
    const REAL scale = h->reduction == NN_REDUCTION_sum ? (REAL)1 : (REAL)1 / (REAL)n;
    update_job u = {.w = w};
    double loss = 0;
    X(nn_optimizers)[h->optimizer].next(&e->step, 1);
    X(nn_penalty_of)(w->job, n, &u.l2, &u.l1);
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        const training at = {(uint32_t)(position + i)};
        const REAL *inputs = forward(w, w->rows[0] + position + i, chunk, &at);
        X(nn_output_delta)(&e->outputs, h, e->slope, scale);
        loss += nn_sum_chunk(e->outputs.loss, chunk);
        u.add = i > 0;
        u.step = i + chunk == n;
        backward(w, inputs, chunk, &u);
    }
    return loss;
}

static bool tile_epoch(nn_work *w)
{
    tile_engine *e = w->own;
    const size_t n = w->job->split->n[NN_TRAIN];
    double loss = 0;
    e->step.rate[0] = (REAL)w->learning_rate[0];
    for (size_t i = 0; i < n; i += w->batch) {
        if (nn_leave(w))
            return false;
        loss += train_batch(w, i, n - i < w->batch ? n - i : w->batch);
    }
    e->gathered = true;
    w->running_loss[0] = loss / (double)n;
    return true;
}

static void tile_score(nn_work *w, nn_part part, nn_score *scores)
{
    const tile_engine *e = w->own;
    const uint32_t *rows = w->job->split->rows[part];
    const size_t n = w->job->split->n[part];
    nn_tally tally = {0};
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        forward(w, rows + i, chunk, NULL);
        X(nn_count)(&e->outputs, chunk, 1, &tally);
        X(nn_add_rows)(&e->outputs, chunk, 1, &tally);
    }
    scores[0] = X(nn_score_of)(w, &tally, n);
}

const nn_engine X(nn_tile) = {
    .name = "tile",
    .lanes = 1,
    .layout = tile_layout,
    .set = tile_set,
    .get = tile_get,
    .epoch = tile_epoch,
    .score = tile_score,
};
