/* Draws conclusions from the table of the best cells: which are alike, the simplest good one, the ends of axes. */
#include "commands/show_best.h"
#include "commands/common.h"
#include "commands/show_pairs.h"
#include "results/names.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double level = 0.05; /* of the tests of all cells together */

void command_best_free(best_cells *b)
{
    free(b->alike);
    b->alike = NULL;
}

/* Does the order of the lines put the best first, and has it a mean to test? */
static bool best_is_first(const run_columns *c, bool highest, const cell_line *lines, size_t n)
{
    const show_metric *by = &c->metrics[0];
    const bool best_first = by->better == NN_HIGHER || (by->better == NN_LOWER && !highest);
    return best_first && !by->is_time && n > 0 && lines[0].rank.value == lines[0].rank.value;
}

/* ---- which cells are alike ---- */

/* Sets p[i] to the chance of a difference as large as that of lines 0 and i; NaN: fewer than two pairs. Cells whose
 * pairs are all the same are surely alike. */
static nn_status test_lines(const show_pairs *pairs, const cell_line *lines, size_t n, double *p, best_cells *b,
                            nn_error *err)
{
    nn_status status = NN_ok;
    p[0] = NN_NAN;
    for (size_t i = 1; i < n && status == NN_ok; i++) {
        const size_t cells[2] = {lines[0].cell, lines[i].cell};
        cell_answer answer;
        status = command_pairs_test(pairs, cells, &answer, err);
        if (status != NN_ok)
            break;
        const bool tested = answer.test.n > 1 && answer.test.n_b > 1;
        p[i] = tested && isnan(answer.test.p) ? 1 : answer.test.p;
        b->n_apart += tested && answer.used == TEST_WELCH;
    }
    return status;
}

static void mark(const double *p, size_t n, bool *rejected, best_cells *b)
{
    results_holm(p, n, level, rejected);
    for (size_t i = 0; i < n; i++) {
        const bool tested = isnan(p[i]) == 0;
        b->n_tested += tested;
        b->n_untested += i > 0 && !tested;
        b->n_alike += tested && !rejected[i];
        b->alike[i] = i == 0 || (tested && !rejected[i]);
    }
}

static nn_status find_alike(results_reader *r, const run_columns *c, const cell_line *lines, size_t n, best_cells *b,
                            nn_error *err)
{
    show_pairs *pairs = NULL;
    double *p = malloc((n + 1) * sizeof *p);
    bool *rejected = malloc((n + 1) * sizeof *rejected);
    b->alike = calloc(n + 1, sizeof *b->alike);
    nn_status status =
        p != NULL && rejected != NULL && b->alike != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory");
    if (status == NN_ok)
        status = command_pairs_open(r, &c->metrics[0], &pairs, err);
    if (status == NN_ok)
        status = test_lines(pairs, lines, n, p, b, err);
    if (status == NN_ok)
        mark(p, n, rejected, b);
    command_pairs_close(pairs);
    free(p);
    free(rejected);
    return status;
}

/* ---- the simplest within one standard error ---- */

/* What makes a cell simple: few parameters, then large penalties, then much dropout. */
typedef struct simplicity {
    double n_params, penalty, dropout;
} simplicity;

static double value_at(results_reader *r, const char *name, size_t run)
{
    double value;
    return command_show_at(r, name, run, &value) ? value : 0;
}

static simplicity simplicity_of(results_reader *r, size_t run)
{
    return (simplicity){value_at(r, "n_params", run),
                        value_at(r, nn_hyper_rows[NN_HYPER_lambda].name, run) +
                            value_at(r, nn_hyper_rows[NN_HYPER_l1].name, run),
                        value_at(r, nn_hyper_rows[NN_HYPER_dropout].name, run)};
}

static bool is_simpler(const simplicity *a, const simplicity *b)
{
    if (a->n_params != b->n_params)
        return a->n_params < b->n_params;
    return a->penalty != b->penalty ? a->penalty > b->penalty : a->dropout > b->dropout;
}

