/* Computes the scores of scores.h from the outputs of a network, a block of rows at a time. */
#include "commands/scores.h"
#include <stdlib.h>

enum { BLOCK_ROWS = 1024 };

size_t command_scores_class(const double *y, size_t n_outputs)
{
    size_t best = 0;
    for (size_t k = 0; k < n_outputs; k++) {
        if (y[k] != y[k])
            return SIZE_MAX;
        best = y[k] > y[best] ? k : best;
    }
    return n_outputs == 1 ? y[0] >= 0.5 : best;
}

/* ---- classification ---- */

static void count_classes(const nn_data *data, const uint32_t *rows, size_t n, const double *y, size_t n_outputs,
                          evaluation *e)
{
    for (size_t i = 0; i < n; i++) {
        const size_t is = (size_t)data->classes[rows[i]], said = command_scores_class(y + i * n_outputs, n_outputs);
        e->classes[is].n_true++;
        if (said >= e->n_classes)
            continue;
        e->confusion[is * e->n_classes + said]++;
        e->classes[said].n_predicted++;
        e->classes[is].n_right += is == said;
    }
}

/* Of core's qualities, which training has too, so that the numbers are the same to the last bit. */
static void judge_class(const nn_quality *quality, evaluation_class *class)
{
    class->precision = quality->precision;
    class->recall = quality->recall;
    class->f1 = quality->f1;
}

static bool judge_classes(evaluation *e)
{
    const size_t n = e->n_classes;
    double *counts = malloc(3 * n * sizeof *counts);
    if (counts == NULL)
        return false;
    for (size_t c = 0; c < n; c++) {
        const evaluation_class *class = &e->classes[c];
        e->macro.n_true += class->n_true;
        e->macro.n_predicted += class->n_predicted;
        e->macro.n_right += class->n_right;
        counts[c] = (double)class->n_predicted;
        counts[n + c] = (double)class->n_true;
        counts[2 * n + c] = (double)class->n_right;
    }
    for (size_t c = 0; c < n; c++) {
        const nn_quality quality = nn_class_quality(n, counts, c);
        judge_class(&quality, &e->classes[c]);
    }
    const nn_quality macro = nn_macro_quality(n, counts);
    judge_class(&macro, &e->macro);
    e->accuracy = (double)e->macro.n_right / (double)e->macro.n_true;
    free(counts);
    return true;
}

/* ---- regression: the fields of the results hold sums until all rows are seen ---- */

static void add_residuals(const nn_data *data, const uint32_t *rows, size_t n, const double *y, evaluation *e)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < e->n_targets; k++) {
            const double residual = y[i * e->n_targets + k] - data->targets[rows[i] * e->n_targets + k];
            e->targets[k].rmse += residual * residual;
            e->targets[k].mae += fabs(residual);
        }
}

static void judge_targets(const nn_data *data, const uint32_t *rows, evaluation *e)
{
    const double n = (double)e->n_rows, k_all = (double)e->n_targets;
    double absolute = 0, r2 = 0;
    for (size_t k = 0; k < e->n_targets; k++) {
        evaluation_target *t = &e->targets[k];
        const double around = nn_spread(data, rows, e->n_rows, k);
        t->r2 = around > 0 ? 1 - t->rmse / around : NN_NAN;
        t->rmse = sqrt(t->rmse / n);
        absolute += t->mae;
        r2 += t->r2;
        t->mae /= n;
    }
    e->all.mae = absolute / (n * k_all);
    e->all.r2 = r2 / k_all;
}

/* ---- both ---- */

static bool make_room(const nn_data *data, evaluation *e)
{
    e->n_classes = data->classes != NULL ? data->n_classes : 0;
    e->n_targets = data->classes != NULL ? 0 : data->n_targets;
    e->confusion = calloc(e->n_classes * e->n_classes + 1, sizeof *e->confusion);
    e->classes = calloc(e->n_classes + 1, sizeof *e->classes);
    e->targets = calloc(e->n_targets + 1, sizeof *e->targets);
    return e->confusion != NULL && e->classes != NULL && e->targets != NULL;
}

nn_status command_scores(const nn_job *job, const void *weights, nn_part part, void *workspace, evaluation *out,
                         nn_error *err)
{
    const nn_data *data = job->data;
    const uint32_t *rows = job->split->rows[part];
    const size_t n = job->split->n[part], n_outputs = nn_n_outputs(data, job->hyper);
    *out = (evaluation){.n_rows = n};
    double *y = malloc(BLOCK_ROWS * n_outputs * sizeof *y);
    if (!make_room(data, out) || y == NULL) {
        free(y);
        return nn_fail(err, NN_memory, "not enough memory to evaluate a network");
    }
    const nn_score score = nn_evaluate_quality(job, weights, part, workspace, &out->quality);
    out->loss = score.loss;
    for (size_t from = 0; from < n; from += BLOCK_ROWS) {
        const size_t some = n - from < BLOCK_ROWS ? n - from : BLOCK_ROWS;
        nn_predict(job, weights, rows + from, some, y, workspace);
        if (out->n_classes > 0)
            count_classes(data, rows + from, some, y, n_outputs, out);
        else
            add_residuals(data, rows + from, some, y, out);
    }
    free(y);
    if (out->n_classes > 0)
        return judge_classes(out) ? NN_ok : nn_fail(err, NN_memory, "not enough memory to evaluate a network");
    judge_targets(data, rows, out);
    out->all.rmse = score.error;
    return NN_ok;
}

void command_scores_free(evaluation *e)
{
    free(e->confusion);
    free(e->classes);
    free(e->targets);
}
