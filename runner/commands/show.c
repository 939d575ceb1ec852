/* nngrid show prints the best cells of a results file, one cell, one run, or the comparison of two cells. */
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/show_cells.h"
#include "commands/show_compare.h"
#include "commands/show_data.h"
#include "commands/show_importance.h"
#include "commands/show_stops.h"
#include "results/names.h"
#include "results/reader/model.h"
#include "results/reader/select.h"
#include <stdlib.h>
#include <string.h>

/* ---- output of tables, as text or JSON ---- */

enum { SPARK_CELLS = 48 };

/* A sink receives rows of numbers and prints them as JSON if j is not NULL, else as a table. */
typedef struct sink {
    text_table table;
    json *j;
} sink;

/* Begins a table with these headings, or an object of JSON, whose rows bring keys of their own. */
static void sink_open(sink *to, json *j, const char *key, const char *const *headings, size_t n)
{
    text_table_head(&to->table, headings, n);
    to->j = j;
    if (j != NULL)
        json_open(j, key, '{');
}

static void sink_close(sink *to)
{
    if (to->j == NULL)
        command_print_table(&to->table, stdout);
    else
        json_close(to->j, '}');
    text_table_free(&to->table);
}

/* Adds a row of numbers: fields of the table, or an object of JSON. */
static void sink_row(sink *to, const char *name, const char *const *keys, const double *values, size_t n)
{
    char text[64];
    if (to->j != NULL)
        json_open(to->j, name, '{');
    else
        text_table_add(&to->table, name);
    for (size_t i = 0; i < n; i++)
        if (to->j != NULL)
            json_measured(to->j, keys[i], values[i]);
        else
            text_table_add(&to->table, text_value(values[i], text, sizeof text));
    if (to->j != NULL)
        json_close(to->j, '}');
}

static nn_status check_index(const results_reader *r, const char *what, size_t index, size_t n, nn_error *err)
{
    const bool hidden = reader_n_inactive(r) > 0 && reader_n_runs(r) > 0 && reader_is_active(r, reader_n_runs(r) - 1);
    return index < n ? NN_ok
                     : nn_fail(err, NN_usage, "--%s %zu: the file has %zu of them, counted from 0%s", what, index, n,
                               hidden ? " (--inactive includes those no longer in the grid)" : "");
}

/* ---- a run ---- */

/* Metrics without a value are left out of the table and are null in JSON. */
static void put_metrics(results_reader *r, size_t run, json *j)
{
    static const char *const headings[] = {"metric", "value", "meaning"};
    sink to;
    sink_open(&to, j, "metrics", headings, sizeof headings / sizeof *headings);
    for (int m = 0; m < nn_metrics.n; m++) {
        const nn_name *row = &nn_metrics.rows[m];
        double value;
        if (!command_show_at(r, row->name, run, &value))
            continue;
        if (j != NULL) {
            json_measured(j, row->name, value);
        } else if (value == value) {
            sink_row(&to, row->name, NULL, &value, 1);
            text_table_add(&to.table, row->help);
        }
    }
    sink_close(&to);
}

/* Finds the lowest and highest finite value; returns how many values there are before the NaNs at the end. */
static size_t span(const double *values, size_t n, double *low, double *high)
{
    size_t last = 0;
    *low = NN_INF;
    *high = -NN_INF;
    for (size_t i = 0; i < n; i++) {
        *low = values[i] < *low ? values[i] : *low;
        *high = values[i] > *high ? values[i] : *high;
        last = values[i] == values[i] ? i + 1 : last;
    }
    return last;
}

static const char *const curve_headings[] = {"curve", "first", "lowest", "highest", "last", "over epochs"};

static void results_put_curve(sink *to, const char *name, const double *values, size_t n)
{
    char spark[3 * SPARK_CELLS + 1];
    double low, high;
    const size_t used = span(values, n, &low, &high);
    if (used == 0)
        return;
    const double shown[] = {values[0], low, high, values[used - 1]};
    sink_row(to, name, curve_headings + 1, shown, sizeof shown / sizeof *shown);
    if (to->j == NULL)
        text_table_add(&to->table, text_sparkline(values, used, SPARK_CELLS, command_unicode(), spark, sizeof spark));
}

static void put_curves(results_reader *r, size_t run, json *j)
{
    sink to;
    sink_open(&to, j, "curves", curve_headings, sizeof curve_headings / sizeof *curve_headings);
    for (int c = 0; c < nn_curves.n; c++) {
        char path[128];
        nn_error none;
        double *values = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, PATH_CURVES "/%s", nn_curves.rows[c].name);
        if (reader_row(r, path, run, &values, &n, &none) == NN_ok)
            results_put_curve(&to, nn_curves.rows[c].name, values, n);
        free(values);
    }
    sink_close(&to);
}

