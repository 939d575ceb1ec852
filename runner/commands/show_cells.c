/* Prints the table of the best cells; show_data.c computes its numbers. */
#include "commands/show_cells.h"
#include "commands/common.h"
#include "commands/show_data.h"
#include <stdlib.h>

static bool shows_inactive(const results_reader *r)
{
    return reader_n_runs(r) > 0 && !reader_is_active(r, reader_n_runs(r) - 1);
}

/* Skips the first metric if it is the share solved, which has a column of its own. */
static size_t first_shown(const run_columns *c)
{
    return c->metrics[0].is_share ? 1 : 0;
}

/* Adds the headings, and with them the number of columns. */
static void add_header(results_reader *r, const run_columns *c, text_table *t)
{
    text_table_add(t, "cell");
    if (shows_inactive(r))
        text_table_add(t, "active");
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(t, reader_axis(r, a));
    text_table_add(t, "runs");
    if (c->solved != NULL)
        text_table_add(t, "solved");
    for (size_t m = first_shown(c); m < c->n_shown; m++) {
        text_table_add(t, c->metrics[m].name);
        if (m == 0)
            text_table_add(t, "+- sd");
    }
    t->n_columns = t->n_cells;
}

/* Writes a standard deviation with two digits, since more would not be significant. */
static char *deviation(double sd, char *text, size_t size)
{
    snprintf(text, size, sd == sd ? "%.2g" : "-", sd);
    return text;
}

static void add_line(results_reader *r, const run_columns *c, double *const *axes, const cell_line *line, text_table *t)
{
    char text[128];
    snprintf(text, sizeof text, "%zu", line->cell);
    text_table_add(t, text);
    if (shows_inactive(r))
        text_table_add(t, reader_is_active(r, line->first_run) ? "yes" : "no");
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(t, axes[a] == NULL
                              ? "?"
                              : command_show_value(r, reader_axis(r, a), axes[a][line->first_run], text, sizeof text));
    if (line->n_finished == line->n_runs)
        snprintf(text, sizeof text, "%zu", line->n_runs);
    else
        snprintf(text, sizeof text, "%zu/%zu", line->n_finished, line->n_runs);
    text_table_add(t, text);
    snprintf(text, sizeof text, "%zu/%zu", line->n_solved, line->n_finished + line->n_diverged);
    if (c->solved != NULL)
        text_table_add(t, text);
    for (size_t m = first_shown(c); m < c->n_shown; m++) {
        text_table_add(t, text_value(line->stats[m].mean, text, sizeof text));
        if (m == 0)
            text_table_add(t, deviation(line->stats[m].sd, text, sizeof text));
    }
}

/* Writes the swept settings of a cell: choices as text, the others as numbers. */
static void json_axes(json *j, results_reader *r, double *const *axes, size_t run)
{
    for (size_t a = 0; a < reader_n_axes(r); a++)
        if (axes[a] != NULL)
            command_show_json(j, r, reader_axis(r, a), axes[a][run]);
}

