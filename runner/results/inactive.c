/* Reads what a file says of inactive rows: their settings, networks, rules and splits. */
#include "results/inactive.h"
#include "results/names.h"
#include "results/reader/file.h"
#include "results/reader/reader.h"
#include "results/splits.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the splits of inactive rows: each is one of the grid, or is kept behind those of the grid ---- */

enum { N_SCALINGS = 5 };

/* What a network sees is (raw - shift) * factor; `fill` stands for a missing value. */
static const struct {
    const char *path;
    double plain; /* its value where nothing is scaled or filled */
    bool of_targets;
} scalings[N_SCALINGS] = {{PATH_DATA_SHIFT, 0, false},
                          {PATH_DATA_FACTOR, 1, false},
                          {PATH_DATA_FILL, (double)NAN, false},
                          {PATH_TARGET_SHIFT, 0, true},
                          {PATH_TARGET_SCALE, 1, true}};

typedef struct split_work {
    h5_file *file;
    const grid *grid;
    const dataset *data;
    splitter *splitter;
    size_t n_stored;             /* splits that the file has */
    bool has[N_SCALINGS];        /* has the file such a dataset? */
    bool same_data;              /* is the file of these data? */
    int8_t *parts, *own;         /* [n_rows] a split of the file, and one of the grid */
    bool has_noise;              /* does the file say which labels are replaced? */
    noise_rows noise, own_noise; /* of a split of the file, and of one of the grid */
    double *scaling[N_SCALINGS]; /* [inputs or targets] of the file, in one block */
    int32_t *index;              /* [n_stored] which split each becomes; -1: not known yet */
} split_work;

static const double *own_scaling(const nn_split *split, int i)
{
    const double *const values[N_SCALINGS] = {split->shift, split->factor, split->fill, split->target_shift,
                                              split->target_scale};
    return values[i];
}

/* How many numbers a scaling has: one for each input, or for each target. */
static size_t width_of(const nn_data *data, int i)
{
    return scalings[i].of_targets ? data->n_targets : data->n_inputs;
}

static const char *const noise_paths[N_NOISE] = {[NOISE_RANK] = PATH_NOISE_RANK, [NOISE_CLASS] = PATH_NOISE_CLASS};

static bool has_noise(const split_work *w)
{
    h5_place at;
    bool has = true;
    for (int i = 0; i < N_NOISE && has; i++)
        has = h5_look(w->file, noise_paths[i], &at) && at.n_dims == 2 && at.dims[0] == w->n_stored &&
              at.dims[1] == w->data->data.n_rows;
    return has;
}

/* Can the scaling of the file stand in the datasets that the grid has? */
static bool look_at_file(split_work *w)
{
    const bool scales = grid_scales(w->grid, w->data), fills = grid_fills(w->grid, w->data),
               targets = grid_scales_targets(w->grid, w->data);
    const bool own[N_SCALINGS] = {scales, scales, fills, targets, targets};
    h5_place at;
    uint64_t digest = 0;
    if (!h5_look(w->file, PATH_DATA_SPLIT, &at) || at.n_dims != 2)
        return false;
    w->n_stored = at.dims[0];
    w->same_data = at.dims[1] == w->data->data.n_rows &&
                   h5_read_numbers(w->file, PATH_DATA, ATTR_DIGEST, H5_U64, &digest, 1) == 1 &&
                   digest == w->data->digest;
    for (int i = 0; i < N_SCALINGS; i++) {
        w->has[i] = h5_look(w->file, scalings[i].path, &at);
        if (w->has[i] &&
            (!own[i] || at.n_dims != 2 || at.dims[0] != w->n_stored || at.dims[1] != width_of(&w->data->data, i)))
            return false;
    }
    w->has_noise = w->same_data && has_noise(w);
    return h5_look(w->file, PATH_DATA_INPUT, &at) && at.n == w->data->data.n_inputs;
}

