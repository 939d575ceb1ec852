/* Gathers inputs and targets for the lanes, once for all or for each lane, and applies dropout. */
#include "kernels/lanes/gather.h"
#include "kernels/batch.h"
#include "kernels/philox.h"

static void gather_lane_targets(nn_work *w, nn_part part, int lane, const uint32_t *rows, size_t n)
{
    const nn_outputs *o = &((lanes_engine *)w->own)->outputs;
    X(nn_gather_targets)(&w->lane[lane], part, rows, n, o->k, o->t + lane, o->classes + lane, NN_LANES, n * NN_LANES);
}

/* Gathers inputs and targets of rows that all lanes share. */
static void gather_shared(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const uint32_t *rows = v->rows + position;
    const size_t n_in = e->layer[0].n_weights;
    const nn_outputs *o = &e->outputs;
    if (e->held == rows && e->n_held == n)
        return;
    X(nn_gather)(&v->lane->job, rows, n, 0, e->rows, n_in);
    for (size_t i = 0; i < n_in; i++)
        for (size_t r = 0; r < n; r++)
            e->shared[i * n + r] = e->rows[r * n_in + i];
    X(nn_gather_targets)(v->lane, NN_NO_PART, rows, n, o->k, e->targets, e->classes, 1, n);
    for (size_t i = 0; i < o->k * n; i++)
        for (size_t j = 0; j < NN_LANES; j++)
            o->t[i * NN_LANES + j] = e->targets[i];
    for (size_t r = 0; r < n; r++)
        for (size_t j = 0; j < NN_LANES; j++)
            o->classes[r * NN_LANES + j] = e->classes[r];
    for (int lane = 0; lane < w->n_lanes && v->part == NN_TRAIN && e->noisy; lane++)
        if (nn_active(w, lane))
            gather_lane_targets(w, v->part, lane, rows, n);
    e->held =
        rows == v->lane->job.split->rows[NN_TRAIN] ? rows : NULL; /* a shuffle changes the rows at the same address */
    e->n_held = n;
}

/* Gathers each lane's own rows, from `position` of its epoch or part on. */
static void gather_own(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    const size_t n_in = e->layer[0].n_weights;
    e->held = NULL;
    for (int lane = 0; lane < w->n_lanes; lane++) {
        if (!nn_active(w, lane))
            continue;
        const nn_job *job = &w->lane[lane].job;
        const uint32_t *rows = (v->training ? w->rows[lane] : job->split->rows[v->part]) + position;
        const size_t j = (size_t)lane;
        X(nn_gather)(job, rows, n, 0, e->rows, n_in);
        for (size_t i = 0; i < n_in; i++)
            for (size_t r = 0; r < n; r++)
                e->layer[0].x[(i * n + r) * NN_LANES + j] = e->rows[r * n_in + i];
        gather_lane_targets(w, v->part, lane, rows, n);
    }
}

/* Draws for each lane in a block: one, for eight units of a row, or two if there are eight lanes. */
enum { LANE_DRAWS = NN_BLOCK / NN_LANES };

typedef struct lane_rates {
    uint32_t below[NN_LANES];
    REAL keep[NN_LANES];
} lane_rates;

/* Sets the keys, counters and rates of all lanes. Lanes without dropout get masks of 1. */
static void set_lanes(const nn_work *w, size_t layer, nn_draws *d, lane_rates *rates)
{
    const lanes_engine *e = w->own;
    for (size_t i = 0; i < NN_BLOCK; i++) {
        const int j = (int)(i % NN_LANES);
        const bool on = j < w->n_lanes && nn_active(w, j);
        const nn_drop drop = nn_drop_of(on ? e->dropout[layer > 0][j] : 0);
        nn_set_draw(d, i, on ? w->lane[j].dropout_key : 0, on ? w->epoch[j] : 0, (int)layer);
        rates->below[j] = drop.below;
        rates->keep[j] = drop.keep;
    }
}

/* Draws the masks of `width` units of a row, `stride` apart. */
static void row_masks(nn_draws *d, const lane_rates *rates, size_t width, REAL *restrict masks, size_t stride)
{
    uint32_t words[4][NN_BLOCK];
    for (size_t first = 0; first < width; first += NN_DRAW_UNITS * LANE_DRAWS) {
        for (size_t i = 0; i < NN_BLOCK; i++)
            d->c[3][i] = (uint32_t)(first / NN_DRAW_UNITS + i / NN_LANES);
        nn_philox_block(d, words);
        for (size_t k = 0; k < NN_DRAW_UNITS * LANE_DRAWS && first + k < width; k++) {
            const uint32_t *word = words[k % NN_DRAW_UNITS / 2] + k / NN_DRAW_UNITS * NN_LANES;
            const uint32_t shift = k % 2 * NN_DRAW_BITS;
            for (size_t j = 0; j < NN_LANES; j++)
                masks[(first + k) * stride + j] =
                    (word[j] >> shift & NN_DRAW_MASK) < rates->below[j] ? (REAL)0 : rates->keep[j];
        }
    }
}

void X(nn_lanes_drop)(nn_work *w, size_t layer, size_t position, size_t n, size_t width, REAL *restrict x,
                      REAL *restrict slope)
{
    lanes_engine *e = w->own;
    const size_t size = width * n * NN_LANES;
    const REAL *restrict masks = e->masks;
    nn_draws d;
    lane_rates rates;
    set_lanes(w, layer, &d, &rates);
    for (size_t r = 0; r < n; r++) {
        for (size_t i = 0; i < NN_BLOCK; i++)
            d.c[1][i] = (uint32_t)(position + r);
        row_masks(&d, &rates, width, e->masks + r * NN_LANES, n * NN_LANES);
    }
    for (size_t i = 0; i < size; i++)
        x[i] *= masks[i];
    for (size_t i = 0; i < size && slope != NULL; i++)
        slope[i] *= masks[i];
}

bool X(nn_lanes_bring)(nn_work *w, const lanes_view *v, size_t position, size_t n)
{
    lanes_engine *e = w->own;
    lane_layer *first = &e->layer[0];
    bool shared = v->rows != NULL;
    if (shared)
        gather_shared(w, v, position, n);
    else
        gather_own(w, v, position, n);
    if (!v->training || !e->drops[0])
        return shared;
    for (size_t i = 0; i < first->n_weights * n && shared; i++)
        for (size_t j = 0; j < NN_LANES; j++)
            first->x[i * NN_LANES + j] = e->shared[i];
    X(nn_lanes_drop)(w, 0, position, n, first->n_weights, first->x, NULL);
    return false;
}
