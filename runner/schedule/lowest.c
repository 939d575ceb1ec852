/* Both costs are those of a network without hidden layer on the same rows, whose cost and gradient core computes. */
#include "schedule/lowest.h"
#include "schedule/lbfgs.h"
#include <stdlib.h>
#include <string.h>

/* The network without hidden layer: weights are W [n_inputs][n_outputs], then b [n_outputs], if any. */
typedef struct layer {
    nn_hyper hyper;
    nn_job job;
    nn_network net;
    void *workspace;
    double *weights, *gradient; /* [n_params] */
} layer;

static bool open_layer(const nn_job *job, bool bias, layer *l)
{
    *l = (layer){.hyper = *job->hyper, .job = *job};
    l->hyper.hidden.n = 0;
    l->hyper.bias = bias;
    l->hyper.lambda = l->hyper.l1 = 0;
    l->job.hyper = &l->hyper;
    nn_network_of(job->data, &l->hyper, &l->net);
    const size_t bytes = (nn_gradient_bytes(&l->job) + NN_ALIGN - 1) / NN_ALIGN * NN_ALIGN;
    l->workspace = aligned_alloc(NN_ALIGN, bytes);
    l->weights = calloc(2 * l->net.n_params, sizeof *l->weights);
    if (l->weights != NULL)
        l->gradient = l->weights + l->net.n_params;
    return l->workspace != NULL && l->weights != NULL;
}

static void close_layer(layer *l)
{
    free(l->workspace);
    free(l->weights);
}

static double cost_of(layer *l)
{
    const nn_split *split = l->job.split;
    return nn_gradient(&l->job, l->weights, split->rows[NN_TRAIN], split->n[NN_TRAIN], l->gradient, l->workspace);
}

/* ---- constant outputs: only the biases move ---- */

static double of_biases(void *context, const double *x, double *gradient)
{
    layer *l = context;
    const size_t n = (size_t)l->net.width[1], at = l->net.b_at[0];
    memcpy(l->weights + at, x, n * sizeof *x);
    const double cost = cost_of(l);
    if (gradient != NULL)
        memcpy(gradient, l->gradient + at, n * sizeof *gradient);
    return cost;
}

static bool never(void *context, double value)
{
    (void)context, (void)value;
    return false;
}

double schedule_lowest_constant(const nn_job *job)
{
    enum { MOST = 100 };
    layer l;
    double cost = NN_NAN;
    int steps = 0;
    if (open_layer(job, true, &l)) {
        const lbfgs_function f = {.n = (size_t)l.net.width[1], .value = of_biases, .enough = never, .context = &l};
        double *x = calloc(f.n, sizeof *x);
        /* Not 0, where a relu has no slope. */
        for (size_t i = 0; x != NULL && i < f.n; i++)
            x[i] = 0.5;
        if (x != NULL && schedule_lbfgs_lower(&f, x, MOST, &steps))
            cost = of_biases(&l, x, NULL);
        free(x);
    }
    close_layer(&l);
    return cost;
}

/* ---- least squares: the cost is c + G.W + 1/2 sum over outputs of W' S W, whose parts gradients give ---- */

typedef struct squares {
    size_t n, k;     /* inputs; outputs */
    double *S, *G;   /* [n][n] the same for every output; [n][k] */
    double *M;       /* [k][k] G' S^-1 G, with traces that are twice what the cost can fall by */
    double *values;  /* [n or k] */
    double *Sb, *Gb; /* [n + 1] and [k] those of the bias */
    double lowest;
} squares;

static bool is_linear(const nn_hyper *h)
{
    return (h->hidden.n == 0 || h->activation == NN_ACTIVATION_linear) && h->output == NN_ACTIVATION_linear &&
           (h->loss == NN_LOSS_mse || h->loss == NN_LOSS_half_squared_error) && h->lambda == 0 && h->l1 == 0;
}

/* Fills S and G from the gradients at 0 and at a weight of 1 from each input, to all outputs at once. */
static void measure(layer *l, squares *q)
{
    const size_t k = q->k, biased = l->net.bias;
    q->lowest = cost_of(l);
    memcpy(q->G, l->gradient, q->n * k * sizeof *q->G);
    if (biased)
        memcpy(q->Gb, l->gradient + l->net.b_at[0], k * sizeof *q->Gb);
    for (size_t i = 0; i < q->n + biased; i++) {
        for (size_t o = 0; o < k; o++)
            l->weights[i * k + o] = 1;
        cost_of(l);
        for (size_t j = 0; j < q->n; j++)
            *(i < q->n ? &q->S[i * q->n + j] : &q->Sb[j]) = l->gradient[j * k] - q->G[j * k];
        if (i == q->n)
            q->Sb[q->n] = l->gradient[q->n * k] - q->Gb[0];
        for (size_t o = 0; o < k; o++)
            l->weights[i * k + o] = 0;
    }
}

