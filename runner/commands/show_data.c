/* Computes the table of cells from /runs alone, which is consistent at any moment while the grid runs. */
#include "commands/show_data.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "commands/common.h"
#include "results/names.h"
#include "results/reader/folds.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* These metrics are shown beside the one that sorts, where the file has values of them. None is of the test part, which
 * is for the end: who sees it in a ranking chooses by it. */
static const int companions[][N_SHOWN - 1] = {
    {NN_METRIC_best_validation_error, NN_METRIC_best_epoch, NN_METRIC_gap_final},
    {NN_N_METRIC + FOLDS_error, NN_N_METRIC + FOLDS_epoch, NN_METRIC_gap_final}, /* beside a metric of folds */
};

bool command_show_is_of_folds(const show_metric *metric)
{
    return metric->metric >= NN_N_METRIC;
}

/* Copies a column [n] of what cross-validation says: what each fold contributed, or the means of repeats. */
static double *folds_column(reader_cells *c, int metric, bool by_repeat, nn_error *err)
{
    const folds_values *folds;
    if (reader_cells_folds(c, &folds, err) != NN_ok)
        return NULL;
    double *values = malloc((c->runs.n + 1) * sizeof *values);
    if (values != NULL)
        memcpy(values, (by_repeat ? folds->by_repeat : folds->by_fold)[metric], c->runs.n * sizeof *values);
    else
        nn_fail(err, NN_memory, "not enough memory for %zu runs", c->runs.n);
    return values;
}

static double *contributions(results_reader *r, int metric, nn_error *err)
{
    reader_cells c;
    if (reader_cells_open(r, &c, err) != NN_ok)
        return NULL;
    double *values = folds_column(&c, metric, false, err);
    reader_cells_close(&c);
    return values;
}

double *command_show_values(results_reader *r, const char *metric, nn_error *err)
{
    const int of_folds = nn_choice_find(&results_folds_metrics, metric);
    return of_folds >= 0 ? contributions(r, of_folds, err) : reader_runs(r, metric, err);
}

bool command_show_at(results_reader *r, const char *name, size_t run, double *out)
{
    char path[256];
    nn_error none;
    snprintf(path, sizeof path, PATH_RUNS "/%s", name);
    return reader_value(r, path, run, out, &none) == NN_ok;
}

/* Returns the name that a value of a column of /runs stands for, or NULL if it is a number. */
static const char *command_show_word(results_reader *r, const char *name, double value)
{
    char path[256];
    const nn_hyper_row *row = nn_hyper_find(name);
    snprintf(path, sizeof path, PATH_RUNS "/%s", name);
    const bool may_be_code = value >= 0 && value <= INT32_MAX; /* false for NaN */
    const char *word = may_be_code ? reader_flag(r, path, (int64_t)value) : NULL;
    if (word == NULL && row != NULL && row->word != NULL && value == row->word_value)
        word = row->word;
    if (word == NULL && row != NULL && row->kind == NN_TRUTH)
        word = value != 0 ? "true" : "false";
    return word;
}

char *command_show_value(results_reader *r, const char *name, double value, char *text, size_t size)
{
    const nn_hyper_row *row = nn_hyper_find(name);
    const char *word = command_show_word(r, name, value);
    if (word != NULL)
        snprintf(text, size, "%s", word);
    else if (row != NULL && row->kind == NN_COUNT)
        snprintf(text, size, "%.0f", value);
    else if (row != NULL)
        setting_real_format(value, text, size);
    else
        text_value(value, text, size);
    return text;
}

void command_show_json_as(json *j, const char *key, results_reader *r, const char *name, double value)
{
    const char *word = command_show_word(r, name, value);
    const nn_hyper_row *row = nn_hyper_find(name);
    if (row != NULL && row->kind == NN_TRUTH && value == value)
        json_truth(j, key, value != 0);
    else if (word != NULL)
        json_text(j, key, word);
    else
        json_measured(j, key, value);
}

void command_show_json(json *j, results_reader *r, const char *name, double value)
{
    command_show_json_as(j, name, r, name, value);
}

static bool any_value(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (values[i] == values[i])
            return true;
    return false;
}

