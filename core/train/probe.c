/* Measures more than scores of a network: norms of its gradient, what its units do, the quality of its outputs. */
#include "train/probe.h"
#include "train/evaluate.h"
#include "train/sum.h"
#include "train/work.h"
#include <string.h>

/* ---- gradient and units, in float64 by the reference engine. w->probe is weights | gradient | its workspace ---- */

static double sum_of_squares(const double *values, size_t n)
{
    double squares[NN_CHUNK], sum = 0;
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        for (size_t j = 0; j < chunk; j++)
            squares[j] = values[i + j] * values[i + j];
        sum += nn_sum_chunk(squares, chunk);
    }
    return sum;
}

void nn_probe_gradient(const nn_work *w, const nn_job *job, const void *params, double norms[NN_N_NORM],
                       double *of_layers)
{
    const nn_network *net = &w->net;
    double *weights = w->probe, *gradient = (double *)((char *)w->probe + nn_weights_bytes(w));
    double all = 0;
    nn_widen(w, params, weights);
    nn_gradient(job, weights, job->split->rows[NN_TRAIN], job->split->n[NN_TRAIN], gradient,
                (char *)gradient + nn_weights_bytes(w));
    for (int l = 0; l < net->n_layers; l++) {
        const size_t end = l + 1 < net->n_layers ? net->w_at[l + 1] : net->n_params;
        const double squares = sum_of_squares(gradient + net->w_at[l], end - net->w_at[l]);
        all += squares;
        of_layers[l] = sqrt(squares);
    }
    norms[NN_NORM_ALL] = sqrt(all);
    norms[NN_NORM_FIRST] = of_layers[0];
    norms[NN_NORM_LAST] = of_layers[net->n_layers - 1];
}

void nn_probe_units(const nn_work *w, const nn_job *job, const void *params, nn_outcome *out)
{
    const int activation = job->hyper->activation;
    nn_widen(w, params, w->probe);
    const nn_activity a = nn_activity_of(job, w->probe, (char *)w->probe + 2 * nn_weights_bytes(w));
    const bool known = a.finite && a.n_outputs > 0;
    const bool saturates = activation == NN_ACTIVATION_sigmoid || activation == NN_ACTIVATION_tanh;
    if (known && activation == NN_ACTIVATION_relu)
        out->dead_relu = (double)a.n_silent / (double)a.n_units;
    if (known && saturates)
        out->saturated = (double)a.n_flat / (double)a.n_outputs;
}

/* ---- quality of the outputs ---- */

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

nn_quality nn_class_quality(size_t n, const double *counts, size_t c)
{
    const double predicted = counts[NN_PREDICTED * n + c], actual = counts[NN_TRUE * n + c],
                 correct = counts[NN_CORRECT * n + c];
    if (predicted + actual == 0)
        return (nn_quality){NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
    return (nn_quality){share(correct, predicted), share(correct, actual), share(2 * correct, predicted + actual),
                        NN_NAN, NN_NAN};
}

/* Adds first and divides once, so that the mean of ones is 1. */
nn_quality nn_macro_quality(size_t n, const double *counts)
{
    double precision = 0, recall = 0, f1 = 0, n_there = 0;
    for (size_t c = 0; c < n; c++) {
        const nn_quality q = nn_class_quality(n, counts, c);
        if (isnan(q.f1))
            continue;
        precision += q.precision;
        recall += q.recall;
        f1 += q.f1;
        n_there++;
    }
    return (nn_quality){precision / n_there, recall / n_there, f1 / n_there, NN_NAN, NN_NAN};
}

double nn_spread(const nn_data *data, const uint32_t *rows, size_t n, size_t k)
{
    const double *targets = data->targets + k, first = targets[rows[0] * data->n_targets];
    double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += (targets[rows[i] * data->n_targets] - first) / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double d = targets[rows[i] * data->n_targets] - first - mean;
        squares += d * d;
    }
    return squares;
}

static nn_quality of_targets(const nn_job *job, nn_part part, const double *sums, nn_target_score *scores)
{
    const size_t n = job->split->n[part], n_out = job->data->n_targets;
    double absolute = 0, r2 = 0;
    for (size_t k = 0; k < n_out; k++) {
        const double around = nn_spread(job->data, job->split->rows[part], n, k);
        const double own = around > 0 ? 1 - sums[NN_SQUARED * n_out + k] / around : NN_NAN;
        absolute += sums[NN_ABSOLUTE * n_out + k];
        r2 += own;
        scores[k] = (nn_target_score){.rmse = sqrt(sums[NN_SQUARED * n_out + k] / (double)n),
                                      .mae = sums[NN_ABSOLUTE * n_out + k] / (double)n,
                                      .r2 = own};
    }
    return (nn_quality){NN_NAN, NN_NAN, NN_NAN, absolute / ((double)n * (double)n_out), r2 / (double)n_out};
}

void nn_probe_part(nn_work *w, nn_part part, uint32_t which, bool final, nn_score *scores)
{
    const size_t each = NN_N_COUNTS * w->answers.n;
    w->answers.wanted = which != 0;
    if (which != 0)
        memset(w->answers.counts, 0, NN_MAX_LANES * each * sizeof *w->answers.counts);
    w->engine->score(w, part, w->job->split->n[part], scores);
    w->answers.wanted = false;
    for (int i = 0; i < w->n_lanes; i++) {
        if (!nn_bit(which, i))
            continue;
        const double *counts = w->answers.counts + (size_t)i * each;
        nn_outcome *out = &w->lane[i].outcome;
        nn_quality *quality = final ? out->final : out->best;
        if (w->job->data->classes != NULL)
            quality[part] = nn_macro_quality(w->answers.n, counts);
        else
            quality[part] = of_targets(&w->lane[i].job, part, counts,
                                       (final ? out->final_targets : out->best_targets) + part * w->answers.n);
    }
}

static void measure_parts(nn_work *w, uint32_t which, bool final)
{
    nn_score unused[NN_MAX_LANES];
    for (int part = 0; part < NN_N_PART && which != 0; part++)
        if (w->job->recording->parts[part] && w->job->split->n[part] > 0)
            nn_probe_part(w, (nn_part)part, which, final, unused);
}

void nn_probe_answers(nn_work *w, uint32_t ended)
{
    uint32_t early = 0, others = 0; /* lanes that ended before their last epoch; whose best epoch is not the last */
    for (int i = 0; i < w->n_lanes; i++)
        early |= nn_bit(ended, i) && !nn_at_last_epoch(w, i) ? 1u << i : 0;
    measure_parts(w, early, true);
    for (int i = 0; i < w->n_lanes; i++) {
        nn_outcome *out = &w->lane[i].outcome;
        if (!nn_bit(ended, i))
            continue;
        memcpy(out->best, out->final, sizeof out->best);
        if (out->best_targets != NULL)
            memcpy(out->best_targets, out->final_targets, nn_n_target_scores(w->job->data) * sizeof *out->best_targets);
        if (out->at[NN_AT_BEST].epoch != out->at[NN_AT_FINAL].epoch) {
            others |= 1u << i;
            w->engine->set(w, i, w->lane[i].kept[NN_KEEP_BEST]);
        }
    }
    measure_parts(w, others, false);
}
