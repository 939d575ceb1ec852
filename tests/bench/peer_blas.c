/* peer_blas.c - trains one network at a time in plain C with a BLAS, as one would write it by hand for speed: a peer
 * of nngrid.
 *
 * peer_blas.py builds it with -O3 -march=native -ffast-math and calls it by ctypes. Weights are [in][out]; for batches
 * of one row, where a BLAS has nothing to block, they are [out][in], with loops that the compiler vectorises. */
#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 4, CHUNK = 512 };

typedef struct peer_run {
    const float *x, *x_held; /* [rows][width[0]] */
    const int32_t *y, *y_held;
    int32_t n, n_held, n_layers, width[LAYERS + 1], batch, epochs, relu, softmax, evaluate, running, seed;
    float rate, momentum, decay, dropout;
} peer_run;

typedef struct network {
    const peer_run *run;
    float *w[LAYERS], *b[LAYERS], *gw[LAYERS], *gb[LAYERS], *vw[LAYERS], *vb[LAYERS];
    float *a[LAYERS + 1], *d[LAYERS + 1], *mask[LAYERS]; /* [CHUNK][width] */
    int32_t *order, labels[CHUNK];
    uint64_t random;
    double loss;
    int wrong;
} network;

static uint32_t draw(network *n)
{
    n->random ^= n->random << 13;
    n->random ^= n->random >> 7;
    n->random ^= n->random << 17;
    return (uint32_t)(n->random >> 32);
}

static float *floats(int32_t count)
{
    float *p = aligned_alloc(64, ((size_t)count * sizeof *p + 63) / 64 * 64);
    return p != NULL ? memset(p, 0, (size_t)count * sizeof *p) : abort(), p;
}

static void make(network *n, const peer_run *r)
{
    *n = (network){.run = r, .random = 88172645463325252u + (uint64_t)r->seed};
    n->order = malloc((size_t)r->n * sizeof *n->order);
    for (int32_t i = 0; i < r->n; i++)
        n->order[i] = i;
    for (int l = 0; l <= r->n_layers; l++) {
        n->a[l] = floats(CHUNK * r->width[l]);
        n->d[l] = floats(CHUNK * r->width[l]);
    }
    for (int l = 0; l < r->n_layers; l++) {
        const int32_t in = r->width[l], out = r->width[l + 1];
        const float limit = sqrtf(6.0f / (float)(in + out));
        float **weights[] = {&n->w[l], &n->gw[l], &n->vw[l]}, **biases[] = {&n->b[l], &n->gb[l], &n->vb[l]};
        for (int k = 0; k < 3; k++) {
            *weights[k] = floats(in * out);
            *biases[k] = floats(out);
        }
        n->mask[l] = floats(CHUNK * out);
        for (int32_t i = 0; i < in * out; i++)
            n->w[l][i] = limit * ((float)draw(n) * 0x1p-31f - 1);
    }
}

static void unmake(network *n)
{
    for (int l = 0; l <= n->run->n_layers; l++) {
        free(n->a[l]);
        free(n->d[l]);
    }
    for (int l = 0; l < n->run->n_layers; l++) {
        float *all[] = {n->w[l], n->gw[l], n->vw[l], n->b[l], n->gb[l], n->vb[l], n->mask[l]};
        for (int k = 0; k < 7; k++)
            free(all[k]);
    }
    free(n->order);
}

/* ---- element by element ---- */

static void activate(const peer_run *r, float *z, int32_t count)
{
    if (r->relu)
        for (int32_t i = 0; i < count; i++)
            z[i] = z[i] > 0 ? z[i] : 0;
    else
        for (int32_t i = 0; i < count; i++)
            z[i] = 1 / (1 + expf(fminf(-z[i], 80))); /* finite, since -ffast-math assumes so */
}

static void slope(const peer_run *r, float *d, const float *a, int32_t count)
{
    if (r->relu)
        for (int32_t i = 0; i < count; i++)
            d[i] = a[i] > 0 ? d[i] : 0;
    else
        for (int32_t i = 0; i < count; i++)
            d[i] *= a[i] * (1 - a[i]);
}

static void softmax(float *z, int32_t k)
{
    float top = z[0], sum = 0;
    for (int32_t j = 1; j < k; j++)
        top = z[j] > top ? z[j] : top;
    for (int32_t j = 0; j < k; j++)
        sum += z[j] = expf(z[j] - top);
    for (int32_t j = 0; j < k; j++)
        z[j] /= sum;
}

