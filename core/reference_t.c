/* The reference engine: forward, backward and update as the textbooks write them, one row after the other.
 *
 * It is written to be read, and faster engines are tested against it. Inner loops run over the units of a
 * layer, which lie side by side in W [in][out], so that a compiler can vectorise them without reordering any
 * sum. */
#include "layer_t.h"

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

/* Sum of x y in 16 partial sums, so that the order is fixed and a compiler can keep them in vectors. */
static REAL dot(size_t n, const REAL *x, const REAL *y)
{
    REAL partial[NN_PARTIALS] = {0};
    size_t i = 0;
    for (; i + NN_PARTIALS <= n; i += NN_PARTIALS)
        for (size_t j = 0; j < NN_PARTIALS; j++)
            partial[j] += x[i + j] * y[i + j];
    for (size_t j = 0; i + j < n; j++)
        partial[j] += x[i + j] * y[i + j];
    for (size_t half = NN_PARTIALS / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            partial[j] += partial[j + half];
    return partial[0];
}

/* before [n][in] = (delta [n][out] W^T) * slope [n][in]: the delta rule, one layer back. */
static void back(size_t n, size_t n_in, size_t n_out, const REAL *delta, const REAL *W, const REAL *slope,
                 REAL *before)
{
    for (size_t r = 0; r < n; r++, delta += n_out)
        for (size_t i = 0; i < n_in; i++, before++, slope++)
            *before = dot(n_out, delta, W + i * n_out) * *slope;
}

/* Where a chunk of rows stands in training; NULL in evaluation: no dropout, no slopes. */
typedef struct training {
    uint32_t epoch, position;
    double dropout, input_dropout;
    uint64_t key;
} training;

static void forward_layer(nn_work *w, const REAL *params, size_t n, int l, const training *at)
{
    const nn_network *net = &w->net;
    const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
    const bool last = l + 1 == net->n_layers;
    REAL *a = w->activations[l + 1], *slope = at != NULL ? w->slopes[l + 1] : NULL;
    multiply(n, n_in, n_out, w->activations[l], params + net->w_at[l],
             net->bias ? params + net->b_at[l] : NULL, a);
    const int f = last ? w->job->hyper->output : w->job->hyper->activation;
    if (last)
        memcpy(w->logits, a, n * n_out * sizeof *a);
    if (f == NN_ACTIVATION_softmax)
        X(nn_softmax)(n, n_out, a);
    else
        X(nn_activate)[f](n * n_out, a, slope);
    if (!last && at != NULL && at->dropout > 0)
        X(nn_drop)
    (at->key, at->epoch, at->position, l + 1, at->dropout, n, n_out, a, slope);
}

/* Gathers n <= NN_CHUNK rows and runs them through the network. */
static void forward(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, const training *at)
{
    const nn_network *net = &w->net;
    X(nn_gather)
    (w->job, rows, n, (size_t)net->width[net->n_layers], w->activations[0], w->targets, w->classes);
    if (at != NULL && at->input_dropout > 0)
        X(nn_drop)
    (at->key, at->epoch, at->position, 0, at->input_dropout, n, (size_t)net->width[0], w->activations[0],
     NULL);
    for (int l = 0; l < net->n_layers; l++)
        forward_layer(w, params, n, l, at);
}

/* Losses of the chunk's rows into w->row_loss; their sum in the fixed order. */
static double losses(nn_work *w, size_t n)
{
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    const REAL *z = w->logits, *y = w->activations[w->net.n_layers], *t = w->targets;
    for (size_t r = 0; r < n; r++)
        w->row_loss[r] =
            X(nn_row_loss)[w->job->hyper->loss](k, z + r * k, y + r * k, t + r * k, w->classes[r]);
    return nn_sum_chunk(w->row_loss, n);
}

/* delta [n][k] of the output layer, times `scale`. */
static void output_delta(nn_work *w, size_t n, REAL scale, REAL *delta)
{
    const int last = w->net.n_layers, loss = w->job->hyper->loss;
    const size_t k = (size_t)w->net.width[last];
    const REAL *y = w->activations[last], *t = w->targets, *slope = w->slopes[last];
    for (size_t r = 0; r < n; r++)
        X(nn_loss_slope)[loss](k, y + r * k, t + r * k, delta + r * k);
    for (size_t i = 0; i < n * k; i++)
        delta[i] *= nn_loss_rows[loss].required ? scale : scale * slope[i];
}

/* Adds the gradient of the chunk that was run forward, each row weighted by `scale`, to w->grad. */
static void backward(nn_work *w, const REAL *params, size_t n, REAL scale)
{
    const nn_network *net = &w->net;
    REAL *grad = w->grad, *delta = w->delta[0], *before = w->delta[1];
    output_delta(w, n, scale, delta);
    for (int l = net->n_layers - 1; l >= 0; l--) {
        const size_t n_in = (size_t)net->width[l], n_out = (size_t)net->width[l + 1];
        add_outer(n, n_in, n_out, w->activations[l], delta, grad + net->w_at[l],
                  net->bias ? grad + net->b_at[l] : NULL);
        if (l > 0)
            back(n, n_in, n_out, delta, params + net->w_at[l], w->slopes[l], before);
        REAL *swap = delta;
        delta = before;
        before = swap;
    }
}

/* Adds scale (lambda w + l1 sign w) / n_train of every weight to w->grad. */
static void add_penalties(nn_work *w, const REAL *params, double scale)
{
    const nn_network *net = &w->net;
    const double n_train = (double)w->job->split->n[NN_TRAIN];
    const REAL l2 = (REAL)(scale * w->job->hyper->lambda / n_train),
               l1 = (REAL)(scale * w->job->hyper->l1 / n_train);
    REAL *grad = w->grad;
    if (l2 == 0 && l1 == 0)
        return;
    for (int l = 0; l < net->n_layers; l++)
        for (size_t i = net->w_at[l]; i < net->b_at[l]; i++)
            grad[i] += l2 * params[i] + l1 * (REAL)((params[i] > 0) - (params[i] < 0));
}

/* Gradient of the batch's cost into w->grad; sum of the rows' losses. */
static double batch_gradient(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, training at)
{
    const bool sum = w->job->hyper->reduction == NN_REDUCTION_sum;
    double loss = 0;
    memset(w->grad, 0, w->net.n_params * sizeof(REAL));
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        forward(w, params, rows + i, chunk, &at);
        loss += losses(w, chunk);
        backward(w, params, chunk, sum ? (REAL)1 : (REAL)1 / (REAL)n);
        at.position += (uint32_t)chunk;
    }
    add_penalties(w, params, sum ? (double)n : 1);
    return loss;
}

