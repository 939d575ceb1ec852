/* The splits of rows that have left the grid: the same as one of the grid, or kept behind those of the grid. */
#include "results/layout.h"
#include <stdlib.h>
#include <string.h>

enum { N_SCALINGS = 3 };

/* What a network sees is (raw - shift) * factor; `fill` stands for a missing value. */
static const struct {
    const char *path;
    double plain; /* what it is where nothing is scaled or filled */
} scalings[N_SCALINGS] = {{"/data/shift", 0}, {"/data/factor", 1}, {"/data/fill", (double)NAN}};

typedef struct split_work {
    h5_file *file;
    const grid *grid;
    const dataset *data;
    splitter *splitter;
    size_t n_stored;      /* splits that the file has */
    bool has[N_SCALINGS]; /* has the file such a dataset? */
    bool same_data;       /* is what it says of rows said of these data? */
    int8_t *parts, *own;  /* [n_rows] one split of the file, one of the grid */
    double *scaling;      /* [N_SCALINGS][n_inputs] of the file */
    int32_t *index;       /* [n_stored] which split it becomes; -1: not looked at */
} split_work;

static const double *own_scaling(const nn_split *split, int i)
{
    const double *const values[N_SCALINGS] = {split->shift, split->factor, split->fill};
    return values[i];
}

/* Can the scaling of the file stand in the datasets that the grid has? */
static bool look_at_file(split_work *w)
{
    const nn_split *first = splitter_get(w->splitter, w->grid->seed, 0, 0);
    h5_place at;
    uint64_t digest = 0;
    if (!h5_look(w->file, "/data/split", &at) || at.n_dims != 2)
        return false;
    w->n_stored = at.dims[0];
    w->same_data = at.dims[1] == w->data->data.n_rows &&
                   h5_read_numbers(w->file, "/data", "digest", H5_U64, &digest, 1) == 1 &&
                   digest == w->data->digest;
    for (int i = 0; i < N_SCALINGS; i++) {
        w->has[i] = h5_look(w->file, scalings[i].path, &at);
        if (w->has[i] && (own_scaling(first, i) == NULL || at.n_dims != 2 || at.dims[0] != w->n_stored ||
                          at.dims[1] != w->data->data.n_inputs))
            return false;
    }
    return h5_look(w->file, "/data/input", &at) && at.n == w->data->data.n_inputs;
}

/* A split of the file. Which row is in which part is known of these data alone. */
static bool read_split(split_work *w, size_t split)
{
    const size_t n = w->data->data.n_inputs;
    bool ok = true;
    memset(w->parts, -1, w->data->data.n_rows);
    if (w->same_data)
        ok = h5_read_rows(w->file, "/data/split", split, 1, H5_I8, w->parts);
    for (int i = 0; i < N_SCALINGS; i++) {
        double *to = w->scaling + (size_t)i * n;
        for (size_t k = 0; k < n; k++)
            to[k] = scalings[i].plain;
        ok = ok && (!w->has[i] || h5_read_rows(w->file, scalings[i].path, split, 1, H5_F64, to));
    }
    return ok;
}

/* Is it the split that the grid gives to this repeat and fold? */
static bool is_own(const split_work *w, const grid_run *run)
{
    const nn_data *data = &w->data->data;
    if (!w->same_data || run->repeat >= w->grid->repeats || run->fold >= w->grid->folds)
        return false;
    const nn_split *split = splitter_get(w->splitter, w->grid->seed, run->repeat, run->fold);
    parts_of_split(split, data->n_rows, w->own);
    bool same = memcmp(w->own, w->parts, data->n_rows) == 0;
    for (int i = 0; i < N_SCALINGS; i++) {
        const double *own = own_scaling(split, i);
        same = same && (own == NULL) == !w->has[i] &&
               (own == NULL ||
                memcmp(own, w->scaling + (size_t)i * data->n_inputs, data->n_inputs * sizeof *own) == 0);
    }
    return same;
}

static bool grow(double **values, size_t n, const double *more, size_t n_more)
{
    double *grown = realloc(*values, (n + n_more + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    memcpy(grown + n, more, n_more * sizeof *more);
    *values = grown;
    return true;
}

static bool append(const split_work *w, inactive *left)
{
    const size_t rows = w->data->data.n_rows, inputs = w->data->data.n_inputs;
    double **const to[N_SCALINGS] = {&left->shift, &left->factor, &left->fill};
    int8_t *parts = realloc(left->parts, (left->n_splits + 1) * rows);
    if (parts == NULL)
        return false;
    left->parts = parts;
    memcpy(parts + left->n_splits * rows, w->parts, rows);
    for (int i = 0; i < N_SCALINGS; i++)
        if (!grow(to[i], left->n_splits * inputs, w->scaling + (size_t)i * inputs, inputs))
            return false;
    left->n_splits++;
    return true;
}

/* Which split a run of the file gets. */
static nn_status place_split(split_work *w, inactive *left, size_t run, int32_t split, nn_error *err)
{
    left->split[run] = -1;
    if (split < 0 || (size_t)split >= w->n_stored)
        return NN_ok;
    const grid_run *r = &left->runs[run];
    if (w->index[split] < 0) {
        if (!read_split(w, (size_t)split))
            return nn_fail(err, NN_file, "cannot read /data/split; the file is damaged");
        if (is_own(w, r))
            w->index[split] = (int32_t)dataset_split_index(w->data, r->repeat, r->fold);
        else if (append(w, left))
            w->index[split] = (int32_t)(dataset_n_splits(w->data, w->grid->repeats) + left->n_splits - 1);
        else
            return nn_fail(err, NN_memory, "not enough memory for the splits of the file");
    }
    left->split[run] = w->index[split];
    return NN_ok;
}

static nn_status work_init(split_work *w, const char *path, nn_error *err)
{
    const nn_data *data = &w->data->data;
    nn_status status = splitter_new(w->data, &w->splitter, err);
    if (status == NN_ok)
        status = h5_open(path, &w->file, err);
    w->parts = malloc(data->n_rows + 1);
    w->own = malloc(data->n_rows + 1);
    w->scaling = malloc((N_SCALINGS * data->n_inputs + 1) * sizeof *w->scaling);
    if (status == NN_ok && (w->parts == NULL || w->own == NULL || w->scaling == NULL))
        status = nn_fail(err, NN_memory, "not enough memory for a split of the file");
    return status;
}

nn_status inactive_splits(inactive *left, const char *path, const int32_t *splits, const grid *g,
                          const dataset *d, nn_error *err)
{
    split_work w = {.grid = g, .data = d};
    nn_status status = work_init(&w, path, err);
    if (status == NN_ok && !look_at_file(&w))
        w.n_stored = 0; /* the scaling of other data: no row can be kept */
    w.index = malloc((w.n_stored + 1) * sizeof *w.index);
    if (status == NN_ok && w.index == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the splits of the file");
    for (size_t i = 0; w.index != NULL && i < w.n_stored; i++)
        w.index[i] = -1;
    for (size_t i = 0; i < left->n_runs && status == NN_ok; i++)
        status = place_split(&w, left, i, splits[i], err);
    h5_close(w.file, NULL);
    splitter_free(w.splitter);
    free(w.parts);
    free(w.own);
    free(w.scaling);
    free(w.index);
    return status;
}
