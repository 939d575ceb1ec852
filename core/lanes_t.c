/* The lanes engine: small networks of one kind side by side, one to a SIMD lane. Whatever a network has once, is here
 * NN_LANES numbers: element (unit, row) of an array stands at [unit][row][lane], and weight i of the file's layout at
 * [i][lane], W and then b, so that a bias is the weight of one more input that is always 1.
 *
 * A lane never sees its neighbours: all arithmetic is lane by lane, and what only some lanes do (dropout, penalties) is
 * left out in the others by selection. Where all lanes have the same rows in the same order, as runs of one repeat have,
 * inputs stand once for all of them. */
#include "lane_product_t.h"
#include "scalar_t.h"

enum { ROWS = NN_SAMPLES / NN_MAX_LANES }; /* worked on at once, so that what is between layers stays in the cache */

typedef struct lane_layer {
    size_t in, out, n_weights; /* units; in counts the constant one, n_weights does not */
    size_t at;                 /* of its first weight */
    REAL *x;                   /* [in][ROWS][lane] inputs; of layer 0 where lanes differ in them */
    REAL *slope;               /* [in][ROWS][lane] of x, from layer 1 */
} lane_layer;

typedef struct lanes_engine {
    lane_layer layer[NN_MAX_HIDDEN + 1];
    REAL *params, *gradient;    /* [n_params][lane] */
    REAL *state[NN_MAX_STATES]; /* [n_params][lane] */
    REAL *rows;                 /* [ROWS][n_inputs] as gathered */
    REAL *shared;               /* [in][ROWS] inputs of all lanes */
    REAL *targets;              /* [K][ROWS] of all lanes */
    int32_t *classes;           /* [ROWS] */
    REAL *delta[2];             /* [widest][ROWS][lane] of a layer and of the one before */
    REAL *masks;                /* [widest][ROWS][lane] */
    REAL *slope;                /* [K][ROWS][lane] of the outputs */
    double *loss, *squared;     /* [NN_CHUNK][lane] */
    nn_outputs outputs;         /* [K][ROWS][lane] */
    const uint32_t *held;       /* the rows whose inputs and targets are there, n_held of them; NULL: none */
    size_t n_held;
    size_t ones;                /* rows for which the constant units are set */
    double dropout[2][NN_LANES]; /* rates of the inputs and of hidden layers */
    bool drops[2];              /* is there any? */
    bool penalised;
    nn_step step;
    REAL l2[NN_LANES], l1[NN_LANES];
    size_t penalty_rows;        /* of the batch that l2 and l1 are for */
} lanes_engine;

/* How the lanes of an epoch or a part share rows. */
typedef struct view {
    const uint32_t *rows; /* of all lanes; NULL: each has its own */
    bool training;
} view;

static size_t widest(const nn_network *net)
{
    int32_t width = 1;
    for (int l = 0; l <= net->n_layers; l++)
        width = net->width[l] > width ? net->width[l] : width;
    return (size_t)width + 1;
}