/* Takes the bias at its best for every W: what is left is centred. */
static void centre(squares *q)
{
    const double own = q->Sb[q->n];
    for (size_t i = 0; i < q->n; i++)
        for (size_t j = 0; j < q->n; j++)
            q->S[i * q->n + j] -= q->Sb[i] * q->Sb[j] / own;
    for (size_t o = 0; o < q->k; o++) {
        for (size_t i = 0; i < q->n; i++)
            q->G[i * q->k + o] -= q->Sb[i] * q->Gb[o] / own;
        q->lowest -= q->Gb[o] * q->Gb[o] / own / 2;
    }
}

/* Scales every input to a diagonal of 1, or to 0 where it hardly varies, so that its unit does not decide what is
 * rounding. */
static void scale(squares *q)
{
    for (size_t i = 0; i < q->n; i++)
        q->values[i] = q->S[i * q->n + i];
    for (size_t i = 0; i < q->n; i++) {
        const double whole = q->values[i] + q->Sb[i] * q->Sb[i] / fmax(q->Sb[q->n], 1e-300);
        q->values[i] = q->values[i] > 1e-13 * whole ? 1 / sqrt(q->values[i]) : 0;
    }
    for (size_t i = 0; i < q->n; i++) {
        for (size_t j = 0; j < q->n; j++)
            q->S[i * q->n + j] *= q->values[i] * q->values[j];
        for (size_t o = 0; o < q->k; o++)
            q->G[i * q->k + o] *= q->values[i];
    }
}

static bool fill_M(squares *q, eigen_lapack *lapack)
{
    if (!schedule_eigen(lapack, q->S, q->n, q->values))
        return false;
    double *along = q->Gb; /* [k] */
    for (size_t e = 0; e < q->n; e++) {
        if (!(q->values[e] > 1e-12 * q->values[q->n - 1]))
            continue;
        for (size_t o = 0; o < q->k; o++) {
            along[o] = 0;
            for (size_t i = 0; i < q->n; i++)
                along[o] += q->S[e * q->n + i] * q->G[i * q->k + o];
        }
        for (size_t a = 0; a < q->k; a++)
            for (size_t b = 0; b < q->k; b++)
                q->M[a * q->k + b] += along[a] * along[b] / q->values[e];
    }
    return true;
}

static size_t narrowest(const nn_hyper *h)
{
    size_t width = SIZE_MAX;
    for (int i = 0; i < h->hidden.n && !h->shortcuts; i++)
        width = (size_t)h->hidden.width[i] < width ? (size_t)h->hidden.width[i] : width;
    return width;
}

static bool solve(layer *l, squares *q, size_t rank, eigen_lapack *lapack)
{
    measure(l, q);
    if (l->net.bias)
        centre(q);
    scale(q);
    if (!fill_M(q, lapack) || !schedule_eigen(lapack, q->M, q->k, q->values))
        return false;
    for (size_t i = 0; i < q->k && i < rank; i++)
        q->lowest -= fmax(q->values[q->k - 1 - i], 0) / 2;
    return true;
}

static size_t n_numbers(const squares *q)
{
    const size_t most = q->n > q->k ? q->n : q->k;
    return q->n * q->n + q->n * q->k + q->k * q->k + most + q->n + 1 + q->k;
}

size_t schedule_lowest_bytes(const nn_job *job)
{
    nn_network net;
    nn_network_of(job->data, job->hyper, &net);
    const squares q = {.n = (size_t)net.width[0], .k = (size_t)net.width[net.n_layers]};
    return is_linear(job->hyper) ? n_numbers(&q) * sizeof(double) : 0;
}

double schedule_lowest_linear(const nn_job *job, eigen_lapack *lapack)
{
    layer l = {0};
    double lowest = NN_NAN;
    if (!is_linear(job->hyper))
        return NN_NAN;
    if (open_layer(job, job->hyper->bias, &l)) {
        squares q = {.n = (size_t)l.net.width[0], .k = (size_t)l.net.width[1]};
        double *room = calloc(n_numbers(&q), sizeof *room);
        q.S = room;
        if (room != NULL) {
            q.G = q.S + q.n * q.n;
            q.M = q.G + q.n * q.k;
            q.values = q.M + q.k * q.k;
            q.Sb = q.values + (q.n > q.k ? q.n : q.k);
            q.Gb = q.Sb + q.n + 1;
            lowest = solve(&l, &q, narrowest(job->hyper), lapack) ? q.lowest : NN_NAN;
        }
        free(room);
    }
    close_layer(&l);
    return lowest;
}