/* Lines are in order of rank, so that of equally simple cells the better one is kept. */
static void find_simplest(results_reader *r, const cell_line *lines, size_t n, best_cells *b)
{
    b->error = lines[0].values[0].error;
    b->simplest = SIZE_MAX;
    if (isnan(b->error))
        return;
    simplicity least = simplicity_of(r, lines[0].first_run);
    b->simplest = 0;
    for (size_t i = 1; i < n && lines[i].rank.share == lines[0].rank.share; i++) {
        if (!(fabs(lines[i].rank.value - lines[0].rank.value) <= b->error))
            break;
        const simplicity other = simplicity_of(r, lines[i].first_run);
        if (is_simpler(&other, &least)) {
            least = other;
            b->simplest = i;
        }
    }
}

/* ---- does its loss still fall? ---- */

/* The epoch of the lowest loss of a run, or of the mean over the folds of its repeat. */
static double best_epoch(results_reader *r, const run_columns *c, size_t run)
{
    return command_show_is_of_folds(&c->metrics[0]) ? c->cells.folds.by_fold[FOLDS_epoch][run]
                                                    : value_at(r, nn_metrics.rows[NN_METRIC_best_epoch].name, run);
}

static void count_falling(results_reader *r, const run_columns *c, const cell_line *line, best_cells *b)
{
    const run_groups *g = &c->cells.groups;
    for (size_t i = g->start[line->cell]; i < g->start[line->cell + 1]; i++) {
        const size_t run = g->runs[i];
        if (c->cells.status[run] != NN_RUN_done)
            continue;
        b->n_done++;
        b->n_falling += value_at(r, "stop_reason", run) == NN_REASON_epochs && c->cells.trained[run] > 0 &&
                        best_epoch(r, c, run) == c->cells.trained[run];
    }
}

nn_status command_best_find(results_reader *r, const run_columns *c, bool highest, const cell_line *lines, size_t n,
                            size_t n_lines, best_cells *out, nn_error *err)
{
    *out = (best_cells){.simplest = SIZE_MAX, .error = NN_NAN};
    out->ranked = best_is_first(c, highest, lines, n);
    if (!out->ranked)
        return NN_ok;
    const nn_status status = find_alike(r, c, lines, n, out, err);
    if (status != NN_ok) {
        command_best_free(out);
        return status;
    }
    find_simplest(r, lines, n_lines, out);
    count_falling(r, c, &lines[0], out);
    return NN_ok;
}

/* ---- the ends of the axes ---- */

/* Puts a blank line between the table and the first note. */
static void begin_note(bool *begun)
{
    fputs(*begun ? "" : "\n", stdout);
    *begun = true;
}

/* The size of a setting, by which its values are ordered: NaN where there is none. A word for 0 ("full") stands for all
 * there is. */
static double size_of(const nn_hyper_row *row, const nn_hyper *h)
{
    const void *field = (const char *)h + row->offset;
    switch (row->kind) {
    case NN_REAL:
        return *(const nn_real_value *)field;
    case NN_COUNT:
        return row->word != NULL && *(const nn_count_value *)field == 0 ? NN_INF
                                                                        : (double)*(const nn_count_value *)field;
    case NN_SHAPE:
        return ((const nn_shape *)field)->n == 1 ? ((const nn_shape *)field)->width[0] : NN_NAN;
    default:
        return NN_NAN;
    }
}

/* Returns +1 where the first cell has the largest of several values, -1 where it has the smallest, else 0; also where no
 * value beyond is possible. */
static int end_of(const nn_hyper_row *row, const nn_hyper *cells, size_t n)
{
    const double best = size_of(row, &cells[0]);
    bool above = false, below = false;
    for (size_t i = 1; i < n; i++) {
        const double other = size_of(row, &cells[i]);
        if (isnan(other) || isnan(best))
            return 0;
        above |= other > best;
        below |= other < best;
    }
    if (above == below || best == (below ? row->range.high : row->range.low) || isinf(best))
        return 0;
    return below ? 1 : -1;
}

static void print_ends(results_reader *r, const nn_hyper *cells, size_t n, size_t best_run, bool *begun)
{
    for (size_t a = 0; a < reader_n_axes(r); a++) {
        const nn_hyper_row *row = nn_hyper_find(reader_axis(r, a));
        const int end = row != NULL ? end_of(row, cells, n) : 0;
        char text[256];
        double value;
        if (end == 0 || !command_show_at(r, row->name, best_run, &value))
            continue;
        begin_note(begun);
        printf("%s: the best lies at the end of the axis (%s is the %s of the grid)\n", row->name,
               command_show_value(r, row->name, value, text, sizeof text), end > 0 ? "largest" : "smallest");
    }
}

