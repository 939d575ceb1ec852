/* The arrays, epochs and scores of the tile engine; tile.h says how it works. */
#include "kernels/tile/tile.h"
#include "kernels/batch.h"
#include "kernels/score.h"
#include "kernels/tile/backward.h"
#include "kernels/tile/forward.h"
#include "train/arena.h"

/* The largest copy of the inputs that is kept from epoch to epoch. Panels are two copies. */
enum { CACHE_BYTES = 16 << 20 };

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Is the order of rows the same in every epoch, and are they few enough to be kept as they are gathered? */
static bool keeps_inputs(const nn_work *w, size_t ld)
{
    const size_t n = w->job->split->n[NN_TRAIN];
    return (w->batch == n || !w->job->hyper->shuffle) && n * ld * sizeof(REAL) <= CACHE_BYTES;
}

/* Should inputs fill the vectors: do the units of the layer, but not its inputs, leave much of one empty? */
static bool is_turned(const nn_work *w, const tile_layer *y)
{
    return w->batch > NN_CHUNK && y->in >= 4 * NN_PAD && (nn_pad(y->out) - y->out) * 8 > y->out;
}

static void layout_layer(const nn_work *w, int l, tile_layer *y, char *base, size_t *used)
{
    const nn_network *net = &w->net;
    y->n_weights = (size_t)net->fan_in[l];
    y->own = y->n_weights - (size_t)net->width[l];
    y->in = y->n_weights + (net->bias ? 1 : 0);
    y->out = (size_t)net->width[l + 1];
    y->ld_in = nn_pad_row(y->in);
    y->ld_out = nn_pad_row(y->out);
    y->frozen = nn_is_frozen(w->job->hyper, l);
    const size_t bytes = y->in * y->ld_out * sizeof(REAL), rows = NN_CHUNK * y->ld_in * sizeof(REAL);
    y->W = nn_carve(base, used, bytes);
    const nn_hyper *h = w->job->hyper;
    const bool outside = (nn_optimizer_rows[h->optimizer].traits & NN_OUTSIDE) != 0;
    y->gradient = w->batch > NN_CHUNK || h->clip_norm > 0 || outside ? nn_carve(base, used, bytes) : NULL;
    y->gradient_turned = is_turned(w, y) ? nn_carve(base, used, y->out * y->ld_in * sizeof(REAL)) : NULL;
    X(nn_carve_states)(w, y->state, bytes, base, used);
    y->x = nn_carve(base, used, rows);
    y->ld_slope = net->shortcuts ? nn_pad_row((size_t)net->width[l]) : y->ld_in;
    y->slope = l > 0 ? nn_carve(base, used, NN_CHUNK * y->ld_slope * sizeof(REAL)) : NULL;
}

static void layout_inputs(const nn_work *w, tile_engine *e, char *base, size_t *used)
{
    const tile_layer *y = &e->layer[0];
    const size_t n = w->job->split->n[NN_TRAIN], panel = NN_PANEL * sizeof(REAL);
    const size_t chunks = (n + NN_CHUNK - 1) / NN_CHUNK;
    if (!keeps_inputs(w, y->ld_in))
        return;
    if (w->batch == n && is_turned(w, y) && !w->net.shortcuts) {
        e->by_row = nn_carve(base, used, chunks * nn_tile_panels(NN_CHUNK) * y->in * panel);
        e->by_unit = nn_carve(base, used, chunks * nn_tile_panels(y->in) * NN_CHUNK * panel);
    } else
        e->inputs = nn_carve(base, used, n * y->ld_in * sizeof(REAL));
}

static void tile_layout(nn_work *w, char *base, size_t *used)
{
    const size_t start = *used;
    tile_engine e = {.gathered = 0}, *own = nn_carve(base, used, sizeof e);
    size_t most = NN_PAD;
    for (int l = 0; l < w->net.n_layers; l++) {
        layout_layer(w, l, &e.layer[l], base, used);
        most = max_size(most, max_size(e.layer[l].ld_in, e.layer[l].ld_out));
    }
    const size_t k = (size_t)w->net.width[w->net.n_layers], column = NN_CHUNK * sizeof(REAL);
    REAL **const arrays[] = {&e.z, &e.delta, &e.masks, &e.turned[0], &e.turned[1]};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = nn_carve(base, used, most * column);
    if (w->net.shortcuts)
        e.errors = nn_carve(base, used, (size_t)(w->net.fan_in[w->net.n_layers - 1] - w->net.width[0]) * column);
    nn_outputs *o = &e.outputs;
    REAL **const columns[] = {&e.slope, &o->y, &o->t};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = nn_carve(base, used, k * column);
    o->z = nn_loss_rows[w->job->hyper->loss].required ? nn_carve(base, used, k * column) : o->y;
    o->k = k;
    o->delta = e.turned[0];
    o->peak = nn_carve(base, used, column);
    o->total = nn_carve(base, used, column);
    o->classes = nn_carve(base, used, NN_CHUNK * sizeof *o->classes);
    o->loss = nn_carve(base, used, NN_CHUNK * sizeof *o->loss);
    o->squared = nn_carve(base, used, NN_CHUNK * sizeof *o->squared);
    layout_inputs(w, &e, base, used);
    w->own = own;
    if (own == NULL)
        return;
    memset(own, 0, *used - start); /* padding must hold numbers, and 0 in weights */
    *own = e;
}