static void lanes_layout(nn_work *w, char *base, size_t *used)
{
    const size_t start = *used, element = NN_LANES * sizeof(REAL), column = ROWS * element;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers], n_in = (size_t)net->width[0] + 1;
    lanes_engine e = {.ones = 0}, *own = nn_carve(base, used, sizeof e);
    REAL **const parameters[] = {&e.params, &e.gradient, &e.state[0], &e.state[1]};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        *parameters[i] = nn_carve(base, used, net->n_params * element);
    for (int l = 0; l < net->n_layers; l++) {
        const size_t n_weights = (size_t)net->width[l], in = n_weights + (net->bias ? 1 : 0);
        e.layer[l] = (lane_layer){in, (size_t)net->width[l + 1], n_weights, net->w_at[l],
                                  nn_carve(base, used, in * column), l > 0 ? nn_carve(base, used, in * column) : NULL};
    }
    e.rows = nn_carve(base, used, ROWS * n_in * sizeof(REAL));
    e.shared = nn_carve(base, used, ROWS * n_in * sizeof(REAL));
    e.targets = nn_carve(base, used, ROWS * k * sizeof(REAL));
    e.classes = nn_carve(base, used, ROWS * sizeof *e.classes);
    REAL **const wide[] = {&e.delta[0], &e.delta[1], &e.masks};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        *wide[i] = nn_carve(base, used, widest(net) * column);
    nn_outputs *o = &e.outputs;
    REAL **const columns[] = {&e.slope, &o->z, &o->y, &o->t};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = nn_carve(base, used, k * column);
    o->k = k;
    o->delta = e.delta[0];
    o->peak = nn_carve(base, used, column);
    o->total = nn_carve(base, used, column);
    o->classes = nn_carve(base, used, ROWS * NN_LANES * sizeof *o->classes);
    e.loss = nn_carve(base, used, NN_CHUNK * NN_LANES * sizeof *e.loss);
    e.squared = nn_carve(base, used, NN_CHUNK * NN_LANES * sizeof *e.squared);
    w->own = own;
    if (own == NULL)
        return;
    memset(own, 0, *used - start); /* lanes that are never used must hold numbers too */
    *own = e;
}

static void lanes_set(nn_work *w, int lane, const void *params)
{
    lanes_engine *e = w->own;
    const REAL *from = params;
    for (size_t i = 0; i < w->net.n_params; i++) {
        const size_t at = i * NN_LANES + (size_t)lane;
        e->params[at] = from[i];
        e->state[0][at] = e->state[1][at] = 0;
    }
    const nn_hyper *h = w->lane[lane].job.hyper;
    X(nn_step_begin)(h, &e->step, (size_t)lane);
    e->penalty_rows = 0;
    e->dropout[0][lane] = h->input_dropout;
    e->dropout[1][lane] = h->dropout;
    for (int l = 0; l < 2; l++) {
        e->drops[l] = false;
        for (int j = 0; j < w->n_lanes; j++)
            e->drops[l] |= e->dropout[l][j] > 0;
    }
}

static void lanes_get(const nn_work *w, int lane, void *params)
{
    const lanes_engine *e = w->own;
    REAL *to = params;
    for (size_t i = 0; i < w->net.n_params; i++)
        to[i] = e->params[i * NN_LANES + (size_t)lane];
}

/* ---- what goes in ---- */

/* The constant units of all layers, for n rows: where they stand depends on n. */
static void set_ones(nn_work *w, size_t n)
{
    lanes_engine *e = w->own;
    if (e->ones == n || !w->net.bias)
        return;
    for (int l = 0; l < w->net.n_layers; l++)
        for (size_t i = 0; i < n * NN_LANES; i++)
            e->layer[l].x[e->layer[l].n_weights * n * NN_LANES + i] = 1;
    for (size_t i = 0; i < n; i++)
        e->shared[e->layer[0].n_weights * n + i] = 1;
    e->ones = n;
}

/* Inputs and targets of rows that all lanes share. */
static void gather_shared(nn_work *w, const uint32_t *rows, size_t n)
{
    lanes_engine *e = w->own;
    const size_t n_in = e->layer[0].n_weights;
    const nn_outputs *o = &e->outputs;
    if (e->held == rows && e->n_held == n)
        return;
    X(nn_gather)(w->job, rows, n, e->rows, n_in);
    for (size_t i = 0; i < n_in; i++)
        for (size_t r = 0; r < n; r++)
            e->shared[i * n + r] = e->rows[r * n_in + i];
    X(nn_gather_targets)(w->job, rows, n, o->k, e->targets, e->classes, 1, n);
    for (size_t i = 0; i < o->k * n; i++)
        for (size_t j = 0; j < NN_LANES; j++)
            o->t[i * NN_LANES + j] = e->targets[i];
    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < NN_LANES; j++)
            o->classes[r * NN_LANES + j] = e->classes[r];
    e->held = rows == w->job->split->rows[NN_TRAIN] ? rows : NULL; /* orders change at their address */
    e->n_held = n;
}