/* The settings of the cells are those of their first runs; without them nothing is said. */
static void print_ends_of(results_reader *r, const cell_line *lines, size_t n, bool *begun)
{
    size_t *runs = malloc((n + 1) * sizeof *runs);
    nn_hyper *cells = malloc((n + 1) * sizeof *cells);
    nn_error none;
    for (size_t i = 0; i < n && runs != NULL; i++)
        runs[i] = lines[i].first_run;
    if (runs != NULL && cells != NULL && reader_settings(r, runs, n, cells, &none) == NN_ok)
        print_ends(r, cells, n, runs[0], begun);
    free(runs);
    free(cells);
}

/* ---- output ---- */

/* Cells that were trained or judged on different rows are no pairs. */
static const char *names_of_tests(const best_cells *b)
{
    return b->n_apart == 0             ? "paired t-tests"
           : b->n_apart == b->n_tested ? "Welch's t-tests"
                                       : "paired t-tests, Welch's where cells have different rows,";
}

static void print_alike(const cell_line *lines, const best_cells *b, bool *begun)
{
    if (b->n_tested + b->n_untested == 0)
        return;
    begin_note(begun);
    if (b->n_tested == 0) {
        printf("no cell is marked as alike to the best: that takes at least two repeats, or folds\n");
        return;
    }
    const char *tests = names_of_tests(b);
    if (b->n_alike > 0)
        printf("* cannot be told from cell %zu (%s against it, Holm at 5%%)", lines[0].cell, tests);
    else
        printf("cell %zu is told from all others shown (%s, Holm at 5%%)", lines[0].cell, tests);
    if (b->n_untested > 0)
        printf("; %zu not tested, with fewer than two repeats in common", b->n_untested);
    printf("\n");
}

/* Prints " (lambda 1, dropout 0)": the swept settings of a cell, by its first run. */
static void print_settings(results_reader *r, size_t run)
{
    const char *between = " (";
    char text[256];
    double value;
    for (size_t a = 0; a < reader_n_axes(r); a++)
        if (command_show_at(r, reader_axis(r, a), run, &value)) {
            printf("%s%s %s", between, reader_axis(r, a),
                   command_show_value(r, reader_axis(r, a), value, text, sizeof text));
            between = ", ";
        }
    fputs(*between == ',' ? ")" : "", stdout);
}

static void print_simplest(results_reader *r, const cell_line *lines, size_t n_lines, const best_cells *b, bool *begun)
{
    char mean[64], error[64];
    if (b->simplest == SIZE_MAX || n_lines < 2)
        return;
    begin_note(begun);
    printf("simplest within one standard error of the best (%s, error %s): cell %zu",
           text_value(lines[0].rank.value, mean, sizeof mean), text_value(b->error, error, sizeof error),
           lines[b->simplest].cell);
    if (b->simplest == 0)
        printf(", the best itself");
    else
        print_settings(r, lines[b->simplest].first_run);
    printf("\n");
}

void command_best_print(results_reader *r, const cell_line *lines, size_t n_lines, const best_cells *b)
{
    bool begun = false;
    if (!b->ranked)
        return;
    print_alike(lines, b, &begun);
    print_simplest(r, lines, n_lines, b, &begun);
    print_ends_of(r, lines, n_lines, &begun);
    if (2 * b->n_falling <= b->n_done)
        return;
    begin_note(&begun);
    printf("epochs: the loss of cell %zu is lowest at the last epoch in %zu of %zu runs and may fall further\n",
           lines[0].cell, b->n_falling, b->n_done);
}

void command_best_json(json *j, const best_cells *b, size_t i)
{
    if (b->ranked && b->n_tested > 0)
        json_truth(j, "alike", b->alike[i]);
    else
        json_text(j, "alike", NULL);
    if (b->ranked && b->simplest != SIZE_MAX)
        json_truth(j, "simplest", b->simplest == i);
    else
        json_text(j, "simplest", NULL);
}
