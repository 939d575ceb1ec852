/* nngrid show --compare: two cells by the pairs of their runs. */
#include "commands/show_data.h"
#include "base/setting.h"
#include <stdlib.h>
#include <string.h>

/* The columns that pair runs. */
typedef struct pairing {
    double *status, *cell, *repeat, *fold, *values, *split; /* [n_runs] */
    size_t n_runs;
    show_metric metric;
    double *a, *b; /* [n] the pairs */
    size_t n, first;
    bool one_split; /* all pairs have the same rows in the same parts */
} pairing;

static void pairing_free(pairing *p)
{
    double *const all[] = {p->status, p->cell, p->repeat, p->fold, p->values, p->split, p->a, p->b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* /data/splits: which split each run uses. */
static double *read_splits(results_reader *r, nn_error *err)
{
    double *values = NULL;
    size_t n = 0;
    if (reader_column(r, "/data/splits", &values, &n, err) != NN_ok)
        return NULL;
    if (n >= reader_n_runs(r))
        return values;
    free(values);
    nn_fail(err, NN_file, "/data/splits has %zu values: the file is damaged", n);
    return NULL;
}

static nn_status read_pairing(results_reader *r, pairing *p, nn_error *err)
{
    p->n_runs = reader_n_runs(r);
    p->status = show_column(r, "status", err); /* first: a row that is final then is whole */
    const struct {
        const char *name;
        double **to;
    } columns[] = {
        {"cell", &p->cell}, {"repeat", &p->repeat}, {"fold", &p->fold}, {p->metric.name, &p->values}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns && p->status != NULL; i++)
        if ((*columns[i].to = show_column(r, columns[i].name, err)) == NULL)
            return err->status;
    p->split = p->status != NULL ? read_splits(r, err) : NULL;
    if (p->split == NULL)
        return err->status;
    p->a = malloc((p->n_runs + 1) * sizeof *p->a);
    p->b = malloc((p->n_runs + 1) * sizeof *p->b);
    return p->a == NULL || p->b == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
}

static bool counts_in(const pairing *p, size_t run, double cell)
{
    return p->cell[run] == cell && p->status[run] == NN_RUN_done && isfinite(p->values[run]);
}

/* Runs of the same repeat and fold stand in the same order in both cells. */
static void make_pairs(pairing *p, double a, double b)
{
    p->one_split = true;
    for (size_t i = 0, j = 0; i < p->n_runs; i++) {
        if (!counts_in(p, i, a))
            continue;
        for (j = 0; j < p->n_runs; j++)
            if (counts_in(p, j, b) && p->repeat[j] == p->repeat[i] && p->fold[j] == p->fold[i])
                break;
        if (j == p->n_runs)
            continue;
        if (p->n == 0)
            p->first = i;
        p->one_split &= p->split[i] == p->split[p->first];
        p->a[p->n] = p->values[i];
        p->b[p->n++] = p->values[j];
    }
}

/* The part whose rows are held out: that of the metric's name, else validation, else test. */
static nn_part held_out(const char *metric, const double n[NN_N_PART])
{
    if (strstr(metric, "_test_") != NULL)
        return NN_TEST;
    return n[NN_VALIDATION] > 0 ? NN_VALIDATION : NN_TEST;
}

/* Rows held out over rows trained on. */
static nn_status ratio_of(results_reader *r, const pairing *p, double *out, nn_error *err)
{
    double *parts = NULL, n[NN_N_PART] = {0};
    size_t n_rows = 0;
    const nn_status status = reader_row(r, "/data/split", (size_t)p->split[p->first], &parts, &n_rows, err);
    if (status != NN_ok)
        return status;
    for (size_t i = 0; i < n_rows; i++)
        if (parts[i] >= 0 && parts[i] < NN_N_PART)
            n[(int)parts[i]]++;
    free(parts);
    *out = n[NN_TRAIN] > 0 ? n[held_out(p->metric.name, n)] / n[NN_TRAIN] : 0;
    return NN_ok;
}

static void json_comparison(const show_metric *metric, const size_t cells[2], const cell_comparison *c,
                            double ratio)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"difference", c->difference}, {"low", c->low}, {"high", c->high},       {"sd", c->sd}, {"t", c->t},
        {"degrees", c->degrees},       {"p", c->p},     {"test_to_train", ratio}};
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "metric", metric->name);
    json_text(&j, "better", nn_direction_names[metric->better]);
    json_number(&j, "pairs", (double)c->n);
    for (int i = 0; i < 2; i++) {
        json_open(&j, i == 0 ? "a" : "b", '{');
        json_number(&j, "cell", (double)cells[i]);
        json_number(&j, "mean", i == 0 ? c->mean_a : c->mean_b);
        json_close(&j, '}');
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_number(&j, numbers[i].name, numbers[i].value);
    json_close(&j, '}');
}