static void drop(network *n, float *a, float *mask, int32_t count)
{
    const float keep = 1 - n->run->dropout, scale = 1 / keep;
    const uint32_t bound = (uint32_t)((double)keep * 0x1p32);
    for (int32_t i = 0; i < count; i++) {
        mask[i] = draw(n) < bound ? scale : 0;
        a[i] *= mask[i];
    }
}

/* ---- a chunk of rows ---- */

static void gather(network *n, const float *x, const int32_t *y, const int32_t *rows, int32_t m)
{
    const int32_t in = n->run->width[0];
    for (int32_t i = 0; i < m; i++) {
        memcpy(n->a[0] + i * in, x + (size_t)rows[i] * (size_t)in, (size_t)in * sizeof *x);
        n->labels[i] = y[rows[i]];
    }
}

static void forward(network *n, int32_t m, bool dropping)
{
    const peer_run *r = n->run;
    for (int l = 0; l < r->n_layers; l++) {
        const int32_t in = r->width[l], out = r->width[l + 1];
        const bool last = l == r->n_layers - 1;
        float *z = n->a[l + 1];
        if (r->batch == 1) {
            for (int32_t i = 0; i < m; i++)
                for (int32_t j = 0; j < out; j++) {
                    float sum = n->b[l][j];
                    for (int32_t k = 0; k < in; k++)
                        sum += n->w[l][j * in + k] * n->a[l][i * in + k];
                    z[i * out + j] = sum;
                }
        } else {
            for (int32_t i = 0; i < m; i++)
                memcpy(z + i * out, n->b[l], (size_t)out * sizeof *z);
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, out, in, 1, n->a[l], in, n->w[l], out, 1, z, out);
        }
        for (int32_t i = 0; last && r->softmax && i < m; i++)
            softmax(z + i * out, out);
        if (!last || !r->softmax)
            activate(&(peer_run){.relu = r->relu && !last}, z, m * out);
        if (!last && dropping && r->dropout > 0)
            drop(n, z, n->mask[l], m * out);
    }
}

/* Adds the loss and the wrong classes of these rows. */
static void score(network *n, int32_t m)
{
    const peer_run *r = n->run;
    const int32_t k = r->width[r->n_layers];
    for (int32_t i = 0; i < m; i++) {
        const float *y = n->a[r->n_layers] + i * k, tiny = 1e-30f;
        int32_t best = 0;
        for (int32_t j = 0; j < k; j++) {
            best = y[j] > y[best] ? j : best;
            if (!r->softmax)
                n->loss -= (double)logf(fmaxf(j == n->labels[i] ? y[j] : 1 - y[j], tiny));
        }
        if (r->softmax)
            n->loss -= (double)logf(fmaxf(y[n->labels[i]], tiny));
        n->wrong += best != n->labels[i];
    }
}

/* Adds the gradients of m of the batch's `rows` rows to those before. */
static void backward(network *n, int32_t m, int32_t rows, bool first)
{
    const peer_run *r = n->run;
    const int32_t k = r->width[r->n_layers];
    float *d = n->d[r->n_layers];
    for (int32_t i = 0; i < m; i++)
        for (int32_t j = 0; j < k; j++)
            d[i * k + j] = (n->a[r->n_layers][i * k + j] - (j == n->labels[i])) / (float)rows;
    for (int l = r->n_layers - 1; l >= 0; l--) {
        const int32_t in = r->width[l], out = r->width[l + 1];
        d = n->d[l + 1];
        for (int32_t j = 0; first && j < out; j++)
            n->gb[l][j] = 0;
        for (int32_t i = 0; i < m; i++)
            for (int32_t j = 0; j < out; j++)
                n->gb[l][j] += d[i * out + j];
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, m, 1, n->a[l], in, d, out, first ? 0 : 1,
                    n->gw[l], out);
        if (l == 0)
            break;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, in, out, 1, d, out, n->w[l], out, 0, n->d[l], in);
        if (r->dropout > 0)
            for (int32_t i = 0; i < m * in; i++)
                n->d[l][i] *= n->mask[l - 1][i];
        slope(r, n->d[l], n->a[l], m * in);
    }
}

