/* Finished rows until they are written: those of all threads together, so that as many as possible are
 * neighbours in the file. */
#include "results/layout.h"
#include <stdlib.h>
#include <time.h>

/* So long may a row wait when others follow; the next results_sync writes those that wait alone. */
static const double longest_wait = 0.1;

/* A thread fills one batch while those that it filled before are written. */
struct row_buffer {
    results *r;
    pthread_mutex_t mutex; /* guards `filling`, which its thread fills and any thread takes away */
    row_batch *filling;
    row_batch *leaving; /* being written, else empty; guarded by the mutex of the results */
    row_buffer *next;   /* in the list of the results */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- lifecycle ---- */

void buffers_init(results *r)
{
    pthread_mutex_init(&r->mutex, NULL);
    atomic_init(&r->flushed, now());
}

nn_status row_buffer_new(results *r, row_buffer **out, nn_error *err)
{
    row_buffer *b = calloc(1, sizeof *b);
    nn_status status =
        b == NULL ? nn_fail(err, NN_memory, "not enough memory for the rows of results") : NN_ok;
    if (status == NN_ok)
        status = batch_new(r->l, &b->filling, err);
    if (status == NN_ok)
        status = batch_new(r->l, &b->leaving, err);
    if (status != NN_ok) {
        if (b != NULL)
            batch_free(b->filling);
        free(b);
        return status;
    }
    b->r = r;
    pthread_mutex_init(&b->mutex, NULL);
    pthread_mutex_lock(&r->mutex);
    b->next = r->buffers;
    r->buffers = b;
    r->n_buffers++;
    pthread_mutex_unlock(&r->mutex);
    *out = b;
    return NN_ok;
}

void row_buffer_free(row_buffer *b)
{
    if (b == NULL)
        return;
    pthread_mutex_lock(&b->r->mutex);
    row_buffer **link = &b->r->buffers;
    while (*link != b)
        link = &(*link)->next;
    *link = b->next;
    b->r->n_buffers--;
    pthread_mutex_unlock(&b->r->mutex);
    pthread_mutex_destroy(&b->mutex);
    batch_free(b->filling);
    batch_free(b->leaving);
    free(b);
}

/* ---- flushing: with the mutex of the results held ---- */

/* Takes away what a thread has filled. False: what an earlier try could not write is still leaving. */
static bool take(row_buffer *b)
{
    pthread_mutex_lock(&b->mutex);
    const bool free_to_go = batch_n(b->leaving) == 0;
    if (free_to_go) {
        row_batch *filled = b->filling;
        b->filling = b->leaving;
        b->leaving = filled;
    }
    pthread_mutex_unlock(&b->mutex);
    return free_to_go;
}

/* The rows are in the file: so say the statuses in memory, from now on. */
static void acknowledge(results *r, row_batch *batch)
{
    for (size_t i = 0; i < batch_n(batch); i++)
        r->status[batch_run(batch, i)] = (unsigned char)batch_status(batch, i);
    batch_empty(batch);
}

static nn_status flush_once(results *r, row_batch **batches, bool *behind, nn_error *err)
{
    size_t n = 0;
    *behind = false;
    for (row_buffer *b = r->buffers; b != NULL; b = b->next) {
        *behind |= !take(b);
        batches[n++] = b->leaving;
    }
    const nn_status status = batches_store(batches, n, r->fd, r->path, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        acknowledge(r, batches[i]);
    return status;
}

static nn_status flush(results *r, nn_error *err)
{
    bool behind = true; /* rows that wait behind those of an earlier try */
    nn_status status = NN_ok;
    row_batch **batches = malloc((r->n_buffers + 1) * sizeof *batches);
    if (batches == NULL)
        return nn_fail(err, NN_memory, "not enough memory to write rows of results");
    while (behind && status == NN_ok)
        status = flush_once(r, batches, &behind, err);
    free(batches);
    atomic_store(&r->flushed, now());
    return status;
}

nn_status results_flush(results *r, nn_error *err)
{
    pthread_mutex_lock(&r->mutex);
    const nn_status status = flush(r, err);
    pthread_mutex_unlock(&r->mutex);
    return status;
}

/* ---- adding ---- */

/* False: the batch is full. */
static bool add_row(row_buffer *b, const row_source *s)
{
    pthread_mutex_lock(&b->mutex);
    unsigned char *row = batch_add(b->filling, s->run, s->seconds);
    if (row != NULL) {
        row_encode(b->r->l, s, row);
        batch_seal(b->filling);
    }
    pthread_mutex_unlock(&b->mutex);
    return row != NULL;
}

/* One thread at a time writes; the others go on. */
static nn_status flush_if_due(results *r, nn_error *err)
{
    nn_status status = NN_ok;
    if (now() - atomic_load(&r->flushed) < longest_wait || pthread_mutex_trylock(&r->mutex) != 0)
        return NN_ok;
    if (now() - atomic_load(&r->flushed) >= longest_wait) /* not another thread meanwhile */
        status = flush(r, err);
    pthread_mutex_unlock(&r->mutex);
    return status;
}

static nn_status add(row_buffer *b, const row_source *s, nn_error *err)
{
    if (!add_row(b, s)) {
        const nn_status status = results_flush(b->r, err);
        if (status != NN_ok)
            return status;
        add_row(b, s); /* an empty batch has room for any row */
    }
    return flush_if_due(b->r, err);
}

nn_status row_buffer_add(row_buffer *b, size_t run, const nn_outcome *outcome, double seconds, nn_error *err)
{
    return add(b, &(row_source){run, outcome->status, outcome->reason, outcome, seconds}, err);
}

nn_status row_buffer_add_failed(row_buffer *b, size_t run, nn_stop_reason reason, double seconds,
                                nn_error *err)
{
    return add(b, &(row_source){run, NN_RUN_failed, reason, NULL, seconds}, err);
}
