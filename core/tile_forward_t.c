/* The tile engine forwards: rows to losses. */
#include "tile_t.h"

static void drop(nn_work *w, const tile_rows *at, int l, double rate, size_t n, REAL *restrict x,
                 REAL *restrict slope)
{
    const tile_engine *e = w->own;
    const size_t ld = e->layer[l].ld_in, width = e->layer[l].n_weights;
    const REAL *restrict masks = e->masks;
    X(nn_masks)(w->lane[0].dropout_key, w->epoch[0], at->position, l, rate, n, width, e->masks, ld);
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

static void hidden_layer(nn_work *w, int l, size_t n, const tile_rows *at)
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
static const REAL *inputs_of(nn_work *w, const uint32_t *rows, size_t n, const tile_rows *at)
{
    tile_engine *e = w->own;
    const tile_layer *y = &e->layer[0];
    const bool kept = at != NULL && e->inputs != NULL && w->job->hyper->input_dropout == 0;
    REAL *x = kept ? e->inputs + at->position * y->ld_in : y->x;
    if (kept && e->gathered)
        return x;
    const size_t more = at != NULL ? w->job->split->n[NN_TRAIN] - at->position - n : 0;
    X(nn_gather)(w->job, rows, n, more, x, y->ld_in);
    if (at != NULL && w->job->hyper->input_dropout > 0)
        drop(w, at, 0, w->job->hyper->input_dropout, n, x, NULL);
    set_ones(y, n, x);
    return x;
}

const REAL *X(nn_tile_forward)(nn_work *w, nn_part part, const uint32_t *rows, size_t n, const tile_rows *at)
{
    tile_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    nn_outputs *o = &e->outputs;
    o->n = nn_pad(n);
    X(nn_gather_targets)(w->job, part, rows, n, o->k, o->t, o->classes, 1, o->n);
    for (size_t r = n; r < o->n; r++)
        o->classes[r] = 0; /* padding is a row like others */
    const REAL *inputs = inputs_of(w, rows, n, at);
    for (int l = 0; l <= last; l++) {
        const tile_layer *y = &e->layer[l];
        X(nn_tile_multiply)
        (w, (nn_product){.n_rows = n,
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