void command_show_free_columns(run_columns *c)
{
    reader_cells_close(&c->cells);
    for (size_t i = 0; i < c->n_shown; i++)
        free(c->values[i]);
}

static nn_status add_metric(results_reader *r, run_columns *c, show_metric metric, bool required, nn_error *err)
{
    double *values = command_show_is_of_folds(&metric) ? folds_column(&c->cells, metric.metric - NN_N_METRIC, true, err)
                                                       : reader_runs(r, metric.name, err);
    if (values == NULL && required)
        return err->status;
    if (values != NULL && (required || any_value(values, c->cells.runs.n))) {
        c->metrics[c->n_shown] = metric;
        c->values[c->n_shown++] = values;
    } else {
        free(values);
    }
    return NN_ok;
}

static show_metric metric_of(int metric)
{
    if (metric >= NN_N_METRIC)
        return (show_metric){.name = results_folds_metrics.rows[metric - NN_N_METRIC].name,
                             .better = results_folds_better(metric - NN_N_METRIC),
                             .metric = metric};
    return (show_metric){.name = nn_metrics.rows[metric].name,
                         .better = nn_metric_rows[metric].better,
                         .metric = metric,
                         .is_time = results_is_time(metric)};
}

/* Counts the runs that have ended and are of the lowest arithmetic above `after`, which it returns; 0: there are none. */
static double next_arithmetic(const double *arithmetic, const double *status, size_t n_runs, double after, size_t *n)
{
    double lowest = 0;
    *n = 0;
    for (size_t i = 0; i < n_runs; i++) {
        if (status[i] == NN_RUN_pending || !(arithmetic[i] > after) || (lowest > 0 && arithmetic[i] > lowest))
            continue;
        *n = lowest == arithmetic[i] ? *n + 1 : 1;
        lowest = arithmetic[i];
    }
    return lowest;
}

void command_show_arithmetics(results_reader *r)
{
    nn_error none;
    char text[256] = "";
    size_t used = 0, n, n_kinds = 0;
    double *arithmetic = reader_runs(r, "arithmetic", &none), *status = reader_runs(r, "status", &none), at = 0;
    while (arithmetic != NULL && status != NULL && used < sizeof text &&
           (at = next_arithmetic(arithmetic, status, reader_n_runs(r), at, &n)) > 0)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu of %.0f", n_kinds++ > 0 ? ", " : "", n, at);
    if (n_kinds > 1)
        printf("runs of several arithmetics (%s): the last digits of equal runs differ between them\n", text);
    free(arithmetic);
    free(status);
}

size_t command_show_untrained(results_reader *r, const double *status, size_t n_runs)
{
    nn_error none;
    reader_shape curve;
    size_t n = 0;
    double *epoch = reader_runs(r, nn_metrics.rows[NN_METRIC_best_epoch].name, &none),
           *loss = reader_runs(r, nn_metrics.rows[NN_METRIC_best_validation_loss].name, &none);
    const bool validated = reader_look(r, PATH_CURVES "/validation_loss", &curve);
    for (size_t i = 0; epoch != NULL && loss != NULL && validated && i < n_runs; i++)
        n += results_in_mean(status[i]) && epoch[i] == 0 && !isfinite(loss[i]);
    free(epoch);
    free(loss);
    return n;
}

static nn_status choose_solved(results_reader *r, show_metric *metric, nn_error *err)
{
    double *values = reader_runs(r, "solved", err);
    if (values == NULL)
        return nn_fail(err, NN_usage, "--by solved: the grid of this file has no `success` condition");
    free(values);
    *metric = (show_metric){.name = "solved", .better = NN_HIGHER, .metric = -1, .is_share = true};
    return NN_ok;
}

/* Where there are folds, what cross-validation says takes the place of the metric of runs. */
static show_metric default_metric(results_reader *r)
{
    const ranking by = reader_ranking(r);
    show_metric metric = metric_of(by.folds != NO_FOLDS && reader_has_folds(r) ? NN_N_METRIC + by.folds : by.metric);
    metric.units = by.units;
    return metric;
}

