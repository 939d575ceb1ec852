/* Computes the statistics of the cells from /runs, which is consistent at any moment while the grid runs. */
#include "results/reader/cells.h"
#include "h5/h5.h"
#include "results/names.h"
#include "results/reader/file.h"
#include "results/reader/folds.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The statistics of a metric, their count, and of a time its median and share. */
enum { AT_COUNT = N_CELL_STATS, AT_MEDIAN, AT_SHARE, N_BLOCK };

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the statistics of cells");
}

/* ---- columns of /runs ---- */

static nn_status read_runs(reader_cells *c, nn_error *err)
{
    nn_error none;
    const size_t n_runs = reader_n_runs(c->reader);
    c->status = reader_runs(c->reader, "status", err);
    c->cell = c->status != NULL ? reader_runs(c->reader, "cell", err) : NULL;
    c->trained = c->cell != NULL ? reader_runs(c->reader, "epochs_trained", err) : NULL;
    if (c->trained == NULL)
        return err->status;
    c->solved = reader_runs(c->reader, "solved", &none);
    c->runs = (summary_runs){n_runs, c->status, c->solved, c->trained};
    c->scratch = malloc((n_runs + 1) * sizeof *c->scratch);
    c->moments = malloc((n_runs + 1) * sizeof *c->moments);
    c->block = malloc((reader_n_cells(c->reader) + 1) * N_BLOCK * sizeof *c->block);
    if (c->scratch == NULL || c->moments == NULL || c->block == NULL)
        return no_memory(err);
    return results_groups_make(c->cell, n_runs, reader_n_cells(c->reader), &c->groups, err);
}

/* ---- which columns there are ---- */

static bool add_column(reader_cells *c, const char *name, const char *end, int metric, int which, bool whole)
{
    computed_column column = {.metric = metric, .which = which, .whole = whole};
    computed_column *columns = realloc(c->columns, (c->n_columns + 1) * sizeof *columns);
    if (columns == NULL)
        return false;
    c->columns = columns;
    if (asprintf(&column.name, "%s%s%s", name, *end != '\0' && *end != '_' ? "_" : "", end) < 0)
        return false;
    columns[c->n_columns++] = column;
    return true;
}

/* Is the metric one of the folds? Their numbers follow those of the others. */
static bool is_of_folds(int metric)
{
    return metric >= NN_N_METRIC;
}

static const char *name_of(int metric)
{
    return is_of_folds(metric) ? results_folds_metrics.rows[metric - NN_N_METRIC].name : nn_metrics.rows[metric].name;
}

/* Older files do not have the newest metrics. */
static bool has_statistics(const reader_cells *c, int metric)
{
    char path[256];
    reader_shape shape;
    snprintf(path, sizeof path, PATH_RUNS "/%s", name_of(metric));
    return is_of_folds(metric) ? c->has_folds : results_has_mean(metric) && reader_look(c->reader, path, &shape);
}

static bool add_metric(reader_cells *c, int metric)
{
    const char *name = name_of(metric);
    bool added = true;
    if (!has_statistics(c, metric))
        return true;
    for (int s = 0; s < N_CELL_STATS && added; s++)
        added = add_column(c, name, results_statistic_names.rows[s].name, metric, s, false);
    return added && add_column(c, name, END_COUNT, metric, AT_COUNT, true);
}

static bool add_time(reader_cells *c, int metric)
{
    const char *name = nn_metrics.rows[metric].name;
    return add_column(c, name, END_MEDIAN, metric, AT_MEDIAN, false) &&
           add_column(c, name, END_SHARE, metric, AT_SHARE, false);
}

static bool list_columns(reader_cells *c)
{
    bool added = true;
    for (int i = 0; i < N_CELL_COLUMNS && added; i++)
        if (!results_cell_columns[i].of_success || c->solved != NULL)
            added = add_column(c, results_cell_columns[i].name, "", -1, i, results_cell_columns[i].whole);
    for (int i = 0; i < NN_N_METRIC && added; i++)
        added = add_metric(c, i);
    for (int i = 0; i < NN_N_METRIC && added; i++)
        if (results_is_time(i))
            added = add_time(c, i);
    for (int i = NN_N_METRIC; i < NN_N_METRIC + N_FOLDS_METRIC && added; i++)
        added = add_metric(c, i);
    return added;
}

