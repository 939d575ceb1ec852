/* What a file says of rows that the grid no longer has: their settings, networks, rules and splits. */
#include "results/inactive.h"
#include "results/fields.h"
#include "results/match.h"
#include "results/reader/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The splits of rows that have left the grid: the same as one of the grid, or kept behind those of the grid. ---- */

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
    const nn_split *first = data_splitter_get(w->splitter, w->grid->seed, 0, 0);
    h5_place at;
    uint64_t digest = 0;
    if (!h5_look(w->file, "/data/split", &at) || at.n_dims != 2)
        return false;
    w->n_stored = at.dims[0];
    w->same_data = at.dims[1] == w->data->data.n_rows &&
                   h5_read_numbers(w->file, "/data", "digest", H5_U64, &digest, 1) == 1 && digest == w->data->digest;
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
    const nn_split *split = data_splitter_get(w->splitter, w->grid->seed, run->repeat, run->fold);
    results_parts_of_split(split, data->n_rows, w->own);
    bool same = memcmp(w->own, w->parts, data->n_rows) == 0;
    for (int i = 0; i < N_SCALINGS; i++) {
        const double *own = own_scaling(split, i);
        same = same && (own == NULL) == !w->has[i] &&
               (own == NULL || memcmp(own, w->scaling + (size_t)i * data->n_inputs, data->n_inputs * sizeof *own) == 0);
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
    nn_status status = data_splitter_new(w->data, &w->splitter, err);
    if (status == NN_ok)
        status = h5_open(path, &w->file, err);
    w->parts = malloc(data->n_rows + 1);
    w->own = malloc(data->n_rows + 1);
    w->scaling = malloc((N_SCALINGS * data->n_inputs + 1) * sizeof *w->scaling);
    if (status == NN_ok && (w->parts == NULL || w->own == NULL || w->scaling == NULL))
        status = nn_fail(err, NN_memory, "not enough memory for a split of the file");
    return status;
}

/* results_splits.c: fills `split` and the splits. `splits`: [n_runs] rows of /data/split of the file. */
static nn_status inactive_splits(inactive *left, const char *path, const int32_t *splits, const grid *g,
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
    data_splitter_free(w.splitter);
    free(w.parts);
    free(w.own);
    free(w.scaling);
    free(w.index);
    return status;
}

void results_inactive_free(inactive *left)
{
    if (left == NULL)
        return;
    free(left->rows);
    free(left->runs);
    free(left->n_params);
    free(left->split);
    free(left->cells);
    free(left->nets);
    free(left->keep);
    free(left->epochs);
    free(left->rules);
    free(left->parts);
    free(left->shift);
    free(left->factor);
    free(left->fill);
    free(left);
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the rows that have left the grid");
}

static nn_status unknown(const char *path, const char *what, nn_error *err)
{
    return nn_fail(err, NN_file,
                   "%s: cannot keep the runs that have left the grid: %s is missing or unknown to this version; "
                   "use the version that wrote the file, choose another -o, or drop them with --prune",
                   path, what);
}

/* ---- runs and cells ---- */

static nn_status run_column(results_reader *r, const stored *s, const char *path, double **out, nn_error *err)
{
    double *values = NULL;
    size_t n = 0;
    if (reader_column(r, path, &values, &n, err) != NN_ok || n != s->n_runs) {
        free(values);
        return unknown(s->path, path, err);
    }
    *out = values;
    return NN_ok;
}

/* A cell of the file is a cell here: rows that left it at different times are cells of their own. */
static void take_runs(inactive *left, const stored *s, double *const columns[], int32_t *splits)
{
    const double *cell = columns[0];
    for (size_t i = 0; i < left->n_runs; i++) {
        const size_t row = left->rows[i];
        left->n_cells += i == 0 || cell[row] != cell[left->rows[i - 1]];
        left->runs[i] = (grid_run){.cell = (uint32_t)(left->n_cells - 1),
                                   .repeat = (uint32_t)columns[1][row],
                                   .fold = (uint32_t)columns[2][row],
                                   .key = s->key[row],
                                   .record_key = s->record_key[row]};
        left->n_params[i] = (int64_t)columns[3][row];
        splits[i] = (int32_t)columns[4][row];
    }
}

