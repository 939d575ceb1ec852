/* Runs rows forward through the network of the tile engine, to their losses. */
#include "kernels/tile/forward.h"
#include "kernels/activation.h"
#include "kernels/batch.h"
#include "kernels/score.h"
#include "kernels/tile/backward.h"

/* Applies dropout to units [n][ld] of layer l, of which `width` are in use. */
static void drop(nn_work *w, const tile_rows *at, int l, double rate, size_t n, size_t width, REAL *restrict x,
                 REAL *restrict slope, size_t ld)
{
    const tile_engine *e = w->own;
    const REAL *restrict masks = e->masks;
    X(nn_masks)(w->lane[0].dropout_key, w->epoch[0], at->position, l, rate, n, width, e->masks, ld);
    for (size_t r = 0; r < n; r++)
        for (size_t i = r * ld; i < r * ld + width; i++)
            x[i] *= masks[i];
    for (size_t r = 0; r < n && slope != NULL; r++)
        for (size_t i = r * ld; i < r * ld + width; i++)
            slope[i] *= masks[i];
}

/* Sets the constant input of each row. */
static void set_ones(const tile_layer *y, size_t n, REAL *x)
{
    for (size_t r = 0; r < n && y->in > y->n_weights; r++)
        x[r * y->ld_in + y->n_weights] = 1;
}

/* Where the logits of the units of layer l are made: in its inputs, or, with shortcuts, in e->z. */
static REAL *logits_of(const nn_work *w, int l)
{
    const tile_engine *e = w->own;
    return w->net.shortcuts || l == w->net.n_layers ? e->z : e->layer[l].x;
}

/* Puts the inputs of the layer before, and then units [n][ld_slope], into the inputs of a layer, for shortcuts. */
static void put_behind(const tile_layer *y, const REAL *before, size_t ld_before, const REAL *units, size_t n)
{
    for (size_t r = 0; r < n; r++) {
        memcpy(y->x + r * y->ld_in, before + r * ld_before, y->own * sizeof(REAL));
        memcpy(y->x + r * y->ld_in + y->own, units + r * y->ld_slope, (y->n_weights - y->own) * sizeof(REAL));
    }
}

static void hidden_layer(nn_work *w, int l, size_t n, const REAL *inputs, const tile_rows *at)
{
    tile_engine *e = w->own;
    tile_layer *y = &e->layer[l];
    const nn_hyper *h = w->job->hyper;
    REAL *units = logits_of(w, l);
    X(nn_activate)[h->activation](n * y->ld_slope, units, at != NULL ? y->slope : NULL);
    if (at != NULL && h->dropout > 0)
        drop(w, at, l, h->dropout, n, y->n_weights - y->own, units, y->slope, y->ld_slope);
    if (w->net.shortcuts)
        put_behind(y, l > 1 ? e->layer[l - 1].x : inputs, e->layer[l - 1].ld_in, units, n);
    set_ones(y, n, y->x);
}

/* Fills the panels of a chunk from its rows. */
static void fill_panels(tile_engine *e, size_t position, size_t n, const REAL *x)
{
    const tile_layer *y = &e->layer[0];
    REAL *to = nn_tile_by_row(e, position);
    for (size_t r = 0; r < n; r += NN_PANEL, to += y->in * NN_PANEL)
        X(nn_transpose)(n - r < NN_PANEL ? n - r : NN_PANEL, y->in, x + r * y->ld_in, y->ld_in, to, NN_PANEL);
    to = nn_tile_by_unit(e, position);
    for (size_t i = 0; i < y->in; i += NN_PANEL, to += NN_CHUNK * NN_PANEL)
        for (size_t r = 0; r < n; r++)
            memcpy(to + r * NN_PANEL, x + r * y->ld_in + i, (y->in - i < NN_PANEL ? y->in - i : NN_PANEL) * sizeof *to);
}

/* The inputs [n][ld_in] of n rows: gathered, or kept since the first epoch of training; NULL: kept in panels. */
static const REAL *inputs_of(nn_work *w, const uint32_t *rows, size_t n, const tile_rows *at)
{
    tile_engine *e = w->own;
    const tile_layer *y = &e->layer[0];
    const bool panels = at != NULL && nn_tile_in_panels(w);
    const bool kept = panels || (at != NULL && e->inputs != NULL && w->job->hyper->input_dropout == 0);
    REAL *x = kept && !panels ? e->inputs + at->position * y->ld_in : y->x;
    if (kept && e->gathered == w->n_begun + 1)
        return panels ? NULL : x;
    const size_t more = at != NULL ? w->job->split->n[NN_TRAIN] - at->position - n : 0;
    X(nn_gather)(w->job, rows, n, more, x, y->ld_in);
    if (at != NULL && w->job->hyper->input_dropout > 0)
        drop(w, at, 0, w->job->hyper->input_dropout, n, y->n_weights, x, NULL, y->ld_in);
    set_ones(y, n, x);
    if (panels)
        fill_panels(e, at->position, n, x);
    return panels ? NULL : x;
}

/* Computes the logits of the first layer with rows in vectors. */
static void multiply_turned(nn_work *w, size_t n, const tile_rows *at, REAL *z, size_t ld)
{
    tile_engine *e = w->own;
    const tile_layer *y = &e->layer[0];
    REAL *turned = e->turned[1];
    const nn_product p = {.n_rows = y->out,
                          .n_cols = n,
                          .n_k = y->in,
                          .a = y->W,
                          .a_row = 1,
                          .a_k = y->ld_out,
                          .b = nn_tile_by_row(e, at->position),
                          .b_k = NN_PANEL,
                          .b_panel = y->in * NN_PANEL,
                          .c = turned,
                          .c_row = nn_pad(n)};
    X(nn_tile_multiply)(w, p);
    X(nn_tile_turn)(y->out, n, turned, nn_pad(n), z, ld);
}

const REAL *X(nn_tile_forward)(nn_work *w, nn_part part, const uint32_t *rows, size_t n, const tile_rows *at)
{
    tile_engine *e = w->own;
    const int last = w->net.n_layers - 1;
    nn_outputs *o = &e->outputs;
    o->n = nn_tile_stride(n);
    X(nn_gather_targets)(&w->lane[0], part, rows, n, o->k, o->t, o->classes, 1, o->n);
    for (size_t r = n; r < o->n; r++)
        o->classes[r] = 0; /* since padding is treated like a row */
    const REAL *inputs = inputs_of(w, rows, n, at);
    for (int l = 0; l <= last; l++) {
        const tile_layer *y = &e->layer[l];
        REAL *z = logits_of(w, l + 1);
        const size_t ld = l < last ? e->layer[l + 1].ld_slope : y->ld_out;
        const nn_product p = {.n_rows = n,
                              .n_cols = y->out,
                              .n_k = y->in,
                              .a = l > 0 ? y->x : inputs,
                              .a_row = y->ld_in,
                              .a_k = 1,
                              .b = y->W,
                              .b_k = y->ld_out,
                              .c = z,
                              .c_row = ld};
        if (l == 0 && inputs == NULL)
            multiply_turned(w, n, at, z, ld);
        else
            X(nn_tile_multiply)(w, p);
        if (l < last)
            hidden_layer(w, l + 1, n, inputs, at);
    }
    X(nn_transpose)(n, o->k, e->z, e->layer[last].ld_out, o->z, o->n);
    X(nn_output)(o, w->job->hyper, at != NULL ? e->slope : NULL);
    return inputs;
}