/* Writes the key of a run, by which predict and show find it in a file that has grown, too. */
static const char *key_of(results_reader *r, size_t run, char *text, size_t size)
{
    reader_shape shape;
    uint64_t key;
    nn_error none;
    if (!reader_look(r, PATH_RUNS_KEY, &shape) || shape.n_per_row != 1 ||
        reader_rows(r, PATH_RUNS_KEY, &shape, run, 1, &key, &none) != NN_ok)
        return NULL;
    snprintf(text, size, "%016llx", (unsigned long long)key);
    return text;
}

/* Prints the named columns of /runs at one run, as far as the file has them. */
static void put_columns(results_reader *r, size_t run, const char *const *names, size_t n, json *j)
{
    char text[128];
    double value;
    for (size_t i = 0; i < n; i++)
        if (!command_show_at(r, names[i], run, &value))
            continue;
        else if (j != NULL)
            command_show_json(j, r, names[i], value);
        else
            printf(", %s %s", names[i], command_show_value(r, names[i], value, text, sizeof text));
}

static void put_key(results_reader *r, size_t run, json *j)
{
    char text[32];
    const char *key = key_of(r, run, text, sizeof text);
    if (j != NULL)
        json_text(j, "key", key);
    else if (key != NULL)
        printf(", key %s", key);
}

/* The point at which the run ended, where it was diagnosed. */
static void put_endpoint(results_reader *r, size_t run, double status, json *j)
{
    char text[128];
    double kind, basin;
    nn_error none;
    if (status != NN_RUN_done || !command_show_at(r, "endpoint", run, &kind))
        return;
    if (j != NULL)
        command_show_json(j, r, "endpoint", kind);
    else
        printf(", endpoint %s", command_show_value(r, "endpoint", kind, text, sizeof text));
    if (reader_value(r, PATH_ENDPOINTS_BASIN, run, &basin, &none) != NN_ok)
        return;
    if (j != NULL)
        json_number(j, "basin", basin);
    else if (isfinite(basin))
        printf(", basin %.0f", basin);
}

/* Prints "run 17: done, cell 3, repeat 2, ...". */
static void put_run_title(results_reader *r, size_t run, double status, json *j)
{
    static const char *const always[] = {"cell", "repeat", "fold"}, *const trained[] = {"stop_reason", "epochs_trained",
                                                                                        "n_params"};
    const bool active = reader_is_active(r, run);
    char text[128];
    double solved;
    if (j != NULL) {
        json_number(j, "run", (double)run);
        command_show_json(j, r, "status", status);
        json_truth(j, "active", active);
    } else {
        printf("run %zu: %s%s", run, command_show_value(r, "status", status, text, sizeof text),
               active ? "" : ", inactive (no longer in the grid)");
    }
    put_columns(r, run, always, sizeof always / sizeof *always, j);
    put_key(r, run, j);
    if (status != NN_RUN_pending)
        put_columns(r, run, trained, sizeof trained / sizeof *trained, j);
    const bool judged = results_in_share(status) && command_show_at(r, "solved", run, &solved);
    if (judged && j != NULL)
        json_truth(j, "solved", status == NN_RUN_done && solved == 1);
    else if (judged)
        printf(", %s", status == NN_RUN_done && solved == 1 ? "solved" : "not solved");
    put_endpoint(r, run, status, j);
    fputs(j == NULL ? "\n\n" : "", stdout);
}

static void put_run(results_reader *r, size_t run, double standing, json *j)
{
    const char *gap = j == NULL ? "\n" : "";
    put_run_title(r, run, standing, j);
    command_show_settings(r, run, j);
    if (standing == NN_RUN_pending)
        return;
    fputs(gap, stdout);
    put_metrics(r, run, j);
    fputs(gap, stdout);
    put_curves(r, run, j);
}

static nn_status command_show_run(results_reader *r, size_t run, bool as_json, nn_error *err)
{
    double standing;
    json j = {.to = stdout};
    nn_status status = check_index(r, "run", run, reader_n_runs(r), err);
    if (status == NN_ok) /* read first: a row whose status is final is whole */
        status = reader_value(r, PATH_RUNS_STATUS, run, &standing, err);
    if (status != NN_ok)
        return status;
    if (as_json)
        json_open(&j, NULL, '{');
    put_run(r, run, standing, as_json ? &j : NULL);
    if (as_json)
        json_close(&j, '}');
    return NN_ok;
}

