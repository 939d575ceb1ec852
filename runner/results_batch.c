/* Rows on their way into the file, several at once: for each field, neighbouring runs go in one write. A write
 * costs about as much for one number as for a few hundred, and the kernel lets one thread at a time write to a
 * file, so this is what keeps many threads with short runs from waiting for each other. */
#include "results_internal.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Full at so many rows or bytes; a row that is larger than that is a batch of its own. */
enum { MAX_ROWS = 256, MAX_BYTES = 1 << 20, GATHER_BYTES = 1 << 16 };

typedef struct batch_row {
    size_t run, slot; /* slot: the row in the group of its shape, where it has one */
    const net_shape *net;
    unsigned char *bytes;
    uint64_t check;
    double seconds;
} batch_row;

struct row_batch {
    const layout *l;
    int fd;
    const char *path;
    size_t n, used, room; /* rows; bytes that they take, and that there are */
    unsigned char *bytes;
    unsigned char *gather; /* [GATHER_BYTES] one column of some rows */
    batch_row rows[MAX_ROWS];
};

size_t batch_bytes(const layout *l)
{
    size_t row = l->row.bytes;
    for (size_t i = 0; i < l->n_nets; i++)
        row = l->nets[i].row.bytes > row ? l->nets[i].row.bytes : row;
    if (row > MAX_BYTES)
        return row;
    return row * MAX_ROWS < MAX_BYTES ? row * MAX_ROWS : MAX_BYTES;
}

nn_status batch_new(const layout *l, int fd, const char *path, row_batch **out, nn_error *err)
{
    row_batch *b = calloc(1, sizeof *b);
    const size_t room = batch_bytes(l);
    if (b != NULL) {
        *b = (row_batch){.l = l, .fd = fd, .path = path, .room = room};
        b->bytes = malloc(room);
        b->gather = malloc(GATHER_BYTES);
    }
    if (b == NULL || b->bytes == NULL || b->gather == NULL) {
        batch_free(b);
        return nn_fail(err, NN_memory, "not enough memory for the rows of results (%.1f MB)",
                       (double)room / 1e6);
    }
    *out = b;
    return NN_ok;
}

void batch_free(row_batch *b)
{
    if (b == NULL)
        return;
    free(b->bytes);
    free(b->gather);
    free(b);
}

size_t batch_n(const row_batch *b)
{
    return b->n;
}

size_t batch_run(const row_batch *b, size_t i)
{
    return b->rows[i].run;
}

nn_run_status batch_status(const row_batch *b, size_t i)
{
    int32_t status;
    memcpy(&status, b->rows[i].bytes + b->l->fields[b->l->status].row_at, sizeof status);
    return (nn_run_status)status;
}

unsigned char *batch_add(row_batch *b, size_t run, double seconds)
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
    memset(row, 0, bytes); /* between fields, too: the check is over all of it */
    row_begin(&l->runs[run], row);
    return row;
}

/* ---- columns ---- */

/* The row of a field that belongs to a row of the batch. */
static size_t index_of(const field *f, const batch_row *row)
{
    return f->net == NO_NET ? row->run : row->slot;
}

/* How many rows from `row` on are neighbours in the file, at most `n`. */
static size_t neighbours(const field *f, const batch_row *row, size_t n)
{
    size_t k = 1;
    while (k < n && index_of(f, &row[k]) == index_of(f, &row[k - 1]) + 1)
        k++;
    return k;
}

/* Where a row of the batch has the value of a field. `seconds` and `check` are no part of the row. */
static const void *value_of(const layout *l, const field *f, const batch_row *row)
{
    if (f == &l->fields[l->seconds])
        return &row->seconds;
    if (f == &l->fields[l->check])
        return &row->check;
    return row->bytes + f->row_at;
}

