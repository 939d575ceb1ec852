/* nngrid show --cell and --run: all that a file knows of one cell or one run. */
#include "results/statistics.h"
#include "commands/command.h"
#include <stdlib.h>
#include <string.h>

enum { SPARK_CELLS = 48 };

/* Where what is found goes: a table, or JSON where it is not NULL. */
typedef struct sink {
    text_table table;
    json *j;
} sink;

/* Names of columns of the table, of which JSON has keys of its own. */
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
        cmd_print_table(&to->table, stdout);
    else
        json_close(to->j, '}');
    text_table_free(&to->table);
}

/* A row of numbers: cells of the table, or an object. */
static void sink_row(sink *to, const char *name, const char *const *keys, const double *values, size_t n)
{
    char text[64];
    if (to->j != NULL)
        json_open(to->j, name, '{');
    else
        text_table_add(&to->table, name);
    for (size_t i = 0; i < n; i++)
        if (to->j != NULL)
            json_number(to->j, keys[i], values[i]);
        else
            text_table_add(&to->table, text_value(values[i], text, sizeof text));
    if (to->j != NULL)
        json_close(to->j, '}');
}

static nn_status check_index(const results_reader *r, const char *what, size_t index, size_t n, nn_error *err)
{
    const bool hidden =
        reader_n_inactive(r) > 0 && reader_n_runs(r) > 0 && reader_is_active(r, reader_n_runs(r) - 1);
    return index < n ? NN_ok
                     : nn_fail(err, NN_usage, "--%s %zu: the file has %zu of them, counted from 0%s", what,
                               index, n, hidden ? " (--inactive: also those that have left the grid)" : "");
}

/* ---- a run ---- */

/* Those that have no value are left out of the table, and null in JSON. */
static void put_metrics(results_reader *r, size_t run, json *j)
{
    static const char *const headings[] = {"metric", "value", "meaning"};
    sink to;
    sink_open(&to, j, "metrics", headings, sizeof headings / sizeof *headings);
    for (int m = 0; m < nn_metrics.n; m++) {
        const nn_name *row = &nn_metrics.rows[m];
        double value;
        if (!show_at(r, row->name, run, &value))
            continue;
        if (j != NULL) {
            json_number(j, row->name, value);
        } else if (value == value) {
            sink_row(&to, row->name, NULL, &value, 1);
            text_table_add(&to.table, row->help);
        }
    }
    sink_close(&to);
}

/* Lowest and highest finite value, and how many values there are before the NaNs at the end. */
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

static const char *const curve_headings[] = {"curve",   "first", "lowest",
                                             "highest", "last",  "from left to right"};

static void put_curve(sink *to, const char *name, const double *values, size_t n)
{
    char spark[3 * SPARK_CELLS + 1];
    double low, high;
    const size_t used = span(values, n, &low, &high);
    if (used == 0)
        return;
    const double shown[] = {values[0], low, high, values[used - 1]};
    sink_row(to, name, curve_headings + 1, shown, sizeof shown / sizeof *shown);
    if (to->j == NULL)
        text_table_add(&to->table,
                       text_sparkline(values, used, SPARK_CELLS, cmd_unicode(), spark, sizeof spark));
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
        snprintf(path, sizeof path, "/curves/%s", nn_curves.rows[c].name);
        if (reader_row(r, path, run, &values, &n, &none) == NN_ok)
            put_curve(&to, nn_curves.rows[c].name, values, n);
        free(values);
    }
    sink_close(&to);
}

/* By which predict and show find it, also in a file that has grown. */
static const char *key_of(results_reader *r, size_t run, char *text, size_t size)
{
    reader_shape shape;
    uint64_t key;
    nn_error none;
    if (!reader_look(r, "/runs/key", &shape) || shape.n_per_row != 1 ||
        reader_rows(r, "/runs/key", &shape, run, 1, &key, &none) != NN_ok)
        return NULL;
    snprintf(text, size, "%016llx", (unsigned long long)key);
    return text;
}

