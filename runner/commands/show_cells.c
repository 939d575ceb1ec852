/* Prints the table of the best cells; show_data.c computes its numbers. */
#include "commands/show_cells.h"
#include "commands/common.h"
#include "commands/show_best.h"
#include "commands/show_data.h"
#include "results/reader/select.h"
#include <stdlib.h>
#include <string.h>

static bool shows_inactive(const results_reader *r)
{
    return reader_n_runs(r) > 0 && !reader_is_active(r, reader_n_runs(r) - 1);
}

/* Skips the first metric if it is the share solved, which has a column of its own. */
static size_t first_shown(const run_columns *c)
{
    return c->metrics[0].is_share ? 1 : 0;
}

/* Is the mark of a cell that is like the best one in the table? */
static bool has_marks(const best_cells *best)
{
    return best->n_alike > 0;
}

/* Adds the headings, and with them the number of columns. */
static void add_header(results_reader *r, const run_columns *c, const best_cells *best, text_table *t)
{
    text_table_add(t, "cell");
    if (shows_inactive(r))
        text_table_add(t, "active");
    for (size_t a = 0; a < reader_n_axes(r); a++)
        text_table_add(t, reader_axis(r, a));
    text_table_add(t, "done");
    if (c->cells.solved != NULL)
        text_table_add(t, "solved");
    for (size_t m = first_shown(c); m < c->n_shown; m++) {
        text_table_add(t, c->metrics[m].name);
        if (m == 0 && !c->metrics[m].is_time)
            text_table_add(t, "+- sd");
        if (m == 0 && has_marks(best))
            text_table_add(t, "*");
    }
    t->n_columns = t->n_cells;
}

/* Writes a standard deviation with two digits, since more would not be significant. */
static char *deviation(double sd, char *text, size_t size)
{
    snprintf(text, size, sd == sd ? "%.2g" : "-", sd);
    return text;
}

/* Writes "0.33", or "0.33 (4 of 5)" where not all runs that count have a value; a time that too few reach is "never". */
static char *value_text(const show_metric *metric, const cell_value *v, char *text, size_t size)
{
    char number[64];
    const size_t n = metric->is_time ? v->time.reached : v->stats.n;
    const double value = metric->is_time ? v->time.median : v->stats.mean;
    text_value(value, number, sizeof number);
    snprintf(text, size, "%s", value == NN_INF ? "never" : number);
    const size_t used = strlen(text);
    if (n < v->n_counted)
        snprintf(text + used, size - used, " (%zu of %zu)", n, v->n_counted);
    return text;
}

/* mark: "best", "*" or "", NULL: the table has no marks. */
static void add_line(results_reader *r, const run_columns *c, double *const *axes, const cell_line *line,
                     const char *mark, text_table *t)
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
    text_table_add(t, command_show_done(&line->counts, text, sizeof text));
    snprintf(text, sizeof text, "%zu/%zu", line->counts.solved, line->counts.done + line->counts.diverged);
    if (c->cells.solved != NULL)
        text_table_add(t, text);
    for (size_t m = first_shown(c); m < c->n_shown; m++) {
        text_table_add(t, value_text(&c->metrics[m], &line->values[m], text, sizeof text));
        if (m == 0 && !c->metrics[m].is_time)
            text_table_add(t, deviation(line->values[m].stats.sd, text, sizeof text));
        if (m == 0 && mark != NULL)
            text_table_add(t, mark);
    }
}

/* Writes the swept settings of a cell: choices as text, the others as numbers. */
static void json_axes(json *j, results_reader *r, double *const *axes, size_t run)
{
    for (size_t a = 0; a < reader_n_axes(r); a++)
        if (axes[a] != NULL)
            command_show_json(j, r, reader_axis(r, a), axes[a][run]);
}

