/* Reads and checks given starting weights and given orders of rows. */
#include "schedule/given.h"
#include "data/formats/array.h"
#include "schedule/schedule.h"
#include <stdlib.h>
#include <string.h>

const double *schedule_given_start(const given *all, const nn_network *net, uint32_t repeat)
{
    for (size_t i = 0; i < all->n_starts; i++) {
        const given_start *s = &all->starts[i];
        if (nn_network_same(&s->net, net))
            return s->values + (s->sets > 1 ? repeat : 0) * net->n_params;
    }
    return NULL;
}

const uint32_t *schedule_given_order(const given *all, uint32_t repeat)
{
    return all->orders == NULL ? NULL : all->orders + (all->sets > 1 ? repeat : 0) * all->epochs * all->n;
}

void schedule_given_free(given *all)
{
    for (size_t i = 0; i < all->n_starts; i++)
        free(all->starts[i].values);
    free(all->starts);
    free(all->orders);
    *all = (given){0};
}

/* ---- starting weights ---- */

static nn_status add_network(given *all, const nn_network *net, const char *path, uint32_t repeats, nn_error *err)
{
    given_start *starts = realloc(all->starts, (all->n_starts + 1) * sizeof *starts);
    if (starts == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the starting weights of %s", path);
    given_start *s = &starts[all->n_starts];
    all->starts = starts;
    *s = (given_start){.net = *net};
    const nn_status status = data_weights_load(path, net, &s->sets, &s->values, err);
    if (status != NN_ok)
        return status;
    all->n_starts++;
    if (s->sets > 1 && s->sets < repeats)
        return nn_fail(err, NN_data, "%s: there are starting weights for %zu repeats; the grid has %u", path, s->sets,
                       (unsigned)repeats);
    return NN_ok;
}

static nn_status load_starts(const grid *g, const dataset *d, const char *path, given *out, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t cell = 0; cell < g->n_cells && status == NN_ok; cell++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, cell, &h);
        nn_network_of(&d->data, &h, &net);
        if (schedule_given_start(out, &net, 0) == NULL)
            status = add_network(out, &net, path, g->repeats, err);
    }
    return status;
}

/* ---- orders of rows ---- */

/* The most epochs that a run needs an order for; 0 if no run draws an order. */
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

/* Finds out how many repeats and epochs the array has orders for, and whether these are enough. */
static nn_status find_shape(const array *a, const grid *g, given *o, nn_error *err)
{
    const size_t needed = epochs_needed(g, o->n);
    const bool one = a->columns == o->n; /* [epochs][rows], else [repeats][epochs rows] */
    o->sets = one ? 1 : a->rows;
    o->epochs = one ? a->rows : a->columns / o->n;
    if (needed == 0)
        return nn_fail(err, NN_data, "no run draws an order: batch_size is full, or shuffle is false");
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

/* Copies the orders. Numbers that are not rows of the data become UINT32_MAX, which check_epoch refuses. */
static nn_status take_orders(const array *a, size_t n_rows, given *o, nn_error *err)
{
    const size_t total = a->rows * a->columns;
    o->orders = malloc(total * sizeof *o->orders);
    if (o->orders == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu rows", total);
    for (size_t i = 0; i < total; i++) {
        const double x = number_at(a, i);
        o->orders[i] = x >= 0 && x < (double)n_rows && floor(x) == x ? (uint32_t)x : UINT32_MAX;
    }
    return NN_ok;
}

/* Does an epoch hold every training row once? seen[row] is 0 where the row is not in the training part, else one more
 * than the last epoch that had it. */
static nn_status check_epoch(const uint32_t *rows, size_t n, size_t n_rows, size_t epoch, uint32_t repeat, size_t *seen,
                             nn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const bool known = rows[i] < n_rows && seen[rows[i]] > 0;
        if (known && seen[rows[i]] < epoch + 2) {
            seen[rows[i]] = epoch + 2;
            continue;
        }
        return nn_fail(err, NN_data, "order[epoch %zu, row %zu]: in repeat %u this row %s", epoch, i, (unsigned)repeat,
                       known ? "is a duplicate" : "is not in the training part");
    }
    return NN_ok;
}

/* Checks every order against the training rows of its repeat, in all folds. */
static nn_status check_orders(const given *o, const grid *g, const dataset *d, nn_error *err)
{
    splitter *splits = NULL;
    const size_t n_rows = d->data.n_rows;
    size_t *seen = malloc((n_rows + 1) * sizeof *seen);
    nn_status status = seen == NULL ? nn_fail(err, NN_memory, "not enough memory") : data_splitter_new(d, &splits, err);
    for (size_t i = 0; i < (size_t)g->repeats * g->folds && status == NN_ok; i++) {
        const uint32_t repeat = (uint32_t)(i / g->folds), fold = (uint32_t)(i % g->folds);
        const nn_split *split = data_splitter_get(splits, g->seed, repeat, fold);
        const uint32_t *rows = schedule_given_order(o, repeat);
        memset(seen, 0, n_rows * sizeof *seen);
        for (size_t r = 0; r < split->n[NN_TRAIN]; r++)
            seen[split->rows[NN_TRAIN][r]] = 1;
        if (split->n[NN_TRAIN] != o->n)
            status = nn_fail(err, NN_data, "the folds have %zu and %zu training rows; one order does not fit both",
                             o->n, split->n[NN_TRAIN]);
        for (size_t e = 0; e < o->epochs && status == NN_ok; e++)
            status = check_epoch(rows + e * o->n, o->n, n_rows, e, repeat, seen, err);
    }
    data_splitter_free(splits);
    free(seen);
    return status;
}

static nn_status load_orders(const grid *g, const dataset *d, const char *path, given *out, nn_error *err)
{
    size_t n[NN_N_PART];
    array a = {0};
    nn_error inner;
    dataset_part_sizes(d, 0, n);
    out->n = n[NN_TRAIN];
    nn_status status = array_read_h5(path, "order", &a, &inner);
    if (status == NN_ok)
        status = find_shape(&a, g, out, &inner);
    if (status == NN_ok)
        status = take_orders(&a, d->data.n_rows, out, &inner);
    if (status == NN_ok)
        status = check_orders(out, g, d, &inner);
    if (status != NN_ok)
        status = nn_fail(err, status == NN_usage ? NN_data : status, "%s: %s", path, inner.message);
    array_free(&a);
    return status;
}

/* ---- both ---- */

nn_status schedule_given_load(const grid *g, const dataset *d, const char *data_root, given *out, int *file,
                              nn_error *err)
{
    typedef nn_status loader_of_file(const grid *g, const dataset *d, const char *path, given *out, nn_error *err);
    static loader_of_file *const load[] = {[GRID_INIT_FILE] = load_starts, [GRID_ORDER_FILE] = load_orders};
    given loaded = {0};
    nn_status status = NN_ok;
    *file = GRID_INIT_FILE;
    for (int i = 0; i < (int)(sizeof load / sizeof *load) && status == NN_ok; i++) {
        if (g->files[i] == NULL)
            continue;
        *file = i;
        char *path = data_path(g->files[i], g->path, data_root);
        status = path != NULL ? load[i](g, d, path, &loaded, err) : nn_fail(err, NN_memory, "not enough memory");
        free(path);
    }
    if (status == NN_ok)
        *out = loaded;
    else
        schedule_given_free(&loaded);
    return status;
}

nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, int *file, nn_error *err)
{
    given all = {0};
    const nn_status status = schedule_given_load(g, d, data_root, &all, file, err);
    schedule_given_free(&all);
    return status;
}
