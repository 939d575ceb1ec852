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

double nn_probe_small_weights(const nn_work *w, const void *params)
{
    const bool narrow = w->kernels->real_bytes == sizeof(float);
    size_t n = 0, small = 0;
    for (int l = 0; l < w->net.n_layers; l++)
        for (size_t i = w->net.w_at[l]; i < w->net.b_at[l]; i++, n++)
            small += fabs(narrow ? (double)((const float *)params)[i] : ((const double *)params)[i]) < 1e-3;
    return (double)small / (double)n;
}

/* ---- quality of the outputs ---- */

nn_quality nn_no_quality(void)
{
    return (nn_quality){NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

nn_quality nn_class_quality(size_t n, const double *counts, size_t c)
{
    const double predicted = counts[NN_PREDICTED * n + c], actual = counts[NN_TRUE * n + c],
                 correct = counts[NN_CORRECT * n + c];
    nn_quality q = nn_no_quality();
    if (predicted + actual == 0)
        return q;
    q.precision = share(correct, predicted);
    q.recall = share(correct, actual);
    q.f1 = share(2 * correct, predicted + actual);
    return q;
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
    nn_quality macro = nn_no_quality();
    macro.precision = precision / n_there;
    macro.recall = recall / n_there;
    macro.f1 = f1 / n_there;
    return macro;
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
    nn_quality q = nn_no_quality();
    q.mae = absolute / ((double)n * (double)n_out);
    q.r2 = r2 / (double)n_out;
    return q;
}

/* ---- classes: outputs as probabilities, and as ranks ---- */

static bool are_probabilities(const nn_job *job, size_t n_outputs)
{
    return job->hyper->output == NN_ACTIVATION_softmax ||
           (job->hyper->output == NN_ACTIVATION_sigmoid && n_outputs == 1);
}

/* Restores the heap whose root alone may be too small. */
static void sift(nn_ranked *v, size_t root, size_t n)
{
    const nn_ranked moved = v[root];
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        child += child + 1 < n && v[child].output < v[child + 1].output;
        if (!(moved.output < v[child].output))
            break;
        v[root] = v[child];
    }
    v[root] = moved;
}

/* Sorts by output, ascending, in place; the C library's qsort may allocate. */
static void sort(nn_ranked *v, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sift(v, i - 1, n);
    for (size_t end = n; end > 1; end--) {
        const nn_ranked largest = v[0];
        v[0] = v[end - 1];
        v[end - 1] = largest;
        sift(v, 0, end - 1);
    }
}

/* The area for sorted rows, from whole and half pairs, so that it rounds once; NaN if all or none are of the class. */
static double area(const nn_ranked *v, size_t n)
{
    double pairs = 0, is = 0, others = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double tied = 0;
        for (end = i; end < n && v[end].output == v[i].output; end++)
            tied += v[end].is;
        const double tied_others = (double)(end - i) - tied;
        pairs += tied * (others + tied_others / 2);
        is += tied;
        others += tied_others;
    }
    return is > 0 && others > 0 ? pairs / (is * others) : NN_NAN;
}

/* The outputs of a part in one lane. */
typedef struct kept {
    size_t n, k;
    const double *y; /* [n][k] */
    const int32_t *labels;
} kept;

static double area_of_class(const kept *of, size_t output, int32_t class, nn_ranked *room)
{
    for (size_t i = 0; i < of->n; i++)
        room[i] = (nn_ranked){of->y[i * of->k + output], of->labels[i] == class};
    sort(room, of->n);
    return area(room, of->n);
}

static double auc_of(const kept *of, nn_ranked *room)
{
    double sum = 0, n = 0;
    if (of->k <= 2)
        return area_of_class(of, of->k - 1, 1, room);
    for (size_t c = 0; c < of->k; c++) {
        const double own = area_of_class(of, c, (int32_t)c, room);
        sum += isnan(own) ? 0 : own;
        n += !isnan(own);
    }
    return n > 0 ? sum / n : NN_NAN;
}