static void json_counts(json *j, const cell_counts *n, bool has_success)
{
    json_number(j, "runs", (double)n->runs);
    json_number(j, "done", (double)n->done);
    json_number(j, "diverged", (double)n->diverged);
    json_number(j, "failed", (double)n->failed);
    json_number(j, "pending", (double)n->pending);
    if (has_success)
        json_number(j, "solved", (double)n->solved);
}

static void json_value(json *j, const show_metric *metric, const cell_value *v)
{
    json_open(j, metric->name, '{');
    json_measured(j, "mean", v->stats.mean);
    json_measured(j, "sd", v->stats.sd);
    json_number(j, "n", (double)v->stats.n);
    if (metric->is_time) {
        json_measured(j, "km_median", v->time.median);
        json_number(j, "share", v->time.n > 0 ? (double)v->time.reached / (double)v->time.n : NN_NAN);
    }
    json_close(j, '}');
}

static void print_json(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines, size_t n,
                       const best_cells *best)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '[');
    for (const cell_line *line = lines; line < lines + n; line++) {
        json_open(&j, NULL, '{');
        json_number(&j, "cell", (double)line->cell);
        if (shows_inactive(r))
            json_truth(&j, "active", reader_is_active(r, line->first_run));
        json_axes(&j, r, axes, line->first_run);
        json_counts(&j, &line->counts, c->cells.solved != NULL);
        for (size_t m = first_shown(c); m < c->n_shown; m++)
            json_value(&j, &c->metrics[m], &line->values[m]);
        command_best_json(&j, best, (size_t)(line - lines));
        json_close(&j, '}');
    }
    json_close(&j, ']');
}

/* ---- the line above the table ---- */

/* A tally counts the runs and cells by how far they are. */
typedef struct tally {
    cell_counts runs;
    size_t n_valued;   /* cells with a value of the metric, which come first */
    size_t n_waiting;  /* of the others, those that have pending runs */
    size_t n_lost;     /* those of which no run is done, or will be */
    size_t n_lacking;  /* those with done runs, which have no finite value */
    size_t n_infinite; /* done runs of which the value is infinite */
} tally;

static void count_cell(const run_columns *c, const cell_line *line, tally *t)
{
    const run_groups *g = &c->cells.groups;
    const bool valued = line->rank.value == line->rank.value || (c->metrics[0].is_time && line->values[0].time.n > 0);
    t->runs.runs += line->counts.runs;
    t->runs.done += line->counts.done;
    t->runs.diverged += line->counts.diverged;
    t->runs.failed += line->counts.failed;
    t->runs.pending += line->counts.pending;
    t->n_valued += valued;
    t->n_waiting += !valued && line->counts.pending > 0;
    t->n_lost += !valued && line->counts.pending == 0 && line->counts.done == 0;
    t->n_lacking += !valued && line->counts.pending == 0 && line->counts.done > 0;
    for (size_t i = g->start[line->cell]; i < g->start[line->cell + 1]; i++)
        t->n_infinite += results_in_mean(c->cells.status[g->runs[i]]) && isinf(c->values[0][g->runs[i]]);
}

static tally count_all(const run_columns *c, const cell_line *lines, size_t n)
{
    tally t = {0};
    for (size_t i = 0; i < n; i++)
        count_cell(c, &lines[i], &t);
    return t;
}

