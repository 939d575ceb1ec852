/* The arrays, gradients, steps, epochs and scores of the reference engine; pass.c runs rows forward and backward. */
#include "kernels/reference/reference.h"
#include "kernels/batch.h"
#include "kernels/reference/pass.h"
#include "kernels/score.h"
#include "train/arena.h"
#include "train/sum.h"

static int32_t widest(const nn_network *net)
{
    int32_t width = 0;
    for (int l = 0; l <= net->n_layers; l++)
        width = net->width[l] > width ? net->width[l] : width;
    return width;
}

/* Lays out arrays of the units of each layer. With shortcuts the units of all layers but the last lie side by side in
 * rows, so that what a layer reads is one piece. */
static void layout_units(const nn_network *net, reference *e, REAL **units, char *base, size_t *used)
{
    const int last = net->n_layers;
    for (int l = 0; l <= last; l++) {
        const bool beside = net->shortcuts && l < last;
        e->ld[l] = (size_t)(beside ? net->fan_in[last - 1] : net->width[l]);
        if (!beside || l == 0)
            units[l] = nn_carve(base, used, NN_CHUNK * e->ld[l] * sizeof(REAL));
        else
            units[l] = base != NULL ? units[l - 1] + net->width[l - 1] : NULL;
    }
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
    layout_units(net, &e, e.activations, base, used);
    layout_units(net, &e, e.slopes, base, used);
    layout_units(net, &e, e.errors, base, used);
    e.logits = nn_carve(base, used, row * k);
    e.targets = nn_carve(base, used, row * k);
    e.delta = nn_carve(base, used, row * most);
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
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++)
        memcpy((REAL *)states + (size_t)s * w->net.n_params, e->state[s], w->net.n_params * sizeof(REAL));
    nn_step_numbers(&e->step, 0, numbers);
}

static void reference_load(nn_work *w, int lane, const void *states, const double *numbers)
{
    reference *e = w->own;
    (void)lane;
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++)
        memcpy(e->state[s], (const REAL *)states + (size_t)s * w->net.n_params, w->net.n_params * sizeof(REAL));
    nn_step_resume(&e->step, 0, numbers);
}

static void add_penalties(nn_work *w, const REAL *params, REAL l2, REAL l1)
{
    const reference *e = w->own;
    for (int l = 0; l < w->net.n_layers; l++) {
        const size_t at = w->net.w_at[l];
        X(nn_penalise)(w->net.b_at[l] - at, l2, l1, params + at, e->grad + at);
    }
}

/* Sets the gradient of frozen layers to 0, by which no optimizer moves a weight. */
static void freeze(nn_work *w)
{
    const reference *e = w->own;
    for (int l = 0; l < w->net.n_layers; l++) {
        const size_t at = w->net.w_at[l], end = l + 1 < w->net.n_layers ? w->net.w_at[l + 1] : w->net.n_params;
        if (nn_is_frozen(w->job->hyper, l))
            memset(e->grad + at, 0, (end - at) * sizeof(REAL));
    }
}

/* Puts the gradient of the batch's mean or summed loss into grad, and returns the sum of the rows' losses. */
static double batch_gradient(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, training at)
{
    reference *e = w->own;
    const bool sum = w->job->hyper->reduction == NN_REDUCTION_sum;
    double loss = 0;
    memset(e->grad, 0, w->net.n_params * sizeof(REAL));
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        X(nn_reference_forward)(w, params, NN_TRAIN, rows + i, chunk, &at);
        loss += nn_sum_chunk(e->row_loss, chunk);
        X(nn_reference_backward)(w, params, chunk, sum ? (REAL)1 : (REAL)1 / (REAL)n);
        at.position += (uint32_t)chunk;
    }
    return loss;
}

/* Returns the sum of the losses of a batch's rows. */
static double batch_loss(nn_work *w, const uint32_t *rows, size_t n, training at)
{
    reference *e = w->own;
    double loss = 0;
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        X(nn_reference_forward)(w, e->params, NN_TRAIN, rows + i, chunk, &at);
        loss += nn_sum_chunk(e->row_loss, chunk);
        at.position += (uint32_t)chunk;
    }
    return loss;
}

