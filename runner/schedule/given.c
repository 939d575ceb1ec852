/* Given starting weights: read once for each distinct network, shared read-only by all threads. */
#include "schedule/given.h"
#include "data/formats/array.h"
#include "schedule/schedule.h"
#include <stdlib.h>
#include <string.h>

/* ---- Given orders of rows, for exact comparison with other programs: read once, shared read-only by all threads. ---- */

void schedule_order_free(given_order *o)
{
    free(o->rows);
    *o = (given_order){0};
}

const uint32_t *schedule_order_of(const given_order *o, uint32_t repeat)
{
    return o->rows == NULL ? NULL : o->rows + (o->sets > 1 ? repeat : 0) * o->epochs * o->n;
}

/* The most epochs of a run that draws its order; 0: none does. */
static size_t epochs_needed(const grid *g, size_t n_train)
{
    size_t most = 0;
    for (size_t cell = 0; cell < g->n_cells; cell++) {
        nn_hyper h;
        grid_cell(g, cell, &h);
        const bool draws = h.shuffle && h.batch_size > 0 && (size_t)h.batch_size < n_train;
        most = draws && (size_t)h.epochs > most ? (size_t)h.epochs : most;
    }
    return most;
}

/* How the array holds orders of n rows. */
static nn_status shape_of(const array *a, const grid *g, given_order *o, nn_error *err)
{
    const size_t needed = epochs_needed(g, o->n);
    const bool one = a->columns == o->n; /* [epochs][rows], else [repeats][epochs rows] */
    o->sets = one ? 1 : a->rows;
    o->epochs = one ? a->rows : a->columns / o->n;
    if (needed == 0)
        return nn_fail(err, NN_data, "no run draws its order: batch_size is full, or shuffle is false");
    if (a->columns % o->n != 0)
        return nn_fail(err, NN_data, "order is %zu x %zu; there are %zu training rows", a->rows, a->columns, o->n);
    if (o->epochs < needed)
        return nn_fail(err, NN_data, "order has %zu epochs; the grid trains %zu", o->epochs, needed);
    if (o->sets > 1 && o->sets < g->repeats)
        return nn_fail(err, NN_data, "order is for %zu repeats; the grid has %u", o->sets, (unsigned)g->repeats);
    return NN_ok;
}

static double number_at(const array *a, size_t i)
{
    return a->numbers != NULL ? a->numbers[i] : a->bytes != NULL ? a->bytes[i] : NN_NAN;
}

/* Takes the numbers; those that are no rows of the data become one that none has. */
static nn_status take_rows(const array *a, size_t n_rows, given_order *o, nn_error *err)
{
    const size_t total = a->rows * a->columns;
    o->rows = malloc(total * sizeof *o->rows);
    if (o->rows == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu rows", total);
    for (size_t i = 0; i < total; i++) {
        const double x = number_at(a, i);
        o->rows[i] = x >= 0 && x < (double)n_rows && floor(x) == x ? (uint32_t)x : UINT32_MAX;
    }
    return NN_ok;
}

/* `seen` [n_rows]: for a training row, one more than the last epoch that had it; 0: no training row. */
static nn_status check_epoch(const uint32_t *rows, size_t n, size_t n_rows, size_t epoch, uint32_t repeat, size_t *seen,
                             nn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const bool known = rows[i] < n_rows && seen[rows[i]] > 0;
        if (known && seen[rows[i]] < epoch + 2) {
            seen[rows[i]] = epoch + 2;
            continue;
        }
        return nn_fail(err, NN_data, "order[epoch %zu, row %zu] is %s of repeat %u", epoch, i,
                       known ? "a row for the second time, in the split" : "no row of the training part in the split",
                       (unsigned)repeat);
    }
    return NN_ok;
}

