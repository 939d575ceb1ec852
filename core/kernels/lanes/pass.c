/* Runs rows through the networks of all lanes, forward and backward, and takes the steps. */
#include "kernels/lanes/pass.h"
#include "kernels/activation.h"
#include "kernels/batch.h"
#include "kernels/lanes/gather.h"
#include "kernels/score.h"
#include "train/sum.h"

/* Sets the constant input of each row. */
static void set_ones(const lane_layer *y, size_t n, REAL *x, size_t size)
{
    for (size_t i = y->n_weights * n * size; i < y->in * n * size; i++)
        x[i] = 1;
}

/* Plans the products of layer l, whose outputs are `units` and have the deltas `delta`, and returns the deltas of the
 * layer before. With shortcuts, e->errors sums dcost/da of all hidden units before the layer, beginning with the last
 * layer, which reads them all. Errors of the inputs of the network are not needed. */
static const REAL *plan_layer(nn_work *w, int l, size_t n, bool shared, REAL *units, const REAL *delta)
{
    lanes_engine *e = w->own;
    lane_layer *y = &e->layer[l];
    const size_t first = (size_t)w->net.width[0];
    const nn_lane_product all = {.in = y->in, .out = y->out, .rows = n, .shared = shared};
    y->forward = y->gradient = y->back = all;
    y->forward.a = e->params + y->at * NN_LANES;
    y->forward.b = y->gradient.b = shared ? e->shared : y->x;
    y->forward.c = units;
    y->gradient.a = y->back.a = delta;
    y->back.in = y->n_weights - y->own;
    y->back.b = e->params + (y->at + y->own * y->out) * NN_LANES;
    y->back.c = delta == e->delta[0] ? e->delta[1] : e->delta[0];
    y->back.times = y->slope;
    if (!w->net.shortcuts || l == 0)
        return y->back.c;
    y->back.c = e->errors + (y->own - first) * n * NN_LANES;
    y->back.add = l < w->net.n_layers - 1;
    y->back_far = y->back;
    y->back_far.in = y->own - first;
    y->back_far.b = e->params + (y->at + first * y->out) * NN_LANES;
    y->back_far.c = e->errors;
    y->back_far.times = NULL;
    return y->back.c;
}

/* Plans the products of passes of n rows. */
static void plan(nn_work *w, size_t n, bool shared)
{
    lanes_engine *e = w->own;
    const REAL *delta = e->outputs.delta;
    REAL *units = e->outputs.z;
    for (int l = w->net.n_layers - 1; l >= 0; l--) {
        lane_layer *y = &e->layer[l];
        delta = plan_layer(w, l, n, shared && l == 0, units, delta);
        units = y->x + y->own * n * NN_LANES;
        set_ones(y, n, y->x, NN_LANES);
    }
    set_ones(&e->layer[0], n, e->shared, 1);
    e->outputs.n = n * NN_LANES;
    e->n_planned = n;
    e->shares = shared;
}

/* Copies the inputs of layer l - 1 to the front of those of layer l, for shortcuts. */
static void put_before(const lanes_engine *e, int l, size_t n)
{
    const size_t size = e->layer[l].own * n;
    REAL *restrict x = e->layer[l].x;
    if (l > 1 || !e->shares)
        memcpy(x, e->layer[l - 1].x, size * NN_LANES * sizeof(REAL));
    else
        for (size_t i = 0; i < size; i++)
            for (size_t j = 0; j < NN_LANES; j++)
                x[i * NN_LANES + j] = e->shared[i];
}

void X(nn_lanes_forward)(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    const nn_hyper *h = w->job->hyper;
    nn_activate_function *const activate = X(nn_activate)[h->activation];
    const bool shared = X(nn_lanes_bring)(w, v, position, n);
    if (e->n_planned != n || e->shares != shared)
        plan(w, n, shared);
    for (int l = 0; l < last; l++) {
        const lane_layer *y = &e->layer[l], *next = &e->layer[l + 1];
        X(nn_lane_forward)(&y->forward);
        activate(y->out * n * NN_LANES, y->forward.c, v->training ? next->slope : NULL);
        if (v->training && e->drops[1])
            X(nn_lanes_drop)(w, (size_t)l + 1, position, n, y->out, y->forward.c, next->slope);
        if (w->net.shortcuts)
            put_before(e, l + 1, n);
    }
    X(nn_lane_forward)(&e->layer[last].forward);
    X(nn_output)(&e->outputs, h, v->training ? e->slope : NULL);
}

