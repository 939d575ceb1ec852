/* The finished rows of one thread, until they are written together. */
#include "results_internal.h"
#include <stdlib.h>
#include <time.h>

/* So long may a row wait when the next one comes; results_sync writes those that wait for none. */
static const double longest_wait = 0.1;

struct row_buffer {
    results *r;
    row_batch *batch;
    pthread_mutex_t mutex; /* its thread adds, and the one that syncs the file flushes */
    double flushed;        /* seconds of now() */
    row_buffer *next;      /* in the list of the results */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

nn_status row_buffer_new(results *r, row_buffer **out, nn_error *err)
{
    row_buffer *b = calloc(1, sizeof *b);
    nn_status status = b == NULL ? nn_fail(err, NN_memory, "not enough memory for the rows of results")
                                 : batch_new(r->l, r->fd, r->path, &b->batch, err);
    if (status != NN_ok) {
        free(b);
        return status;
    }
    b->r = r;
    b->flushed = now();
    pthread_mutex_init(&b->mutex, NULL);
    pthread_mutex_lock(&r->mutex);
    b->next = r->buffers;
    r->buffers = b;
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
    pthread_mutex_unlock(&b->r->mutex);
    pthread_mutex_destroy(&b->mutex);
    batch_free(b->batch);
    free(b);
}

/* With the mutex held. Rows that could not be written stay, for another try. */
static nn_status flush(row_buffer *b, nn_error *err)
{
    const nn_status status = batch_store(b->batch, err);
    if (status != NN_ok)
        return status;
    for (size_t i = 0; i < batch_n(b->batch); i++)
        b->r->status[batch_run(b->batch, i)] = (unsigned char)batch_status(b->batch, i);
    batch_empty(b->batch);
    b->flushed = now();
    return NN_ok;
}

nn_status row_buffer_flush(row_buffer *b, nn_error *err)
{
    pthread_mutex_lock(&b->mutex);
    const nn_status status = flush(b, err);
    pthread_mutex_unlock(&b->mutex);
    return status;
}

static nn_status add(row_buffer *b, const row_source *s, nn_error *err)
{
    nn_status status = NN_ok;
    pthread_mutex_lock(&b->mutex);
    unsigned char *row = batch_add(b->batch, s->run, s->seconds);
    if (row == NULL) {
        status = flush(b, err);
        row = status == NN_ok ? batch_add(b->batch, s->run, s->seconds) : NULL;
    }
    if (row != NULL) {
        row_encode(b->r->l, s, row);
        if (now() - b->flushed > longest_wait)
            status = flush(b, err);
    }
    pthread_mutex_unlock(&b->mutex);
    return status;
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

nn_status buffers_flush(results *r, nn_error *err)
{
    nn_status status = NN_ok;
    pthread_mutex_lock(&r->mutex);
    for (row_buffer *b = r->buffers; b != NULL && status == NN_ok; b = b->next)
        status = row_buffer_flush(b, err);
    pthread_mutex_unlock(&r->mutex);
    return status;
}
