/* nngrid cells prints the statistics of every cell, computed anew from the runs: for the readers of other languages. */
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/show_data.h"
#include "results/names.h"
#include "results/reader/select.h"
#include <stdlib.h>

typedef struct cells_options {
    const char *file;
    bool inactive, json;
} cells_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(cells_options, file), "the results file", true, 0},
    {"inactive", 0, OPTION_FLAG, NULL, offsetof(cells_options, inactive), "also cells no longer in the grid", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(cells_options, json), "every statistic, as JSON", false, 0},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* A column without a value is null: in most files that is every other one. */
static void put_column(json *j, const char *name, const double *values, size_t n)
{
    bool any = false;
    for (size_t k = 0; k < n; k++)
        any |= !isnan(values[k]);
    if (!any) {
        json_text(j, name, NULL);
        return;
    }
    json_open(j, name, '[');
    j->one_line = true;
    for (size_t k = 0; k < n; k++)
        json_measured(j, NULL, values[k]);
    json_close(j, ']');
}

static nn_status put_columns(reader_cells *c, json *j, nn_error *err)
{
    double *values = malloc((c->groups.n + 1) * sizeof *values);
    nn_status status = values == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    json_open(j, "columns", '{');
    for (size_t i = 0; i < c->n_columns && status == NN_ok; i++) {
        status = reader_cells_compute(c, &c->columns[i], values, err);
        if (status == NN_ok)
            put_column(j, c->columns[i].name, values, c->groups.n);
    }
    json_close(j, '}');
    free(values);
    return status;
}

static nn_status print_json(results_reader *r, reader_cells *c, nn_error *err)
{
    json j = {.to = stdout};
    size_t n_final = 0;
    for (size_t i = 0; i < c->runs.n; i++)
        n_final += c->status[i] != NN_RUN_pending;
    json_open(&j, NULL, '{');
    json_number(&j, "cells", (double)reader_n_cells(r));
    json_number(&j, "final", (double)n_final);
    const nn_status status = put_columns(c, &j, err);
    json_close(&j, '}');
    return status;
}

static void print_text(results_reader *r, const reader_cells *c, const uint64_t *keys)
{
    text_table t;
    char text[128];
    text_table_init(&t, 0);
    text_table_add(&t, "cell");
    text_table_add(&t, "key");
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(&t, reader_axis(r, a));
    text_table_add(&t, "done");
    t.n_columns = t.n_cells;
    for (size_t k = 0; k < c->groups.n; k++) {
        const size_t first = c->groups.start[k];
        double value;
        if (c->groups.start[k + 1] == first)
            continue;
        const cell_counts counts = results_count(&c->runs, &c->groups, k);
        snprintf(text, sizeof text, "%zu", k);
        text_table_add(&t, text);
        snprintf(text, sizeof text, "%016llx", (unsigned long long)keys[k]);
        text_table_add(&t, text);
        for (size_t a = 0; a < reader_n_axes(r); a++)
            text_table_add(&t, command_show_at(r, reader_axis(r, a), c->groups.runs[first], &value)
                                   ? command_show_value(r, reader_axis(r, a), value, text, sizeof text)
                                   : "?");
        text_table_add(&t, command_show_done(&counts, text, sizeof text));
    }
    command_print_table(&t, stdout);
    text_table_free(&t);
}

static nn_status print_cells(const cells_options *o, results_reader *r, nn_error *err)
{
    reader_cells c;
    if (o->inactive)
        reader_show_inactive(r);
    uint64_t *keys = malloc((reader_n_cells(r) + 1) * sizeof *keys);
    nn_status status = keys == NULL ? nn_fail(err, NN_memory, "not enough memory") : reader_cell_keys(r, keys, err);
    if (status == NN_ok)
        status = reader_cells_open(r, &c, err);
    if (status != NN_ok) {
        free(keys);
        return status;
    }
    if (o->json)
        status = print_json(r, &c, err);
    else
        print_text(r, &c, keys);
    reader_cells_close(&c);
    free(keys);
    return status;
}

static int cells(int argc, char **argv)
{
    cells_options o = {0};
    nn_error err;
    results_reader *r = NULL;
    int code = command_options(&command_cells, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    nn_status status = results_reader_open(o.file, &r, &err);
    if (status == NN_ok)
        status = print_cells(&o, r, &err);
    results_reader_close(r);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

const command command_cells = {
    .name = "cells",
    .help = "lists the cells of a results file with their keys; with --json, every statistic of each",
    .more = "The statistics are computed from the runs that are finished now, whatever /cells of the file says;\n"
            "the readers for Python and MATLAB call this where that is out of date. In the JSON a statistic that no\n"
            "cell has is null, and so is one that a cell has not.\n\n"
            "Examples:\n"
            "  nngrid cells results/xor.h5\n"
            "  nngrid cells results/xor.h5 --json\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = cells,
};