/* Prints "12 cells (9 still without a done run), 30 of 600 runs (2 diverged)". */
static void print_tally(const results_reader *r, const tally *t, size_t n_cells)
{
    char text[32];
    const cell_counts *n = &t->runs;
    printf("%s", text_count(n_cells, "cell", text, sizeof text));
    const size_t n_lacking = t->n_infinite > 0 ? 0 : t->n_lacking; /* else it is said why */
    if (t->n_waiting + t->n_lost + n_lacking > 0) {
        const char *between = " (";
        const struct {
            size_t n;
            const char *format;
        } kinds[] = {{t->n_waiting, "%s%zu still without a done run"},
                     {t->n_lost, "%sthe runs of %zu all diverged or failed"},
                     {n_lacking, "%s%zu without a value"}};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (kinds[i].n > 0) {
                printf(kinds[i].format, between, kinds[i].n);
                between = ", ";
            }
        printf(")");
    }
    printf(", ");
    if (n->pending > 0)
        printf("%zu of ", n->runs - n->pending);
    printf("%s", text_count(n->runs, "run", text, sizeof text));
    if (n->diverged + n->failed > 0) {
        printf(" (");
        if (n->diverged > 0)
            printf("%zu diverged%s", n->diverged, n->failed > 0 ? ", " : "");
        if (n->failed > 0)
            printf("%zu failed", n->failed);
        printf(")");
    }
    if (reader_n_inactive(r) > 0 && !shows_inactive(r))
        printf(", %zu inactive (--inactive shows them)", reader_n_inactive(r));
}

/* Prints "best_validation_loss is not finite in 1 of 1 runs" where that is so. */
static void print_infinite(const show_metric *metric, const tally *t)
{
    if (t->n_infinite > 0)
        printf("; %s is not finite in %zu of %zu runs", metric->name, t->n_infinite, t->runs.done);
}

/* Prints "the best 10 by best_test_r2 (mean over repeats, highest first):". */
static void print_order(const run_columns *c, bool highest, bool some, size_t n)
{
    const show_metric *by = &c->metrics[0];
    const bool chooses_by_fold = c->cells.has_folds && strncmp(by->name, "best_validation_", 16) == 0;
    highest |= by->better == NN_HIGHER;
    if (some)
        printf("the %s %zu ", by->better == (highest ? NN_HIGHER : NN_LOWER) ? "best" : "first", n);
    printf("by %s (%s, %s first):\n", by->name,
           by->is_share  ? "share of done and diverged runs"
           : by->is_time ? "Kaplan-Meier median over repeats"
                         : "mean over repeats",
           highest ? "highest" : "lowest");
    if (by->units != NULL)
        printf("by error, since %s differs between the cells, and losses have different units under it\n", by->units);
    if (command_show_is_of_folds(by))
        printf("the folds of a repeat stop at one epoch, that of the lowest mean of their validation curves\n");
    else if (chooses_by_fold)
        printf("too good by a little: each fold chose its epoch on the rows that it is judged on, other than under "
               "folds_best_validation_loss\n");
    if (strstr(by->name, "_test_") != NULL)
        printf("%s is of the test part: for the report of a choice made without it, not for choosing\n", by->name);
}

/* Warns of best weights that are those before training. */
static void warn_of_untrained(results_reader *r, const run_columns *c)
{
    const size_t n = command_show_untrained(r, c->cells.status, c->cells.runs.n);
    if (n > 0)
        fprintf(stderr,
                "warning: in %zu of %zu runs no validation loss is finite, so that their best weights are untrained "
                "(best_epoch 0); predict and evaluate use these unless told --weights final\n",
                n, c->cells.runs.n);
}

static const char *mark_of(const best_cells *best, size_t i)
{
    if (!has_marks(best))
        return NULL;
    return i == 0 ? "best" : best->alike[i] ? "*" : "";
}