/* ---- a cell ---- */

static void put_statistics_row(sink *to, const reader_cells *c, const char *name, bool is_time, size_t cell,
                               const double *values)
{
    static const char *const keys[] = {"n", "mean", "sd", "q1", "median", "q3", "low", "high", "km_median", "share"};
    const cell_stats s = results_of_group(&c->runs, &c->groups, cell, values, c->scratch);
    const time_stats t = results_time_of_group(&c->runs, &c->groups, cell, values, c->moments);
    const double shown[] = {(double)s.n, s.mean, s.sd,   s.q1,     s.median,
                            s.q3,        s.low,  s.high, t.median, t.n > 0 ? (double)t.reached / (double)t.n : NN_NAN};
    const size_t n = sizeof shown / sizeof *shown - (is_time && to->j != NULL ? 0 : 2);
    if (to->j != NULL || s.n > 0)
        sink_row(to, name, keys, shown, n);
}

/* Metrics without a value are left out of the table, and have n 0 and nulls in JSON. */
static void put_statistics(reader_cells *c, size_t cell, json *j)
{
    static const char *const headings[] = {"metric", "runs", "mean", "sd", "q1", "median", "q3", "95% from", "to"};
    const folds_values *folds;
    nn_error none;
    sink to;
    sink_open(&to, j, "statistics", headings, sizeof headings / sizeof *headings);
    for (int m = 0; m < nn_metrics.n; m++) {
        double *values = results_has_mean(m) ? reader_runs(c->reader, nn_metrics.rows[m].name, &none) : NULL;
        if (values != NULL)
            put_statistics_row(&to, c, nn_metrics.rows[m].name, results_is_time(m), cell, values);
        free(values);
    }
    const bool judged = c->has_folds && reader_cells_folds(c, &folds, &none) == NN_ok;
    for (int m = 0; m < N_FOLDS_METRIC && judged; m++)
        put_statistics_row(&to, c, results_folds_metrics.rows[m].name, false, cell, folds->by_repeat[m]);
    sink_close(&to);
}

/* Prints the share solved and the restarts that follow, where the grid has `success`. */
static void print_success(const cell_counts *n)
{
    char text[3][64];
    double low, high;
    results_wilson_interval(n->solved, n->done + n->diverged, &low, &high);
    const double restarts[] = {results_restarts_needed(n->solved, n->done + n->diverged),
                               results_restarts_of_share(high), results_restarts_of_share(low)};
    for (int i = 0; i < 3; i++)
        if (restarts[i] == NN_INF)
            snprintf(text[i], sizeof text[i], "infinite");
        else
            text_value(restarts[i], text[i], sizeof text[i]);
    printf(
        "\nsolved %zu of %zu done and diverged runs (95%% interval of the share %.3g to %.3g); restarts_99 %s (%s to "
        "%s)\n",
        n->solved, n->done + n->diverged, low, high, text[0], text[1], text[2]);
}

/* Prints when half of the runs reach the target. */
static void print_time(const reader_cells *c, size_t cell)
{
    char text[64];
    nn_error none;
    double *values = reader_runs(c->reader, nn_metrics.rows[NN_METRIC_epochs_to_target].name, &none);
    if (values == NULL)
        return;
    const time_stats t = results_time_of_group(&c->runs, &c->groups, cell, values, c->moments);
    printf("\ntarget reached by %zu of %zu done and diverged runs; Kaplan-Meier median of epochs_to_target: %s\n",
           t.reached, t.n, t.median == NN_INF ? "never" : text_value(t.median, text, sizeof text));
    free(values);
}

static void put_counts(const reader_cells *c, size_t cell, json *j)
{
    const cell_counts n = results_count(&c->runs, &c->groups, cell);
    if (j == NULL) {
        if (c->solved != NULL)
            print_success(&n);
        if (c->timed)
            print_time(c, cell);
        return;
    }
    json_open(j, "counts", '{');
    for (int i = 0; i < N_CELL_COLUMNS; i++)
        if (!results_cell_columns[i].of_success || c->solved != NULL)
            json_measured(j, results_cell_columns[i].name, results_cell_columns[i].value(&n));
    json_close(j, '}');
}