static nn_status unknown_metric(const char *by, nn_error *err)
{
    const char *names[1 + NN_N_METRIC + N_FOLDS_METRIC] = {"solved"};
    size_t n = 1;
    n += suggest_choice_names(&nn_metrics, names + n, NN_N_METRIC);
    n += suggest_choice_names(&results_folds_metrics, names + n, N_FOLDS_METRIC);
    const char *near = suggest_meant("metric", by, names, n);
    return nn_fail(err, NN_usage, "--by: unknown metric '%s'%s%s%s (nngrid params lists them)", by,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

nn_status command_show_choose_metric(results_reader *r, const char *by, show_metric *metric, nn_error *err)
{
    if (by == NULL) {
        *metric = default_metric(r);
        return NN_ok;
    }
    if (strcmp(by, "solved") == 0)
        return choose_solved(r, metric, err);
    const int found = nn_choice_find(&nn_metrics, by), of_folds = nn_choice_find(&results_folds_metrics, by);
    if (found < 0 && of_folds < 0)
        return unknown_metric(by, err);
    if (found >= 0 && !results_has_mean(found))
        return nn_fail(err, NN_usage,
                       "--by %s: it is the code of a word, which has no mean; nngrid export has it for each run", by);
    if (found < 0 && !reader_has_folds(r))
        return nn_fail(err, NN_usage, "--by %s: the grid of this file has no folds, or no validation curve", by);
    *metric = metric_of(found >= 0 ? found : NN_N_METRIC + of_folds);
    return NN_ok;
}

static nn_status read_columns(results_reader *r, const char *by, run_columns *c, nn_error *err)
{
    show_metric metric = {0};
    nn_error none;
    nn_status status = reader_cells_open(r, &c->cells, err); /* first: a row that is finished now is whole */
    if (status == NN_ok)
        status = command_show_choose_metric(r, by, &metric, err);
    if (status == NN_ok)
        status = add_metric(r, c, metric, true, err);
    const int *beside = companions[command_show_is_of_folds(&metric)];
    for (size_t i = 0; status == NN_ok && i < N_SHOWN - 1; i++)
        if (beside[i] != metric.metric)
            status = add_metric(r, c, metric_of(beside[i]), false, &none);
    return status;
}

nn_status command_show_read_columns(results_reader *r, const char *by, run_columns *out, nn_error *err)
{
    run_columns c = {0};
    const nn_status status = read_columns(r, by, &c, err);
    if (status == NN_ok)
        *out = c;
    else
        command_show_free_columns(&c);
    return status;
}

char *command_show_done(const cell_counts *n, char *text, size_t size)
{
    const struct {
        size_t n;
        int status;
    } others[] = {{n->diverged, NN_RUN_diverged}, {n->failed, NN_RUN_failed}, {n->pending, NN_RUN_pending}};
    size_t used = (size_t)snprintf(text, size, n->done == n->runs ? "%zu" : "%zu/%zu", n->done, n->runs);
    const char *between = " ";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].n > 0 && used < size) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", between,
                                     nn_run_statuses.rows[others[i].status].name);
            between = ", ";
        }
    return text;
}

/* ---- lines ---- */

/* Repeats of folds share all their rows: how they differ says little of how far the mean is off. Its standard error is
 * that of one repeat, from how its folds differ (L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and
 * regression trees", 1984, 3.4.3). */
static double folds_error(const run_columns *c, const show_metric *metric, size_t cell, size_t n_repeats)
{
    const reader_cells *of = &c->cells;
    const double *values = of->folds.by_fold[metric->metric - NN_N_METRIC];
    const cell_stats s = results_of_group(&of->runs, &of->groups, cell, values, of->scratch);
    return s.sd / sqrt((double)s.n / (double)n_repeats);
}

