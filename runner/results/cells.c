/* Computes the statistics of the cells from the rows in the file, and writes them. */
#include "results/cells.h"
#include "results/endpoints.h"
#include "results/fields.h"
#include "results/names.h"
#include "results/stops.h"
#include "results/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns from which the statistics are computed, and room for what is computed. */
typedef struct cell_work {
    const layout *l;
    int fd;
    const char *path;
    double *status, *solved, *trained, *cell; /* [n_runs] */
    summary_runs runs;
    run_groups groups;    /* the runs of each cell */
    double *column;       /* [n_runs] of a metric */
    double *otherwise;    /* [n_runs] a column for where that has no number */
    double *scratch;      /* [n_runs] the values of the runs of a cell */
    time_moment *moments; /* [n_runs] the same of times */
    double *result;       /* [N_CELL_STATS + 1][n_cells] */
    int32_t *whole;       /* [n_cells] a column of integers */
} cell_work;

/* ---- columns of the file as doubles, and back ---- */

static nn_status read_column(const cell_work *w, const field *f, double *out, nn_error *err)
{
    return results_values_numbers(w->l, w->fd, w->path, f, out, err);
}

/* A column that the file does not have stays as it is. */
static nn_status read_path(const cell_work *w, const char *path, double *out, nn_error *err)
{
    const int at = results_layout_find(w->l, path);
    return at == NO_FIELD ? NN_ok : read_column(w, &w->l->fields[at], out, err);
}

static nn_status write_column(const cell_work *w, const field *f, const double *values, nn_error *err)
{
    const void *bytes = values;
    for (size_t c = 0; f->type == H5_I32 && c < f->n; c++) {
        w->whole[c] = (int32_t)values[c];
        bytes = w->whole;
    }
    return results_values_write(w->l, w->fd, w->path, f, bytes, err);
}

static nn_status write_computed(const cell_work *w, int32_t n, nn_error *err)
{
    const field *f = &w->l->fields[results_layout_find(w->l, PATH_CELLS_COMPUTED)];
    return results_values_write(w->l, w->fd, w->path, f, &n, err);
}

/* The first column of /cells whose name begins with that of the metric. */
static const field *first_of(const cell_work *w, const char *metric, const char *end)
{
    char path[160];
    snprintf(path, sizeof path, PATH_CELLS "/%s%s", metric, end);
    return &w->l->fields[results_layout_find(w->l, path)];
}

/* ---- metrics ---- */

static void metric_of_cells(const cell_work *w, const double *values)
{
    const size_t n_cells = w->l->n_cells;
    for (size_t c = 0; c < n_cells; c++) {
        const cell_stats stats = results_of_group(&w->runs, &w->groups, c, values, w->scratch);
        for (size_t s = 0; s < N_CELL_STATS; s++)
            w->result[s * n_cells + c] = results_statistic(&stats, (int)s);
        w->result[N_CELL_STATS * n_cells + c] = (double)stats.n;
    }
}

/* The statistics of a metric and their count are fields that follow each other. */
static nn_status write_statistics(const cell_work *w, const char *name, const double *values, nn_error *err)
{
    const field *first = first_of(w, name, "_mean");
    nn_status status = NN_ok;
    metric_of_cells(w, values);
    for (size_t s = 0; s <= N_CELL_STATS && status == NN_ok; s++)
        status = write_column(w, &first[s], w->result + s * w->l->n_cells, err);
    return status;
}

static nn_status write_metric(const cell_work *w, const field *metric, nn_error *err)
{
    const nn_status status = read_column(w, metric, w->column, err);
    return status == NN_ok ? write_statistics(w, metric->name, w->column, err) : status;
}

/* Without a rule that says which time it is, the columns stay NaN. */
static nn_status write_time(const cell_work *w, const field *metric, bool timed, nn_error *err)
{
    double *median = w->result, *share = w->result + w->l->n_cells;
    nn_status status = read_column(w, metric, w->column, err);
    if (status != NN_ok)
        return status;
    for (size_t c = 0; c < w->l->n_cells; c++) {
        const time_stats t = results_time_of_group(&w->runs, &w->groups, c, w->column, w->moments);
        median[c] = timed ? t.median : NN_NAN;
        share[c] = timed && t.n > 0 ? (double)t.reached / (double)t.n : NN_NAN;
    }
    status = write_column(w, first_of(w, metric->name, END_MEDIAN), median, err);
    return status == NN_ok ? write_column(w, first_of(w, metric->name, END_SHARE), share, err) : status;
}