/* Says where the runs of the cell ended, if they were diagnosed. */
static void put_endpoints(const reader_cells *c, size_t cell, json *j)
{
    nn_error none;
    double *kinds = reader_runs(c->reader, "endpoint", &none), basins;
    size_t counts[NN_N_ENDPOINT] = {0};
    const char *gap = "\nendpoints:";
    for (size_t i = c->groups.start[cell]; kinds != NULL && i < c->groups.start[cell + 1]; i++) {
        const double kind = kinds[c->groups.runs[i]];
        counts[kind > 0 && kind < NN_N_ENDPOINT ? (int)kind : NN_ENDPOINT_none]++;
    }
    if (kinds != NULL && j != NULL)
        json_open(j, "endpoints", '{');
    for (int k = NN_ENDPOINT_none + 1; kinds != NULL && k < NN_N_ENDPOINT; k++)
        if (j != NULL) {
            json_number(j, nn_endpoints.rows[k].name, (double)counts[k]);
        } else if (counts[k] > 0) {
            printf("%s %zu %s", gap, counts[k], nn_endpoints.rows[k].name);
            gap = ",";
        }
    if (kinds != NULL && j != NULL)
        json_close(j, '}');
    else if (*gap == ',' && reader_value(c->reader, PATH_CELLS_BASINS, cell, &basins, &none) == NN_ok && basins > 0)
        printf("; basins: %.0f\n", basins);
    else if (*gap == ',')
        putchar('\n');
    free(kinds);
}

static void put_runs(const reader_cells *c, size_t cell, json *j)
{
    const size_t *runs = c->groups.runs + c->groups.start[cell];
    const cell_counts n = results_count(&c->runs, &c->groups, cell);
    const size_t counts[NN_N_RUN_STATUS] = {[NN_RUN_pending] = n.pending,
                                            [NN_RUN_done] = n.done,
                                            [NN_RUN_diverged] = n.diverged,
                                            [NN_RUN_failed] = n.failed};
    if (j != NULL) {
        json_open(j, "runs", '{');
        for (int s = 0; s < nn_run_statuses.n; s++)
            json_number(j, nn_run_statuses.rows[s].name, (double)counts[s]);
        json_close(j, '}');
        return;
    }
    printf("\nruns %zu to %zu:", runs[0], runs[n.runs - 1]);
    for (int s = 0; s < nn_run_statuses.n; s++)
        if (counts[s] > 0)
            printf(" %zu %s", counts[s], nn_run_statuses.rows[s].name);
    printf(" (show --run %zu shows one)\n", runs[0]);
}

static void put_cell(results_reader *r, reader_cells *c, size_t cell, json *j)
{
    const size_t *runs = c->groups.runs + c->groups.start[cell], n = c->groups.start[cell + 1] - c->groups.start[cell];
    char key[CELL_KEY_BYTES];
    const bool active = reader_is_active(r, runs[0]), there = reader_cell_key(r, cell, key);
    if (j == NULL) {
        printf("cell %zu%s%s%s\n\n", cell, there ? ", key " : "", there ? key : "",
               active ? "" : ", inactive (no longer in the grid)");
    } else {
        json_open(j, NULL, '{');
        json_number(j, "cell", (double)cell);
        json_text(j, "key", there ? key : NULL);
        json_truth(j, "active", active);
        json_number(j, "first_run", (double)runs[0]);
        json_number(j, "last_run", (double)runs[n - 1]);
    }
    command_show_settings(r, runs[0], j);
    if (j == NULL) {
        command_show_arithmetics(r);
        printf("\n");
    }
    put_statistics(c, cell, j);
    put_counts(c, cell, j);
    put_endpoints(c, cell, j);
    put_runs(c, cell, j);
    if (j != NULL)
        json_close(j, '}');
}

/* Prints everything that the file has on one cell. */
static nn_status command_show_cell(results_reader *r, const char *word, bool as_json, nn_error *err)
{
    json j = {.to = stdout};
    reader_cells c = {0};
    size_t cell = 0;
    nn_status result = reader_select_cell(r, word, "--cell", &cell, err);
    if (result == NN_ok)
        result = reader_cells_open(r, &c, err);
    if (result != NN_ok)
        return result;
    if (c.groups.start[cell + 1] > c.groups.start[cell])
        put_cell(r, &c, cell, as_json ? &j : NULL);
    else
        result = nn_fail(err, NN_file, "cell %zu has no runs: the file is damaged", cell);
    reader_cells_close(&c);
    return result;
}

