/* The arrays, epochs and scores of the lanes engine; lanes.h says how it works. */
#include "kernels/lanes/lanes.h"
#include "kernels/lanes/pass.h"
#include "kernels/score.h"
#include "train/arena.h"
#include "train/sum.h"

static size_t widest(const nn_network *net)
{
    int32_t width = 1;
    for (int l = 0; l <= net->n_layers; l++)
        width = net->width[l] > width ? net->width[l] : width;
    return (size_t)width + 1;
}

static void lanes_layout(nn_work *w, char *base, size_t *used)
{
    const size_t start = *used, element = NN_LANES * sizeof(REAL), column = LANES_ROWS * element;
    const nn_network *net = &w->net;
    const size_t k = (size_t)net->width[net->n_layers], n_in = (size_t)net->width[0] + 1;
    lanes_engine e = {.n_planned = 0}, *own = nn_carve(base, used, sizeof e);
    e.params = nn_carve(base, used, net->n_params * element);
    e.gradient = nn_carve(base, used, net->n_params * element);
    e.of_chunk = w->batch > NN_CHUNK ? nn_carve(base, used, net->n_params * element) : NULL;
    X(nn_carve_states)(w, e.state, net->n_params * element, base, used);
    for (int l = 0; l < net->n_layers; l++) {
        const size_t n_weights = (size_t)net->fan_in[l], in = n_weights + (net->bias ? 1 : 0);
        const size_t width = (size_t)net->width[l];
        e.layer[l] = (lane_layer){.in = in,
                                  .out = (size_t)net->width[l + 1],
                                  .n_weights = n_weights,
                                  .own = n_weights - width,
                                  .at = net->w_at[l],
                                  .frozen = nn_is_frozen(w->job->hyper, l),
                                  .x = nn_carve(base, used, in * column),
                                  .slope = l > 0 ? nn_carve(base, used, width * column) : NULL};
    }
    e.rows = nn_carve(base, used, LANES_ROWS * n_in * sizeof(REAL));
    e.shared = nn_carve(base, used, LANES_ROWS * n_in * sizeof(REAL));
    e.targets = nn_carve(base, used, LANES_ROWS * k * sizeof(REAL));
    e.classes = nn_carve(base, used, LANES_ROWS * sizeof *e.classes);
    REAL **const wide[] = {&e.delta[0], &e.delta[1], &e.masks};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        *wide[i] = nn_carve(base, used, widest(net) * column);
    if (net->shortcuts)
        e.errors = nn_carve(base, used, (size_t)(net->fan_in[net->n_layers - 1] - net->width[0]) * column);
    nn_outputs *o = &e.outputs;
    REAL **const columns[] = {&e.slope, &o->y, &o->t};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        *columns[i] = nn_carve(base, used, k * column);
    o->z = nn_loss_rows[w->job->hyper->loss].required ? nn_carve(base, used, k * column) : o->y;
    o->k = k;
    o->delta = e.delta[0];
    o->peak = nn_carve(base, used, column);
    o->total = nn_carve(base, used, column);
    o->classes = nn_carve(base, used, LANES_ROWS * NN_LANES * sizeof *o->classes);
    e.loss = nn_carve(base, used, NN_CHUNK * NN_LANES * sizeof *e.loss);
    e.squared = nn_carve(base, used, NN_CHUNK * NN_LANES * sizeof *e.squared);
    e.target_scale = nn_carve(base, used, k * NN_LANES * sizeof *e.target_scale);
    w->own = own;
    if (own == NULL)
        return;
    memset(own, 0, *used - start); /* lanes that are never used must hold numbers, too */
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
    X(nn_step_begin)(h, &e->step, (size_t)lane, NN_LANES);
    e->penalty_rows = 0;
    e->epoch.lane = NULL;
    e->held = NULL; /* since label noise differs from run to run */
    e->noisy = false;
    for (int j = 0; j < w->n_lanes; j++)
        e->noisy |= (j == lane || nn_active(w, j)) && w->lane[j].job.hyper->label_noise > 0;
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

static void lanes_save(const nn_work *w, int lane, void *states, double *numbers)
{
    const lanes_engine *e = w->own;
    REAL *to = states;
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++)
        for (size_t i = 0; i < w->net.n_params; i++)
            *to++ = e->state[s][i * NN_LANES + (size_t)lane];
    nn_step_numbers(&e->step, (size_t)lane, numbers);
}

static void lanes_load(nn_work *w, int lane, const void *states, const double *numbers)
{
    lanes_engine *e = w->own;
    const REAL *from = states;
    for (int s = 0; s < nn_optimizer_rows[w->job->hyper->optimizer].states; s++)
        for (size_t i = 0; i < w->net.n_params; i++)
            e->state[s][i * NN_LANES + (size_t)lane] = *from++;
    nn_step_resume(&e->step, (size_t)lane, numbers);
}