/* Columns of /runs at one run, those that the file has. */
static void put_columns(results_reader *r, size_t run, const char *const *names, size_t n, json *j)
{
    char text[128];
    double value;
    for (size_t i = 0; i < n; i++)
        if (!show_at(r, names[i], run, &value))
            continue;
        else if (j != NULL)
            show_json(j, r, names[i], value);
        else
            printf(", %s %s", names[i], show_value(r, names[i], value, text, sizeof text));
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

/* "run 17: done, cell 3, repeat 2, ..." */
static void put_run_title(results_reader *r, size_t run, double status, json *j)
{
    static const char *const always[] = {"cell", "repeat", "fold"}, *const trained[] = {"stop_reason",
                                                                                        "epochs_trained",
                                                                                        "n_params"};
    const bool active = reader_is_active(r, run);
    char text[128];
    double solved;
    if (j != NULL) {
        json_number(j, "run", (double)run);
        show_json(j, r, "status", status);
        json_truth(j, "active", active);
    } else {
        printf("run %zu: %s%s", run, show_value(r, "status", status, text, sizeof text),
               active ? "" : ", inactive (it has left the grid)");
    }
    put_columns(r, run, always, sizeof always / sizeof *always, j);
    put_key(r, run, j);
    if (status != NN_RUN_pending)
        put_columns(r, run, trained, sizeof trained / sizeof *trained, j);
    const bool judged = status != NN_RUN_pending && show_at(r, "solved", run, &solved);
    if (judged && j != NULL)
        json_truth(j, "solved", solved == 1);
    else if (judged)
        printf(", %s", solved == 1 ? "solved" : "not solved");
    fputs(j == NULL ? "\n\n" : "", stdout);
}

static void put_run(results_reader *r, size_t run, double standing, json *j)
{
    const char *gap = j == NULL ? "\n" : "";
    put_run_title(r, run, standing, j);
    show_settings(r, run, j);
    if (standing == NN_RUN_pending)
        return;
    fputs(gap, stdout);
    put_metrics(r, run, j);
    fputs(gap, stdout);
    put_curves(r, run, j);
}

nn_status show_run(results_reader *r, size_t run, bool as_json, nn_error *err)
{
    double standing;
    json j = {.to = stdout};
    nn_status status = check_index(r, "run", run, reader_n_runs(r), err);
    if (status == NN_ok) /* before all else: a row that is final then is whole */
        status = reader_value(r, "/runs/status", run, &standing, err);
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

/* The runs of a cell, from /runs/cell. Returns how many; runs[] is of n_runs. */
static size_t runs_of(const double *cells, size_t n_runs, size_t cell, size_t *runs)
{
    size_t n = 0;
    for (size_t i = 0; i < n_runs; i++)
        if (cells[i] == (double)cell)
            runs[n++] = i;
    return n;
}

/* Metrics without a value are left out of the table, and have n 0 and nulls in JSON. */
static void put_statistics(results_reader *r, const double *status, const size_t *runs, size_t n,
                           double *scratch, json *j)
{
    static const char *const headings[] = {"metric", "runs", "mean",     "sd", "q1",
                                           "median", "q3",   "95% from", "to"},
                             *const keys[] = {"n", "mean", "sd", "q1", "median", "q3", "low", "high"};
    sink to;
    sink_open(&to, j, "statistics", headings, sizeof headings / sizeof *headings);
    for (int m = 0; m < nn_metrics.n; m++) {
        nn_error none;
        size_t used = 0;
        double *values = show_column(r, nn_metrics.rows[m].name, &none);
        for (size_t i = 0; values != NULL && i < n; i++)
            if (status[runs[i]] == NN_RUN_done)
                scratch[used++] = values[runs[i]];
        const cell_stats s = cell_statistics(scratch, used);
        const double shown[] = {(double)s.n, s.mean, s.sd, s.q1, s.median, s.q3, s.low, s.high};
        if (values != NULL && (j != NULL || s.n > 0))
            sink_row(&to, nn_metrics.rows[m].name, keys, shown, sizeof shown / sizeof *shown);
        free(values);
    }
    sink_close(&to);
}

static void put_runs(const double *status, const size_t *runs, size_t n, json *j)
{
    size_t counts[NN_N_RUN_STATUS] = {0};
    for (size_t i = 0; i < n; i++)
        if (status[runs[i]] >= 0 && status[runs[i]] < NN_N_RUN_STATUS)
            counts[(size_t)status[runs[i]]]++;
    if (j != NULL) {
        json_open(j, "runs", '{');
        for (int s = 0; s < nn_run_statuses.n; s++)
            json_number(j, nn_run_statuses.rows[s].name, (double)counts[s]);
        json_close(j, '}');
        return;
    }
    printf("\nruns %zu to %zu:", runs[0], runs[n - 1]);
    for (int s = 0; s < nn_run_statuses.n; s++)
        if (counts[s] > 0)
            printf(" %zu %s", counts[s], nn_run_statuses.rows[s].name);
    printf(" (show --run %zu shows one)\n", runs[0]);
}

static void put_cell(results_reader *r, const double *status, size_t cell, const size_t *runs, size_t n,
                     double *scratch, json *j)
{
    const bool active = reader_is_active(r, runs[0]);
    if (j == NULL) {
        printf("cell %zu%s\n\n", cell, active ? "" : ", inactive (it has left the grid)");
    } else {
        json_open(j, NULL, '{');
        json_number(j, "cell", (double)cell);
        json_truth(j, "active", active);
        json_number(j, "first_run", (double)runs[0]);
        json_number(j, "last_run", (double)runs[n - 1]);
    }
    show_settings(r, runs[0], j);
    if (j == NULL)
        printf("\n");
    put_statistics(r, status, runs, n, scratch, j);
    put_runs(status, runs, n, j);
    if (j != NULL)
        json_close(j, '}');
}

nn_status show_cell(results_reader *r, size_t cell, bool as_json, nn_error *err)
{
    json j = {.to = stdout};
    const size_t n_runs = reader_n_runs(r);
    nn_status result = check_index(r, "cell", cell, reader_n_cells(r), err);
    if (result != NN_ok)
        return result;
    double *status = show_column(r, "status", err), *cells = show_column(r, "cell", err);
    double *scratch = malloc((n_runs + 1) * sizeof *scratch);
    size_t *runs = malloc((n_runs + 1) * sizeof *runs);
    if (scratch == NULL || runs == NULL) {
        result = nn_fail(err, NN_memory, "not enough memory for %zu runs", n_runs);
    } else if (status == NULL || cells == NULL) {
        result = err->status;
    } else {
        const size_t n = runs_of(cells, n_runs, cell, runs);
        if (n > 0)
            put_cell(r, status, cell, runs, n, scratch, as_json ? &j : NULL);
        else
            result = nn_fail(err, NN_file, "cell %zu has no runs: the file is damaged", cell);
    }
    free(status);
    free(cells);
    free(scratch);
    free(runs);
    return result;
}