/* Each lane's own rows, from `position` of its epoch. */
static void gather_own(nn_work *w, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const size_t n_in = e->layer[0].n_weights;
    const nn_outputs *o = &e->outputs;
    e->held = NULL;
    for (int lane = 0; lane < w->n_lanes; lane++) {
        if (!nn_active(w, lane))
            continue;
        const uint32_t *rows = w->rows[lane] + position;
        const size_t j = (size_t)lane;
        X(nn_gather)(w->job, rows, n, e->rows, n_in);
        for (size_t i = 0; i < n_in; i++)
            for (size_t r = 0; r < n; r++)
                e->layer[0].x[(i * n + r) * NN_LANES + j] = e->rows[r * n_in + i];
        X(nn_gather_targets)(w->job, rows, n, o->k, o->t + j, o->classes + j, NN_LANES, n * NN_LANES);
    }
}

/* Multiplies the masks of dropout to `width` units of n rows. Lanes without dropout have masks of 1. */
static void drop(nn_work *w, size_t layer, size_t position, size_t n, size_t width, REAL *restrict x,
                 REAL *restrict slope)
{
    lanes_engine *e = w->own;
    const size_t size = width * n * NN_LANES;
    REAL *restrict masks = e->masks;
    for (size_t i = 0; i < size; i++)
        masks[i] = 1;
    for (int j = 0; j < w->n_lanes; j++) {
        const double rate = e->dropout[layer > 0][j];
        if (rate > 0 && nn_active(w, j))
            X(nn_masks)(w->lane[j].dropout_key, w->epoch[j], (uint32_t)position, (int)layer, rate, n, width, masks + j,
                        NN_LANES, n * NN_LANES);
    }
    for (size_t i = 0; i < size; i++)
        x[i] *= masks[i];
    for (size_t i = 0; i < size && slope != NULL; i++)
        slope[i] *= masks[i];
}

/* ---- forward ---- */

/* The inputs of layer l as the right factor of a product over n rows: [in][n] numbers, or with lanes. */
typedef struct inputs {
    const REAL *x;
    size_t row, unit; /* steps */
    bool shared;
} inputs;

static inputs inputs_of(const lanes_engine *e, int l, size_t n, bool shared)
{
    if (l == 0 && shared)
        return (inputs){e->shared, 1, n, true};
    return (inputs){e->layer[l].x, NN_LANES, n * NN_LANES, false};
}

/* Brings the inputs of n rows from `position` on; do lanes share them? */
static bool bring(nn_work *w, const view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    lane_layer *first = &e->layer[0];
    bool shared = v->rows != NULL;
    set_ones(w, n);
    if (shared)
        gather_shared(w, v->rows + position, n);
    else
        gather_own(w, position, n);
    if (!v->training || !e->drops[0])
        return shared;
    for (size_t i = 0; i < first->n_weights * n && shared; i++)
        for (size_t j = 0; j < NN_LANES; j++)
            first->x[i * NN_LANES + j] = e->shared[i];
    drop(w, 0, position, n, first->n_weights, first->x, NULL);
    return false;
}

/* Runs n <= ROWS rows through the networks, up to their losses. Returns whether lanes share the inputs. */
static bool forward(nn_work *w, const view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    const nn_hyper *h = w->job->hyper;
    const bool shared = bring(w, v, position, n);
    e->outputs.n = n * NN_LANES;
    for (int l = 0; l <= last; l++) {
        const lane_layer *y = &e->layer[l];
        const inputs in = inputs_of(e, l, n, shared);
        lane_layer *next = &e->layer[l + 1];
        X(nn_lane_multiply)(&(nn_lane_product){.n_p = y->out,
                                               .n_q = n,
                                               .n_k = y->in,
                                               .a = e->params + y->at * NN_LANES,
                                               .a_p = NN_LANES,
                                               .a_k = y->out * NN_LANES,
                                               .b = in.x,
                                               .b_q = in.row,
                                               .b_k = in.unit,
                                               .shared = in.shared,
                                               .c = l < last ? next->x : e->outputs.z,
                                               .c_p = n * NN_LANES,
                                               .c_q = NN_LANES});
        if (l == last)
            break;
        X(nn_activate)[h->activation](y->out * n * NN_LANES, next->x, v->training ? next->slope : NULL);
        if (v->training && e->drops[1])
            drop(w, (size_t)l + 1, position, n, y->out, next->x, next->slope);
    }
    X(nn_output)(&e->outputs, h, v->training ? e->slope : NULL);
    return shared;
}

