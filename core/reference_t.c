/* The reference engine: forward, backward and update as the textbooks write them, one row after the other.
 *
 * It is written to be read, and faster engines are tested against it. Inner loops run over the units of a
 * layer, which lie side by side in W [in][out], so that a compiler can vectorise them without reordering any
 * sum. */
#include "layer_t.h"

/* Its arrays: rows are worked on in chunks of at most NN_CHUNK. K: outputs. */
typedef struct reference {
    REAL *params, *grad;                  /* [n_params] */
    REAL *state[NN_MAX_STATES];           /* [n_params] of the optimizer */
    REAL *activations[NN_MAX_HIDDEN + 2]; /* [NN_CHUNK][width[l]]; [0] inputs, [L] outputs */
    REAL *slopes[NN_MAX_HIDDEN + 2];      /* [NN_CHUNK][width[l]] da/dz, masked by dropout; from layer 1 */
    REAL *logits, *targets;               /* [NN_CHUNK][K] z of the output layer; t */
    REAL *delta[2];                       /* [NN_CHUNK][widest] dcost/dz of a layer and of the one before */
    REAL *masks;                          /* [NN_CHUNK][widest] of dropout */
    int32_t *classes;                     /* [NN_CHUNK] */
    double *row_loss, *squared;           /* [NN_CHUNK] */
    nn_step step;
} reference;

static int32_t widest(const nn_network *net)
{
    int32_t width = 0;
    for (int l = 0; l <= net->n_layers; l++)
        width = net->width[l] > width ? net->width[l] : width;
    return width;
}

static void reference_layout(nn_work *w, char *base, size_t *used)
{
    const nn_network *net = &w->net;
    const size_t params = net->n_params * sizeof(REAL), row = NN_CHUNK * sizeof(REAL);
    const size_t k = (size_t)net->width[net->n_layers], most = (size_t)widest(net);
    reference e = {0}, *own = nn_carve(base, used, sizeof e);
    e.params = nn_carve(base, used, params);
    e.grad = nn_carve(base, used, params);
    X(nn_carve_states)(w, e.state, params, base, used);
    for (int l = 0; l <= net->n_layers; l++) {
        e.activations[l] = nn_carve(base, used, row * (size_t)net->width[l]);
        e.slopes[l] = l > 0 ? nn_carve(base, used, row * (size_t)net->width[l]) : NULL;
    }
    e.logits = nn_carve(base, used, row * k);
    e.targets = nn_carve(base, used, row * k);
    for (int i = 0; i < 2; i++)
        e.delta[i] = nn_carve(base, used, row * most);
    e.masks = nn_carve(base, used, row * most);
    e.classes = nn_carve(base, used, NN_CHUNK * sizeof *e.classes);
    e.row_loss = nn_carve(base, used, NN_CHUNK * sizeof *e.row_loss);
    e.squared = nn_carve(base, used, NN_CHUNK * sizeof *e.squared);
    w->own = own;
    if (own != NULL)
        *own = e;
}

static void reference_set(nn_work *w, int lane, const void *params)
{
    reference *e = w->own;
    const size_t bytes = w->net.n_params * sizeof(REAL);
    (void)lane;
    memcpy(e->params, params, bytes);
    for (int s = 0; s < NN_MAX_STATES; s++)
        memset(e->state[s], 0, bytes);
    X(nn_step_begin)(w->job->hyper, &e->step, 0, 1);
}

static void reference_get(const nn_work *w, int lane, void *params)
{
    (void)lane;
    memcpy(params, ((const reference *)w->own)->params, w->net.n_params * sizeof(REAL));
}

static void reference_save(const nn_work *w, int lane, void *states, double *numbers)
{
    const reference *e = w->own;
    (void)lane;
    for (int s = 0; s < nn_optimizer_states[w->job->hyper->optimizer]; s++)
        memcpy((REAL *)states + (size_t)s * w->net.n_params, e->state[s], w->net.n_params * sizeof(REAL));
    nn_step_numbers(&e->step, 0, numbers);
}