/* Puts the numerical gradient of the batch's loss into grad: moves each parameter in turn by the difference, forward or
 * both ways, and divides by the rounded move. Masks stay the same. Returns the sum of the rows' losses. */
static double numerical_gradient(nn_work *w, const uint32_t *rows, size_t n, training at)
{
    reference *e = w->own;
    const nn_hyper *h = w->job->hyper;
    const bool central = h->gradient == NN_GRADIENT_central_difference;
    const double loss = batch_loss(w, rows, n, at), scale = h->reduction == NN_REDUCTION_sum ? 1 : (double)n;
    for (size_t i = 0; i < w->net.n_params; i++) {
        const REAL here = e->params[i], up = here + (REAL)h->difference;
        const REAL down = central ? here - (REAL)h->difference : here;
        e->params[i] = up;
        const double above = batch_loss(w, rows, n, at);
        e->params[i] = down;
        const double below = central ? batch_loss(w, rows, n, at) : loss;
        e->params[i] = here;
        e->grad[i] = (REAL)((above - below) / ((double)up - (double)down) / scale);
    }
    return loss;
}

/* Takes the step of a batch of n rows. */
static void update(nn_work *w, size_t n)
{
    reference *e = w->own;
    const nn_network *net = &w->net;
    const nn_hyper *h = w->job->hyper;
    REAL l2, l1;
    X(nn_step_penalty_of)(w->job, n, &l2, &l1);
    add_penalties(w, e->params, l2, l1);
    freeze(w);
    if (h->clip_norm > 0)
        X(nn_scale)(net->n_params, X(nn_clip_factor)(h, X(nn_squares)(net->n_params, e->grad)), e->grad);
    for (int l = 0; l < net->n_layers; l++)
        if (!nn_is_frozen(h, l))
            X(nn_scale)(net->b_at[l] - net->w_at[l], e->step.decay[0], e->params + net->w_at[l]);
    e->step.method->next(&e->step, 1);
    e->step.method->one(w->net.n_params, e->params, e->grad, e->state[0], e->state[1], &e->step);
}

static bool reference_epoch(nn_work *w)
{
    reference *e = w->own;
    const nn_lane *lane = &w->lane[0];
    const nn_hyper *h = w->job->hyper;
    const size_t n_train = w->job->split->n[NN_TRAIN];
    training at = {
        .epoch = w->epoch[0], .dropout = h->dropout, .input_dropout = h->input_dropout, .key = lane->dropout_key};
    double loss = 0;
    X(nn_step_rate)(w->job, w->learning_rate[0], &e->step, 0);
    for (size_t i = 0; i < n_train; i += w->batch) {
        if (nn_leave(w))
            return false;
        at.position = (uint32_t)i;
        const size_t n = n_train - i < w->batch ? n_train - i : w->batch;
        loss += h->gradient == NN_GRADIENT_backprop ? batch_gradient(w, e->params, w->rows[0] + i, n, at)
                                                    : numerical_gradient(w, w->rows[0] + i, n, at);
        update(w, n);
    }
    w->losses[0] = loss;
    return true;
}

void X(nn_reference_predict)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y)
{
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    const double *shift = w->job->split->target_shift, *scale = w->job->split->target_scale;
    for (size_t i = 0; i < n_rows; i += NN_CHUNK) {
        const size_t chunk = n_rows - i < NN_CHUNK ? n_rows - i : NN_CHUNK;
        X(nn_reference_forward)(w, params, NN_NO_PART, rows + i, chunk, NULL);
        const REAL *out = ((const reference *)w->own)->activations[w->net.n_layers];
        for (size_t j = 0; j < chunk * k; j++)
            *y++ = scale != NULL ? (double)out[j] * scale[j % k] + shift[j % k] : (double)out[j];
    }
}