/* ---- backward and update ---- */

/* Adds the gradient of the rows that were run forward; `add`: to that of the batch's rows before. */
static void backward(nn_work *w, size_t n, bool shared, bool add)
{
    lanes_engine *e = w->own;
    REAL *delta = e->delta[0], *before = e->delta[1]; /* outputs.delta is delta[0] */
    for (int l = w->net.n_layers - 1; l >= 0; l--) {
        const lane_layer *y = &e->layer[l];
        const inputs in = inputs_of(e, l, n, shared);
        X(nn_lane_multiply)(&(nn_lane_product){.n_p = y->out,
                                               .n_q = y->in,
                                               .n_k = n,
                                               .a = delta,
                                               .a_p = n * NN_LANES,
                                               .a_k = NN_LANES,
                                               .b = in.x,
                                               .b_q = in.unit,
                                               .b_k = in.row,
                                               .shared = in.shared,
                                               .c = e->gradient + y->at * NN_LANES,
                                               .c_p = NN_LANES,
                                               .c_q = y->out * NN_LANES,
                                               .add = add});
        if (l == 0)
            break;
        X(nn_lane_multiply)(&(nn_lane_product){.n_p = n,
                                               .n_q = y->n_weights,
                                               .n_k = y->out,
                                               .a = delta,
                                               .a_p = NN_LANES,
                                               .a_k = n * NN_LANES,
                                               .b = e->params + y->at * NN_LANES,
                                               .b_q = y->out * NN_LANES,
                                               .b_k = NN_LANES,
                                               .c = before,
                                               .c_p = NN_LANES,
                                               .c_q = n * NN_LANES});
        const REAL *restrict slope = y->slope;
        REAL *restrict to = before;
        for (size_t i = 0; i < y->n_weights * n * NN_LANES; i++)
            to[i] *= slope[i];
        before = delta;
        delta = to;
    }
}

/* Coefficients of the penalties for batches of n rows. */
static void set_penalties(nn_work *w, size_t n)
{
    lanes_engine *e = w->own;
    e->penalised = false;
    for (int j = 0; j < w->n_lanes; j++)
        if (nn_active(w, j)) {
            X(nn_penalty_of)(&w->lane[j].job, n, &e->l2[j], &e->l1[j]);
            e->penalised |= e->l2[j] != 0 || e->l1[j] != 0;
        }
    e->penalty_rows = n;
}

static void penalise(const nn_work *w, const lane_layer *y)
{
    const lanes_engine *e = w->own;
    const size_t at = y->at * NN_LANES, n = y->n_weights * y->out * NN_LANES;
    const REAL *restrict weights = e->params + at;
    REAL *restrict gradient = e->gradient + at;
    for (size_t i = 0; i < n; i += NN_LANES)
        for (size_t j = 0; j < NN_LANES; j++) {
            const REAL l2 = e->l2[j], l1 = e->l1[j], v = weights[i + j], g = gradient[i + j];
            const REAL more = g + (l2 * v + l1 * (REAL)((v > 0) - (v < 0)));
            gradient[i + j] = l2 != 0 || l1 != 0 ? more : g;
        }
}

static void update(nn_work *w, size_t n)
{
    lanes_engine *e = w->own;
    const nn_method *optimizer = &X(nn_optimizers)[w->job->hyper->optimizer];
    if (e->penalty_rows != n)
        set_penalties(w, n);
    for (int l = 0; l < w->net.n_layers && e->penalised; l++)
        penalise(w, &e->layer[l]);
    optimizer->next(&e->step, NN_LANES);
    optimizer->lanes(w->net.n_params * NN_LANES, e->params, e->gradient, e->state[0], e->state[1], &e->step);
}

