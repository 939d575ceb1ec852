/* Lanczos' recurrence without orthogonalising again: lost orthogonality repeats eigenvalues, but makes none larger. The
 * product of the Hessian and a vector is a central difference of core's gradient. */
#include "schedule/sharpness.h"
#include <stdlib.h>
#include <string.h>

/* A product of step h errs by h^2 of the third derivatives and 2e-16 / h of the gradient: h is their cube root. */
static const double difference = 6e-6;
/* A rest this small, against what has been seen, is rounding: the vectors so far hold all that the start held. */
static const double exhausted = 1e-9;

typedef struct work {
    const nn_job *job;
    size_t n;
    void *workspace;             /* of nn_gradient_bytes */
    double *w, *v, *last, *next; /* [n] weights, two Lanczos vectors, and the product */
    double *moved, *gradient;    /* [n] */
    double norm;                 /* of w */
    double diagonal[SHARPNESS_STEPS], beside[SHARPNESS_STEPS];
} work;

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* ---- the largest eigenvalue of a symmetric tridiagonal matrix, by bisection ---- */

/* Has it an eigenvalue above x? By Sturm's sequence: the pivots of T - x are then not all negative. */
static bool is_above(const work *w, int m, double x)
{
    double pivot = -1;
    for (int i = 0; i < m; i++) {
        const double beside = i > 0 ? w->beside[i - 1] : 0;
        pivot = w->diagonal[i] - x - beside * beside / pivot;
        if (!(pivot < 0))
            return true;
    }
    return false;
}

static double largest(const work *w, int m)
{
    double low = w->diagonal[0], high = low;
    for (int i = 0; i < m; i++) { /* Gershgorin's circles */
        const double radius = (i > 0 ? fabs(w->beside[i - 1]) : 0) + (i + 1 < m ? fabs(w->beside[i]) : 0);
        low = fmax(low, w->diagonal[i]);
        high = fmax(high, w->diagonal[i] + radius);
    }
    for (int i = 0; i < 100 && low < high; i++) {
        const double middle = low + (high - low) / 2;
        *(is_above(w, m, middle) ? &low : &high) = middle;
    }
    return low;
}

/* ---- Lanczos ---- */

/* Fills `next` with the Hessian times v. */
static void multiply(work *w)
{
    const nn_split *split = w->job->split;
    const double step = difference * (1 + w->norm);
    memset(w->next, 0, w->n * sizeof *w->next);
    for (int side = -1; side <= 1; side += 2) {
        for (size_t i = 0; i < w->n; i++)
            w->moved[i] = w->w[i] + side * step * w->v[i];
        nn_gradient(w->job, w->moved, split->rows[NN_TRAIN], split->n[NN_TRAIN], w->gradient, w->workspace);
        for (size_t i = 0; i < w->n; i++)
            w->next[i] += side * w->gradient[i] / (2 * step);
    }
}

static void divide(double *v, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        v[i] /= by;
}

/* A vector of length 1 with normal numbers, 0 for frozen weights, whose gradients are 0. */
static void start(work *w)
{
    const nn_hyper *h = w->job->hyper;
    const uint64_t key = nn_stream_key(0, 0, NN_FOR_INIT);
    nn_network net;
    nn_network_of(w->job->data, h, &net);
    for (size_t i = 0; i < w->n; i++) {
        uint32_t words[4];
        nn_philox(key, (uint32_t)i, (uint32_t)(i >> 32), 0, 0, words);
        w->v[i] = nn_normal(words[0]);
    }
    for (int f = 0; f < h->freeze.n; f++) {
        const int layer = h->freeze.width[f] - 1;
        const size_t end = layer + 1 < net.n_layers ? net.w_at[layer + 1] : net.n_params;
        memset(w->v + net.w_at[layer], 0, (end - net.w_at[layer]) * sizeof *w->v);
    }
    const double length = sqrt(dot(w->v, w->v, w->n));
    divide(w->v, w->n, length > 0 ? length : 1);
    memset(w->last, 0, w->n * sizeof *w->last);
    w->norm = sqrt(dot(w->w, w->w, w->n));
}

/* Takes step m; returns how long the rest is. */
static double step(work *w, int m)
{
    const double before = m > 0 ? w->beside[m - 1] : 0;
    multiply(w);
    w->diagonal[m] = dot(w->next, w->v, w->n);
    for (size_t i = 0; i < w->n; i++)
        w->next[i] -= w->diagonal[m] * w->v[i] + before * w->last[i];
    w->beside[m] = sqrt(dot(w->next, w->next, w->n));
    return w->beside[m];
}

static void advance(work *w, double rest)
{
    double *free_one = w->last;
    divide(w->next, w->n, rest);
    w->last = w->v;
    w->v = w->next;
    w->next = free_one;
}

/* NaN: the gradient is not finite somewhere, or it was stopped. */
static double measure(work *w, const atomic_int *stop)
{
    double size = 0;
    start(w);
    for (int m = 0; m < SHARPNESS_STEPS; m++) {
        if (stop != NULL && atomic_load(stop) != 0)
            return NN_NAN;
        const double rest = step(w, m);
        if (!isfinite(rest))
            return NN_NAN;
        size = fmax(size, fmax(fabs(w->diagonal[m]), rest));
        if (m + 1 == SHARPNESS_STEPS || rest <= exhausted * size)
            return largest(w, m + 1);
        advance(w, rest);
    }
    return NN_NAN;
}

/* Of numbers, and of the workspace. */
static size_t room_bytes(size_t n)
{
    return 6 * n * sizeof(double);
}

static size_t workspace_bytes(const nn_job *job)
{
    return (nn_gradient_bytes(job) + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
}

size_t schedule_sharpness_bytes(const nn_job *job)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    return room_bytes(net.n_params) + workspace_bytes(job);
}

nn_status schedule_sharpness(const nn_job *job, nn_outcome *outcome, const atomic_int *stop, nn_error *err)
{
    work w = {.job = job, .n = outcome->n_params};
    const bool narrow = outcome->real_bytes == sizeof(float);
    const void *best = outcome->weights[NN_KEEP_BEST];
    double *const room = malloc(room_bytes(w.n));
    w.workspace = aligned_alloc(NN_ALIGN, workspace_bytes(job));
    double **const parts[] = {&w.w, &w.v, &w.last, &w.next, &w.moved, &w.gradient};
    for (size_t i = 0; room != NULL && i < sizeof parts / sizeof *parts; i++)
        *parts[i] = room + i * w.n;
    const bool ok = room != NULL && w.workspace != NULL;
    for (size_t i = 0; ok && i < w.n; i++)
        w.w[i] = narrow ? (double)((const float *)best)[i] : ((const double *)best)[i];
    if (ok)
        outcome->sharpness = outcome->metrics[NN_METRIC_sharpness] = measure(&w, stop);
    free(room);
    free(w.workspace);
    if (!ok)
        return nn_fail(err, NN_memory, "not enough memory for the sharpness of %zu parameters", w.n);
    return stop != NULL && atomic_load(stop) != 0 ? nn_fail(err, NN_cancelled, "stopped") : NN_ok;
}

/* Gradients by the reference engine, in float64, take about `slower` times as long for a multiply-add as training. */
double schedule_sharpness_work(const nn_job *job)
{
    static const double slower = 30;
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    double row = 0;
    for (int l = 0; l < net.n_layers; l++)
        row += (double)net.width[l + 1] * ((double)net.fan_in[l] + 20);
    return slower * 2 * SHARPNESS_STEPS * 3 * row * (double)job->split->n[NN_TRAIN];
}