/* Does the file have a rule of a target? */
static bool has_target(results_reader *r)
{
    char **names = NULL;
    size_t n = 0;
    nn_error none;
    bool found = false;
    if (reader_groups(r, PATH_STOPS, &names, &n, &none) != NN_ok)
        return false;
    for (size_t i = 0; i < n; i++) {
        char path[256];
        snprintf(path, sizeof path, PATH_STOPS "/%s", names[i]);
        const char *curve = reader_text(r, path, ATTR_CURVE);
        found |= curve != NULL && *curve != '\0';
    }
    h5_texts_free(names, n);
    return found;
}

/* ---- lifecycle ---- */

nn_status reader_cells_open(results_reader *r, reader_cells *out, nn_error *err)
{
    reader_cells c = {.reader = r, .metric = -1};
    nn_status status = read_runs(&c, err);
    c.has_folds = status == NN_ok && reader_has_folds(r);
    if (status == NN_ok && !list_columns(&c))
        status = no_memory(err);
    if (status != NN_ok) {
        reader_cells_close(&c);
        return status;
    }
    c.timed = has_target(r);
    *out = c;
    return NN_ok;
}

void reader_cells_close(reader_cells *c)
{
    for (size_t i = 0; i < c->n_columns; i++)
        free(c->columns[i].name);
    free(c->columns);
    free(c->status);
    free(c->solved);
    free(c->trained);
    free(c->cell);
    free(c->scratch);
    free(c->moments);
    free(c->block);
    results_groups_free(&c->groups);
    results_folds_free(&c->folds);
    *c = (reader_cells){0};
}

/* ---- ranking ---- */

static double *column_of_runs(void *from, const char *name)
{
    nn_error none;
    return reader_runs(from, name, &none);
}

ranking reader_ranking(results_reader *r)
{
    const ranking_source source = {r, reader_n_runs(r), column_of_runs};
    return results_ranking(&source);
}

/* ---- computing ---- */

const computed_column *reader_cells_find(const reader_cells *c, const char *name)
{
    for (size_t i = 0; i < c->n_columns; i++)
        if (strcmp(c->columns[i].name, name) == 0)
            return &c->columns[i];
    return NULL;
}

static void compute_time(reader_cells *c, const double *values, size_t cell)
{
    const size_t n = c->groups.n;
    const time_stats t = results_time_of_group(&c->runs, &c->groups, cell, values, c->moments);
    c->block[AT_MEDIAN * n + cell] = c->timed ? t.median : NN_NAN;
    c->block[AT_SHARE * n + cell] = c->timed && t.n > 0 ? (double)t.reached / (double)t.n : NN_NAN;
}

nn_status reader_cells_folds(reader_cells *c, const folds_values **out, nn_error *err)
{
    nn_status status = NN_ok;
    if (c->folds.by_repeat[0] == NULL)
        status = reader_folds_compute(c->reader, &c->runs, &c->groups, &c->folds, err);
    *out = status == NN_ok ? &c->folds : NULL;
    return status;
}

static void compute_block(reader_cells *c, int metric, const double *values)
{
    const size_t n = c->groups.n;
    for (size_t k = 0; k < n; k++) {
        const cell_stats stats = results_of_group(&c->runs, &c->groups, k, values, c->scratch);
        for (size_t s = 0; s < N_CELL_STATS; s++)
            c->block[s * n + k] = results_statistic(&stats, (int)s);
        c->block[AT_COUNT * n + k] = (double)stats.n;
        if (results_is_time(metric))
            compute_time(c, values, k);
    }
    c->metric = metric;
}

/* Computes all statistics of a metric, since its columns are asked for one after the other. */
static nn_status compute_metric(reader_cells *c, int metric, nn_error *err)
{
    const folds_values *folds;
    if (c->metric == metric)
        return NN_ok;
    if (is_of_folds(metric)) {
        const nn_status status = reader_cells_folds(c, &folds, err);
        if (status == NN_ok)
            compute_block(c, metric, folds->by_repeat[metric - NN_N_METRIC]);
        return status;
    }
    double *values = reader_runs(c->reader, nn_metrics.rows[metric].name, err);
    if (values == NULL)
        return err->status;
    compute_block(c, metric, values);
    free(values);
    return NN_ok;
}

nn_status reader_cells_compute(reader_cells *c, const computed_column *column, double *out, nn_error *err)
{
    const size_t n = c->groups.n;
    for (size_t k = 0; k < n && column->metric < 0; k++) {
        const cell_counts counts = results_count(&c->runs, &c->groups, k);
        out[k] = results_cell_columns[column->which].value(&counts);
    }
    if (column->metric < 0)
        return NN_ok;
    const nn_status status = compute_metric(c, column->metric, err);
    if (status == NN_ok)
        memcpy(out, c->block + (size_t)column->which * n, n * sizeof *out);
    return status;
}
