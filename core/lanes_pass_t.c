/* The lanes forwards, backwards and the step. */
#include "lanes_t.h"

/* The inputs of layer l: [in][n] elements, or numbers where lanes share them. */
static const REAL *inputs_of(const lanes_engine *e, int l, bool shared)
{
    return l == 0 && shared ? e->shared : e->layer[l].x;
}

/* Puts the inputs of layer l - 1 before those that layer l has from it. */
static void put_before(const lanes_engine *e, int l, size_t n, bool shared)
{
    const size_t size = e->layer[l].own * n;
    REAL *restrict x = e->layer[l].x;
    if (l > 1 || !shared)
        memcpy(x, e->layer[l - 1].x, size * NN_LANES * sizeof(REAL));
    else
        for (size_t i = 0; i < size; i++)
            for (size_t j = 0; j < NN_LANES; j++)
                x[i * NN_LANES + j] = e->shared[i];
}

bool X(nn_lanes_forward)(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    const nn_hyper *h = w->job->hyper;
    const bool shared = X(nn_lanes_bring)(w, v, position, n);
    e->outputs.n = n * NN_LANES;
    for (int l = 0; l <= last; l++) {
        const lane_layer *y = &e->layer[l];
        lane_layer *next = &e->layer[l + 1];
        REAL *units = l < last ? next->x + next->own * n * NN_LANES : e->outputs.z;
        X(nn_lane_forward)
        (&(nn_lane_product){.in = y->in,
                            .out = y->out,
                            .rows = n,
                            .a = e->params + y->at * NN_LANES,
                            .b = inputs_of(e, l, shared),
                            .c = units,
                            .shared = l == 0 && shared});
        if (l == last)
            break;
        X(nn_activate)[h->activation](y->out * n * NN_LANES, units, v->training ? next->slope : NULL);
        if (v->training && e->drops[1])
            X(nn_lanes_drop)(w, (size_t)l + 1, position, n, y->out, units, next->slope);
        if (w->net.shortcuts)
            put_before(e, l + 1, n, shared);
    }
    X(nn_output)(&e->outputs, h, v->training ? e->slope : NULL);
    return shared;
}

/* to (+)= W delta for the inputs of layer l from `first` to `end`, times slopes where they are given. */
static void multiply_back(const lanes_engine *e, int l, size_t first, size_t end, size_t n, const REAL *delta,
                          REAL *to, bool add, const REAL *slope)
{
    const lane_layer *y = &e->layer[l];
    X(nn_lane_back)
    (&(nn_lane_product){.in = end - first,
                        .out = y->out,
                        .rows = n,
                        .a = delta,
                        .b = e->params + (y->at + first * y->out) * NN_LANES,
                        .c = to,
                        .add = add,
                        .times = slope});
}

/* The deltas of the layer before layer l, when those of l and all later ones are known; with shortcuts what they say of
 * earlier layers is added up. Either lies in one of the two arrays of deltas, or in `errors`. */
static REAL *step_back(const nn_work *w, int l, size_t n, const REAL *delta)
{
    const lanes_engine *e = w->own;
    const lane_layer *y = &e->layer[l];
    const size_t first = (size_t)w->net.width[0]; /* nobody asks for the inputs of the network */
    const bool add = l < w->net.n_layers - 1;     /* the last layer reads all hidden units */
    if (!w->net.shortcuts) {
        REAL *before = delta == e->delta[0] ? e->delta[1] : e->delta[0];
        multiply_back(e, l, 0, y->n_weights, n, delta, before, false, y->slope);
        return before;
    }
    REAL *before = e->errors + (y->own - first) * n * NN_LANES;
    multiply_back(e, l, first, y->own, n, delta, e->errors, add, NULL);
    multiply_back(e, l, y->own, y->n_weights, n, delta, before, add, y->slope);
    return before;
}

void X(nn_lanes_backward)(nn_work *w, size_t n, bool shared, bool add)
{
    const lanes_engine *e = w->own;
    const REAL *delta = e->outputs.delta;
    for (int l = w->net.n_layers - 1; l >= 0; l--) {
        const lane_layer *y = &e->layer[l];
        X(nn_lane_gradient)
        (&(nn_lane_product){.in = y->in,
                            .out = y->out,
                            .rows = n,
                            .a = delta,
                            .b = inputs_of(e, l, shared),
                            .c = e->gradient + y->at * NN_LANES,
                            .shared = l == 0 && shared,
                            .add = add});
        if (l > 0)
            delta = step_back(w, l, n, delta);
    }
}

/* Coefficients of the penalties for batches of n rows. */
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
        penalise(w, &e->layer[l]);
    if (w->job->hyper->clip_norm > 0)
        clip(w);
    for (int l = 0; l < w->net.n_layers && e->decays; l++)
        decay(w, &e->layer[l]);
    e->step.method->next(&e->step, NN_LANES);
    e->step.method->lanes(w->net.n_params * NN_LANES, e->params, e->gradient, e->state[0], e->state[1],
                          &e->step);
}
