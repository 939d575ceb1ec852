/* What a file says of rows that the grid no longer has: their settings, networks, rules and splits. */
#include "results/layout.h"
#include "results/reader/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void inactive_free(inactive *left)
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
    return nn_fail(
        err, NN_file,
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
    static const char *const paths[] = {"/runs/cell", "/runs/repeat", "/runs/fold", "/runs/n_params",
                                        "/data/splits"};
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
    for (const char *at = strchr(widths, '-') + 1; at <= last && h.hidden.n < NN_MAX_HIDDEN;
         at = strchr(at, '-') + 1)
        h.hidden.width[h.hidden.n++] = (int32_t)atoi(at);
    nn_network_of(&like, &h, out);
    return strcmp(net_group_name(out, name), widths) == 0;
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
        inactive_free(left);
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

nn_status inactive_read(const stored *s, const size_t *rows, size_t n, const grid *g, const dataset *d,
                        inactive **out, nn_error *err)
{
    if (n == 0) {
        *out = NULL;
        return NN_ok;
    }
    results_reader *r = NULL;
    inactive *left = inactive_new(rows, n);
    int32_t *splits = malloc(n * sizeof *splits);
    nn_status status =
        left == NULL || splits == NULL ? no_memory(err) : results_reader_open(s->path, &r, err);
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
    inactive_free(left);
    free(splits);
    return status;
}