void X(nn_lanes_backward)(nn_work *w, lanes_chunk chunk, size_t done)
{
    lanes_engine *e = w->own;
    void (*const back)(const nn_lane_product *) = chunk.n == 1 ? X(nn_lane_back_row) : X(nn_lane_back);
    for (int l = w->net.n_layers - 1; l >= 0; l--) {
        lane_layer *y = &e->layer[l];
        y->gradient.c = (chunk.first ? e->gradient : e->of_chunk) + y->at * NN_LANES;
        y->gradient.add = done > 0;
        if (!y->frozen)
            X(nn_lane_gradient)(&y->gradient);
        if (l > 0 && w->net.shortcuts)
            back(&y->back_far);
        if (l > 0)
            back(&y->back);
    }
}

void X(nn_lanes_add_chunk)(nn_work *w)
{
    const lanes_engine *e = w->own;
    REAL *restrict sum = e->gradient;
    const REAL *restrict of_chunk = e->of_chunk;
    for (size_t i = 0; i < w->net.n_params * NN_LANES; i++)
        sum[i] += of_chunk[i];
}

/* Sets the coefficients of the penalties for batches of n rows. */
static void set_penalties(nn_work *w, size_t n)
{
    lanes_engine *e = w->own;
    e->penalised = false;
    for (int j = 0; j < w->n_lanes; j++)
        if (nn_active(w, j)) {
            X(nn_step_penalty_of)(&w->lane[j].job, n, &e->l2[j], &e->l1[j]);
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
            const REAL l2 = e->l2[j], l1 = e->l1[j], g = gradient[i + j];
            const REAL more = nn_penalised(g, weights[i + j], l2, l1);
            gradient[i + j] = l2 != 0 || l1 != 0 ? more : g;
        }
}

/* Clips the gradient of each lane by its own norm, summed in the fixed order over its parameters. */
static void clip(nn_work *w)
{
    lanes_engine *e = w->own;
    double squares[NN_CHUNK * NN_LANES], sums[NN_LANES] = {0};
    REAL factor[NN_LANES];
    REAL *restrict gradient = e->gradient;
    for (size_t i = 0; i < w->net.n_params; i += NN_CHUNK) {
        const size_t n = w->net.n_params - i < NN_CHUNK ? w->net.n_params - i : NN_CHUNK;
        for (size_t j = 0; j < n * NN_LANES; j++)
            squares[j] = (double)gradient[i * NN_LANES + j] * (double)gradient[i * NN_LANES + j];
        nn_sum_rows(squares, n, NN_LANES);
        nn_add_row(sums, squares, NN_LANES);
    }
    for (size_t j = 0; j < NN_LANES; j++)
        factor[j] = X(nn_clip_factor)(w->job->hyper, sums[j]);
    for (size_t i = 0; i < w->net.n_params * NN_LANES; i += NN_LANES)
        for (size_t j = 0; j < NN_LANES; j++)
            gradient[i + j] *= factor[j];
}

/* Shrinks the weights of a layer, in each lane by its own factor. */
static void decay(const nn_work *w, const lane_layer *y)
{
    const lanes_engine *e = w->own;
    REAL *restrict weights = e->params + y->at * NN_LANES;
    for (size_t i = 0; i < y->n_weights * y->out * NN_LANES; i += NN_LANES)
        for (size_t j = 0; j < NN_LANES; j++)
            weights[i + j] *= e->step.decay[j];
}

void X(nn_lanes_update)(nn_work *w, size_t n)
{
    lanes_engine *e = w->own;
    if (e->penalty_rows != n)
        set_penalties(w, n);
    for (int l = 0; l < w->net.n_layers && e->penalised; l++)
        if (!e->layer[l].frozen)
            penalise(w, &e->layer[l]);
    if (w->job->hyper->clip_norm > 0)
        clip(w);
    for (int l = 0; l < w->net.n_layers && e->decays; l++)
        if (!e->layer[l].frozen)
            decay(w, &e->layer[l]);
    e->step.method->next(&e->step, NN_LANES);
    e->step.method->lanes(w->net.n_params * NN_LANES, e->params, e->gradient, e->state[0], e->state[1], &e->step);
}