static void update(nn_work *w, double rate)
{
    const nn_hyper *h = w->job->hyper;
    w->beta_power[0] *= h->beta1;
    w->beta_power[1] *= h->beta2;
    const nn_step step = X(nn_step_of)(h, rate, w->beta_power);
    X(nn_update)[h->optimizer](w->net.n_params, w->params, w->grad, w->state[0], w->state[1], &step);
}

static bool reference_epoch(nn_work *w, uint32_t epoch, double rate, double *running_loss)
{
    const nn_hyper *h = w->job->hyper;
    const size_t n_train = w->job->split->n[NN_TRAIN];
    training at = {.epoch = epoch, .dropout = h->dropout, .input_dropout = h->input_dropout};
    at.key = nn_stream_key(w->job->seed, w->job->repeat, NN_FOR_DROPOUT);
    double loss = 0;
    for (size_t i = 0; i < n_train; i += w->batch) {
        if (w->job->signal != NULL && atomic_load_explicit(w->job->signal, memory_order_relaxed) != NN_GO_ON)
            return false;
        at.position = (uint32_t)i;
        loss +=
            batch_gradient(w, w->params, w->order + i, n_train - i < w->batch ? n_train - i : w->batch, at);
        update(w, rate);
    }
    *running_loss = loss / (double)n_train;
    return true;
}

static void reference_start(nn_work *w)
{
    X(nn_start)(w->job, &w->net, w->params);
    for (int s = 0; s < NN_MAX_STATES; s++)
        memset(w->state[s], 0, w->net.n_params * sizeof(REAL));
    w->beta_power[0] = w->beta_power[1] = 1;
}

static void reference_predict(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y)
{
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    for (size_t i = 0; i < n_rows; i += NN_CHUNK) {
        const size_t chunk = n_rows - i < NN_CHUNK ? n_rows - i : NN_CHUNK;
        forward(w, params, rows + i, chunk, NULL);
        const REAL *out = w->activations[w->net.n_layers];
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
    double loss = batch_gradient(w, params, rows, n, (training){.epoch = 0});
    const REAL *grad = w->grad;
    for (size_t i = 0; i < w->net.n_params && gradient != NULL; i++)
        gradient[i] = (double)grad[i];
    w->engine->norms(w, params, &squares, &absolutes);
    double cost = loss / (double)n + (h->lambda / 2 * squares + h->l1 * absolutes) / n_train;
    return h->reduction == NN_REDUCTION_sum ? cost * (double)n : cost;
}

static nn_score reference_score(nn_work *w, const void *params, nn_part part)
{
    const uint32_t *rows = w->job->split->rows[part];
    const size_t n = w->job->split->n[part];
    nn_tally tally = {0};
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        forward(w, params, rows + i, chunk, NULL);
        tally.loss += losses(w, chunk);
        X(nn_count)(w, chunk, &tally);
    }
    return nn_score_of(w, &tally, n);
}

const nn_engine X(nn_reference) = {
    .name = "reference",
    .real_bytes = sizeof(REAL),
    .start = reference_start,
    .epoch = reference_epoch,
    .score = reference_score,
    .norms = X(nn_norms),
    .predict = reference_predict,
    .gradient = reference_gradient,
};