static void print_comparison(const show_metric *metric, const size_t cells[2], const cell_comparison *c,
                             double ratio)
{
    char text[8][64];
    printf("%s", metric->name);
    if (metric->better != NN_NEITHER)
        printf(" (%s is better)", nn_direction_names[metric->better]);
    printf(" of cell %zu and cell %zu, %zu pairs of runs of the same repeat and fold\n\n", cells[0], cells[1],
           c->n);
    const double shown[] = {c->mean_a, c->mean_b, c->difference, c->low, c->high, c->sd, c->t, c->p};
    for (size_t i = 0; i < 8; i++)
        text_value(shown[i], text[i], sizeof text[i]);
    printf("mean of cell %zu   %s\nmean of cell %zu   %s\n", cells[0], text[0], cells[1], text[1]);
    printf("difference       %s, 95%% from %s to %s (sd of the pairs %s)\n", text[2], text[3], text[4],
           text[5]);
    if (c->t == c->t)
        printf("t-test           t = %s with %.0f degrees of freedom, p = %s\n", text[6], c->degrees,
               text[7]);
    if (ratio > 0)
        printf("\ncorrected for training parts that overlap (Nadeau and Bengio 2003): %.3g rows held out for "
               "each "
               "trained on\n",
               ratio);
    else
        printf("\nall runs have the same split: a paired t-test, which says nothing of other rows\n");
}

static nn_status compare_cells(results_reader *r, const size_t cells[2], pairing *p, bool as_json,
                               nn_error *err)
{
    double ratio = 0;
    nn_status status = read_pairing(r, p, err);
    if (status != NN_ok)
        return status;
    make_pairs(p, (double)cells[0], (double)cells[1]);
    if (p->n < 2)
        return nn_fail(
            err, NN_usage,
            "--compare: %zu pairs of finished runs of cells %zu and %zu have a value of %s; it takes "
            "two or more, so give the grid repeats or folds",
            p->n, cells[0], cells[1], p->metric.name);
    if (!p->one_split)
        status = ratio_of(r, p, &ratio, err);
    if (status != NN_ok)
        return status;
    const cell_comparison c = cell_compare(p->a, p->b, p->n, ratio);
    (as_json ? json_comparison : print_comparison)(&p->metric, cells, &c, ratio);
    return NN_ok;
}

/* "2,5" */
static bool read_cells(const char *text, size_t cells[2])
{
    char *end;
    for (int i = 0; i < 2; i++) {
        if (*text < '0' || *text > '9')
            return false;
        cells[i] = strtoull(text, &end, 10);
        if (*end != (i == 0 ? ',' : '\0'))
            return false;
        text = end + 1;
    }
    return true;
}

nn_status show_comparison(results_reader *r, const char *which, const char *by, bool as_json, nn_error *err)
{
    size_t cells[2];
    pairing p = {0};
    if (!read_cells(which, cells))
        return nn_fail(err, NN_usage, "--compare takes two cells, such as 2,5, not '%.60s'", which);
    for (int i = 0; i < 2; i++)
        if (cells[i] >= reader_n_cells(r))
            return nn_fail(err, NN_usage, "--compare: there is no cell %zu; there are %zu, from 0", cells[i],
                           reader_n_cells(r));
    if (cells[0] == cells[1])
        return nn_fail(err, NN_usage, "--compare takes two different cells");
    nn_status status = show_choose_metric(r, by, &p.metric, err);
    if (status == NN_ok && p.metric.is_share)
        status = nn_fail(err, NN_usage,
                         "--compare takes a metric that has a mean, not solved (show --by solved "
                         "counts it cell by cell)");
    if (status == NN_ok)
        status = compare_cells(r, cells, &p, as_json, err);
    pairing_free(&p);
    return status;
}