static void reference_load(nn_work *w, int lane, const void *states, const double *numbers)
{
    reference *e = w->own;
    (void)lane;
    for (int s = 0; s < nn_optimizer_states[w->job->hyper->optimizer]; s++)
        memcpy(e->state[s], (const REAL *)states + (size_t)s * w->net.n_params,
               w->net.n_params * sizeof(REAL));
    nn_step_resume(&e->step, 0, numbers);
}

/* z [n][out] = x [n][in] W [in][out] + b */
static void multiply(size_t n, size_t n_in, size_t n_out, const REAL *x, const REAL *W, const REAL *b,
                     REAL *z)
{
    for (size_t r = 0; r < n; r++, x += n_in, z += n_out) {
        for (size_t o = 0; o < n_out; o++)
            z[o] = b != NULL ? b[o] : (REAL)0;
        for (size_t i = 0; i < n_in; i++) {
            const REAL xi = x[i], *Wi = W + i * n_out;
            for (size_t o = 0; o < n_out; o++)
                z[o] += xi * Wi[o];
        }
    }
}

/* dW += x^T delta, db += sum of delta over rows. */
static void add_outer(size_t n, size_t n_in, size_t n_out, const REAL *x, const REAL *delta, REAL *dW,
                      REAL *db)
{
    for (size_t r = 0; r < n; r++, x += n_in, delta += n_out) {
        for (size_t i = 0; i < n_in; i++) {
            const REAL xi = x[i];
            REAL *row = dW + i * n_out;
            for (size_t o = 0; o < n_out; o++)
                row[o] += xi * delta[o];
        }
        for (size_t o = 0; o < n_out && db != NULL; o++)
            db[o] += delta[o];
    }
}

/* before [n][in] = (delta [n][out] W^T) * slope [n][in]: the delta rule, one layer back. */
static void back(size_t n, size_t n_in, size_t n_out, const REAL *delta, const REAL *W, const REAL *slope,
                 REAL *before)
{
    for (size_t r = 0; r < n; r++, delta += n_out)
        for (size_t i = 0; i < n_in; i++, before++, slope++) {
            const REAL *Wi = W + i * n_out;
            REAL sum = 0;
            for (size_t o = 0; o < n_out; o++)
                sum += delta[o] * Wi[o];
            *before = sum * *slope;
        }
}

/* Where a chunk of rows stands in training; NULL in evaluation: no dropout, no slopes. */
typedef struct training {
    uint32_t epoch, position;
    double dropout, input_dropout;
    uint64_t key;
} training;

static void drop(reference *e, const training *at, int layer, double rate, size_t n, size_t width, REAL *a,
                 REAL *slope)
{
    X(nn_masks)(at->key, at->epoch, at->position, layer, rate, n, width, e->masks, width);
    for (size_t i = 0; i < n * width; i++) {
        a[i] *= e->masks[i];
        if (slope != NULL)
            slope[i] *= e->masks[i];
    }
}

/* The outputs of row r of the chunk. */
static nn_outputs outputs_of(const nn_work *w, size_t r, REAL *delta, REAL *peak, REAL *total)
{
    const reference *e = w->own;
    const int last = w->net.n_layers;
    const size_t k = (size_t)w->net.width[last];
    return (nn_outputs){.k = k,
                        .n = 1,
                        .z = e->logits + r * k,
                        .y = e->activations[last] + r * k,
                        .t = e->targets + r * k,
                        .delta = delta + r * k,
                        .peak = peak,
                        .total = total,
                        .classes = e->classes + r,
                        .loss = e->row_loss + r,
                        .squared = e->squared + r};
}

static void forward_layer(nn_work *w, const REAL *params, size_t n, int l, const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
    const bool last = l + 1 == net->n_layers;
    REAL *z = last ? e->logits : e->activations[l + 1], *slope = at != NULL ? e->slopes[l + 1] : NULL;
    multiply(n, n_in, n_out, e->activations[l], params + net->w_at[l],
             net->bias ? params + net->b_at[l] : NULL, z);
    for (size_t r = 0; r < n && last; r++) {
        REAL peak, total;
        const nn_outputs o = outputs_of(w, r, e->delta[0], &peak, &total);
        X(nn_output)(&o, w->job->hyper, slope != NULL ? slope + r * n_out : NULL);
    }
    if (!last)
        X(nn_activate)[w->job->hyper->activation](n * n_out, z, slope);
    if (!last && at != NULL && at->dropout > 0)
        drop(e, at, l + 1, at->dropout, n, n_out, z, slope);
}

