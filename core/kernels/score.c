/* Turns logits into outputs, losses, deltas and scores; sums up the norms of weights. */
#include "kernels/score.h"
#include "kernels/activation.h"
#include "kernels/loss.h"
#include "kernels/scalar.h"
#include "train/sum.h"

void X(nn_output)(const nn_outputs *o, const nn_hyper *h, REAL *slope)
{
    const size_t n = o->k * o->n;
    if (o->z != o->y)
        memcpy(o->y, o->z, n * sizeof *o->y);
    if (h->output == NN_ACTIVATION_softmax)
        X(nn_softmax)(o);
    else
        X(nn_activate)[h->output](n, o->y, nn_loss_rows[h->loss].required ? NULL : slope);
    X(nn_loss)[h->loss](o);
}

void X(nn_output_delta)(const nn_outputs *o, const nn_hyper *h, const REAL *slope, REAL scale)
{
    X(nn_loss_delta)[h->loss](o, scale, nn_loss_rows[h->loss].required ? NULL : slope);
}

/* The larger of two, NaN if one is. */
static inline double nn_larger(double d, double most)
{
    return d <= most || most != most ? most : d;
}

/* What find() computes for each sample of a chunk. */
typedef struct found {
    double largest_error[NN_SAMPLES];
    REAL best[NN_SAMPLES], at[NN_SAMPLES], nan[NN_SAMPLES]; /* the largest output, its unit, 1 if an output is NaN */
} found;

static void find(const nn_outputs *o, found *f)
{
    const size_t n = o->n;
    const REAL *restrict y = o->y, *restrict t = o->t;
    double *restrict squared = o->squared;
    for (size_t s = 0; s < n; s++) {
        squared[s] = f->largest_error[s] = 0;
        f->best[s] = y[s];
        f->at[s] = f->nan[s] = 0;
    }
    for (size_t i = 0; i < o->k; i++, y += n, t += n)
        for (size_t s = 0; s < n; s++) {
            const double d = (double)nn_abs(y[s] - t[s]), most = f->largest_error[s];
            squared[s] += d * d;
            f->largest_error[s] = nn_larger(d, most);
            f->at[s] = y[s] > f->best[s] ? (REAL)i : f->at[s];
            f->best[s] = y[s] > f->best[s] ? y[s] : f->best[s];
            f->nan[s] = y[s] == y[s] ? f->nan[s] : 1;
        }
}

/* Finds the errors again, in the units of the raw targets. */
static void find_scaled(const nn_outputs *o, size_t lanes, found *f)
{
    const size_t n = o->n;
    for (size_t s = 0; s < n; s++)
        o->squared[s] = f->largest_error[s] = 0;
    for (size_t i = 0; i < o->k * n; i++) {
        const size_t s = i % n;
        const double d = (double)nn_abs(o->y[i] - o->t[i]) * o->target_scale[i / n * lanes + s % lanes];
        o->squared[s] += d * d;
        f->largest_error[s] = nn_larger(d, f->largest_error[s]);
    }
}

/* Is the sample classified wrong? One unit predicts class 1 from 1/2 on; of several, the largest is the prediction, the
 * first of equals. NaN is wrong. */
static bool wrong(const nn_outputs *o, const found *f, size_t s)
{
    const REAL answer = o->k == 1 ? (REAL)(o->y[s] >= (REAL)0.5) : f->at[s];
    return f->nan[s] != 0 || answer != (REAL)o->classes[s];
}

void X(nn_count)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally)
{
    found f;
    find(o, &f);
    if (o->target_scale != NULL)
        find_scaled(o, lanes, &f);
    for (size_t s = 0; s < n_rows * lanes; s++) {
        nn_tally *t = &tally[s % lanes];
        const double d = f.largest_error[s];
        if (d > t->max_abs_error || d != d)
            t->max_abs_error = d;
        t->n_wrong += o->classes[s] >= 0 && wrong(o, &f, s);
    }
}

static void answer_class(const nn_outputs *o, size_t s, size_t n, double *counts)
{
    size_t predicted = 0;
    bool nan = false;
    for (size_t i = 0; i < o->k; i++) {
        const REAL y = o->y[i * o->n + s];
        nan |= y != y;
        predicted = y > o->y[predicted * o->n + s] ? i : predicted;
    }
    if (o->k == 1)
        predicted = o->y[s] >= (REAL)0.5;
    counts[NN_TRUE * n + (size_t)o->classes[s]]++;
    if (nan || predicted >= n)
        return;
    counts[NN_PREDICTED * n + predicted]++;
    counts[NN_CORRECT * n + predicted] += predicted == (size_t)o->classes[s];
}

