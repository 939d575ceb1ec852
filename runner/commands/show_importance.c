/* show --importance: the shares of settings and of pairs of settings in the variance between cells. */
#include "commands/show_importance.h"
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/show_data.h"
#include "results/importance.h"
#include <math.h>
#include <stdlib.h>

/* The runs of the grid by a metric. */
typedef struct grid_runs {
    show_metric metric;
    size_t n_axes, n_cells, n_runs; /* the active ones */
    double *status, *cell, *value;  /* [n_runs] */
    double **setting;               /* [n_axes][n_cells] */
} grid_runs;

static void free_runs(grid_runs *g)
{
    for (size_t a = 0; g->setting != NULL && a < g->n_axes; a++)
        free(g->setting[a]);
    free(g->setting);
    free(g->status);
    free(g->cell);
    free(g->value);
}

/* ---- reading ---- */

static nn_status read_metric(results_reader *r, grid_runs *g, nn_error *err)
{
    g->status = reader_runs(r, "status", err); /* read first: a row that is finished now is whole */
    g->cell = g->status != NULL ? reader_runs(r, "cell", err) : NULL;
    g->value = g->cell != NULL ? command_show_values(r, g->metric.name, err) : NULL;
    if (g->value == NULL)
        return err->status;
    while (g->n_runs < reader_n_runs(r) && reader_is_active(r, g->n_runs))
        g->n_runs++;
    for (size_t i = 0; i < g->n_runs; i++) {
        if (!(g->cell[i] >= 0 && g->cell[i] < (double)reader_n_cells(r)))
            return nn_fail(err, NN_file, "run %zu is of cell %g: the file is damaged", i, g->cell[i]);
        g->n_cells = g->cell[i] >= (double)g->n_cells ? (size_t)g->cell[i] + 1 : g->n_cells;
        if (!(g->metric.is_share ? results_in_share : results_in_mean)(g->status[i]))
            g->value[i] = NN_NAN;
    }
    return NN_ok;
}

/* Reads the value of a swept setting of each cell. */
static nn_status read_setting(results_reader *r, grid_runs *g, size_t axis, nn_error *err)
{
    double *values = reader_runs(r, reader_axis(r, axis), err);
    double *of_cell = calloc(g->n_cells + 1, sizeof *of_cell);
    g->setting[axis] = of_cell;
    for (size_t i = 0; values != NULL && of_cell != NULL && i < g->n_runs; i++)
        of_cell[(size_t)g->cell[i]] = values[i];
    free(values);
    if (of_cell == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu cells", g->n_cells);
    return values != NULL ? NN_ok : err->status;
}

static nn_status read_runs(results_reader *r, grid_runs *g, nn_error *err)
{
    nn_status status = read_metric(r, g, err);
    g->n_axes = reader_n_axes(r);
    g->setting = calloc(g->n_axes + 1, sizeof *g->setting);
    if (status == NN_ok && g->setting == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t a = 0; a < g->n_axes && status == NN_ok; a++)
        status = read_setting(r, g, a, err);
    return status;
}

/* ---- output ---- */

/* Writes "batch_size" or "batch_size x learning_rate". */
static char *term_name(results_reader *r, const importance_term *t, char *text, size_t size)
{
    if (t->a == t->b)
        snprintf(text, size, "%s", reader_axis(r, t->a));
    else
        snprintf(text, size, "%s x %s", reader_axis(r, t->a), reader_axis(r, t->b));
    return text;
}

static void put_json(results_reader *r, const grid_runs *g, const importance *found)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "metric", g->metric.name);
    json_text(&j, "method", found->exact ? "anova" : "least_squares");
    json_number(&j, "cells", (double)found->n_cells);
    json_number(&j, "left_out", (double)found->n_left_out);
    json_number(&j, "resamples", (double)found->n_resamples);
    json_number(&j, "repeats", found->repeats);
    json_number(&j, "higher_orders", found->higher);
    json_open(&j, "terms", '[');
    for (const importance_term *t = found->terms; t < found->terms + found->n_terms; t++) {
        json_open(&j, NULL, '{');
        json_open(&j, "settings", '[');
        json_text(&j, NULL, reader_axis(r, t->a));
        if (t->a != t->b)
            json_text(&j, NULL, reader_axis(r, t->b));
        json_close(&j, ']');
        json_number(&j, "share", t->share);
        json_number(&j, "low", t->low);
        json_number(&j, "high", t->high);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
}

