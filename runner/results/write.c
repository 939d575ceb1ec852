/* Rows on their way into the file, several at once: for each field, neighbouring runs go in one write. A write
 * costs about as much for one number as for a few hundred, and the kernel lets one thread at a time write to a
 * file, so this is what keeps many threads with short runs from waiting for each other. */
#include "results/layout.h"
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
    size_t n, used, room; /* rows; bytes that they take, and that there are */
    unsigned char *bytes;
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

nn_status batch_new(const layout *l, row_batch **out, nn_error *err)
{
    row_batch *b = calloc(1, sizeof *b);
    const size_t room = batch_bytes(l);
    if (b != NULL) {
        b->l = l;
        b->room = room;
        b->bytes = malloc(room);
    }
    if (b == NULL || b->bytes == NULL) {
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

void batch_empty(row_batch *b)
{
    b->n = b->used = 0;
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

void batch_seal(row_batch *b)
{
    batch_row *row = &b->rows[b->n - 1];
    row->check = XXH3_64bits(row->bytes, row_bytes(b->l, row->run));
}

/* ---- columns ---- */

/* Rows of some batches in the order of the file, and where they go. */
typedef struct row_list {
    const layout *l;
    int fd;
    const char *path;
    size_t n;
    batch_row *rows;
    unsigned char *gather; /* [GATHER_BYTES] one column of some rows */
} row_list;

/* The row of a field that belongs to a row of the list. */
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

/* Where a row has the value of a field. `seconds` and `check` are no part of the row. */
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
        if (bytes == sizeof(double)) /* most columns: the compiler knows the size of this copy */
            memcpy(to + i * sizeof(double), value_of(list->l, f, &row[i]), sizeof(double));
        else
            memcpy(to + i * bytes, value_of(list->l, f, &row[i]), bytes);
    return to;
}

/* One column of `n` rows. */
static nn_status store_column(const row_list *list, const field *f, const batch_row *row, size_t n,
                              nn_error *err)
{
    const size_t bytes = field_row_bytes(f), fit = bytes == 0 ? n : GATHER_BYTES / bytes;
    nn_status status = NN_ok;
    for (size_t i = 0, k; i < n && status == NN_ok; i += k) {
        k = neighbours(f, &row[i], n - i < fit ? n - i : fit);
        status = disk_write(list->fd, list->path, gather(list, f, &row[i], k), k * bytes,
                            f->offset + index_of(f, &row[i]) * bytes, err);
    }
    return status;
}

static nn_status store_fields(const row_list *list, const row_plan *plan, const batch_row *row, size_t n,
                              nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < plan->n && status == NN_ok; i++)
        if (plan->fields[i] != &list->l->fields[list->l->status])
            status = store_column(list, plan->fields[i], row, n, err);
    return status;
}

/* What the runs of each shape have beside the rest. */
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

/* All data, then the checks, then the statuses. */
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

nn_status batches_store(row_batch *const *batches, size_t n_batches, int fd, const char *path, nn_error *err)
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
