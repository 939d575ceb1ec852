/* nngrid show --cell and --run: all that a file knows of one cell or one run. */
#include "cells.h"
#include "cmd.h"
#include <stdlib.h>
#include <string.h>

enum { SPARK_CELLS = 48 };

static nn_status check_index(const results_reader *r, const char *what, size_t index, size_t n, nn_error *err)
{
    const bool hidden =
        reader_n_inactive(r) > 0 && reader_n_runs(r) > 0 && reader_is_active(r, reader_n_runs(r) - 1);
    return index < n ? NN_ok
                     : nn_fail(err, NN_usage, "--%s %zu: the file has %zu of them, counted from 0%s", what,
                               index, n, hidden ? " (--inactive: also those that have left the grid)" : "");
}

/* Text of a column at one run; false where the file has no such column. */
static bool value_at(results_reader *r, const char *name, size_t run, char *text, size_t size)
{
    double value;
    if (!show_at(r, name, run, &value))
        return false;
    show_value(r, name, value, text, size);
    return true;
}

/* ---- a run ---- */

static void print_metrics(results_reader *r, size_t run)
{
    text_table table;
    text_table_init(&table, 3);
    text_table_add(&table, "metric");
    text_table_add(&table, "value");
    text_table_add(&table, "meaning");
    for (int m = 0; m < nn_metrics.n; m++) {
        char text[64];
        double value;
        if (show_at(r, nn_metrics.rows[m].name, run, &value) && value == value) {
            text_table_add(&table, nn_metrics.rows[m].name);
            text_table_add(&table, text_value(value, text, sizeof text));
            text_table_add(&table, nn_metrics.rows[m].help);
        }
    }
    cmd_print_table(&table, stdout);
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

static void add_curve(text_table *table, const char *name, const double *values, size_t n)
{
    char text[64], spark[3 * SPARK_CELLS + 1];
    double low, high;
    const size_t used = span(values, n, &low, &high);
    if (used == 0)
        return;
    const double shown[] = {values[0], low, high, values[used - 1]};
    text_table_add(table, name);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        text_table_add(table, text_value(shown[i], text, sizeof text));
    text_table_add(table, text_sparkline(values, used, SPARK_CELLS, cmd_unicode(), spark, sizeof spark));
}

static void print_curves(results_reader *r, size_t run)
{
    static const char *const header[] = {"curve", "first", "lowest", "highest", "last", "from left to right"};
    text_table table;
    text_table_init(&table, sizeof header / sizeof *header);
    for (size_t i = 0; i < sizeof header / sizeof *header; i++)
        text_table_add(&table, header[i]);
    for (int c = 0; c < nn_curves.n; c++) {
        char path[128];
        nn_error none;
        double *values = NULL;
        size_t n = 0;
        snprintf(path, sizeof path, "/curves/%s", nn_curves.rows[c].name);
        if (reader_row(r, path, run, &values, &n, &none) == NN_ok)
            add_curve(&table, nn_curves.rows[c].name, values, n);
        free(values);
    }
    cmd_print_table(&table, stdout);
}

/* By which predict and show find it, also in a file that has grown. */
static void print_key(results_reader *r, size_t run)
{
    reader_shape shape;
    uint64_t key;
    nn_error none;
    if (reader_look(r, "/runs/key", &shape) && shape.n_per_row == 1 &&
        reader_rows(r, "/runs/key", &shape, run, 1, &key, &none) == NN_ok)
        printf(", key %016llx", (unsigned long long)key);
}

/* "run 17: done, cell 3, repeat 2, ..." */
static void print_run_title(results_reader *r, size_t run, double status)
{
    static const char *const always[] = {"cell", "repeat", "fold"}, *const trained[] = {"stop_reason",
                                                                                        "epochs_trained",
                                                                                        "n_params"};
    char text[128];
    double solved;
    printf("run %zu: %s%s", run, show_value(r, "status", status, text, sizeof text),
           reader_is_active(r, run) ? "" : ", inactive (it has left the grid)");
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (value_at(r, always[i], run, text, sizeof text))
            printf(", %s %s", always[i], text);
    print_key(r, run);
    for (size_t i = 0; status != NN_RUN_pending && i < sizeof trained / sizeof *trained; i++)
        if (value_at(r, trained[i], run, text, sizeof text))
            printf(", %s %s", trained[i], text);
    if (status != NN_RUN_pending && show_at(r, "solved", run, &solved))
        printf(", %s", solved == 1 ? "solved" : "not solved");
    printf("\n\n");
}

nn_status show_run(results_reader *r, size_t run, nn_error *err)
{
    double standing;
    nn_status status = check_index(r, "run", run, reader_n_runs(r), err);
    if (status == NN_ok) /* before all else: a row that is final then is whole */
        status = reader_value(r, "/runs/status", run, &standing, err);
    if (status != NN_ok)
        return status;
    print_run_title(r, run, standing);
    show_settings(r, run);
    if (standing == NN_RUN_pending)
        return NN_ok;
    printf("\n");
    print_metrics(r, run);
    printf("\n");
    print_curves(r, run);
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

static void add_statistics(text_table *table, const char *name, double *values, size_t n)
{
    char text[64];
    const cell_stats s = cell_statistics(values, n);
    const double shown[] = {s.mean, s.sd, s.q1, s.median, s.q3, s.low, s.high};
    if (s.n == 0)
        return;
    text_table_add(table, name);
    snprintf(text, sizeof text, "%zu", s.n);
    text_table_add(table, text);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        text_table_add(table, text_value(shown[i], text, sizeof text));
}

static void print_statistics(results_reader *r, const double *status, const size_t *runs, size_t n,
                             double *scratch)
{
    static const char *const header[] = {"metric", "runs", "mean",     "sd", "q1",
                                         "median", "q3",   "95% from", "to"};
    text_table table;
    text_table_init(&table, sizeof header / sizeof *header);
    for (size_t i = 0; i < sizeof header / sizeof *header; i++)
        text_table_add(&table, header[i]);
    for (int m = 0; m < nn_metrics.n; m++) {
        nn_error none;
        size_t used = 0;
        double *values = show_column(r, nn_metrics.rows[m].name, &none);
        for (size_t i = 0; values != NULL && i < n; i++)
            if (status[runs[i]] == NN_RUN_done)
                scratch[used++] = values[runs[i]];
        add_statistics(&table, nn_metrics.rows[m].name, scratch, used);
        free(values);
    }
    cmd_print_table(&table, stdout);
}

static void print_runs(const double *status, const size_t *runs, size_t n)
{
    size_t counts[NN_N_RUN_STATUS] = {0};
    for (size_t i = 0; i < n; i++)
        if (status[runs[i]] >= 0 && status[runs[i]] < NN_N_RUN_STATUS)
            counts[(size_t)status[runs[i]]]++;
    printf("\nruns %zu to %zu:", runs[0], runs[n - 1]);
    for (int s = 0; s < nn_run_statuses.n; s++)
        if (counts[s] > 0)
            printf(" %zu %s", counts[s], nn_run_statuses.rows[s].name);
    printf(" (show --run %zu shows one)\n", runs[0]);
}

static void print_cell(results_reader *r, const double *status, size_t cell, const size_t *runs, size_t n,
                       double *scratch)
{
    printf("cell %zu%s\n\n", cell, reader_is_active(r, runs[0]) ? "" : ", inactive (it has left the grid)");
    show_settings(r, runs[0]);
    printf("\n");
    print_statistics(r, status, runs, n, scratch);
    print_runs(status, runs, n);
}

nn_status show_cell(results_reader *r, size_t cell, nn_error *err)
{
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
            print_cell(r, status, cell, runs, n, scratch);
    }
    free(status);
    free(cells);
    free(scratch);
    free(runs);
    return result;
}