/* Gathers n <= NN_CHUNK rows and runs them through the network, up to their losses. */
static void forward(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, const training *at)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[0], k = (size_t)net->width[net->n_layers];
    X(nn_gather)(w->job, rows, n, 0, e->activations[0], n_in);
    for (size_t r = 0; r < n; r++)
        X(nn_gather_targets)(w->job, rows + r, 1, k, e->targets + r * k, e->classes + r, 1, 1);
    if (at != NULL && at->input_dropout > 0)
        drop(e, at, 0, at->input_dropout, n, n_in, e->activations[0], NULL);
    for (int l = 0; l < net->n_layers; l++)
        forward_layer(w, params, n, l, at);
}

/* Adds the gradient of the chunk that was run forward, each row weighted by `scale`, to grad. */
static void backward(nn_work *w, const REAL *params, size_t n, REAL scale)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers];
    REAL *delta = e->delta[0], *before = e->delta[1];
    for (size_t r = 0; r < n; r++) {
        const nn_outputs o = outputs_of(w, r, delta, NULL, NULL);
        X(nn_output_delta)(&o, w->job->hyper, e->slopes[net->n_layers] + r * k, scale);
    }
    for (int l = net->n_layers - 1; l >= 0; l--) {
        const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
        add_outer(n, n_in, n_out, e->activations[l], delta, e->grad + net->w_at[l],
                  net->bias ? e->grad + net->b_at[l] : NULL);
        if (l > 0)
            back(n, n_in, n_out, delta, params + net->w_at[l], e->slopes[l], before);
        REAL *swap = delta;
        delta = before;
        before = swap;
    }
}

static void add_penalties(nn_work *w, const REAL *params, size_t n)
{
    const nn_network *net = &w->net;
    REAL l2, l1;
    X(nn_penalty_of)(w->job, n, &l2, &l1);
    for (int l = 0; l < net->n_layers; l++)
        X(nn_penalise)
    (net->b_at[l] - net->w_at[l], l2, l1, params + net->w_at[l], ((reference *)w->own)->grad + net->w_at[l]);
}

/* Gradient of the batch's cost into grad; sum of the rows' losses. */
static double batch_gradient(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, training at)
{
    reference *e = w->own;
    const bool sum = w->job->hyper->reduction == NN_REDUCTION_sum;
    double loss = 0;
    memset(e->grad, 0, w->net.n_params * sizeof(REAL));
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        forward(w, params, rows + i, chunk, &at);
        loss += nn_sum_chunk(e->row_loss, chunk);
        backward(w, params, chunk, sum ? (REAL)1 : (REAL)1 / (REAL)n);
        at.position += (uint32_t)chunk;
    }
    add_penalties(w, params, n);
    return loss;
}

static void update(nn_work *w)
{
    reference *e = w->own;
    e->step.method->next(&e->step, 1);
    e->step.method->one(w->net.n_params, e->params, e->grad, e->state[0], e->state[1], &e->step);
}

static bool reference_epoch(nn_work *w)
{
    reference *e = w->own;
    const nn_lane *lane = &w->lane[0];
    const nn_hyper *h = w->job->hyper;
    const size_t n_train = w->job->split->n[NN_TRAIN];
    training at = {.epoch = w->epoch[0],
                   .dropout = h->dropout,
                   .input_dropout = h->input_dropout,
                   .key = lane->dropout_key};
    double loss = 0;
    e->step.rate[0] = (REAL)w->learning_rate[0];
    for (size_t i = 0; i < n_train; i += w->batch) {
        if (nn_leave(w))
            return false;
        at.position = (uint32_t)i;
        loss +=
            batch_gradient(w, e->params, w->rows[0] + i, n_train - i < w->batch ? n_train - i : w->batch, at);
        update(w);
    }
    w->losses[0] = loss;
    return true;
}