/* Copies the parameters of a layer from the layout of nn_network to padded rows. */
static void spread(const tile_layer *y, const REAL *from, REAL *rows)
{
    for (size_t i = 0; i < y->in; i++) /* b is the last row */
        memcpy(rows + i * y->ld_out, from + i * y->out, y->out * sizeof(REAL));
}

static void tile_set(nn_work *w, int lane, const void *params)
{
    tile_engine *e = w->own;
    (void)lane;
    for (int l = 0; l < w->net.n_layers; l++) {
        tile_layer *y = &e->layer[l];
        memset(y->W, 0, y->in * y->ld_out * sizeof(REAL)); /* an earlier run may have left NaN in the padding */
        if (y->gradient_turned != NULL)
            memset(y->gradient, 0, y->in * y->ld_out * sizeof(REAL));
        spread(y, (const REAL *)params + w->net.w_at[l], y->W);
        for (int s = 0; s < NN_MAX_STATES; s++)
            memset(y->state[s], 0, y->in * y->ld_out * sizeof(REAL));
    }
    X(nn_step_begin)(w->job->hyper, &e->step, 0, 1);
}

static void tile_get(const nn_work *w, int lane, void *params)
{
    const tile_engine *e = w->own;
    (void)lane;
    for (int l = 0; l < w->net.n_layers; l++)
        nn_tile_gather(&e->layer[l], e->layer[l].W, (REAL *)params + w->net.w_at[l]);
}

static void tile_save(const nn_work *w, int lane, void *states, double *numbers)
{
    const tile_engine *e = w->own;
    REAL *to = states;
    (void)lane;
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++, to += w->net.n_params)
        for (int l = 0; l < w->net.n_layers; l++)
            nn_tile_gather(&e->layer[l], e->layer[l].state[s], to + w->net.w_at[l]);
    nn_step_numbers(&e->step, 0, numbers);
}

static void tile_load(nn_work *w, int lane, const void *states, const double *numbers)
{
    tile_engine *e = w->own;
    const REAL *from = states;
    (void)lane;
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++, from += w->net.n_params)
        for (int l = 0; l < w->net.n_layers; l++)
            spread(&e->layer[l], from + w->net.w_at[l], e->layer[l].state[s]);
    nn_step_resume(&e->step, 0, numbers);
}

/* Runs a batch of n rows forward and backward, adds up their losses, and takes the step if asked. False if nn_leave. */
static bool run_batch(nn_work *w, size_t position, size_t n, bool step, double *loss)
{
    tile_engine *e = w->own;
    const nn_hyper *h = w->job->hyper;
    const REAL scale = h->reduction == NN_REDUCTION_sum ? (REAL)1 : (REAL)1 / (REAL)n;
    tile_update u = {.w = w};
    X(nn_step_penalty_of)(w->job, n, &u.l2, &u.l1);
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        if (nn_leave(w))
            return false;
        const tile_rows at = {(uint32_t)(position + i)};
        const REAL *inputs = X(nn_tile_forward)(w, NN_TRAIN, w->rows[0] + position + i, chunk, &at);
        X(nn_output_delta)(&e->outputs, h, e->slope, scale);
        *loss += nn_sum_chunk(e->outputs.loss, chunk);
        u.position = position + i;
        u.add = i > 0;
        u.last = i + chunk == n;
        u.step = u.last && step && h->clip_norm == 0;
        X(nn_tile_backward)(w, inputs, chunk, &u);
    }
    if (step && h->clip_norm > 0)
        X(nn_tile_clipped_step)(w, &u);
    return true;
}

static double tile_gradient(nn_work *w, double *gradient)
{
    tile_engine *e = w->own;
    const size_t n = w->job->split->n[NN_TRAIN];
    double loss = 0;
    REAL l2, l1;
    if (!run_batch(w, 0, n, false, &loss))
        return NN_NAN;
    e->gathered = w->n_begun + 1;
    X(nn_penalty_of)(w->job, n, &l2, &l1);
    for (int l = 0; l < w->net.n_layers; l++) {
        const tile_layer *y = &e->layer[l];
        if (!y->frozen)
            X(nn_penalise)(y->n_weights * y->ld_out, l2, l1, y->W, y->gradient);
        for (size_t i = 0; i < y->in * y->out; i++)
            *gradient++ = (double)y->gradient[i / y->out * y->ld_out + i % y->out];
    }
    return loss;
}

static bool tile_epoch(nn_work *w)
{
    tile_engine *e = w->own;
    const size_t n = w->job->split->n[NN_TRAIN];
    double loss = 0;
    X(nn_step_rate)(w->job, w->learning_rate[0], &e->step, 0);
    for (size_t i = 0; i < n; i += w->batch) {
        e->step.method->next(&e->step, 1);
        if (!run_batch(w, i, n - i < w->batch ? n - i : w->batch, true, &loss))
            return false;
    }
    e->gathered = w->n_begun + 1;
    w->losses[0] = loss;
    return true;
}

static void tile_score(nn_work *w, nn_part part, size_t n, nn_score *scores)
{
    tile_engine *e = w->own;
    const uint32_t *rows = w->job->split->rows[part];
    nn_tally tally = {0};
    e->outputs.target_scale = w->job->split->target_scale;
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        X(nn_tile_forward)(w, part, rows + i, chunk, NULL);
        X(nn_count)(&e->outputs, chunk, 1, &tally);
        X(nn_answer)(w, &e->outputs, chunk, 1);
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
    .save = tile_save,
    .load = tile_load,
    .epoch = tile_epoch,
    .gradient = tile_gradient,
    .score = tile_score,
};