typedef struct show_options {
    const char *file, *by, *run, *compare, *cell, *where;
    int64_t top;
    bool highest, importance, stops, inactive, json;
} show_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(show_options, file), "the results file", true, 0},
    {"by", 0, OPTION_TEXT, "METRIC", offsetof(show_options, by),
     "sorts cells by this metric or by solved, best first (default: best_validation_loss)", false, 0},
    {"highest", 0, OPTION_FLAG, NULL, offsetof(show_options, highest), "highest first, even where lower is better",
     false, 0},
    {"top", 0, OPTION_COUNT, "N", offsetof(show_options, top), "number of cells (default: 10; 0: all)", false, 0},
    {"cell", 0, OPTION_TEXT, "CELL", offsetof(show_options, cell),
     "one cell: settings, statistics, runs; its number, the first digits of its key, or settings (lambda=10)", false,
     0},
    {"where", 0, OPTION_TEXT, "SETTINGS", offsetof(show_options, where),
     "only cells that have these settings, such as \"lambda=10, hidden=[32]\"", false, 0},
    {"compare", 0, OPTION_TEXT, "A,B", offsetof(show_options, compare),
     "compares two cells by --by: settings that differ, difference, and the t-test that fits the splits", false, 0},
    {"importance", 0, OPTION_FLAG, NULL, offsetof(show_options, importance),
     "which settings, and pairs of settings, --by depends on: shares of its variance between cells", false, 0},
    {"stops", 0, OPTION_FLAG, NULL, offsetof(show_options, stops),
     "stopping rules: share of runs in which each fires; mean epoch, slowness, test error, badness", false, 0},
    {"run", 0, OPTION_TEXT, "RUN", offsetof(show_options, run),
     "one run: settings, metrics, curves; its number, or the first digits of its key", false, 0},
    {"inactive", 0, OPTION_FLAG, NULL, offsetof(show_options, inactive), "also runs no longer in the grid", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(show_options, json), "as JSON", false, 0},
};
static const option_rule rules[] = {
    {"--run", "--cell --compare --importance --stops --by --highest --top --where", NULL, "it shows one run"},
    {"--cell", "--compare --importance --by --highest --top --where", NULL, "it shows one cell"},
    {"--compare", "--importance --highest --top --where", NULL, "it shows two cells"},
    {"--stops", "--compare --importance --by --highest --where", NULL, "it shows cells in their order"},
    {"--importance", "--highest --top --inactive --where", NULL, "it is about all cells of the grid"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* Shows a run named by its number, which command_show_run checks, or by the first digits of its key. */
static nn_status show_run_of(results_reader *r, const char *word, bool as_json, nn_error *err)
{
    size_t run = (size_t)strtoull(word, NULL, 10);
    const bool is_number = *word != '\0' && word[strspn(word, "0123456789")] == '\0';
    const nn_status status = is_number ? NN_ok : results_find_run(r, word, &run, err);
    return status == NN_ok ? command_show_run(r, run, as_json, err) : status;
}

static nn_status show_what(results_reader *r, const show_options *o, nn_error *err)
{
    if (o->inactive)
        reader_show_inactive(r);
    const show_request request = {
        .by = o->by, .top = (size_t)o->top, .highest = o->highest, .where = o->where, .json = o->json};
    if (o->compare != NULL)
        return command_show_comparison(r, o->compare, o->by, o->json, err);
    if (o->stops)
        return command_show_stops(r, o->cell, (size_t)o->top, o->json, err);
    if (o->importance)
        return command_show_importance(r, o->by, o->json, err);
    if (o->run != NULL)
        return show_run_of(r, o->run, o->json, err);
    if (o->cell != NULL)
        return command_show_cell(r, o->cell, o->json, err);
    return command_show_cells(r, &request, err);
}

static int show(int argc, char **argv)
{
    show_options o = {.top = 10};
    nn_error err;
    results_reader *r = NULL;
    int code = command_options(&command_show, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    nn_status status = results_reader_open(o.file, &r, &err);
    if (status == NN_ok)
        status = show_what(r, &o, &err);
    results_reader_close(r);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

const command command_show = {
    .name = "show",
    .help = "shows the best cells, one cell or one run of a results file; also while the grid runs",
    .more = "Examples:\n"
            "  nngrid show results/xor.h5\n"
            "  nngrid show results/xor.h5 --by final_train_max_abs_error --top 5\n"
            "  nngrid show results/xor.h5 --cell 3\n"
            "  nngrid show results/digits.h5 --compare 2,5 --by best_test_error\n"
            "  nngrid show results/digits.h5 --importance\n"
            "  nngrid show results/digits.h5 --stops\n"
            "  nngrid show results/xor.h5 --run 17\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = show,
};