static void reference_predict(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y)
{
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    for (size_t i = 0; i < n_rows; i += NN_CHUNK) {
        const size_t chunk = n_rows - i < NN_CHUNK ? n_rows - i : NN_CHUNK;
        forward(w, params, rows + i, chunk, NULL);
        const REAL *out = ((const reference *)w->own)->activations[w->net.n_layers];
        for (size_t j = 0; j < chunk * k; j++)
            *y++ = (double)out[j];
    }
}

static double reference_gradient(nn_work *w, const void *params, const uint32_t *rows, size_t n,
                                 double *gradient)
{
    const nn_hyper *h = w->job->hyper;
    const double n_train = (double)w->job->split->n[NN_TRAIN];
    double squares, absolutes;
    const double loss = batch_gradient(w, params, rows, n, (training){.epoch = 0});
    const REAL *grad = ((const reference *)w->own)->grad;
    for (size_t i = 0; i < w->net.n_params && gradient != NULL; i++)
        gradient[i] = (double)grad[i];
    X(nn_norms)(&w->net, params, &squares, &absolutes);
    const double cost = loss / (double)n + (h->lambda / 2 * squares + h->l1 * absolutes) / n_train;
    return h->reduction == NN_REDUCTION_sum ? cost * (double)n : cost;
}

/* The slope of a saturating activation from its value, as a share of its largest; 1 for the others. */
static REAL slope_left(int activation, REAL a)
{
    return activation == NN_ACTIVATION_sigmoid ? 4 * a * (1 - a)
           : activation == NN_ACTIVATION_tanh  ? 1 - a * a
                                               : (REAL)1;
}

/* Which units were above 0 stands in grad, which has a weight for each of them at least. */
static void reference_activity(nn_work *w, const void *params, const uint32_t *rows, size_t n,
                               nn_activity *out)
{
    const reference *e = w->own;
    const int activation = w->job->hyper->activation;
    *out = (nn_activity){.finite = true};
    for (int l = 1; l < w->net.n_layers; l++)
        out->n_units += (size_t)w->net.width[l];
    memset(e->grad, 0, out->n_units * sizeof(REAL));
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        REAL *above = e->grad;
        forward(w, params, rows + i, chunk, NULL);
        for (int l = 1; l < w->net.n_layers; above += w->net.width[l++])
            for (size_t u = 0, width = (size_t)w->net.width[l]; u < chunk * width; u++) {
                const REAL a = e->activations[l][u];
                above[u % width] = a > 0 ? 1 : above[u % width];
                out->n_flat += slope_left(activation, a) < (REAL)0.05;
                out->finite &= isfinite(a) != 0;
            }
    }
    for (size_t u = 0; u < out->n_units; u++)
        out->n_silent += e->grad[u] == 0;
    out->n_outputs = out->n_units * n;
}

static void reference_score(nn_work *w, nn_part part, nn_score *scores)
{
    reference *e = w->own;
    const uint32_t *rows = w->job->split->rows[part];
    const size_t n = w->job->split->n[part];
    nn_tally tally = {0};
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        forward(w, e->params, rows + i, chunk, NULL);
        for (size_t r = 0; r < chunk; r++) {
            const nn_outputs o = outputs_of(w, r, e->delta[0], NULL, NULL);
            X(nn_count)(&o, 1, 1, &tally);
            X(nn_answer)(w, &o, 1, 1);
        }
        const nn_outputs all = outputs_of(w, 0, e->delta[0], NULL, NULL);
        X(nn_add_rows)(&all, chunk, 1, &tally);
    }
    scores[0] = X(nn_score_of)(w, &tally, n);
}

const nn_engine X(nn_reference) = {
    .name = "reference",
    .lanes = 1,
    .layout = reference_layout,
    .set = reference_set,
    .get = reference_get,
    .save = reference_save,
    .load = reference_load,
    .epoch = reference_epoch,
    .score = reference_score,
};

const nn_kernels X(nn_kernels) = {
    .real_bytes = sizeof(REAL),
    .draw = X(nn_draw),
    .norms = X(nn_norms),
    .distance = X(nn_distance),
    .engines =
        {
#define NN_ENGINE(name, help) [NN_ENGINE_##name] = &X(nn_##name),
#include "engine.def"
        },
    .predict = reference_predict,
    .gradient = reference_gradient,
    .activity = reference_activity,
};