/* Is each order one of the training rows that its repeat has, in all folds? */
static nn_status check_rows(const given_order *o, const grid *g, const dataset *d, nn_error *err)
{
    splitter *splits = NULL;
    const size_t n_rows = d->data.n_rows;
    size_t *seen = malloc((n_rows + 1) * sizeof *seen);
    nn_status status = seen == NULL ? nn_fail(err, NN_memory, "not enough memory") : data_splitter_new(d, &splits, err);
    for (size_t i = 0; i < (size_t)g->repeats * g->folds && status == NN_ok; i++) {
        const uint32_t repeat = (uint32_t)(i / g->folds), fold = (uint32_t)(i % g->folds);
        const nn_split *split = data_splitter_get(splits, g->seed, repeat, fold);
        const uint32_t *rows = schedule_order_of(o, repeat);
        memset(seen, 0, n_rows * sizeof *seen);
        for (size_t r = 0; r < split->n[NN_TRAIN]; r++)
            seen[split->rows[NN_TRAIN][r]] = 1;
        if (split->n[NN_TRAIN] != o->n)
            status = nn_fail(err, NN_data, "the folds have %zu and %zu training rows: one order does not fit all", o->n,
                             split->n[NN_TRAIN]);
        for (size_t e = 0; e < o->epochs && status == NN_ok; e++)
            status = check_epoch(rows + e * o->n, o->n, n_rows, e, repeat, seen, err);
    }
    data_splitter_free(splits);
    free(seen);
    return status;
}

nn_status schedule_order_load(const grid *g, const dataset *d, const char *data_root, given_order *out, nn_error *err)
{
    size_t n[NN_N_PART];
    array a = {0};
    nn_error inner;
    *out = (given_order){0};
    if (g->files[GRID_ORDER_FILE] == NULL)
        return NN_ok;
    char *path = data_path(g->files[GRID_ORDER_FILE], g->path, data_root);
    if (path == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    dataset_part_sizes(d, 0, n);
    out->n = n[NN_TRAIN];
    nn_status status = array_read_h5(path, "order", &a, &inner);
    if (status == NN_ok)
        status = shape_of(&a, g, out, &inner);
    if (status == NN_ok)
        status = take_rows(&a, d->data.n_rows, out, &inner);
    if (status == NN_ok)
        status = check_rows(out, g, d, &inner);
    if (status != NN_ok) {
        schedule_order_free(out);
        status = nn_fail(err, status == NN_usage ? NN_data : status, "%s: %s", path, inner.message);
    }
    array_free(&a);
    free(path);
    return status;
}

const double *schedule_start_find(const start_weights *s, const nn_network *net, uint32_t repeat)
{
    for (size_t i = 0; i < s->n; i++)
        if (nn_network_same(&s->of[i].net, net))
            return s->of[i].values + (s->of[i].sets > 1 ? repeat : 0) * net->n_params;
    return NULL;
}

void schedule_start_free(start_weights *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->of[i].values);
    free(s->of);
    *s = (start_weights){0};
}

static nn_status add_network(start_weights *s, const nn_network *net, const char *path, uint32_t repeats, nn_error *err)
{
    start_of_network *of = realloc(s->of, (s->n + 1) * sizeof *of);
    if (of == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the starting weights of %s", path);
    s->of = of;
    of[s->n] = (start_of_network){.net = *net};
    const nn_status status = data_weights_load(path, net, &of[s->n].sets, &of[s->n].values, err);
    if (status != NN_ok)
        return status;
    const size_t sets = of[s->n++].sets;
    if (sets > 1 && sets < repeats)
        return nn_fail(err, NN_data, "%s: there are starting weights for %zu repeats; the grid has %u", path, sets,
                       (unsigned)repeats);
    return NN_ok;
}

nn_status schedule_start_load(const grid *g, const dataset *d, const char *data_root, start_weights *out, nn_error *err)
{
    start_weights loaded = {0};
    nn_status status = NN_ok;
    if (g->files[GRID_INIT_FILE] == NULL) {
        *out = loaded;
        return NN_ok;
    }
    char *path = data_path(g->files[GRID_INIT_FILE], g->path, data_root);
    if (path == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t cell = 0; cell < g->n_cells && status == NN_ok; cell++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, cell, &h);
        nn_network_of(&d->data, &h, &net);
        if (schedule_start_find(&loaded, &net, 0) == NULL)
            status = add_network(&loaded, &net, path, g->repeats, err);
    }
    free(path);
    if (status == NN_ok)
        *out = loaded;
    else
        schedule_start_free(&loaded);
    return status;
}

nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, int *file, nn_error *err)
{
    start_weights s = {0};
    given_order o = {0};
    *file = GRID_INIT_FILE;
    nn_status status = schedule_start_load(g, d, data_root, &s, err);
    schedule_start_free(&s);
    if (status == NN_ok) {
        *file = GRID_ORDER_FILE;
        status = schedule_order_load(g, d, data_root, &o, err);
        schedule_order_free(&o);
    }
    return status;
}
