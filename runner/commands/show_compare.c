/* show --compare: in which settings two cells differ, by how much in a metric, and whether that is more than chance. */
#include "commands/show_compare.h"
#include "commands/common.h"
#include "commands/show_pairs.h"
#include "results/reader/select.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct comparison {
    show_metric metric;
    size_t cells[2], runs[2]; /* runs: the first of each cell */
    cell_answer answer;
} comparison;

/* ---- settings ---- */

static bool same_setting(results_reader *r, const char *name, const size_t runs[2], double values[2])
{
    for (int i = 0; i < 2; i++)
        if (!command_show_at(r, name, runs[i], &values[i]))
            return true;
    return values[0] == values[1] || (isnan(values[0]) && isnan(values[1]));
}

static void put_setting(results_reader *r, const char *name, const double values[2], text_table *table, json *j)
{
    static const char *const sides[2] = {"a", "b"};
    char text[256];
    if (j != NULL)
        json_open(j, name, '{');
    else
        text_table_add(table, name);
    for (int i = 0; i < 2; i++)
        if (j != NULL)
            command_show_json_as(j, sides[i], r, name, values[i]);
        else
            text_table_add(table, command_show_value(r, name, values[i], text, sizeof text));
    if (j != NULL)
        json_close(j, '}');
}

/* Prints the settings in which the two cells differ: those of core's table, and axes of the grid beyond them. */
static void put_settings(results_reader *r, const comparison *c, json *j)
{
    char titles[2][32];
    double values[2];
    text_table table;
    for (int i = 0; i < 2; i++)
        snprintf(titles[i], sizeof titles[i], "cell %zu", c->cells[i]);
    text_table_begin(&table, "setting", titles[0], titles[1]);
    if (j != NULL)
        json_open(j, "settings", '{');
    for (int i = 0; i < NN_N_HYPER; i++)
        if (!same_setting(r, nn_hyper_rows[i].name, c->runs, values))
            put_setting(r, nn_hyper_rows[i].name, values, &table, j);
    for (size_t i = 0; i < reader_n_axes(r); i++)
        if (nn_hyper_find(reader_axis(r, i)) == NULL && !same_setting(r, reader_axis(r, i), c->runs, values))
            put_setting(r, reader_axis(r, i), values, &table, j);
    if (j != NULL)
        json_close(j, '}');
    else
        command_print_table(&table, stdout);
    text_table_free(&table);
}

/* ---- JSON ---- */

static void json_test(json *j, const char *key, const cell_comparison *c)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"t", c->t},     {"degrees", c->degrees}, {"p", c->p}, {"standard_error", c->error},
                   {"low", c->low}, {"high", c->high}};
    if (key != NULL)
        json_open(j, key, '{');
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_measured(j, numbers[i].name, numbers[i].value);
    if (key != NULL)
        json_close(j, '}');
}

static void json_side(json *j, const char *key, size_t cell, size_t n, double mean)
{
    json_open(j, key, '{');
    json_number(j, "cell", (double)cell);
    json_number(j, "n", (double)n);
    json_measured(j, "mean", mean);
    json_close(j, '}');
}

static void json_correction(json *j, const cell_answer *a)
{
    json_open(j, "correction", '{');
    json_number(j, "rho", a->rho);
    json_number(j, "factor", 1 / (double)a->test.n + results_overlap(a->rho));
    json_number(j, "n_train", a->n_train);
    json_number(j, "n_held", a->n_held);
    json_number(j, "n_rows", a->n_rows);
    json_close(j, '}');
}

static void json_comparison(results_reader *r, const comparison *c)
{
    const cell_answer *a = &c->answer;
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "metric", c->metric.name);
    json_text(&j, "better", nn_direction_names[c->metric.better]);
    put_settings(r, c, &j);
    json_number(&j, "pairs", (double)a->n_pairs);
    json_number(&j, "left_out", (double)a->n_lost);
    json_side(&j, "a", c->cells[0], a->test.n, a->test.mean_a);
    json_side(&j, "b", c->cells[1], a->test.n_b, a->test.mean_b);
    json_measured(&j, "difference", a->test.difference);
    json_measured(&j, "sd", a->test.sd);
    json_text(&j, "test", command_test_names[a->used]);
    json_test(&j, NULL, &a->test);
    json_test(&j, "plain", &a->plain);
    if (a->used == TEST_CORRECTED) {
        json_test(&j, "corrected", &a->test);
        json_correction(&j, a);
    }
    json_close(&j, '}');
}

/* ---- text ---- */

static void print_test(const char *name, const cell_comparison *c)
{
    char t[64], p[64], degrees[64];
    if (isnan(c->t)) {
        printf("%-18sthere is no difference to test\n", name);
        return;
    }
    text_value(c->degrees, degrees, sizeof degrees);
    printf("%-18st = %s, %s degree%s of freedom, p = %s\n", name, text_value(c->t, t, sizeof t), degrees,
           strcmp(degrees, "1") == 0 ? "" : "s", text_value(c->p, p, sizeof p));
}

/* Prints what was compared: "10 pairs of runs of the same repeat and fold". */
static void print_title(const comparison *c)
{
    const cell_answer *a = &c->answer;
    char n[2][64];
    printf("%s", c->metric.name);
    if (c->metric.better != NN_NEITHER)
        printf(" (%s is better)", nn_direction_names[c->metric.better]);
    printf(" of cell %zu and cell %zu, ", c->cells[0], c->cells[1]);
    if (a->used == TEST_WELCH)
        printf("%s and %s", text_count(a->test.n, "value", n[0], sizeof n[0]),
               text_count(a->test.n_b, "value", n[1], sizeof n[1]));
    else
        printf("%s of runs of the same repeat and fold", text_count(a->n_pairs, "pair", n[0], sizeof n[0]));
    if (a->by_repeat)
        printf(", averaged over the folds of each repeat");
    if (a->by_split)
        printf(", averaged over the repeats of each split");
    printf("\n");
    if (a->n_lost > 0)
        printf("left out: %s without a value\n",
               text_count(a->n_lost, a->used == TEST_WELCH ? "run" : "pair", n[0], sizeof n[0]));
    printf("\n");
}

