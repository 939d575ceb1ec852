/* Reads and checks given starting weights and given orders of rows. */
#include "schedule/given.h"
#include "data/formats/array.h"
#include "results/reader/look.h"
#include "results/reader/model.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

const double *schedule_given_start(const given *all, const nn_text *name, const nn_network *net, uint32_t repeat)
{
    for (size_t i = 0; i < all->n_starts; i++) {
        const given_start *s = &all->starts[i];
        if (nn_network_same(&s->net, net) && strcmp(s->name.text, name->text) == 0)
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

/* Reads the network of a run in a results file, which nobody vouches for. */
static nn_status read_stored(const char *path, const char *word, const char *weights, stored_model **out, nn_error *err)
{
    results_reader *r = NULL;
    size_t run = 0;
    nn_error inner;
    int keep = 0;
    while (keep + 1 < NN_N_KEEP && strcmp(weights, nn_keep_names[keep]) != 0)
        keep++;
    nn_status status = reader_look_over(path, false, err);
    if (status == NN_ok)
        status = results_reader_open(path, &r, err);
    if (status == NN_ok && results_find_run(r, word, &run, &inner) != NN_ok)
        status =
            nn_fail(err, NN_data, "%s has no single run '%.40s'; give a run's number, or the first digits of its key",
                    path, word);
    if (status == NN_ok)
        status = reader_model_read(r, run, keep, out, err);
    results_reader_close(r);
    return status;
}

static double stored_weight(const stored_model *m, size_t i)
{
    return m->hyper.precision == NN_PRECISION_float64 ? ((const double *)m->weights)[i]
                                                      : (double)((const float *)m->weights)[i];
}

bool schedule_stored_start(const char *path, const char *run, const char *weights, uint64_t *digest, nn_error *err)
{
    stored_model *m = NULL;
    if (read_stored(path, run, weights, &m, err) != NN_ok)
        return false;
    uint64_t hash = 0;
    for (size_t i = 0; i < m->net.n_params; i++) {
        const double value = stored_weight(m, i);
        hash = XXH3_64bits_withSeed(&value, sizeof value, hash);
    }
    *digest = hash;
    reader_model_free(m);
    return true;
}

static nn_status take_stored(const char *path, const char *run, const char *weights, given_start *s, nn_error *err)
{
    char stored[200], wanted[200];
    stored_model *m = NULL;
    nn_status status = read_stored(path, run, weights, &m, err);
    if (status != NN_ok)
        return status;
    s->sets = 1;
    s->values = malloc((s->net.n_params + 1) * sizeof *s->values);
    if (!nn_network_same(&m->net, &s->net))
        status =
            nn_fail(err, NN_data, "%s: the network of run %s is %s, that of the grid %s", path, run,
                    nn_network_name(&m->net, stored, sizeof stored), nn_network_name(&s->net, wanted, sizeof wanted));
    else if (s->values == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the starting weights of %s", path);
    for (size_t i = 0; i < s->net.n_params && status == NN_ok; i++)
        s->values[i] = stored_weight(m, i);
    reader_model_free(m);
    return status;
}

static nn_status read_start(const grid *g, const char *data_root, given_start *s, nn_error *err)
{
    char file[NN_TEXT_BYTES];
    const char *run, *weights;
    grid_start_parts(&s->name, file, &run, &weights);
    char *path = data_path(file, g->path, data_root);
    if (path == NULL)
        return nn_fail(err, NN_memory, "not enough memory for a path");
    nn_status status = run != NULL ? take_stored(path, run, weights, s, err)
                                   : data_weights_load(path, &s->net, &s->sets, &s->values, err);
    if (status == NN_ok && s->sets > 1 && s->sets < g->repeats)
        status = nn_fail(err, NN_data, "%s: there are starting weights for %zu repeats; the grid has %u", path, s->sets,
                         (unsigned)g->repeats);
    free(path);
    return status;
}

static nn_status add_start(const grid *g, const char *data_root, const nn_text *name, const nn_network *net, given *all,
                           nn_error *err)
{
    given_start *starts = realloc(all->starts, (all->n_starts + 1) * sizeof *starts);
    if (starts == NULL)
        return nn_fail(err, NN_memory, "not enough memory for starting weights");
    all->starts = starts;
    starts[all->n_starts] = (given_start){.name = *name, .net = *net};
    return read_start(g, data_root, &starts[all->n_starts++], err);
}

static nn_status load_starts(const grid *g, const dataset *d, const char *data_root, given *out, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t cell = 0; cell < g->n_cells && status == NN_ok; cell++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, cell, &h);
        nn_network_of(&d->data, &h, &net);
        if (grid_has_start(&h) && schedule_given_start(out, &h.init_file, &net, 0) == NULL)
            status = add_start(g, data_root, &h.init_file, &net, out, err);
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
        const nn_split *split = data_splitter_get(splits, grid_data(g, 0), g->seed, repeat, fold);
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
    if (g->n_variants > 1 || grid_data(g, 0)->drops)
        return nn_fail(err, NN_usage,
                       "%s: one order does not fit runs of different training rows; sweep neither data.scale, "
                       "data.missing nor split.train beside order_file",
                       path);
    dataset_part_sizes(d, grid_data(g, 0), 0, n);
    out->n = n[NN_TRAIN];
    nn_status status = array_read_apart(array_read_h5, path, "order", &a, &inner);
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

static nn_status load_order_file(const grid *g, const dataset *d, const char *data_root, given *out, nn_error *err)
{
    if (g->files[GRID_ORDER_FILE] == NULL)
        return NN_ok;
    char *path = data_path(g->files[GRID_ORDER_FILE], g->path, data_root);
    const nn_status status =
        path != NULL ? load_orders(g, d, path, out, err) : nn_fail(err, NN_memory, "not enough memory");
    free(path);
    return status;
}

nn_status schedule_given_load(const grid *g, const dataset *d, const char *data_root, given *out, given_fault *fault,
                              nn_error *err)
{
    given loaded = {0};
    *fault = (given_fault){nn_hyper_rows[NN_HYPER_init_file].name, g->set_at[NN_HYPER_init_file]};
    nn_status status = load_starts(g, d, data_root, &loaded, err);
    if (status == NN_ok) {
        *fault = (given_fault){grid_files[GRID_ORDER_FILE].name, g->file_at[GRID_ORDER_FILE]};
        status = load_order_file(g, d, data_root, &loaded, err);
    }
    if (status == NN_ok)
        *out = loaded;
    else
        schedule_given_free(&loaded);
    return status;
}

nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, given_fault *fault,
                               nn_error *err)
{
    given all = {0};
    const nn_status status = schedule_given_load(g, d, data_root, &all, fault, err);
    schedule_given_free(&all);
    return status;
}