static int by_share(const void *a, const void *b)
{
    const importance_term *p = a, *q = b;
    if (p->share != q->share)
        return p->share > q->share ? -1 : 1;
    if (p->a != q->a)
        return p->a < q->a ? -1 : 1;
    return (p->b > q->b) - (p->b < q->b);
}

static void print_terms(results_reader *r, const importance *found)
{
    static const char *const headings[] = {"setting", "share", "95% from", "to"};
    const bool intervals = found->n_resamples > 0;
    text_table table;
    text_table_head(&table, headings, intervals ? 4 : 2);
    qsort(found->terms, found->n_terms, sizeof *found->terms, by_share);
    for (const importance_term *t = found->terms; t < found->terms + found->n_terms; t++) {
        const double shown[] = {t->share, t->low, t->high};
        char text[512];
        text_table_add(&table, term_name(r, t, text, sizeof text));
        for (int i = 0; i < (intervals ? 3 : 1); i++) {
            snprintf(text, sizeof text, "%.3f", shown[i]);
            text_table_add(&table, text);
        }
    }
    command_print_table(&table, stdout);
}

/* Says how the shares were computed, and what they leave out. */
static void print_method(const importance *found)
{
    if (found->exact)
        printf("\nfunctional ANOVA over the means of the cells");
    else
        printf(
            "\nleast squares, since the cells are no product of the settings; a share is averaged over the orders in "
            "which\nsettings and pairs enter; interval: bootstrap over cells (%zu resamples)",
            found->n_resamples);
    if (found->repeats >= 0.0005)
        printf("; chance of the repeats: %.1f%% of the variance, taken off", 100 * found->repeats);
    printf("\n");
    if (found->higher >= 0.0005)
        printf("three and more settings together%s: %.3f\n", found->pairs ? "" : ", and pairs (there are too many)",
               found->higher);
}

static void print_text(results_reader *r, const grid_runs *g, const importance *found)
{
    char text[64];
    printf("share of the variance of %s between cells, over %s", g->metric.name,
           text_count(found->n_cells, "cell", text, sizeof text));
    if (found->n_left_out > 0)
        printf("; left out: %s without a value of every run", text_count(found->n_left_out, "cell", text, sizeof text));
    printf("\n\n");
    print_terms(r, found);
    print_method(found);
}

/* ---- all ---- */

static const double ONLY_CHANCE = 0.95; /* of the variance between cells */

static nn_status check(const grid_runs *g, const importance *found, nn_error *err)
{
    if (g->n_axes == 0)
        return nn_fail(err, NN_usage, "--importance: the grid sweeps no setting");
    if (found->n_cells < 2)
        return nn_fail(err, NN_usage,
                       "--importance: cells with a value of %s for every run: %zu of %zu; at least two are needed",
                       g->metric.name, found->n_cells, found->n_cells + found->n_left_out);
    if (isnan(found->repeats))
        return nn_fail(err, NN_usage, "--importance: %s is the same in all %zu cells", g->metric.name, found->n_cells);
    if (found->too_few)
        return nn_fail(
            err, NN_usage,
            "--importance: the settings have too many values for %zu cells, so that any of them would explain "
            "all; sweep fewer values or more cells",
            found->n_cells);
    if (found->repeats >= ONLY_CHANCE)
        return nn_fail(
            err, NN_usage,
            "--importance: the cells differ in %s by no more than the chance of their repeats (%.0f%% of the "
            "variance): there is nothing to share out",
            g->metric.name, 100 * found->repeats);
    return NN_ok;
}

static nn_status show_shares(results_reader *r, const grid_runs *g, bool as_json, nn_error *err)
{
    const importance_runs runs = {g->n_runs, g->n_cells, g->n_axes, g->cell, g->value, (const double **)g->setting};
    importance found;
    command_apart_computes();
    nn_status status = results_importance(&runs, IMPORTANCE_RESAMPLES, &found, err);
    if (status != NN_ok)
        return status;
    status = check(g, &found, err);
    if (status == NN_ok && as_json)
        put_json(r, g, &found);
    else if (status == NN_ok)
        print_text(r, g, &found);
    results_importance_free(&found);
    return status;
}

nn_status command_show_importance(results_reader *r, const char *by, bool as_json, nn_error *err)
{
    grid_runs g = {0};
    nn_status status = command_show_choose_metric(r, by, &g.metric, err);
    if (status == NN_ok)
        status = read_runs(r, &g, err);
    if (status == NN_ok)
        status = show_shares(r, &g, as_json, err);
    free_runs(&g);
    return status;
}