/* The largest probability of a row, and its class. */
static double top_of(const kept *of, size_t row, int32_t *class)
{
    const double *y = of->y + row * of->k;
    size_t top = 0;
    for (size_t c = 1; c < of->k; c++)
        top = y[c] > y[top] ? c : top;
    *class = of->k > 1 ? (int32_t)top : y[0] >= 0.5;
    return of->k > 1 || *class == 1 ? y[top] : 1 - y[0];
}

static double calibration_of(const kept *of)
{
    enum { BINS = 15 };
    double excess[BINS] = {0}, sum = 0;
    for (size_t i = 0; i < of->n; i++) {
        int32_t class;
        const double p = top_of(of, i, &class);
        const int bin = (int)(BINS * p);
        excess[bin < BINS ? bin : BINS - 1] += (double)(class == of->labels[i]) - p;
    }
    for (int b = 0; b < BINS; b++)
        sum += fabs(excess[b]);
    return sum / (double)of->n;
}

static bool any_nan(const kept *of)
{
    for (size_t i = 0; i < of->n * of->k; i++)
        if (isnan(of->y[i]))
            return true;
    return false;
}

/* Adds what needs all rows at once. */
static void judge_kept(const nn_work *w, int lane, bool probabilities, nn_quality *q)
{
    const nn_answers *a = &w->answers;
    const size_t k = (size_t)w->net.width[w->net.n_layers];
    const kept of = {*a->n_kept, k, a->outputs + (size_t)lane * a->room * k, a->labels + (size_t)lane * a->room};
    if (any_nan(&of))
        return;
    q->auc = auc_of(&of, a->ranked);
    q->calibration = probabilities ? calibration_of(&of) : NN_NAN;
}

static nn_quality of_classes(const nn_work *w, int lane, nn_part part, const double *counts)
{
    const nn_job *job = &w->lane[lane].job;
    const double n = (double)job->split->n[part], *sums = counts + NN_OF_ROWS * w->answers.n;
    const bool probabilities = are_probabilities(job, (size_t)w->net.width[w->net.n_layers]);
    nn_quality q = nn_macro_quality(w->answers.n, counts);
    q.log_likelihood = probabilities ? sums[NN_LOG_LIKELIHOOD] / n : NN_NAN;
    q.brier = probabilities ? sums[NN_BRIER] / n : NN_NAN;
    if (w->answers.outputs != NULL)
        judge_kept(w, lane, probabilities, &q);
    return q;
}

void nn_probe_part(nn_work *w, nn_part part, uint32_t which, bool final, nn_score *scores)
{
    const size_t each = NN_N_COUNTS * w->answers.n;
    w->answers.wanted = which != 0;
    if (which != 0)
        memset(w->answers.counts, 0, NN_MAX_LANES * each * sizeof *w->answers.counts);
    if (w->answers.outputs != NULL)
        *w->answers.n_kept = 0;
    w->engine->score(w, part, w->job->split->n[part], scores);
    w->answers.wanted = false;
    for (int i = 0; i < w->n_lanes; i++) {
        if (!nn_bit(which, i))
            continue;
        const double *counts = w->answers.counts + (size_t)i * each;
        nn_outcome *out = &w->lane[i].outcome;
        nn_quality *quality = final ? out->final : out->best;
        if (w->job->data->classes != NULL)
            quality[part] = of_classes(w, i, part, counts);
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

nn_score nn_evaluate_quality(const nn_job *job, const void *weights, nn_part part, void *workspace, nn_quality *quality)
{
    nn_work w;
    nn_score scores[NN_MAX_LANES];
    nn_work_layout(&w, job, nn_engine_resolve(job, 1), 1, workspace);
    w.active = 1;
    w.engine->set(&w, 0, weights);
    w.lane[0].outcome.final_targets = w.lane[0].targets;
    nn_probe_part(&w, part, 1, true, scores);
    *quality = w.lane[0].outcome.final[part];
    return scores[0];
}
