/* Makes rows of finished runs, collects them in the buffers of the threads, and writes them. */
#include "results/write.h"
#include "base/clock.h"
#include "results/disk.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- One run's row in memory ---- */

static size_t row_bytes(const layout *l, size_t run)
{
    const net_shape *net = net_of_run(l, run);
    return net == NULL ? l->row.bytes : net->row.bytes;
}

static void put_fields(const layout *l, const row_plan *plan, const row_source *s, unsigned char *row)
{
    for (size_t i = 0; i < plan->n; i++)
        plan->fields[i]->put(l, plan->fields[i], s, row + plan->fields[i]->row_at);
}

void results_row_encode(const layout *l, const row_source *s, unsigned char *row)
{
    const net_shape *net = net_of_run(l, s->run);
    put_fields(l, &l->row, s, row);
    if (net != NULL)
        put_fields(l, &net->row, s, row);
}

/* A batch is full at so many rows or bytes; a larger row is a batch of its own. */
enum { MAX_ROWS = 256, MAX_BYTES = 1 << 20, GATHER_BYTES = 1 << 16 };

typedef struct batch_row {
    size_t run, slot; /* slot: its row in the weights group of its shape, if any */
    const net_shape *net;
    unsigned char *bytes;
    uint64_t check;
    double seconds;
} batch_row;

struct row_batch {
    const layout *l;
    size_t n, used, room; /* rows; bytes that they take; bytes of the batch */
    unsigned char *bytes;
    batch_row rows[MAX_ROWS];
};

size_t results_batch_bytes(const layout *l)
{
    size_t row = l->row.bytes;
    for (size_t i = 0; i < l->n_nets; i++)
        row = l->nets[i].row.bytes > row ? l->nets[i].row.bytes : row;
    if (row > MAX_BYTES)
        return row;
    return row * MAX_ROWS < MAX_BYTES ? row * MAX_ROWS : MAX_BYTES;
}

nn_status results_batch_new(const layout *l, row_batch **out, nn_error *err)
{
    row_batch *b = calloc(1, sizeof *b);
    const size_t room = results_batch_bytes(l);
    if (b != NULL) {
        b->l = l;
        b->room = room;
        b->bytes = malloc(room);
    }
    if (b == NULL || b->bytes == NULL) {
        results_batch_free(b);
        return nn_fail(err, NN_memory, "not enough memory for the rows of results (%.1f MB)", (double)room / 1e6);
    }
    *out = b;
    return NN_ok;
}

void results_batch_free(row_batch *b)
{
    if (b == NULL)
        return;
    free(b->bytes);
    free(b);
}

static size_t batch_n(const row_batch *b)
{
    return b->n;
}

static size_t batch_run(const row_batch *b, size_t i)
{
    return b->rows[i].run;
}

static nn_run_status batch_status(const row_batch *b, size_t i)
{
    int32_t status;
    memcpy(&status, b->rows[i].bytes + b->l->fields[b->l->status].row_at, sizeof status);
    return (nn_run_status)status;
}

static void batch_empty(row_batch *b)
{
    b->n = b->used = 0;
}

/* A row to be filled, zeros but for its keys; NULL: the batch is full. An empty one has room for any row. */
static unsigned char *batch_add(row_batch *b, size_t run, double seconds)
{
    const layout *l = b->l;
    const size_t bytes = row_bytes(l, run);
    if (b->n == MAX_ROWS || bytes > b->room - b->used)
        return NULL;
    unsigned char *row = b->bytes + b->used;
    b->rows[b->n++] = (batch_row){.run = run,
                                  .slot = l->slot == NULL ? 0 : l->slot[run],
                                  .net = net_of_run(l, run),
                                  .bytes = row,
                                  .seconds = seconds};
    b->used += bytes;
    memset(row, 0, bytes); /* the padding too, since the check covers it */
    row_begin(&l->runs[run], row);
    return row;
}

void results_batch_seal(row_batch *b)
{
    batch_row *row = &b->rows[b->n - 1];
    row->check = XXH3_64bits(row->bytes, row_bytes(b->l, row->run));
}

/* ---- columns ---- */

/* The rows of some batches in the order of the file, and the file. */
typedef struct row_list {
    const layout *l;
    int fd;
    const char *path;
    size_t n;
    batch_row *rows;
    unsigned char *gather; /* [GATHER_BYTES] a column of some rows */
} row_list;