/* Adds the losses of a chunk of n rows to those of the epoch. It is not inlined so that profiles show it apart. */
static __attribute__((noinline)) void add_losses(nn_work *w, size_t n)
{
    const lanes_engine *e = w->own;
    nn_sum_rows(e->loss, n, NN_LANES);
    nn_add_row(w->losses, e->loss, NN_LANES);
}

/* Makes the gradient of a chunk of a batch and adds up its losses. Returns false if nn_leave. */
static bool train_chunk(nn_work *w, const lanes_view *v, size_t position, lanes_chunk chunk, REAL scale)
{
    lanes_engine *e = w->own;
    for (size_t i = 0; i < chunk.n; i += LANES_ROWS) {
        if (nn_leave(w))
            return false;
        e->outputs.loss = e->loss + i * NN_LANES;
        X(nn_lanes_forward)(w, v, position + i, chunk.n - i < LANES_ROWS ? chunk.n - i : LANES_ROWS);
        X(nn_output_delta)(&e->outputs, w->job->hyper, e->slope, scale);
        X(nn_lanes_backward)(w, chunk, i);
    }
    add_losses(w, chunk.n);
    if (!chunk.first)
        X(nn_lanes_add_chunk)(w);
    return true;
}

/* Trains a batch of n rows and adds up their losses. Returns false if nn_leave. */
static bool train_batch(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    const REAL scale = w->job->hyper->reduction == NN_REDUCTION_sum ? (REAL)1 : (REAL)1 / (REAL)n;
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const lanes_chunk chunk = {.n = n - i < NN_CHUNK ? n - i : NN_CHUNK, .first = i == 0};
        if (!train_chunk(w, v, position + i, chunk, scale))
            return false;
    }
    X(nn_lanes_update)(w, n);
    return true;
}

/* Finds out whether the active lanes have the same rows in the same order, and the same scaling. */
static lanes_view view_of(const nn_work *w, nn_part part, bool training)
{
    lanes_view v = {.lane = NULL, .part = part, .training = training};
    const uint32_t *rows = NULL;
    bool same = true;
    for (int j = 0; j < w->n_lanes; j++) {
        if (!nn_active(w, j))
            continue;
        const nn_job *job = &w->lane[j].job;
        const uint32_t *own = training ? w->rows[j] : job->split->rows[part];
        same &= v.lane == NULL || (own == rows && job->split == v.lane->job.split);
        rows = own;
        v.lane = &w->lane[j];
    }
    v.rows = same ? rows : NULL;
    return v;
}

static void take_rates(nn_work *w)
{
    lanes_engine *e = w->own;
    e->decays = false;
    for (int j = 0; j < w->n_lanes; j++)
        if (nn_active(w, j)) {
            X(nn_step_rate)(&w->lane[j].job, w->learning_rate[j], &e->step, (size_t)j);
            e->decays |= e->step.decay[j] != 1;
        }
    w->new_rates = 0;
}

static bool lanes_epoch(nn_work *w)
{
    lanes_engine *e = w->own;
    const size_t n = w->job->split->n[NN_TRAIN];
    if (w->lane[0].order != NULL || e->epoch.lane == NULL)
        e->epoch = view_of(w, NN_TRAIN, true);
    if (w->new_rates != 0)
        take_rates(w);
    /* Not all of the array, since gcc would make `rep stos` of a known length. */
    memset(w->losses, 0, (size_t)w->n_lanes * sizeof *w->losses);
    for (size_t i = 0; i < n; i += w->batch)
        if (!train_batch(w, &e->epoch, i, n - i < w->batch ? n - i : w->batch))
            return false;
    return true;
}

/* Brings the units of the raw targets of each lane; NULL if no lane has scaled targets. */
static const double *bring_scales(nn_work *w)
{
    const lanes_engine *e = w->own;
    bool scaled = false;
    for (int j = 0; j < w->n_lanes; j++) {
        const double *scale = nn_active(w, j) ? w->lane[j].job.split->target_scale : NULL;
        scaled |= scale != NULL;
        for (size_t i = 0; i < e->outputs.k; i++)
            e->target_scale[i * NN_LANES + (size_t)j] = scale != NULL ? scale[i] : 1;
    }
    return scaled ? e->target_scale : NULL;
}

static void lanes_score(nn_work *w, nn_part part, size_t n, nn_score *scores)
{
    lanes_engine *e = w->own;
    const lanes_view v = view_of(w, part, false);
    nn_tally tally[NN_LANES] = {0};
    e->outputs.target_scale = bring_scales(w);
    for (size_t i = 0, in_chunk = 0; i < n;) {
        const size_t rows = n - i < LANES_ROWS ? n - i : LANES_ROWS;
        e->outputs.loss = e->loss + in_chunk * NN_LANES;
        e->outputs.squared = e->squared + in_chunk * NN_LANES;
        X(nn_lanes_forward)(w, &v, i, rows);
        X(nn_count)(&e->outputs, rows, NN_LANES, tally);
        X(nn_answer)(w, &e->outputs, rows, NN_LANES);
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
    .save = lanes_save,
    .load = lanes_load,
    .epoch = lanes_epoch,
    .score = lanes_score,
};