static cell_value value_of(run_columns *c, size_t m, const cell_line *line)
{
    const reader_cells *of = &c->cells;
    const show_metric *metric = &c->metrics[m];
    cell_value v = {.n_counted = line->counts.done};
    if (metric->is_share || metric->is_time)
        v.n_counted += line->counts.diverged;
    v.stats = (metric->is_share ? results_share_of_group : results_of_group)(&of->runs, &of->groups, line->cell,
                                                                             c->values[m], of->scratch);
    v.error = v.stats.sd / sqrt((double)v.stats.n);
    if (command_show_is_of_folds(metric)) {
        v.n_counted = v.stats.n; /* the column `done` says what the others lack */
        v.error = folds_error(c, metric, line->cell, v.stats.n);
    }
    if (metric->is_time)
        v.time = results_time_of_group(&of->runs, &of->groups, line->cell, c->values[m], of->moments);
    return v;
}

/* Cells whose runs all count come first, of times and shares the diverged runs, too. */
static cell_rank rank_of(run_columns *c, const cell_line *line)
{
    const reader_cells *of = &c->cells;
    const show_metric *metric = &c->metrics[0];
    const cell_value *first = &line->values[0];
    if (!metric->is_share && !metric->is_time)
        return results_rank_of_group(&of->runs, &of->groups, line->cell, c->values[0], of->scratch);
    cell_rank rank = {.share = (double)first->n_counted / (double)line->counts.runs, .cell = line->cell};
    rank.value = metric->is_share ? first->stats.mean : first->time.reached > 0 ? first->time.median : NN_NAN;
    rank.beside = metric->is_time && first->time.n > 0 ? (double)first->time.reached / (double)first->time.n : 0;
    return rank;
}

static cell_line line_of(run_columns *c, size_t cell)
{
    const reader_cells *of = &c->cells;
    cell_line line = {.cell = cell,
                      .first_run = of->groups.runs[of->groups.start[cell]],
                      .counts = results_count(&of->runs, &of->groups, cell)};
    for (size_t m = 0; m < c->n_shown; m++)
        line.values[m] = value_of(c, m, &line);
    line.rank = rank_of(c, &line);
    return line;
}

static int by_rank(const void *a, const void *b, void *context)
{
    return results_rank_compare(&((const cell_line *)a)->rank, &((const cell_line *)b)->rank, *(const bool *)context);
}

nn_status command_show_lines(run_columns *c, bool highest, cell_line **out, size_t *n_out, nn_error *err)
{
    const run_groups *groups = &c->cells.groups;
    cell_line *lines = malloc((groups->n + 1) * sizeof *lines);
    size_t n = 0;
    if (lines == NULL)
        return nn_fail(err, NN_memory, "not enough memory for a table of %zu cells", groups->n);
    for (size_t k = 0; k < groups->n; k++)
        if (groups->start[k + 1] > groups->start[k])
            lines[n++] = line_of(c, k);
    highest |= c->metrics[0].better == NN_HIGHER;
    qsort_r(lines, n, sizeof *lines, by_rank, &highest);
    *out = lines;
    *n_out = n;
    return NN_ok;
}

/* ---- the settings of a stored run, without those that have no effect there (momentum under adam) ---- */

static bool is_swept(const results_reader *r, const char *name)
{
    for (size_t a = 0; a < reader_n_axes(r); a++)
        if (strcmp(reader_axis(r, a), name) == 0)
            return true;
    return false;
}

static void add_setting(results_reader *r, const nn_hyper_row *row, double value, text_table *table)
{
    char text[256];
    text_table_add(table, row->name);
    text_table_add(table, command_show_value(r, row->name, value, text, sizeof text));
    text_table_add(table, is_swept(r, row->name) ? "swept" : "");
}

void command_show_settings(results_reader *r, size_t run, json *j)
{
    nn_hyper h;
    nn_error none;
    text_table table;
    const bool known = reader_settings(r, &run, 1, &h, &none) == NN_ok;
    if (j != NULL)
        json_open(j, "settings", '{');
    text_table_begin(&table, "setting", "value", "");
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        double value;
        const bool matters = !known || row->matters == NULL || row->matters(&h) || is_swept(r, row->name);
        if (!matters || !command_show_at(r, row->name, run, &value))
            continue;
        if (j != NULL)
            command_show_json(j, r, row->name, value);
        else
            add_setting(r, row, value, &table);
    }
    if (j == NULL)
        command_print_table(&table, stdout);
    else
        json_close(j, '}');
    text_table_free(&table);
}