static void print_lines(results_reader *r, const run_columns *c, double *const *axes, const cell_line *lines, size_t n,
                        size_t n_all, bool highest, const best_cells *best)
{
    text_table table;
    const tally t = count_all(c, lines, n_all);
    print_tally(r, &t, n_all);
    print_infinite(&c->metrics[0], &t);
    if (t.n_valued == 0) {
        if (t.n_infinite == 0)
            printf("; there is no %s%s", c->metrics[0].name, t.n_waiting > 0 ? " yet" : "");
        printf("\n");
        return;
    }
    printf("; ");
    print_order(c, highest, n < n_all && n < t.n_valued, n);
    command_show_arithmetics(r);
    putchar('\n');
    text_table_init(&table, 0);
    add_header(r, c, best, &table);
    for (size_t i = 0; i < n; i++)
        add_line(r, c, axes, &lines[i], mark_of(best, i), &table);
    command_print_table(&table, stdout);
    command_best_print(r, lines, n_all, best);
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

/* Refuses a metric of which no done run has a value. A time that no run reached is an answer. */
static nn_status check_metric(const run_columns *c, const cell_line *lines, size_t n_lines, const char *by,
                              nn_error *err)
{
    const tally t = count_all(c, lines, n_lines);
    if (by == NULL || t.runs.done == 0 || t.n_valued > 0 || (c->metrics[0].is_time && c->cells.timed))
        return NN_ok;
    if (t.n_infinite > 0)
        return nn_fail(err, NN_usage, "--by: %s is not finite in %zu of the %zu done runs, and the others have none",
                       by, t.n_infinite, t.runs.done);
    return nn_fail(err, NN_usage,
                   "--by: no finished run of this file has a value of %s (the part may not exist, or was not "
                   "recorded); show --run %zu lists the metrics that have one",
                   by, lines[0].first_run);
}

static void print_best_lines(results_reader *r, const run_columns *c, const show_request *request,
                             const cell_line *lines, size_t n, size_t n_lines, const best_cells *best, double **axes)
{
    nn_error none;
    for (size_t a = 0; a < reader_n_axes(r); a++)
        axes[a] = reader_runs(r, reader_axis(r, a), &none);
    if (request->best != NULL && n > 0 && lines[0].rank.value == lines[0].rank.value)
        *request->best = lines[0].cell;
    if (request->json)
        print_json(r, c, axes, lines, n, best);
    else
        print_lines(r, c, axes, lines, n, n_lines, request->highest, best);
    for (size_t a = 0; a < reader_n_axes(r); a++)
        free(axes[a]);
}

static nn_status print_cells(results_reader *r, const run_columns *c, const show_request *request,
                             const cell_line *lines, size_t n_lines, nn_error *err)
{
    const size_t n = n_to_show(c, request, lines, n_lines);
    double **axes = calloc(reader_n_axes(r) + 1, sizeof *axes);
    best_cells best;
    nn_status status = axes == NULL ? nn_fail(err, NN_memory, "not enough memory")
                                    : command_best_find(r, c, request->highest, lines, n, n_lines, &best, err);
    if (status == NN_ok) {
        print_best_lines(r, c, request, lines, n, n_lines, &best, axes);
        command_best_free(&best);
    }
    free(axes);
    return status;
}

/* Drops the lines of cells that do not have the settings. */
static nn_status keep_where(results_reader *r, const char *where, cell_line *lines, size_t *n_lines, nn_error *err)
{
    bool *keep = malloc((reader_n_cells(r) + 1) * sizeof *keep);
    size_t n = 0;
    const nn_status status = keep == NULL ? nn_fail(err, NN_memory, "not enough memory")
                                          : reader_select_where(r, where, "--where", keep, err);
    for (size_t i = 0; i < *n_lines && status == NN_ok; i++)
        if (keep[lines[i].cell])
            lines[n++] = lines[i];
    *n_lines = status == NN_ok ? n : *n_lines;
    free(keep);
    return status;
}

nn_status command_show_cells(results_reader *r, const show_request *request, nn_error *err)
{
    run_columns c = {0};
    cell_line *lines = NULL;
    size_t n_lines = 0;
    nn_status status = command_show_read_columns(r, request->by, &c, err);
    if (status == NN_ok)
        status = command_show_lines(&c, request->highest, &lines, &n_lines, err);
    if (status == NN_ok && request->where != NULL)
        status = keep_where(r, request->where, lines, &n_lines, err);
    if (status == NN_ok)
        status = check_metric(&c, lines, n_lines, request->by, err);
    if (status == NN_ok)
        warn_of_untrained(r, &c);
    if (status == NN_ok)
        status = print_cells(r, &c, request, lines, n_lines, err);
    free(lines);
    command_show_free_columns(&c);
    return status;
}
