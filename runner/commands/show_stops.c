/* show --stops: the table of stopping rules, computed from the columns of /stops. */
#include "commands/show_stops.h"
#include "commands/common.h"
#include "commands/show_data.h"
#include "h5/h5.h"
#include "results/names.h"
#include "results/reader/select.h"
#include "results/stops.h"
#include <stdlib.h>

typedef struct stop_table {
    reader_cells cells;
    size_t n_cells, n_rules;
    char **rules;  /* [n_rules] the groups of /stops */
    double *means; /* [n_rules][N_STOP_MEANS][n_cells] */
} stop_table;

static void free_table(stop_table *t)
{
    h5_texts_free(t->rules, t->n_rules);
    free(t->means);
    reader_cells_close(&t->cells);
}

/* ---- reading ---- */

static nn_status read_column(const stop_table *t, size_t rule, const char *name, double **out, nn_error *err)
{
    char path[512];
    snprintf(path, sizeof path, PATH_STOPS "/%s/%s", t->rules[rule], name);
    return reader_run_column(t->cells.reader, path, out, err);
}

static double *means_of(const stop_table *t, size_t rule, int mean)
{
    return t->means + (rule * N_STOP_MEANS + (size_t)mean) * t->n_cells;
}

static nn_status take_mean(stop_table *t, size_t rule, int which, nn_error *err)
{
    const stop_mean *mean = &results_stop_means[which];
    double *values = NULL, *otherwise = NULL;
    nn_status status = read_column(t, rule, mean->source, &values, err);
    if (status == NN_ok && mean->otherwise != NULL)
        status = read_column(t, rule, mean->otherwise, &otherwise, err);
    for (size_t c = 0; c < t->n_cells && status == NN_ok; c++)
        means_of(t, rule, which)[c] =
            results_stop_mean(&t->cells.runs, &t->cells.groups, c, mean, values, otherwise, t->cells.scratch);
    free(values);
    free(otherwise);
    return status;
}

/* Older programs left the runs out in which a rule does not fire, each rule others. */
static nn_status check_file(const stop_table *t, nn_error *err)
{
    char path[512];
    reader_shape shape;
    if (t->n_rules == 0)
        return nn_fail(err, NN_usage, "--stops: the grid has no stopping rules (stop: {rules: [...]})");
    snprintf(path, sizeof path, PATH_STOPS "/%s/fired", t->rules[0]);
    if (!reader_look(t->cells.reader, path, &shape))
        return nn_fail(err, NN_usage,
                       "--stops: an older program wrote the file, and its rules are of different runs; "
                       "`nngrid run GRID.yaml -o` the file computes them anew from the curves");
    return NN_ok;
}

static nn_status read_table(results_reader *r, stop_table *t, nn_error *err)
{
    nn_status status = reader_cells_open(r, &t->cells, err);
    if (status == NN_ok)
        status = reader_groups(r, PATH_STOPS, &t->rules, &t->n_rules, err);
    if (status == NN_ok)
        status = check_file(t, err);
    if (status != NN_ok)
        return status;
    t->n_cells = t->cells.groups.n;
    t->means = malloc((t->n_rules * N_STOP_MEANS * t->n_cells + 1) * sizeof *t->means);
    if (t->means == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu rules in %zu cells", t->n_rules, t->n_cells);
    for (size_t i = 0; i < t->n_rules * N_STOP_MEANS && status == NN_ok; i++)
        status = take_mean(t, i / N_STOP_MEANS, (int)(i % N_STOP_MEANS), err);
    return status;
}

/* ---- output ---- */

static void print_rows(const stop_table *t, size_t cell, text_table *table)
{
    char text[64];
    for (size_t r = 0; r < t->n_rules; r++) {
        snprintf(text, sizeof text, "%zu", cell);
        text_table_add(table, text);
        text_table_add(table, t->rules[r]);
        snprintf(text, sizeof text, "%zu", results_count(&t->cells.runs, &t->cells.groups, cell).done);
        text_table_add(table, text);
        for (int m = 0; m < N_STOP_MEANS; m++)
            text_table_add(table, text_value(means_of(t, r, m)[cell], text, sizeof text));
    }
}

static void print_text(const stop_table *t, size_t from, size_t to)
{
    const char *headings[3 + N_STOP_MEANS] = {"cell", "rule", "runs"};
    text_table table;
    printf("stopping rules: means over the done runs; where a rule never fires, training goes to the last epoch\n\n");
    for (int m = 0; m < N_STOP_MEANS; m++)
        headings[3 + m] = results_stop_means[m].name;
    text_table_head(&table, headings, 3 + N_STOP_MEANS);
    for (size_t c = from; c < to; c++)
        print_rows(t, c, &table);
    command_print_table(&table, stdout);
    text_table_free(&table);
    if (to - from > 1 && to < t->n_cells)
        printf("\n%zu more cells: --top 0\n", t->n_cells - to);
}

static void put_rule(json *j, const stop_table *t, size_t cell, size_t rule)
{
    json_open(j, NULL, '{');
    json_number(j, "cell", (double)cell);
    json_text(j, "rule", t->rules[rule]);
    json_number(j, "runs", (double)results_count(&t->cells.runs, &t->cells.groups, cell).done);
    for (int m = 0; m < N_STOP_MEANS; m++)
        json_measured(j, results_stop_means[m].name, means_of(t, rule, m)[cell]);
    json_close(j, '}');
}

static void put_json(const stop_table *t, size_t from, size_t to)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '[');
    for (size_t c = from; c < to; c++)
        for (size_t r = 0; r < t->n_rules; r++)
            put_rule(&j, t, c, r);
    json_close(&j, ']');
}

static nn_status show_table(const stop_table *t, const char *cell, size_t top, bool as_json, nn_error *err)
{
    size_t from = 0, to = top == 0 || top > t->n_cells ? t->n_cells : top;
    const nn_status status = cell == NULL ? NN_ok : reader_select_cell(t->cells.reader, cell, "--cell", &from, err);
    if (status != NN_ok)
        return status;
    if (cell != NULL)
        to = from + 1;
    if (as_json)
        put_json(t, from, to);
    else
        print_text(t, from, to);
    return NN_ok;
}

nn_status command_show_stops(results_reader *r, const char *cell, size_t top, bool as_json, nn_error *err)
{
    stop_table t = {0};
    nn_status status = read_table(r, &t, err);
    if (status == NN_ok)
        status = show_table(&t, cell, top, as_json, err);
    free_table(&t);
    return status;
}
