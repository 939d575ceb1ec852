/* Prints the table of the best cells. */
#include "cmd_json.h"
#include "cmd_show.h"
#include <stdlib.h>

static void add_header(results_reader *r, const run_columns *c, text_table *t)
{
    text_table_add(t, "cell");
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(t, reader_axis(r, a));
    text_table_add(t, "runs");
    if (c->solved != NULL)
        text_table_add(t, "solved");
    for (size_t m = 0; m < c->n_shown; m++) {
        text_table_add(t, nn_metrics.names[c->metrics[m]]);
        if (m == 0)
            text_table_add(t, "+- sd");
    }
}

static void add_line(results_reader *r, const run_columns *c, double *const *axes, const cell_line *line,
                     text_table *t)
{
    char text[128];
    snprintf(text, sizeof text, "%zu", line->cell);
    text_table_add(t, text);
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(t, axes[a] == NULL ? "?"
                                          : show_value(r, reader_axis(r, a), axes[a][line->first_run], text,
                                                       sizeof text));
    if (line->n_finished == line->n_runs)
        snprintf(text, sizeof text, "%zu", line->n_runs);
    else
        snprintf(text, sizeof text, "%zu/%zu", line->n_finished, line->n_runs);
    text_table_add(t, text);
    snprintf(text, sizeof text, "%zu/%zu", line->n_solved, line->n_finished + line->n_diverged);
    if (c->solved != NULL)
        text_table_add(t, text);
    for (size_t m = 0; m < c->n_shown; m++) {
        text_table_add(t, text_value(line->stats[m].mean, text, sizeof text));
        if (m == 0)
            text_table_add(t, text_value(line->stats[m].sd, text, sizeof text));
    }
}

static void print_json(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines,
                       size_t n)
{
    char text[128];
    json j = {.to = stdout};
    json_open(&j, NULL, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(&j, NULL, '{');
        json_number(&j, "cell", (double)lines[i].cell);
        for (size_t a = 0; a < reader_n_axes(r); a++)
            if (axes[a] != NULL)
                json_text(&j, reader_axis(r, a),
                          show_value(r, reader_axis(r, a), axes[a][lines[i].first_run], text, sizeof text));
        json_number(&j, "runs", (double)lines[i].n_runs);
        json_number(&j, "done", (double)lines[i].n_finished);
        json_number(&j, "diverged", (double)lines[i].n_diverged);
        if (c->solved != NULL)
            json_number(&j, "solved", (double)lines[i].n_solved);
        for (size_t m = 0; m < c->n_shown; m++) {
            json_open(&j, nn_metrics.names[c->metrics[m]], '{');
            json_number(&j, "mean", lines[i].stats[m].mean);
            json_number(&j, "sd", lines[i].stats[m].sd);
            json_close(&j, '}');
        }
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

static void print_lines(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines,
                        size_t n, size_t n_all)
{
    text_table table;
    char finished[64], cells[32];
    size_t n_finished = 0, n_diverged = 0;
    for (size_t i = 0; i < c->n_runs; i++) {
        n_finished += c->status[i] != NN_RUN_pending;
        n_diverged += c->status[i] == NN_RUN_diverged;
    }
    snprintf(finished, sizeof finished, n_finished == c->n_runs ? "%zu" : "%zu of %zu", n_finished,
             c->n_runs);
    printf("%s, %s runs", text_count(n_all, "cell", cells, sizeof cells), finished);
    if (n_diverged > 0)
        printf(" (%zu diverged)", n_diverged);
    printf("; ");
    if (n < n_all)
        printf("the best %zu ", n);
    printf("by %s (mean over repeats):\n\n", nn_metrics.names[c->metrics[0]]);
    text_table_init(&table, 2 + reader_n_axes(r) + (c->solved != NULL) + c->n_shown + 1);
    add_header(r, c, &table);
    for (size_t i = 0; i < n; i++)
        add_line(r, c, axes, &lines[i], &table);
    cmd_print_table(&table, stdout);
}

static nn_status print_cells(results_reader *r, const run_columns *c, const show_request *request,
                             const cell_line *lines, size_t n_lines, nn_error *err)
{
    const size_t n = request->top > 0 && request->top < n_lines ? request->top : n_lines,
                 n_axes = reader_n_axes(r);
    double **axes = calloc(n_axes + 1, sizeof *axes);
    nn_error none;
    if (axes == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t a = 0; a < n_axes; a++)
        axes[a] = show_column(r, reader_axis(r, a), &none);
    if (request->json)
        print_json(r, c, axes, lines, n);
    else
        print_lines(r, c, axes, lines, n, n_lines);
    for (size_t a = 0; a < n_axes; a++)
        free(axes[a]);
    free(axes);
    return NN_ok;
}

nn_status show_cells(results_reader *r, const show_request *request, nn_error *err)
{
    run_columns c = {0};
    cell_line *lines = NULL;
    size_t n_lines = 0;
    nn_status status = show_read_columns(r, request->by, &c, err);
    if (status == NN_ok)
        status = show_lines(&c, request->highest, &lines, &n_lines, err);
    if (status == NN_ok)
        status = print_cells(r, &c, request, lines, n_lines, err);
    free(lines);
    show_free_columns(&c);
    return status;
}