static void print_json(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines, size_t n)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '[');
    for (const cell_line *line = lines; line < lines + n; line++) {
        json_open(&j, NULL, '{');
        json_number(&j, "cell", (double)line->cell);
        if (shows_inactive(r))
            json_truth(&j, "active", reader_is_active(r, line->first_run));
        json_axes(&j, r, axes, line->first_run);
        json_number(&j, "runs", (double)line->n_runs);
        json_number(&j, "done", (double)line->n_finished);
        json_number(&j, "diverged", (double)line->n_diverged);
        if (c->solved != NULL)
            json_number(&j, "solved", (double)line->n_solved);
        for (size_t m = first_shown(c); m < c->n_shown; m++) {
            json_open(&j, c->metrics[m].name, '{');
            json_number(&j, "mean", line->stats[m].mean);
            json_number(&j, "sd", line->stats[m].sd);
            json_close(&j, '}');
        }
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

/* A tally counts the runs and cells by how far they are. */
typedef struct tally {
    size_t n_finished, n_diverged, n_failed;
    size_t n_valued;  /* cells with a value of the metric, which come first */
    size_t n_waiting; /* of the others, cells that have pending runs */
} tally;

static tally count_all(const run_columns *c, const cell_line *lines, size_t n)
{
    tally t = {0};
    for (size_t i = 0; i < c->n_runs; i++) {
        t.n_finished += c->status[i] != NN_RUN_pending;
        t.n_diverged += c->status[i] == NN_RUN_diverged;
        t.n_failed += c->status[i] == NN_RUN_failed;
    }
    for (size_t i = 0; i < n; i++) {
        t.n_valued += lines[i].stats[0].n > 0;
        t.n_waiting +=
            lines[i].stats[0].n == 0 && lines[i].n_finished + lines[i].n_diverged + lines[i].n_failed < lines[i].n_runs;
    }
    return t;
}

/* Prints "12 cells (9 still without a finished run), 30 of 600 runs (2 diverged)". */
static void print_tally(const results_reader *r, const run_columns *c, const tally *t, size_t n_cells)
{
    char text[32];
    const size_t n_without = n_cells - t->n_valued;
    printf("%s", text_count(n_cells, "cell", text, sizeof text));
    if (n_without > 0 && t->n_waiting == n_without)
        printf(" (%zu still without a finished run)", n_without);
    else if (n_without > 0 && t->n_waiting > 0)
        printf(" (%zu without a value)", n_without);
    else if (n_without > 0)
        printf(" (the runs of %zu all diverged or failed)", n_without);
    printf(", ");
    if (t->n_finished < c->n_runs)
        printf("%zu of ", t->n_finished);
    printf("%s", text_count(c->n_runs, "run", text, sizeof text));
    if (t->n_diverged + t->n_failed > 0) {
        printf(" (");
        if (t->n_diverged > 0)
            printf("%zu diverged%s", t->n_diverged, t->n_failed > 0 ? ", " : "");
        if (t->n_failed > 0)
            printf("%zu failed", t->n_failed);
        printf(")");
    }
    if (reader_n_inactive(r) > 0 && !shows_inactive(r))
        printf(", %zu inactive (--inactive shows them)", reader_n_inactive(r));
}

/* Prints "the best 10 by best_test_r2 (mean over repeats, highest first):". */
static void print_order(const show_metric *by, bool highest, bool some, size_t n)
{
    highest |= by->better == NN_HIGHER;
    if (some)
        printf("the %s %zu ", by->better == (highest ? NN_HIGHER : NN_LOWER) ? "best" : "first", n);
    printf("by %s (%s, %s first):\n\n", by->name, by->is_share ? "share of runs" : "mean over repeats",
           highest ? "highest" : "lowest");
}

static void print_lines(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines, size_t n,
                        size_t n_all, bool highest)
{
    text_table table;
    const tally t = count_all(c, lines, n_all);
    print_tally(r, c, &t, n_all);
    if (t.n_valued == 0) {
        printf("; there is no %s yet\n", c->metrics[0].name);
        return;
    }
    printf("; ");
    print_order(&c->metrics[0], highest, n < n_all && n < t.n_valued, n);
    text_table_init(&table, 0);
    add_header(r, c, &table);
    for (size_t i = 0; i < n; i++)
        add_line(r, c, axes, &lines[i], &table);
    command_print_table(&table, stdout);
}

/* Returns how many lines are shown. While some cells have pending runs, only cells with a value are shown, unless all
 * are asked for. */
static size_t n_to_show(const run_columns *c, const show_request *request, const cell_line *lines, size_t n)
{
    const tally t = count_all(c, lines, n);
    const size_t n_worth = t.n_waiting > 0 && !request->json ? t.n_valued : n;
    if (request->top == 0)
        return n;
    return request->top < n_worth ? request->top : n_worth;
}

/* Refuses a metric of which no finished run has a value. */
static nn_status check_metric(const cell_line *lines, size_t n_lines, const char *by, nn_error *err)
{
    size_t n_done = 0, n_values = 0;
    for (size_t i = 0; i < n_lines; i++) {
        n_done += lines[i].n_finished;
        n_values += lines[i].stats[0].n;
    }
    if (by == NULL || n_done == 0 || n_values > 0)
        return NN_ok;
    return nn_fail(err, NN_usage,
                   "--by: no finished run of this file has a value of %s (the part may not exist, or was not "
                   "recorded); show --run %zu lists the metrics that have one",
                   by, lines[0].first_run);
}

static nn_status print_cells(results_reader *r, const run_columns *c, const show_request *request,
                             const cell_line *lines, size_t n_lines, nn_error *err)
{
    const size_t n = n_to_show(c, request, lines, n_lines), n_axes = reader_n_axes(r);
    double **axes = calloc(n_axes + 1, sizeof *axes);
    nn_error none;
    if (axes == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t a = 0; a < n_axes; a++)
        axes[a] = command_show_column(r, reader_axis(r, a), &none);
    if (request->best != NULL && n > 0 && lines[0].stats[0].n > 0)
        *request->best = lines[0].cell;
    if (request->json)
        print_json(r, c, axes, lines, n);
    else
        print_lines(r, c, axes, lines, n, n_lines, request->highest);
    for (size_t a = 0; a < n_axes; a++)
        free(axes[a]);
    free(axes);
    return NN_ok;
}

nn_status command_show_cells(results_reader *r, const show_request *request, nn_error *err)
{
    run_columns c = {0};
    cell_line *lines = NULL;
    size_t n_lines = 0;
    nn_status status = command_show_read_columns(r, request->by, &c, err);
    if (status == NN_ok)
        status = command_show_lines(&c, request->highest, &lines, &n_lines, err);
    if (status == NN_ok)
        status = check_metric(lines, n_lines, request->by, err);
    if (status == NN_ok)
        status = print_cells(r, &c, request, lines, n_lines, err);
    free(lines);
    command_show_free_columns(&c);
    return status;
}