/* Sums what the probability of a row's class says. Cross-entropies are -ln p, computed from logits. */
static void answer_row(const nn_outputs *o, const nn_hyper *h, size_t s, double *sums)
{
    const REAL y = o->y[(o->k == 1 ? 0 : (size_t)o->classes[s]) * o->n + s];
    if (nn_loss_rows[h->loss].required)
        sums[NN_LOG_LIKELIHOOD] -= o->loss[s];
    else
        sums[NN_LOG_LIKELIHOOD] += (double)nn_log(o->k == 1 && o->classes[s] == 0 ? 1 - y : y);
    sums[NN_BRIER] += o->k == 1 ? 2 * o->squared[s] : o->squared[s];
}

static void keep_outputs(const nn_answers *a, const nn_outputs *o, size_t n_rows, size_t lanes, size_t n_lanes)
{
    for (size_t lane = 0; lane < n_lanes; lane++)
        for (size_t r = 0; r < n_rows; r++) {
            const size_t s = r * lanes + lane, at = lane * a->room + *a->n_kept + r;
            a->labels[at] = o->classes[s];
            for (size_t i = 0; i < o->k; i++)
                a->outputs[at * o->k + i] = (double)o->y[i * o->n + s];
        }
    *a->n_kept += n_rows;
}

static void answer_targets(const nn_outputs *o, size_t s, size_t lanes, double *sums)
{
    for (size_t i = 0; i < o->k; i++) {
        const double scale = o->target_scale != NULL ? o->target_scale[i * lanes + s % lanes] : 1;
        const double d = ((double)o->y[i * o->n + s] - (double)o->t[i * o->n + s]) * scale;
        sums[NN_ABSOLUTE * o->k + i] += fabs(d);
        sums[NN_SQUARED * o->k + i] += d * d;
    }
}

void X(nn_answer)(const nn_work *w, const nn_outputs *o, size_t n_rows, size_t lanes)
{
    const size_t n = w->answers.n;
    for (size_t s = 0; s < n_rows * lanes && w->answers.wanted; s++) {
        double *counts = w->answers.counts + s % lanes * NN_N_COUNTS * n;
        if (o->classes[s] >= 0) {
            answer_class(o, s, n, counts);
            answer_row(o, w->job->hyper, s, counts + NN_OF_ROWS * n);
        } else {
            answer_targets(o, s, lanes, counts);
        }
    }
    if (w->answers.wanted && w->answers.outputs != NULL)
        keep_outputs(&w->answers, o, n_rows, lanes, (size_t)w->n_lanes);
}

void X(nn_add_rows)(const nn_outputs *o, size_t n_rows, size_t lanes, nn_tally *tally)
{
    nn_sum_rows(o->loss, n_rows, lanes);
    nn_sum_rows(o->squared, n_rows, lanes);
    for (size_t j = 0; j < lanes; j++) {
        tally[j].loss += o->loss[j];
        tally[j].squared += o->squared[j];
    }
}

nn_score X(nn_score_of)(const nn_work *w, const nn_tally *t, size_t n)
{
    if (n == 0)
        return (nn_score){NN_NAN, NN_NAN, NN_NAN};
    const double rows = (double)n, k = (double)w->net.width[w->net.n_layers];
    const double error = w->job->data->classes != NULL ? (double)t->n_wrong / rows : sqrt(t->squared / (rows * k));
    return (nn_score){t->loss / rows, error, t->max_abs_error};
}

/* Adds the squares and absolute values of one array, in the fixed order of sum.h. */
static void block_norms(size_t n, const REAL *v, double *squares, double *absolutes)
{
    double values[NN_CHUNK];
    for (size_t i = 0; i < n; i += NN_CHUNK) {
        const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
        for (size_t j = 0; j < chunk; j++)
            values[j] = (double)v[i + j] * (double)v[i + j];
        *squares += nn_sum_chunk(values, chunk);
        for (size_t j = 0; j < chunk; j++)
            values[j] = (double)nn_abs(v[i + j]);
        *absolutes += nn_sum_chunk(values, chunk);
    }
}

double X(nn_squares)(size_t n, const REAL *v)
{
    double squares = 0, absolutes = 0;
    block_norms(n, v, &squares, &absolutes);
    return squares;
}

void X(nn_norms)(const nn_network *net, const void *params, double *squares, double *absolutes)
{
    *squares = *absolutes = 0;
    for (int l = 0; l < net->n_layers; l++)
        block_norms(net->b_at[l] - net->w_at[l], (const REAL *)params + net->w_at[l], squares, absolutes);
}

double X(nn_distance)(const nn_network *net, const void *a, const void *b)
{
    double values[NN_CHUNK], sum = 0;
    for (int l = 0; l < net->n_layers; l++) {
        const REAL *p = (const REAL *)a + net->w_at[l], *q = (const REAL *)b + net->w_at[l];
        const size_t n = net->b_at[l] - net->w_at[l];
        for (size_t i = 0; i < n; i += NN_CHUNK) {
            const size_t chunk = n - i < NN_CHUNK ? n - i : NN_CHUNK;
            for (size_t j = 0; j < chunk; j++) {
                const double d = (double)p[i + j] - (double)q[i + j];
                values[j] = d * d;
            }
            sum += nn_sum_chunk(values, chunk);
        }
    }
    return sum;
}