static void step(const peer_run *r, float *restrict w, float *restrict v, const float *restrict g, float decay,
                 int32_t count)
{
    const float rate = r->rate, momentum = r->momentum;
    if (momentum == 0)
        for (int32_t i = 0; i < count; i++)
            w[i] -= rate * (g[i] + decay * w[i]);
    else
        for (int32_t i = 0; i < count; i++) {
            v[i] = momentum * v[i] + g[i] + decay * w[i];
            w[i] -= rate * v[i];
        }
}

static void update(network *n)
{
    for (int l = 0; l < n->run->n_layers; l++) {
        const int32_t in = n->run->width[l], out = n->run->width[l + 1];
        step(n->run, n->w[l], n->vw[l], n->gw[l], n->run->decay, in * out);
        step(n->run, n->b[l], n->vb[l], n->gb[l], 0, out);
    }
}

/* Trains a batch of one row without momentum: gradient and update in one pass over the weights. */
static void one_row(network *n)
{
    const peer_run *r = n->run;
    const int32_t k = r->width[r->n_layers];
    for (int32_t j = 0; j < k; j++)
        n->d[r->n_layers][j] = n->a[r->n_layers][j] - (j == n->labels[0]);
    for (int l = r->n_layers - 1; l >= 0; l--) {
        const int32_t in = r->width[l], out = r->width[l + 1];
        const float *restrict a = n->a[l], *d = n->d[l + 1];
        float *restrict below = n->d[l];
        memset(below, 0, (size_t)in * sizeof *below);
        for (int32_t j = 0; j < out; j++) {
            float *restrict w = n->w[l] + j * in;
            const float dj = d[j], rate = r->rate, keep = 1 - rate * r->decay;
            for (int32_t i = 0; l > 0 && i < in; i++)
                below[i] += dj * w[i];
            for (int32_t i = 0; i < in; i++)
                w[i] = keep * w[i] - rate * dj * a[i];
            n->b[l][j] -= rate * dj;
        }
        if (l > 0)
            slope(r, below, a, in);
    }
}

/* ---- epochs ---- */

static void train_batch(network *n, const int32_t *rows, int32_t size)
{
    const peer_run *r = n->run;
    for (int32_t at = 0; at < size; at += CHUNK) {
        const int32_t m = size - at < CHUNK ? size - at : CHUNK;
        gather(n, r->x, r->y, rows + at, m);
        forward(n, m, true);
        if (r->running)
            score(n, m);
        if (r->batch == 1 && r->momentum == 0)
            one_row(n);
        else
            backward(n, m, size, at == 0);
    }
    if (r->batch != 1)
        update(n);
}

static double evaluate(network *n, const float *x, const int32_t *y, int32_t rows)
{
    int32_t some[CHUNK];
    n->loss = n->wrong = 0;
    for (int32_t at = 0; at < rows; at += CHUNK) {
        const int32_t m = rows - at < CHUNK ? rows - at : CHUNK;
        for (int32_t i = 0; i < m; i++)
            some[i] = at + i;
        gather(n, x, y, some, m);
        forward(n, m, false);
        score(n, m);
    }
    return n->loss / rows;
}

static void shuffle(network *n)
{
    for (int32_t i = n->run->n - 1; i > 0; i--) {
        const int32_t j = (int32_t)(((uint64_t)draw(n) * (uint64_t)(i + 1)) >> 32), kept = n->order[i];
        n->order[i] = n->order[j];
        n->order[j] = kept;
    }
}

double peer_train(const peer_run *r)
{
    network n;
    make(&n, r);
    const bool held = r->evaluate;
    const float *x = held ? r->x_held : r->x;
    const int32_t *y = held ? r->y_held : r->y, rows = held ? r->n_held : r->n;
    const int32_t batch = r->batch > 0 ? r->batch : r->n;
    double loss = evaluate(&n, x, y, rows);
    for (int32_t epoch = 1; epoch <= r->epochs; epoch++) {
        if (batch < r->n)
            shuffle(&n);
        for (int32_t at = 0; at < r->n; at += batch)
            train_batch(&n, n.order + at, r->n - at < batch ? r->n - at : batch);
        if (held || epoch == r->epochs)
            loss = evaluate(&n, x, y, rows);
    }
    unmake(&n);
    return loss;
}