static void print_difference(const comparison *c)
{
    const cell_comparison *d = &c->answer.test;
    const double shown[] = {d->mean_a, d->mean_b, d->difference, d->low, d->high, d->sd};
    char text[6][64];
    for (size_t i = 0; i < 6; i++)
        text_value(shown[i], text[i], sizeof text[i]);
    for (int i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "mean of cell %zu", c->cells[i]);
        printf("%-18s%s\n", name, text[i]);
    }
    printf("%-18s%s, 95%% interval %s to %s", "difference", text[2], text[3], text[4]);
    if (!isnan(d->sd))
        printf(" (sd of the differences %s)", text[5]);
    printf("\n");
}

static void print_why(const cell_answer *a)
{
    if (a->used == TEST_CORRECTED)
        printf("\nused: the corrected test (Nadeau and Bengio 2003), since splits of the same rows overlap: %.0f rows "
               "trained on\nand %.0f held out of %.0f, so rho = %.3g, and the variance is (1/%zu + rho/(1 - rho)) "
               "times that of a difference\n",
               a->n_train, a->n_held, a->n_rows, a->rho, a->test.n);
    else if (a->used == TEST_PLAIN)
        printf("\nused: the plain paired test, since all repeats have the same split and differ by their starts alone; "
               "it holds\nfor these rows\n");
    else
        printf("\nused: Welch's test, since the runs of the two cells have different rows and are no pairs\n");
}

static void print_comparison(results_reader *r, const comparison *c)
{
    const cell_answer *a = &c->answer;
    print_title(c);
    put_settings(r, c, NULL);
    command_show_arithmetics(r);
    printf("\n");
    print_difference(c);
    if (a->used == TEST_WELCH)
        print_test("Welch's t-test", &a->test);
    else
        print_test("plain t-test", &a->plain);
    if (a->used == TEST_CORRECTED)
        print_test("corrected t-test", &a->test);
    print_why(a);
}

/* ---- all ---- */

static nn_status too_few(const comparison *c, nn_error *err)
{
    const cell_answer *a = &c->answer;
    if (a->used == TEST_WELCH)
        return nn_fail(err, NN_usage,
                       "--compare: cells %zu and %zu have %zu and %zu values of %s; at least two of each are needed: "
                       "add repeats to the grid",
                       c->cells[0], c->cells[1], a->test.n, a->test.n_b, c->metric.name);
    char pairs[64];
    return nn_fail(err, NN_usage,
                   "--compare: %s of finished runs of cells %zu and %zu with a value of %s%s; at least two "
                   "are needed: add repeats%s to the grid",
                   text_count(a->test.n, "pair", pairs, sizeof pairs), c->cells[0], c->cells[1], c->metric.name,
                   a->by_repeat ? ", the folds of a repeat averaged" : "", a->by_repeat ? "" : " or folds");
}

static nn_status compare_cells(results_reader *r, comparison *c, bool as_json, nn_error *err)
{
    show_pairs *pairs = NULL;
    nn_status status = command_pairs_open(r, &c->metric, &pairs, err);
    if (status != NN_ok)
        return status;
    status = command_pairs_test(pairs, c->cells, &c->answer, err);
    for (int i = 0; i < 2; i++)
        c->runs[i] = command_pairs_first_run(pairs, c->cells[i]);
    command_pairs_close(pairs);
    if (status != NN_ok)
        return status;
    if (c->answer.test.n < 2 || c->answer.test.n_b < 2)
        return too_few(c, err);
    (as_json ? json_comparison : print_comparison)(r, c);
    return NN_ok;
}

/* Finds the two cells that `which` names: "2,5", two keys, or settings with a semicolon between, as in
 * "lambda=0;lambda=10". */
static nn_status find_cells(results_reader *r, const char *which, size_t cells[2], nn_error *err)
{
    char first[256];
    const char *between = strchr(which, ';');
    if (between == NULL && strchr(which, '=') == NULL)
        between = strchr(which, ',');
    if (between == NULL || (size_t)(between - which) >= sizeof first || between == which || between[1] == '\0')
        return nn_fail(err, NN_usage,
                       "--compare takes two cells, such as 2,5, or two keys, or settings with a semicolon between, "
                       "such as \"lambda=0;lambda=10\", not '%.60s'",
                       which);
    snprintf(first, sizeof first, "%.*s", (int)(between - which), which);
    nn_status status = reader_select_cell(r, first, "--compare", &cells[0], err);
    if (status == NN_ok)
        status = reader_select_cell(r, between + 1, "--compare", &cells[1], err);
    if (status == NN_ok && cells[0] == cells[1])
        return nn_fail(err, NN_usage, "--compare takes two different cells");
    return status;
}

nn_status command_show_comparison(results_reader *r, const char *which, const char *by, bool as_json, nn_error *err)
{
    comparison c = {0};
    nn_status status = find_cells(r, which, c.cells, err);
    if (status == NN_ok)
        status = command_show_choose_metric(r, by, &c.metric, err);
    if (status == NN_ok && c.metric.is_share)
        return nn_fail(err, NN_usage,
                       "--compare takes a metric that has a mean, not solved (show --by solved "
                       "counts it cell by cell)");
    return status == NN_ok ? compare_cells(r, &c, as_json, err) : status;
}