/* Which row of the field belongs to a row of the list. */
static size_t index_of(const field *f, const batch_row *row)
{
    return f->net == NO_NET ? row->run : row->slot;
}

/* How many rows, from `row` on, lie side by side in the file; at most `n`. */
static size_t neighbours(const field *f, const batch_row *row, size_t n)
{
    size_t k = 1;
    while (k < n && index_of(f, &row[k]) == index_of(f, &row[k - 1]) + 1)
        k++;
    return k;
}

/* The value of a field. `seconds` and `check` are not in the bytes of the row. */
static const void *value_of(const layout *l, const field *f, const batch_row *row)
{
    if (f == &l->fields[l->seconds])
        return &row->seconds;
    if (f == &l->fields[l->check])
        return &row->check;
    return row->bytes + f->row_at;
}

static const void *gather(const row_list *list, const field *f, const batch_row *row, size_t n)
{
    const size_t bytes = field_row_bytes(f);
    unsigned char *to = list->gather;
    if (n == 1)
        return value_of(list->l, f, row);
    for (size_t i = 0; i < n; i++)
        if (bytes == sizeof(double)) /* of most columns, and the compiler knows the size of this copy */
            memcpy(to + i * sizeof(double), value_of(list->l, f, &row[i]), sizeof(double));
        else
            memcpy(to + i * bytes, value_of(list->l, f, &row[i]), bytes);
    return to;
}

/* Writes one column of n rows. */
static nn_status store_column(const row_list *list, const field *f, const batch_row *row, size_t n, nn_error *err)
{
    const size_t bytes = field_row_bytes(f), fit = bytes == 0 ? n : GATHER_BYTES / bytes;
    nn_status status = NN_ok;
    for (size_t i = 0, k; i < n && status == NN_ok; i += k) {
        k = neighbours(f, &row[i], n - i < fit ? n - i : fit);
        status = results_disk_write(list->fd, list->path, gather(list, f, &row[i], k), k * bytes,
                                    f->offset + index_of(f, &row[i]) * bytes, err);
    }
    return status;
}

static nn_status store_fields(const row_list *list, const row_plan *plan, const batch_row *row, size_t n, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < plan->n && status == NN_ok; i++)
        if (plan->fields[i] != &list->l->fields[list->l->status])
            status = store_column(list, plan->fields[i], row, n, err);
    return status;
}

/* Writes the weights of the runs of each network shape. */
static nn_status store_shapes(const row_list *list, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0, k; i < list->n && status == NN_ok; i += k) {
        const net_shape *net = list->rows[i].net;
        for (k = 1; i + k < list->n && list->rows[i + k].net == net;)
            k++;
        if (net != NULL)
            status = store_fields(list, &net->row, &list->rows[i], k, err);
    }
    return status;
}

/* The order matters: all data, then the checks, then the statuses. See results.h. */
static nn_status store_list(const row_list *list, nn_error *err)
{
    const layout *l = list->l;
    const int last[] = {l->seconds, l->check, l->status};
    nn_status status = store_fields(list, &l->row, list->rows, list->n, err);
    if (status == NN_ok)
        status = store_shapes(list, err);
    for (size_t i = 0; i < sizeof last / sizeof *last && status == NN_ok; i++)
        status = store_column(list, &l->fields[last[i]], list->rows, list->n, err);
    return status;
}

static int by_run(const void *a, const void *b)
{
    const batch_row *p = a, *q = b;
    return (p->run > q->run) - (p->run < q->run);
}

nn_status results_batches_store(row_batch *const *batches, size_t n_batches, int fd, const char *path, nn_error *err)
{
    size_t n = 0;
    for (size_t i = 0; i < n_batches; i++)
        n += batches[i]->n;
    if (n == 0)
        return NN_ok;
    row_list list = {.l = batches[0]->l,
                     .fd = fd,
                     .path = path,
                     .rows = malloc(n * sizeof *list.rows),
                     .gather = malloc(GATHER_BYTES)};
    nn_status status = NN_ok;
    if (list.rows == NULL || list.gather == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory to write %zu rows of results", n);
        goto done;
    }
    for (size_t i = 0; i < n_batches; i++) {
        memcpy(list.rows + list.n, batches[i]->rows, batches[i]->n * sizeof *list.rows);
        list.n += batches[i]->n;
    }
    qsort(list.rows, n, sizeof *list.rows, by_run);
    status = store_list(&list, err);
done:
    free(list.rows);
    free(list.gather);
    return status;
}