static nn_status read_runs(inactive *left, const stored *s, results_reader *r, int32_t *splits, nn_error *err)
{
    static const char *const paths[] = {"/runs/cell", "/runs/repeat", "/runs/fold", "/runs/n_params", "/data/splits"};
    enum { N_PATHS = sizeof paths / sizeof paths[0] };
    double *columns[N_PATHS] = {NULL};
    nn_status status = NN_ok;
    for (size_t i = 0; i < N_PATHS && status == NN_ok; i++)
        status = run_column(r, s, paths[i], &columns[i], err);
    if (status == NN_ok)
        take_runs(left, s, columns, splits);
    for (size_t i = 0; i < N_PATHS; i++)
        free(columns[i]);
    return status;
}

/* The settings of a cell are those of its first row. */
static nn_status read_settings(inactive *left, results_reader *r, nn_error *err)
{
    size_t *first = malloc((left->n_cells + 1) * sizeof *first);
    left->cells = malloc((left->n_cells + 1) * sizeof *left->cells);
    nn_status status = first == NULL || left->cells == NULL ? no_memory(err) : NN_ok;
    for (size_t i = left->n_runs; status == NN_ok && i-- > 0;)
        first[left->runs[i].cell] = left->rows[i];
    if (status == NN_ok)
        status = reader_settings(r, first, left->n_cells, left->cells, err);
    free(first);
    return status;
}

/* ---- networks ---- */

/* "/weights/64-32-10_no_bias" */
static bool parse_net(const char *group, nn_network *out)
{
    char name[NET_NAME_BYTES];
    const char *widths = strrchr(group, '/') + 1;
    nn_hyper h = nn_hyper_defaults;
    nn_data like = {.n_inputs = (size_t)atoi(widths)};
    const char *last = strrchr(widths, '-');
    h.bias = strstr(widths, "_no_bias") == NULL;
    h.shortcuts = strstr(widths, "_shortcuts") != NULL;
    h.hidden.n = 0;
    if (last == NULL)
        return false;
    like.n_targets = (size_t)atoi(last + 1);
    for (const char *at = strchr(widths, '-') + 1; at <= last && h.hidden.n < NN_MAX_HIDDEN; at = strchr(at, '-') + 1)
        h.hidden.width[h.hidden.n++] = (int32_t)atoi(at);
    nn_network_of(&like, &h, out);
    return strcmp(results_net_name(out, name), widths) == 0;
}

static bool has_column(const stored *s, const char *path)
{
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->columns[i].path, path) == 0)
            return true;
    return false;
}

static nn_status read_nets(inactive *left, const stored *s, nn_error *err)
{
    char path[NN_MAX_HIDDEN * 12 + 128];
    left->nets = calloc(left->n_cells + 1, sizeof *left->nets);
    left->keep = calloc(left->n_cells + 1, sizeof *left->keep);
    if (left->nets == NULL || left->keep == NULL)
        return no_memory(err);
    for (size_t i = 0; i < left->n_runs; i++) {
        const uint32_t cell = left->runs[i].cell;
        const int32_t net = s->net[left->rows[i]];
        if (net == NO_NET || left->nets[cell].n_layers > 0)
            continue;
        if (!parse_net(s->nets[net], &left->nets[cell]))
            return unknown(s->path, s->nets[net], err);
        for (int k = 0; k < NN_N_KEEP; k++) {
            snprintf(path, sizeof path, "%s/%s_W1", s->nets[net], nn_keep_names[k]);
            left->keep[cell][k] = has_column(s, path);
        }
    }
    return NN_ok;
}

/* ---- curves and rules ---- */