void X(nn_reference_units)(nn_work *w, const void *params, const uint32_t *rows, size_t n_rows, double *y)
{
    const reference *e = w->own;
    for (size_t i = 0; i < n_rows; i += NN_CHUNK) {
        const size_t chunk = n_rows - i < NN_CHUNK ? n_rows - i : NN_CHUNK;
        X(nn_reference_forward)(w, params, NN_NO_PART, rows + i, chunk, NULL);
        for (size_t r = 0; r < chunk; r++)
            for (int l = 1; l <= w->net.n_layers; l++)
                for (size_t u = 0; u < (size_t)w->net.width[l]; u++)
                    *y++ = (double)e->activations[l][r * e->ld[l] + u];
    }
}

/* Returns the sum of the losses of n rows, and fills the gradient of their cost. */
static double gradient_of(nn_work *w, const REAL *params, const uint32_t *rows, size_t n, double *gradient)
{
    REAL l2, l1;
    const double loss = batch_gradient(w, params, rows, n, (training){.epoch = 0});
    const REAL *grad = ((const reference *)w->own)->grad;
    X(nn_penalty_of)(w->job, n, &l2, &l1);
    add_penalties(w, params, l2, l1);
    freeze(w);
    for (size_t i = 0; i < w->net.n_params && gradient != NULL; i++)
        gradient[i] = (double)grad[i];
    return loss;
}

static double reference_full_gradient(nn_work *w, double *gradient)
{
    const nn_split *split = w->job->split;
    return gradient_of(w, ((reference *)w->own)->params, split->rows[NN_TRAIN], split->n[NN_TRAIN], gradient);
}

double X(nn_reference_gradient)(nn_work *w, const void *params, const uint32_t *rows, size_t n, double *gradient)
{
    const nn_hyper *h = w->job->hyper;
    const double n_train = (double)w->job->split->n[NN_TRAIN];
    double squares, absolutes;
    const double loss = gradient_of(w, params, rows, n, gradient);
    X(nn_norms)(&w->net, params, &squares, &absolutes);
    const double cost = loss / (double)n + (h->lambda / 2 * squares + h->l1 * absolutes) / n_train;
    return h->reduction == NN_REDUCTION_sum ? cost * (double)n : cost;
}

static void reference_score(nn_work *w, nn_part part, size_t n, nn_score *scores)
{
    reference *e = w->own;
    const uint32_t *rows = w->job->split->rows[part];
    nn_tally tally = {0};
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        X(nn_reference_forward)(w, e->params, part, rows + i, chunk, NULL);
        for (size_t r = 0; r < chunk; r++) {
            const nn_outputs o = X(nn_reference_outputs)(w, r, e->delta, NULL, NULL);
            X(nn_count)(&o, 1, 1, &tally);
            X(nn_answer)(w, &o, 1, 1);
        }
        const nn_outputs all = X(nn_reference_outputs)(w, 0, e->delta, NULL, NULL);
        X(nn_add_rows)(&all, chunk, 1, &tally);
    }
    scores[0] = X(nn_score_of)(w, &tally, n);
}

/* The slope of a saturating activation at its value a, as a share of its largest slope; 1 for other activations. */
static REAL slope_left(int activation, REAL a)
{
    return activation == NN_ACTIVATION_sigmoid ? 4 * a * (1 - a)
           : activation == NN_ACTIVATION_tanh  ? 1 - a * a
                                               : (REAL)1;
}

/* e->grad, which has at least one number for each unit, marks the units that were above 0. */
void X(nn_reference_activity)(nn_work *w, const void *params, const uint32_t *rows, size_t n, nn_activity *out)
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
        X(nn_reference_forward)(w, params, NN_TRAIN, rows + i, chunk, NULL);
        for (int l = 1; l < w->net.n_layers; above += w->net.width[l++])
            for (size_t u = 0, width = (size_t)w->net.width[l]; u < chunk * width; u++) {
                const REAL a = e->activations[l][u / width * e->ld[l] + u % width];
                above[u % width] = a > 0 ? 1 : above[u % width];
                out->n_flat += slope_left(activation, a) < (REAL)0.05;
                out->finite &= isfinite(a) != 0;
            }
    }
    for (size_t u = 0; u < out->n_units; u++)
        out->n_silent += e->grad[u] == 0;
    out->n_outputs = out->n_units * n;
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
    .gradient = reference_full_gradient,
    .score = reference_score,
};