nn_status results_batch_next(row_batch *b, int fd, const char *path, size_t run, double seconds, unsigned char **row,
                             nn_error *err)
{
    *row = batch_add(b, run, seconds);
    if (*row != NULL)
        return NN_ok;
    const nn_status status = results_batches_store(&b, 1, fd, path, err);
    if (status != NN_ok)
        return status;
    batch_empty(b);
    *row = batch_add(b, run, seconds);
    return NN_ok;
}

/* ---- the buffers of the threads, which are written together, so that many rows are neighbours in the file ---- */

/* Seconds for which a row may wait when others follow; the last ones wait for the next results_sync. */
static const double longest_wait = 0.1;

/* A thread fills one batch while those that it filled before are written. */
struct row_buffer {
    results *r;
    pthread_mutex_t mutex; /* guards `filling`: its own thread fills it, any thread takes it away */
    row_batch *filling;
    row_batch *leaving; /* is being written, else is empty; guarded by the mutex of the results */
    row_buffer *next;   /* in the list of the results */
};

/* ---- lifecycle ---- */

void results_buffers_init(results *r)
{
    pthread_mutex_init(&r->mutex, NULL);
    atomic_init(&r->flushed, clock_seconds());
}

nn_status results_buffer_new(results *r, row_buffer **out, nn_error *err)
{
    row_buffer *b = calloc(1, sizeof *b);
    nn_status status = b == NULL ? nn_fail(err, NN_memory, "not enough memory for the rows of results") : NN_ok;
    if (status == NN_ok)
        status = results_batch_new(r->l, &b->filling, err);
    if (status == NN_ok)
        status = results_batch_new(r->l, &b->leaving, err);
    if (status != NN_ok) {
        if (b != NULL)
            results_batch_free(b->filling);
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

void results_buffer_free(row_buffer *b)
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
    results_batch_free(b->filling);
    results_batch_free(b->leaving);
    free(b);
}

/* ---- flushing: with the mutex of the results held ---- */

/* Takes away the rows that a thread has added. False: rows that an earlier try could not write are still to be
 * written. */
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

/* Puts the statuses of rows that are now in the file into memory. */
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
    const nn_status status = results_batches_store(batches, n, r->fd, r->path, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        acknowledge(r, batches[i]);
    return status;
}

static nn_status flush(results *r, nn_error *err)
{
    bool behind = true; /* some buffer has rows behind those of an earlier try */
    nn_status status = NN_ok;
    row_batch **batches = malloc((r->n_buffers + 1) * sizeof *batches);
    if (batches == NULL)
        return nn_fail(err, NN_memory, "not enough memory to write rows of results");
    while (behind && status == NN_ok)
        status = flush_once(r, batches, &behind, err);
    free(batches);
    atomic_store(&r->flushed, clock_seconds());
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
        results_row_encode(b->r->l, s, row);
        results_batch_seal(b->filling);
    }
    pthread_mutex_unlock(&b->mutex);
    return row != NULL;
}

/* One thread at a time writes; the others do not wait for it. */
static nn_status flush_if_due(results *r, nn_error *err)
{
    nn_status status = NN_ok;
    if (clock_seconds() - atomic_load(&r->flushed) < longest_wait || pthread_mutex_trylock(&r->mutex) != 0)
        return NN_ok;
    if (clock_seconds() - atomic_load(&r->flushed) >= longest_wait) /* unless another thread has done so meanwhile */
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

nn_status results_buffer_add(row_buffer *b, size_t run, const nn_outcome *outcome, double seconds, nn_error *err)
{
    return add(b, &(row_source){run, outcome->status, outcome->reason, outcome, seconds}, err);
}

nn_status results_buffer_add_failed(row_buffer *b, size_t run, nn_stop_reason reason, double seconds, nn_error *err)
{
    return add(b, &(row_source){run, NN_RUN_failed, reason, NULL, seconds}, err);
}