/* Is there a rule that says which time it is? */
static bool has_target(const layout *l)
{
    for (size_t i = 0; i < l->n_rules; i++)
        if (nn_stop_rows[l->rules[i].kind].needs & NN_TAKES_CURVE)
            return true;
    return false;
}

static nn_status write_metrics(const cell_work *w, nn_error *err)
{
    const bool timed = has_target(w->l);
    nn_status status = NN_ok;
    for (size_t i = 0; i < w->l->n_fields && status == NN_ok; i++) {
        const field *f = &w->l->fields[i];
        if (f->put != results_put_metric || !results_has_mean(f->index))
            continue;
        status = write_metric(w, f, err);
        if (status == NN_ok && results_is_time(f->index))
            status = write_time(w, f, timed, err);
    }
    return status;
}

/* ---- folds ---- */

/* The file that curves are read from. */
typedef struct curve_file {
    const layout *l;
    int fd;
    const char *path;
} curve_file;

/* A curve that the file does not have is NaN. */
static nn_status read_curve(void *context, bool is_error, size_t run, double *out, nn_error *err)
{
    const curve_file *from = context;
    const layout *l = from->l;
    const int at = results_layout_find(l, is_error ? PATH_VALIDATION_ERROR : PATH_VALIDATION_LOSS);
    for (size_t i = 0; at == NO_FIELD && i < l->n_epochs; i++)
        out[i] = NN_NAN;
    if (at == NO_FIELD)
        return NN_ok;
    const field *f = &l->fields[at];
    return results_values_row(l, from->fd, from->path, f, run, out, err);
}

bool results_cells_have_folds(const layout *l)
{
    char path[160];
    snprintf(path, sizeof path, PATH_CELLS "/%s_mean", results_folds_metrics.rows[0].name);
    return results_layout_find(l, path) != NO_FIELD;
}

nn_status results_cells_folds(const layout *l, int fd, const char *path, const summary_runs *runs,
                              const run_groups *cells, folds_values *out, nn_error *err)
{
    curve_file from = {l, fd, path};
    double *epochs = malloc((l->n_epochs + 1) * sizeof *epochs), *repeat = malloc((l->n_runs + 1) * sizeof *repeat);
    nn_status status = NN_ok;
    if (epochs == NULL || repeat == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the epochs");
    for (size_t i = 0; i < l->n_epochs && status == NN_ok; i++)
        epochs[i] = l->epochs[i];
    for (size_t i = 0; i < l->n_runs && status == NN_ok; i++)
        repeat[i] = l->runs[i].repeat;
    if (status == NN_ok)
        status = results_folds_compute(&(folds_source){.runs = runs,
                                                       .cells = cells,
                                                       .repeat = repeat,
                                                       .n_epochs = l->n_epochs,
                                                       .epochs = epochs,
                                                       .curve = read_curve,
                                                       .context = &from},
                                       out, err);
    free(epochs);
    free(repeat);
    return status;
}

static nn_status write_folds(cell_work *w, nn_error *err)
{
    folds_values values = {0};
    if (!results_cells_have_folds(w->l))
        return NN_ok;
    nn_status status = results_cells_folds(w->l, w->fd, w->path, &w->runs, &w->groups, &values, err);
    for (int m = 0; m < N_FOLDS_METRIC && status == NN_ok; m++)
        status = write_statistics(w, results_folds_metrics.rows[m].name, values.by_repeat[m], err);
    results_folds_free(&values);
    return status;
}

/* ---- stopping rules ---- */

/* A column of the group that the field `of` is in. */
static nn_status read_beside(const cell_work *w, const field *of, const char *name, double *out, nn_error *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", of->group, name);
    return read_path(w, path, out, err);
}

static nn_status write_rule(const cell_work *w, const field *rule, nn_error *err)
{
    char path[512];
    nn_status status = NN_ok;
    for (int i = 0; i < N_STOP_MEANS && status == NN_ok; i++) {
        const stop_mean *mean = &results_stop_means[i];
        status = read_beside(w, rule, mean->source, w->column, err);
        if (status == NN_ok && mean->otherwise != NULL)
            status = read_beside(w, rule, mean->otherwise, w->otherwise, err);
        for (size_t c = 0; c < w->l->n_cells && status == NN_ok; c++)
            w->result[c] = results_stop_mean(&w->runs, &w->groups, c, mean, w->column,
                                             mean->otherwise != NULL ? w->otherwise : NULL, w->scratch);
        snprintf(path, sizeof path, PATH_CELLS_STOPS "%s/%s", strrchr(rule->group, '/'), mean->name);
        const int at = results_layout_find(w->l, path);
        if (status == NN_ok && at != NO_FIELD)
            status = write_column(w, &w->l->fields[at], w->result, err);
    }
    return status;
}

static nn_status write_rules(const cell_work *w, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < w->l->n_fields && status == NN_ok; i++)
        if (results_is_rule(&w->l->fields[i]))
            status = write_rule(w, &w->l->fields[i], err);
    return status;
}