/* Reads a split of the file. The parts of its rows are known only where the file is of these data. */
static bool read_split(split_work *w, size_t split)
{
    bool ok = true;
    memset(w->parts, -1, w->data->data.n_rows);
    if (w->same_data)
        ok = h5_read_rows(w->file, PATH_DATA_SPLIT, split, 1, H5_I8, w->data->data.n_rows, w->parts);
    for (int i = 0; i < N_SCALINGS; i++) {
        for (size_t k = 0; k < width_of(&w->data->data, i); k++)
            w->scaling[i][k] = scalings[i].plain;
        ok = ok && (!w->has[i] || h5_read_rows(w->file, scalings[i].path, split, 1, H5_F64, width_of(&w->data->data, i),
                                               w->scaling[i]));
    }
    for (int i = 0; i < N_NOISE && w->has_noise; i++)
        ok = ok && h5_read_rows(w->file, noise_paths[i], split, 1, H5_I32, w->data->data.n_rows, w->noise.values[i]);
    return ok;
}

/* Has the split of the file the label noise that the grid gives to it? */
static bool is_own_noise(split_work *w, const nn_split *split, uint32_t repeat)
{
    if (w->has_noise != w->data->spec->noisy)
        return false;
    return !w->has_noise ||
           (results_noise_of(w->data, split, w->grid->seed, repeat, &w->own_noise) &&
            memcmp(w->own_noise.values[0], w->noise.values[0], N_NOISE * w->data->data.n_rows * sizeof(int32_t)) == 0);
}

/* Are the scalings of the file's split those of the grid's, where an absent one is plain? */
static bool same_scalings(const split_work *w, const nn_split *split)
{
    for (int i = 0; i < N_SCALINGS; i++) {
        const double *own = own_scaling(split, i);
        for (size_t k = 0; k < width_of(&w->data->data, i); k++) {
            const double value = own != NULL ? own[k] : scalings[i].plain;
            if (memcmp(&value, &w->scaling[i][k], sizeof value) != 0)
                return false;
        }
    }
    return true;
}