static const void *gather(const row_batch *b, const field *f, const batch_row *row, size_t n)
{
    const size_t bytes = field_row_bytes(f);
    if (n == 1)
        return value_of(b->l, f, row);
    for (size_t i = 0; i < n; i++)
        if (bytes == sizeof(double)) /* most columns: the compiler knows the size of this copy */
            memcpy(b->gather + i * sizeof(double), value_of(b->l, f, &row[i]), sizeof(double));
        else
            memcpy(b->gather + i * bytes, value_of(b->l, f, &row[i]), bytes);
    return b->gather;
}

/* One column of `n` rows, which are in the order of the file. */
static nn_status store_column(const row_batch *b, const field *f, const batch_row *row, size_t n,
                              nn_error *err)
{
    const size_t bytes = field_row_bytes(f), fit = bytes > 0 ? GATHER_BYTES / bytes : n;
    nn_status status = NN_ok;
    for (size_t i = 0, k; i < n && status == NN_ok; i += k) {
        k = neighbours(f, &row[i], fit > 1 && n - i > fit ? fit : fit > 1 ? n - i : 1);
        status = disk_write(b->fd, b->path, gather(b, f, &row[i], k), k * bytes,
                            f->offset + index_of(f, &row[i]) * bytes, err);
    }
    return status;
}

static nn_status store_fields(const row_batch *b, const row_plan *plan, const batch_row *row, size_t n,
                              nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < plan->n && status == NN_ok; i++)
        if (plan->fields[i] != &b->l->fields[b->l->status])
            status = store_column(b, plan->fields[i], row, n, err);
    return status;
}

/* What the runs of each shape have beside the rest. */
static nn_status store_shapes(const row_batch *b, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0, k; i < b->n && status == NN_ok; i += k) {
        const net_shape *net = b->rows[i].net;
        for (k = 1; i + k < b->n && b->rows[i + k].net == net;)
            k++;
        if (net != NULL)
            status = store_fields(b, &net->row, &b->rows[i], k, err);
    }
    return status;
}

/* ---- all of them ---- */

static int by_run(const void *a, const void *b)
{
    const batch_row *p = a, *q = b;
    return (p->run > q->run) - (p->run < q->run);
}

nn_status batch_store(row_batch *b, nn_error *err)
{
    const layout *l = b->l;
    for (size_t i = 0; i < b->n; i++)
        b->rows[i].check = XXH3_64bits(b->rows[i].bytes, row_bytes(l, b->rows[i].run));
    qsort(b->rows, b->n, sizeof b->rows[0], by_run);
    nn_status status = store_fields(b, &l->row, b->rows, b->n, err);
    if (status == NN_ok)
        status = store_shapes(b, err);
    if (status == NN_ok)
        status = store_column(b, &l->fields[l->seconds], b->rows, b->n, err);
    if (status == NN_ok)
        status = store_column(b, &l->fields[l->check], b->rows, b->n, err);
    if (status == NN_ok)
        status = store_column(b, &l->fields[l->status], b->rows, b->n, err);
    return status;
}

void batch_empty(row_batch *b)
{
    b->n = b->used = 0;
}

nn_status batch_next(row_batch *b, size_t run, double seconds, unsigned char **row, nn_error *err)
{
    *row = batch_add(b, run, seconds);
    if (*row != NULL)
        return NN_ok;
    const nn_status status = batch_store(b, err);
    if (status != NN_ok)
        return status;
    batch_empty(b);
    *row = batch_add(b, run, seconds);
    return NN_ok;
}

/* `status` goes back first: a reader never takes the row for a finished one while it is emptied. */
nn_status batch_reset(row_batch *b, size_t run, nn_error *err)
{
    const int32_t pending = NN_RUN_pending;
    const row_source empty = {.run = run, .status = NN_RUN_pending, .reason = NN_REASON_none};
    const field *f = &b->l->fields[b->l->status];
    unsigned char *row;
    nn_status status = disk_write(b->fd, b->path, &pending, sizeof pending, field_offset(b->l, f, run), err);
    if (status == NN_ok)
        status = batch_next(b, run, NN_NAN, &row, err);
    if (status == NN_ok)
        row_encode(b->l, &empty, row);
    return status;
}