static nn_status read_curves(inactive *left, const stored *s, nn_error *err)
{
    char path[128];
    for (int i = 0; i < NN_N_CURVE; i++) {
        snprintf(path, sizeof path, "/curves/%s", nn_curves.rows[i].name);
        left->curves[i] = has_column(s, path);
    }
    left->epochs = malloc((s->n_epochs + 1) * sizeof *left->epochs);
    if (left->epochs == NULL)
        return no_memory(err);
    left->n_epochs = s->n_epochs;
    if (s->n_epochs > 0)
        memcpy(left->epochs, s->epochs, s->n_epochs * sizeof *left->epochs);
    return NN_ok;
}

static bool read_rule(results_reader *r, const char *group, nn_stop_rule *out)
{
    const char *kind = reader_text(r, group, "rule"), *curve = reader_text(r, group, "curve");
    nn_stop_rule rule = {.kind = kind == NULL ? -1 : nn_choice_find(&nn_stops, kind),
                         .parameter = reader_number(r, group, "parameter"),
                         .min_delta = reader_number(r, group, "min_delta")};
    const double strip = reader_number(r, group, "strip");
    if (curve != NULL)
        rule.curve = nn_choice_find(&nn_curves, curve);
    if (strip >= 1 && strip <= INT32_MAX)
        rule.strip = (int)strip;
    *out = rule;
    return rule.kind >= 0 && rule.curve >= 0 && rule.parameter == rule.parameter;
}

/* Each group of /stops is one. */
static nn_status read_rules(inactive *left, const stored *s, results_reader *r, nn_error *err)
{
    char **groups = NULL, path[256];
    size_t n = 0;
    nn_status status = reader_groups(r, "/stops", &groups, &n, err);
    if (status != NN_ok)
        return status;
    left->rules = calloc(n + 1, sizeof *left->rules);
    if (left->rules == NULL)
        status = no_memory(err);
    for (size_t i = 0; i < n && status == NN_ok; i++) {
        snprintf(path, sizeof path, "/stops/%s", groups[i]);
        if (!read_rule(r, path, &left->rules[left->n_rules++]))
            status = unknown(s->path, path, err);
    }
    reader_names_free(groups, n);
    return status;
}

/* ---- all of it ---- */

static inactive *inactive_new(const size_t *rows, size_t n)
{
    inactive *left = calloc(1, sizeof *left);
    if (left == NULL)
        return NULL;
    left->n_runs = n;
    left->rows = malloc(n * sizeof *left->rows);
    left->runs = malloc(n * sizeof *left->runs);
    left->n_params = malloc(n * sizeof *left->n_params);
    left->split = malloc(n * sizeof *left->split);
    if (left->rows == NULL || left->runs == NULL || left->n_params == NULL || left->split == NULL) {
        results_inactive_free(left);
        return NULL;
    }
    memcpy(left->rows, rows, n * sizeof *rows);
    return left;
}

static nn_status read_all(inactive *left, const stored *s, results_reader *r, int32_t *splits, nn_error *err)
{
    nn_status status = read_runs(left, s, r, splits, err);
    if (status == NN_ok)
        status = read_settings(left, r, err);
    if (status == NN_ok)
        status = read_nets(left, s, err);
    if (status == NN_ok)
        status = read_curves(left, s, err);
    return status == NN_ok ? read_rules(left, s, r, err) : status;
}

nn_status results_inactive_read(const stored *s, const size_t *rows, size_t n, const grid *g, const dataset *d,
                                inactive **out, nn_error *err)
{
    if (n == 0) {
        *out = NULL;
        return NN_ok;
    }
    results_reader *r = NULL;
    inactive *left = inactive_new(rows, n);
    int32_t *splits = malloc(n * sizeof *splits);
    nn_status status = left == NULL || splits == NULL ? no_memory(err) : results_reader_open(s->path, &r, err);
    if (status == NN_ok) {
        reader_show_inactive(r);
        status = read_all(left, s, r, splits, err);
    }
    if (status == NN_ok)
        status = inactive_splits(left, s->path, splits, g, d, err);
    if (status == NN_ok) {
        *out = left;
        left = NULL;
    }
    results_reader_close(r);
    results_inactive_free(left);
    free(splits);
    return status;
}