/* ---- counts, and what follows from them ---- */

static nn_status write_counts(const cell_work *w, nn_error *err)
{
    nn_status status = NN_ok;
    for (int i = 0; i < N_CELL_COLUMNS && status == NN_ok; i++) {
        const cell_column *column = &results_cell_columns[i];
        if (column->of_success && w->runs.solved == NULL)
            continue;
        for (size_t c = 0; c < w->l->n_cells; c++) {
            const cell_counts counts = results_count(&w->runs, &w->groups, c);
            w->result[c] = column->value(&counts);
        }
        status = write_column(w, first_of(w, column->name, ""), w->result, err);
    }
    return status;
}

/* ---- all ---- */

/* Statuses come first: a row that is final then is whole. */
static nn_status read_runs(cell_work *w, nn_error *err)
{
    const layout *l = w->l;
    nn_status status = read_path(w, PATH_RUNS_STATUS, w->status, err);
    if (status == NN_ok)
        status = read_path(w, PATH_RUNS_SOLVED, w->solved, err);
    if (status == NN_ok)
        status = read_path(w, PATH_RUNS_TRAINED, w->trained, err);
    for (size_t i = 0; i < l->n_runs; i++)
        w->cell[i] = l->runs[i].cell;
    w->runs = (summary_runs){.n = l->n_runs,
                             .status = w->status,
                             .solved = l->grid->n_conditions > 0 ? w->solved : NULL,
                             .trained = w->trained};
    return status == NN_ok ? results_groups_make(w->cell, l->n_runs, l->n_cells, &w->groups, err) : status;
}

static nn_status write_all(cell_work *w, nn_error *err)
{
    int32_t n_final = 0;
    nn_status status = read_runs(w, err);
    for (size_t i = 0; i < w->l->n_runs; i++)
        n_final += w->status[i] != NN_RUN_pending;
    if (status == NN_ok && w->l->look == NULL)
        status = write_computed(w, -1, err);
    if (status == NN_ok)
        status = write_counts(w, err);
    if (status == NN_ok)
        status = write_metrics(w, err);
    if (status == NN_ok)
        status = write_folds(w, err);
    if (status == NN_ok)
        status = write_rules(w, err);
    if (status == NN_ok)
        status = results_endpoints_write(w->l, w->fd, w->path, err);
    return status == NN_ok ? write_computed(w, n_final, err) : status;
}

nn_status results_cells_write(const layout *l, int fd, const char *path, nn_error *err)
{
    const size_t n = l->n_runs + 1, cells = l->n_cells + 1;
    cell_work w = {.l = l, .fd = fd, .path = path};
    double **const columns[] = {&w.status, &w.solved, &w.trained, &w.cell, &w.column, &w.otherwise, &w.scratch};
    enum { N_COLUMNS = sizeof columns / sizeof *columns };
    nn_status status = NN_ok;
    bool room = true;
    for (size_t i = 0; i < N_COLUMNS; i++)
        room &= (*columns[i] = calloc(n, sizeof(double))) != NULL;
    w.moments = calloc(n, sizeof *w.moments);
    w.result = calloc(cells * (N_CELL_STATS + 1), sizeof *w.result);
    w.whole = calloc(cells, sizeof *w.whole);
    if (!room || w.moments == NULL || w.result == NULL || w.whole == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for the statistics of %zu cells", l->n_cells);
    else
        status = write_all(&w, err);
    for (size_t i = 0; i < N_COLUMNS; i++)
        free(*columns[i]);
    results_groups_free(&w.groups);
    free(w.moments);
    free(w.result);
    free(w.whole);
    return status;
}