/* Finds the split that the grid gives to this repeat and fold under one of its variants; -1: it is none of them. */
static int32_t find_own(split_work *w, const grid_run *run)
{
    const nn_data *data = &w->data->data;
    if (!w->same_data || run->repeat >= w->grid->repeats || run->fold >= w->grid->folds)
        return -1;
    for (size_t v = 0; v < w->grid->n_variants; v++) {
        const grid_variant *variant = &w->grid->variants[v];
        const nn_split *split = data_splitter_get(w->splitter, &variant->what, w->grid->seed, run->repeat, run->fold);
        results_parts_of_split(split, data->n_rows, w->own);
        if (memcmp(w->own, w->parts, data->n_rows) == 0 && same_scalings(w, split) &&
            is_own_noise(w, split, run->repeat))
            return (int32_t)(variant->first_split +
                             dataset_split_index(w->data, &variant->what, run->repeat, run->fold));
    }
    return -1;
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

static bool append_noise(int32_t **values, size_t n, const int32_t *more, size_t n_more)
{
    int32_t *grown = realloc(*values, (n + n_more + 1) * sizeof *grown);
    if (grown == NULL)
        return false;
    memcpy(grown + n, more, n_more * sizeof *more);
    *values = grown;
    return true;
}

static bool append(const split_work *w, inactive_rows *inactive)
{
    const size_t rows = w->data->data.n_rows;
    double **const to[N_SCALINGS] = {&inactive->shift, &inactive->factor, &inactive->fill, &inactive->target_shift,
                                     &inactive->target_scale};
    int8_t *parts = realloc(inactive->parts, (inactive->n_splits + 1) * rows);
    if (parts == NULL)
        return false;
    inactive->parts = parts;
    memcpy(parts + inactive->n_splits * rows, w->parts, rows);
    for (int i = 0; i < N_SCALINGS; i++) {
        const size_t n = width_of(&w->data->data, i);
        if (!grow(to[i], inactive->n_splits * n, w->scaling[i], n))
            return false;
    }
    for (int i = 0; i < N_NOISE && (w->has_noise || w->data->spec->noisy); i++)
        if (!append_noise(&inactive->noise[i], inactive->n_splits * rows, w->noise.values[i], rows))
            return false;
    inactive->n_splits++;
    return true;
}

/* Finds the split of an inactive run. */
static nn_status place_split(split_work *w, inactive_rows *inactive, size_t run, int32_t split, nn_error *err)
{
    inactive->split[run] = -1;
    if (split < 0 || (size_t)split >= w->n_stored)
        return NN_ok;
    const grid_run *r = &inactive->runs[run];
    if (w->index[split] < 0) {
        if (!read_split(w, (size_t)split))
            return nn_fail(err, NN_file, "cannot read " PATH_DATA_SPLIT "; the file is damaged");
        w->index[split] = find_own(w, r);
        if (w->index[split] < 0 && append(w, inactive))
            w->index[split] = (int32_t)(grid_n_splits(w->grid, w->data) + inactive->n_splits - 1);
        else if (w->index[split] < 0)
            return nn_fail(err, NN_memory, "not enough memory for the splits of the file");
    }
    inactive->split[run] = w->index[split];
    return NN_ok;
}

static nn_status work_init(split_work *w, nn_error *err)
{
    const nn_data *data = &w->data->data;
    nn_status status = data_splitter_new(w->data, &w->splitter, err);
    w->parts = malloc(data->n_rows + 1);
    w->own = malloc(data->n_rows + 1);
    double *block = malloc((N_SCALINGS * (data->n_inputs + data->n_targets) + 1) * sizeof *block);
    for (int i = 0; i < N_SCALINGS; i++)
        w->scaling[i] = block != NULL ? block + (size_t)i * (data->n_inputs + data->n_targets) : NULL;
    const bool noise = results_noise_new(w->data, &w->noise) && results_noise_new(w->data, &w->own_noise);
    if (status == NN_ok && (w->parts == NULL || w->own == NULL || block == NULL || !noise))
        status = nn_fail(err, NN_memory, "not enough memory for a split of the file");
    return status;
}

/* Sets `split` of each run, and the splits that are kept. `splits`: [n_runs] rows of /data/split in the file. */
static nn_status inactive_splits(inactive_rows *inactive, h5_file *file, const int32_t *splits, const grid *g,
                                 const dataset *d, nn_error *err)
{
    split_work w = {.file = file, .grid = g, .data = d};
    nn_status status = work_init(&w, err);
    if (status == NN_ok && !look_at_file(&w))
        w.n_stored = 0; /* the file has the scaling of other data, so no split can be kept */
    w.index = malloc((w.n_stored + 1) * sizeof *w.index);
    if (status == NN_ok && w.index == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the splits of the file");
    for (size_t i = 0; w.index != NULL && i < w.n_stored; i++)
        w.index[i] = -1;
    for (size_t i = 0; i < inactive->n_runs && status == NN_ok; i++)
        status = place_split(&w, inactive, i, splits[i], err);
    data_splitter_free(w.splitter);
    free(w.parts);
    free(w.own);
    free(w.scaling[0]);
    results_noise_free(&w.noise);
    results_noise_free(&w.own_noise);
    free(w.index);
    return status;
}

void results_inactive_free(inactive_rows *inactive)
{
    if (inactive == NULL)
        return;
    free(inactive->rows);
    free(inactive->runs);
    free(inactive->n_params);
    free(inactive->split);
    free(inactive->cells);
    free(inactive->nets);
    free(inactive->keep);
    free(inactive->epochs);
    free(inactive->rules);
    free(inactive->parts);
    free(inactive->shift);
    free(inactive->factor);
    free(inactive->fill);
    free(inactive->target_shift);
    free(inactive->target_scale);
    for (int i = 0; i < N_NOISE; i++)
        free(inactive->noise[i]);
    free(inactive);
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the inactive rows");
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
    if (reader_column(r, path, &values, &n, err) != NN_ok || n != s->file.n_runs) {
        free(values);
        return unknown(s->file.path, path, err);
    }
    *out = values;
    return NN_ok;
}

/* Are the numbers of each of these rows such that they can be kept? A file of any origin may hold others. */
static bool are_whole(const inactive_rows *inactive, double *const columns[], size_t n_columns)
{
    bool whole = true;
    for (size_t i = 0; i < inactive->n_runs; i++)
        for (size_t k = 0; k < n_columns; k++) {
            const double value = columns[k][inactive->rows[i]];
            whole &= value >= -1 && value <= UINT32_MAX;
        }
    return whole;
}

/* A cell of the file stays a cell: rows that became inactive at different times are not joined. */
static void take_runs(inactive_rows *inactive, const stored *s, double *const columns[], int32_t *splits)
{
    const double *cell = columns[0];
    for (size_t i = 0; i < inactive->n_runs; i++) {
        const size_t row = inactive->rows[i];
        inactive->n_cells += i == 0 || cell[row] != cell[inactive->rows[i - 1]];
        inactive->runs[i] = (grid_run){.cell = (uint32_t)(inactive->n_cells - 1),
                                       .repeat = (uint32_t)(int64_t)columns[1][row],
                                       .fold = (uint32_t)(int64_t)columns[2][row],
                                       .key = s->key[row],
                                       .record_key = s->record_key[row]};
        inactive->n_params[i] = (int64_t)columns[3][row];
        splits[i] = columns[4][row] <= INT32_MAX ? (int32_t)columns[4][row] : -1;
    }
}

static nn_status read_runs(inactive_rows *inactive, const stored *s, results_reader *r, int32_t *splits, nn_error *err)
{
    static const char *const paths[] = {PATH_RUNS_CELL, PATH_RUNS_REPEAT, PATH_RUNS_FOLD, PATH_RUNS_N_PARAMS,
                                        PATH_DATA_SPLITS};
    enum { N_PATHS = sizeof paths / sizeof paths[0] };
    double *columns[N_PATHS] = {NULL};
    nn_status status = NN_ok;
    for (size_t i = 0; i < N_PATHS && status == NN_ok; i++)
        status = run_column(r, s, paths[i], &columns[i], err);
    if (status == NN_ok && !are_whole(inactive, columns, N_PATHS))
        status = unknown(s->file.path, "the cell, repeat, fold, n_params or split of a run", err);
    if (status == NN_ok)
        take_runs(inactive, s, columns, splits);
    for (size_t i = 0; i < N_PATHS; i++)
        free(columns[i]);
    return status;
}

/* Files of older programs do not say with which arithmetic a run was trained. */
static void read_arithmetics(inactive_rows *inactive, const stored *s, results_reader *r)
{
    double *values = NULL;
    size_t n = 0;
    if (s->has_arithmetic && reader_column(r, PATH_RUNS_ARITHMETIC, &values, &n, NULL) == NN_ok && n == s->file.n_runs)
        for (size_t i = 0; i < inactive->n_runs; i++) {
            const double value = values[inactive->rows[i]];
            inactive->runs[i].arithmetic = value >= 0 && value <= INT32_MAX ? (uint32_t)value : 0;
        }
    free(values);
}

/* The settings of a cell are those of its first row. */
static nn_status read_settings(inactive_rows *inactive, results_reader *r, nn_error *err)
{
    size_t *first = malloc((inactive->n_cells + 1) * sizeof *first);
    inactive->cells = malloc((inactive->n_cells + 1) * sizeof *inactive->cells);
    nn_status status = first == NULL || inactive->cells == NULL ? no_memory(err) : NN_ok;
    for (size_t i = inactive->n_runs; status == NN_ok && i-- > 0;)
        first[inactive->runs[i].cell] = inactive->rows[i];
    if (status == NN_ok)
        status = reader_settings(r, first, inactive->n_cells, inactive->cells, err);
    free(first);
    return status;
}

/* ---- networks ---- */

enum { MOST_PARAMS = INT32_MAX }; /* a network of more is a wrong name: its weights take 16 GB */

/* Reads a network from the name of its group, such as /weights/64-32-10_no_bias. */
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
    double n_params = 0, fan_in = (double)like.n_inputs;
    for (int l = 0; l <= h.hidden.n; l++) {
        const double width = l < h.hidden.n ? (double)h.hidden.width[l] : (double)like.n_targets;
        n_params += width * (fan_in + 1);
        fan_in = width + (h.shortcuts ? fan_in : 0);
    }
    if (!(n_params < MOST_PARAMS))
        return false;
    nn_network_of(&like, &h, out);
    return strcmp(results_net_name(out, name), widths) == 0;
}

static nn_status read_nets(inactive_rows *inactive, const stored *s, nn_error *err)
{
    char path[NN_MAX_HIDDEN * 12 + 128];
    inactive->nets = calloc(inactive->n_cells + 1, sizeof *inactive->nets);
    inactive->keep = calloc(inactive->n_cells + 1, sizeof *inactive->keep);
    if (inactive->nets == NULL || inactive->keep == NULL)
        return no_memory(err);
    for (size_t i = 0; i < inactive->n_runs; i++) {
        const uint32_t cell = inactive->runs[i].cell;
        const int32_t net = s->net[inactive->rows[i]];
        if (net == NO_NET || inactive->nets[cell].n_layers > 0)
            continue;
        if (!parse_net(s->nets[net], &inactive->nets[cell]))
            return unknown(s->file.path, s->nets[net], err);
        for (int k = 0; k < NN_N_KEEP; k++) {
            snprintf(path, sizeof path, "%s/%s_W1", s->nets[net], nn_keep_names[k]);
            inactive->keep[cell][k] = reader_stored_column(s, path) != NULL;
        }
        snprintf(path, sizeof path, "%s/" NAME_EVERY, s->nets[net]);
        inactive->keep[cell][NN_KEEP_EVERY] = reader_stored_column(s, path) != NULL;
    }
    return NN_ok;
}

/* ---- curves and rules ---- */

static nn_status read_curves(inactive_rows *inactive, const stored *s, nn_error *err)
{
    char path[128];
    for (int i = 0; i < NN_N_CURVE; i++) {
        snprintf(path, sizeof path, PATH_CURVES "/%s", nn_curves.rows[i].name);
        inactive->curves[i] = reader_stored_column(s, path) != NULL;
    }
    inactive->epochs = malloc((s->n_epochs + 1) * sizeof *inactive->epochs);
    if (inactive->epochs == NULL)
        return no_memory(err);
    inactive->n_epochs = s->n_epochs;
    if (s->n_epochs > 0)
        memcpy(inactive->epochs, s->epochs, s->n_epochs * sizeof *inactive->epochs);
    return NN_ok;
}

/* Notes the widths that follow the grid, so that rows keep all their numbers where those of the grid are narrower. */
static void read_widths(inactive_rows *inactive, const stored *s)
{
    const stored_column *outputs = reader_stored_column(s, PATH_ENDPOINTS_OUTPUTS);
    if (outputs != NULL && outputs->place.n_dims == 3) {
        inactive->end_rows = outputs->place.dims[1];
        inactive->end_outputs = outputs->place.dims[2];
    }
    for (size_t i = 0; i < s->n_columns; i++) {
        const stored_column *c = &s->columns[i];
        if (strncmp(c->path, PATH_TARGETS "/", sizeof PATH_TARGETS) == 0 && c->place.n_dims == 2)
            inactive->n_targets = c->place.dims[1];
    }
}

static bool read_rule(results_reader *r, const char *group, nn_stop_rule *out)
{
    const char *kind = reader_text(r, group, ATTR_RULE), *curve = reader_text(r, group, ATTR_CURVE);
    nn_stop_rule rule = {.kind = kind == NULL ? -1 : nn_choice_find(&nn_stops, kind),
                         .parameter = reader_number(r, group, ATTR_PARAMETER),
                         .min_delta = reader_number(r, group, ATTR_MIN_DELTA)};
    const double strip = reader_number(r, group, ATTR_STRIP);
    if (curve != NULL)
        rule.curve = nn_choice_find(&nn_curves, curve);
    if (strip >= 1 && strip <= INT32_MAX)
        rule.strip = (int)strip;
    *out = rule;
    return rule.kind >= 0 && rule.curve >= 0 && rule.parameter == rule.parameter;
}

/* Each group of /stops is a rule. */
static nn_status read_rules(inactive_rows *inactive, const stored *s, results_reader *r, nn_error *err)
{
    char **groups = NULL, path[256];
    size_t n = 0;
    nn_status status = reader_groups(r, PATH_STOPS, &groups, &n, err);
    if (status != NN_ok)
        return status;
    inactive->rules = calloc(n + 1, sizeof *inactive->rules);
    if (inactive->rules == NULL)
        status = no_memory(err);
    for (size_t i = 0; i < n && status == NN_ok; i++) {
        snprintf(path, sizeof path, PATH_STOPS "/%s", groups[i]);
        if (!read_rule(r, path, &inactive->rules[inactive->n_rules++]))
            status = unknown(s->file.path, path, err);
    }
    h5_texts_free(groups, n);
    return status;
}

/* ---- all of it ---- */

static inactive_rows *inactive_new(const size_t *rows, size_t n)
{
    inactive_rows *inactive = calloc(1, sizeof *inactive);
    if (inactive == NULL)
        return NULL;
    inactive->n_runs = n;
    inactive->rows = malloc(n * sizeof *inactive->rows);
    inactive->runs = malloc(n * sizeof *inactive->runs);
    inactive->n_params = malloc(n * sizeof *inactive->n_params);
    inactive->split = malloc(n * sizeof *inactive->split);
    if (inactive->rows == NULL || inactive->runs == NULL || inactive->n_params == NULL || inactive->split == NULL) {
        results_inactive_free(inactive);
        return NULL;
    }
    memcpy(inactive->rows, rows, n * sizeof *rows);
    return inactive;
}

static nn_status read_all(inactive_rows *inactive, const stored *s, results_reader *r, int32_t *splits, nn_error *err)
{
    nn_status status = read_runs(inactive, s, r, splits, err);
    if (status == NN_ok)
        read_arithmetics(inactive, s, r);
    if (status == NN_ok)
        status = read_settings(inactive, r, err);
    if (status == NN_ok)
        status = read_nets(inactive, s, err);
    if (status == NN_ok)
        status = read_curves(inactive, s, err);
    read_widths(inactive, s);
    return status == NN_ok ? read_rules(inactive, s, r, err) : status;
}

nn_status results_inactive_read(const stored *s, const size_t *rows, size_t n, const grid *g, const dataset *d,
                                inactive_rows **out, nn_error *err)
{
    if (n == 0) {
        *out = NULL;
        return NN_ok;
    }
    results_reader *r = NULL;
    inactive_rows *inactive = inactive_new(rows, n);
    int32_t *splits = malloc(n * sizeof *splits);
    nn_status status =
        inactive == NULL || splits == NULL ? no_memory(err) : reader_open_unchecked(s->file.path, &r, err);
    if (status == NN_ok) {
        reader_show_inactive(r);
        status = read_all(inactive, s, r, splits, err);
    }
    if (status == NN_ok)
        status = inactive_splits(inactive, r->file.h5, splits, g, d, err);
    if (status == NN_ok) {
        *out = inactive;
        inactive = NULL;
    }
    results_reader_close(r);
    results_inactive_free(inactive);
    free(splits);
    return status;
}