/* Trains a batch of n rows; adds the sums of their losses to `losses`. */
static void train_batch(nn_work *w, const view *v, size_t position, size_t n, double *losses)
{
    lanes_engine *e = w->own;
    const nn_hyper *h = w->job->hyper;
    const REAL scale = h->reduction == NN_REDUCTION_sum ? (REAL)1 : (REAL)1 / (REAL)n;
    for (size_t i = 0, in_chunk = 0; i < n;) {
        const size_t rows = n - i < ROWS ? n - i : ROWS;
        e->outputs.loss = e->loss + in_chunk * NN_LANES;
        const bool shared = forward(w, v, position + i, rows);
        X(nn_output_delta)(&e->outputs, h, e->slope, scale);
        backward(w, rows, shared, i > 0);
        i += rows;
        in_chunk += rows;
        if (in_chunk < NN_CHUNK && i < n)
            continue;
        nn_sum_rows(e->loss, in_chunk, NN_LANES);
        for (size_t j = 0; j < NN_LANES; j++)
            losses[j] += e->loss[j];
        in_chunk = 0;
    }
    update(w, n);
}

/* The rows of all active lanes where they are the same, else NULL. */
static const uint32_t *common_rows(const nn_work *w)
{
    const uint32_t *rows = NULL;
    if (w->lane[0].order == NULL)
        return w->job->split->rows[NN_TRAIN];
    for (int j = 0; j < w->n_lanes; j++) {
        if (!nn_active(w, j))
            continue;
        if (rows != NULL && w->rows[j] != rows)
            return NULL;
        rows = w->rows[j];
    }
    return rows;
}

static bool lanes_epoch(nn_work *w)
{
    lanes_engine *e = w->own;
    const size_t n = w->job->split->n[NN_TRAIN];
    const view v = {common_rows(w), true};
    double losses[NN_LANES] = {0};
    for (size_t j = 0; j < NN_LANES; j++)
        e->step.rate[j] = (REAL)w->learning_rate[j];
    for (size_t i = 0; i < n; i += w->batch) {
        if (nn_leave(w))
            return false;
        train_batch(w, &v, i, n - i < w->batch ? n - i : w->batch, losses);
    }
    for (size_t j = 0; j < NN_LANES; j++)
        w->running_loss[j] = losses[j] / (double)n;
    return true;
}

static void lanes_score(nn_work *w, nn_part part, nn_score *scores)
{
    lanes_engine *e = w->own;
    const size_t n = w->job->split->n[part];
    const view v = {w->job->split->rows[part], false};
    nn_tally tally[NN_LANES] = {0};
    for (size_t i = 0, in_chunk = 0; i < n;) {
        const size_t rows = n - i < ROWS ? n - i : ROWS;
        e->outputs.loss = e->loss + in_chunk * NN_LANES;
        e->outputs.squared = e->squared + in_chunk * NN_LANES;
        forward(w, &v, i, rows);
        X(nn_count)(&e->outputs, rows, NN_LANES, tally);
        i += rows;
        in_chunk += rows;
        if (in_chunk < NN_CHUNK && i < n)
            continue;
        e->outputs.loss = e->loss;
        e->outputs.squared = e->squared;
        X(nn_add_rows)(&e->outputs, in_chunk, NN_LANES, tally);
        in_chunk = 0;
    }
    for (int j = 0; j < w->n_lanes; j++)
        scores[j] = X(nn_score_of)(w, &tally[j], n);
}

const nn_engine X(nn_lanes) = {
    .name = "lanes",
    .lanes = NN_LANES,
    .layout = lanes_layout,
    .set = lanes_set,
    .get = lanes_get,
    .epoch = lanes_epoch,
    .score = lanes_score,
};
