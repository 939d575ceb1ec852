/* Computes what cross-validation says of a cell from the curves of its folds. */
#include "results/folds.h"
#include <stdlib.h>

static const nn_name names[N_FOLDS_METRIC] = {
    {"folds_best_epoch", "epoch at which the mean of the validation losses of all folds is lowest (mean over repeats)"},
    {"folds_best_validation_loss", "mean over the folds of the validation loss at folds_best_epoch"},
    {"folds_best_validation_error", "mean over the folds of the validation error at folds_best_epoch"},
};
const nn_choices results_folds_metrics = {"metric", N_FOLDS_METRIC, names};

nn_direction results_folds_better(int metric)
{
    return metric == FOLDS_epoch ? NN_NEITHER : NN_LOWER;
}

/* The curves of the folds of a repeat, [n][n_epochs] each. */
typedef struct fold_curves {
    const folds_source *s;
    size_t n, room; /* folds */
    double *loss, *error;
} fold_curves;

/* ---- one repeat ---- */

/* A run that ended keeps its last value. */
static void extend(double *curve, size_t n)
{
    size_t end = n;
    while (end > 0 && curve[end - 1] != curve[end - 1])
        end--;
    for (size_t i = end; i < n && end > 0; i++)
        curve[i] = curve[end - 1];
}

/* NaN where a fold has no value. */
static double mean_at(const fold_curves *c, const double *curves, size_t at)
{
    double sum = 0;
    for (size_t f = 0; f < c->n; f++)
        sum += curves[f * c->s->n_epochs + at];
    return sum / (double)c->n;
}

static nn_status read_curves(fold_curves *c, const size_t *runs, nn_error *err)
{
    const size_t n = c->s->n_epochs;
    nn_status status = NN_ok;
    for (size_t f = 0; f < c->n && status == NN_ok; f++) {
        status = c->s->curve(c->s->context, false, runs[f], c->loss + f * n, err);
        if (status == NN_ok)
            status = c->s->curve(c->s->context, true, runs[f], c->error + f * n, err);
        if (status != NN_ok)
            break;
        extend(c->loss + f * n, n);
        extend(c->error + f * n, n);
    }
    return status;
}

/* The index of the earliest lowest mean; n_epochs: there is none. Past the end of all folds it is that of the end. */
static size_t lowest(const fold_curves *c)
{
    const size_t n = c->s->n_epochs;
    double least = NN_NAN;
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        const double mean = mean_at(c, c->loss, i);
        if (mean == mean && (best == n || mean < least)) {
            best = i;
            least = mean;
        }
    }
    return best;
}

static void put_values(const fold_curves *c, size_t best, const size_t *runs, folds_values *out)
{
    const double *const curves[N_FOLDS_METRIC] = {[FOLDS_loss] = c->loss, [FOLDS_error] = c->error};
    for (int m = 0; m < N_FOLDS_METRIC; m++) {
        out->by_repeat[m][runs[0]] = curves[m] == NULL ? c->s->epochs[best] : mean_at(c, curves[m], best);
        for (size_t f = 0; f < c->n; f++)
            out->by_fold[m][runs[f]] = curves[m] == NULL ? c->s->epochs[best] : curves[m][f * c->s->n_epochs + best];
    }
}

static bool make_room(fold_curves *c, size_t n)
{
    const size_t bytes = (n * c->s->n_epochs + 1) * sizeof(double);
    c->n = n;
    if (n <= c->room)
        return true;
    free(c->loss);
    free(c->error);
    c->loss = malloc(bytes);
    c->error = malloc(bytes);
    c->room = c->loss != NULL && c->error != NULL ? n : 0;
    return c->room > 0;
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for the curves of the folds");
}

static nn_status compute_repeat(fold_curves *c, const size_t *runs, size_t n, folds_values *out, nn_error *err)
{
    for (size_t f = 0; f < n; f++)
        if (c->s->runs->status[runs[f]] != NN_RUN_done)
            return NN_ok;
    if (!make_room(c, n))
        return no_memory(err);
    const nn_status status = read_curves(c, runs, err);
    const size_t best = status == NN_ok ? lowest(c) : c->s->n_epochs;
    if (best < c->s->n_epochs)
        put_values(c, best, runs, out);
    return status;
}

/* ---- all cells ---- */

/* How many runs from `from` on are of the same repeat. */
static size_t n_of_repeat(const run_groups *g, size_t from, size_t end, const double *repeat)
{
    size_t n = 1;
    while (from + n < end && repeat[g->runs[from + n]] == repeat[g->runs[from]])
        n++;
    return n;
}

static nn_status compute_cell(fold_curves *c, size_t k, folds_values *out, nn_error *err)
{
    const run_groups *g = c->s->cells;
    nn_status status = NN_ok;
    if (results_count(c->s->runs, g, k).diverged > 0)
        return NN_ok;
    for (size_t i = g->start[k], n; i < g->start[k + 1] && status == NN_ok; i += n) {
        n = n_of_repeat(g, i, g->start[k + 1], c->s->repeat);
        status = compute_repeat(c, g->runs + i, n, out, err);
    }
    return status;
}

static double *empty_column(size_t n)
{
    double *column = malloc((n + 1) * sizeof *column);
    for (size_t i = 0; i < n && column != NULL; i++)
        column[i] = NN_NAN;
    return column;
}

static bool make_columns(size_t n, folds_values *out)
{
    bool made = true;
    for (int m = 0; m < N_FOLDS_METRIC; m++) {
        out->by_repeat[m] = empty_column(n);
        out->by_fold[m] = empty_column(n);
        made &= out->by_repeat[m] != NULL && out->by_fold[m] != NULL;
    }
    return made;
}

nn_status results_folds_compute(const folds_source *s, folds_values *out, nn_error *err)
{
    fold_curves c = {.s = s};
    folds_values v = {0};
    nn_status status = make_columns(s->runs->n, &v) ? NN_ok : no_memory(err);
    for (size_t k = 0; k < s->cells->n && status == NN_ok; k++)
        status = compute_cell(&c, k, &v, err);
    free(c.loss);
    free(c.error);
    if (status == NN_ok)
        *out = v;
    else
        results_folds_free(&v);
    return status;
}

void results_folds_free(folds_values *v)
{
    for (int m = 0; m < N_FOLDS_METRIC; m++) {
        free(v->by_repeat[m]);
        free(v->by_fold[m]);
    }
    *v = (folds_values){0};
}
