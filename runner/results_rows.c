/* One run's row: in memory, its check, and its way into the file. */
#include "results_internal.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

size_t row_padded(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static bool in_row(const layout *l, const field *f, size_t run)
{
    return f->put != NULL && field_applies(l, f, run);
}

size_t row_bytes(const layout *l, size_t run)
{
    size_t bytes = ROW_HEAD;
    for (size_t i = 0; i < l->n_fields; i++)
        if (in_row(l, &l->fields[i], run))
            bytes += row_padded(field_row_bytes(&l->fields[i]));
    return bytes;
}

void row_begin(const grid_run *run, unsigned char *row)
{
    memcpy(row, &run->key, sizeof run->key);
    memcpy(row + sizeof run->key, &run->record_key, sizeof run->record_key);
}

static void row_encode(const layout *l, const row_source *s, unsigned char *row)
{
    row_begin(&l->grid->runs[s->run], row);
    for (size_t i = 0, at = ROW_HEAD; i < l->n_fields; i++) {
        const field *f = &l->fields[i];
        if (!in_row(l, f, s->run))
            continue;
        f->put(l, f, s, row + at);
        at += row_padded(field_row_bytes(f));
    }
}

/* All but `check` and `status`. */
static nn_status store_data(const layout *l, int fd, const char *path, size_t run, const unsigned char *row,
                            nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0, at = ROW_HEAD; i < l->n_fields && status == NN_ok; i++) {
        const field *f = &l->fields[i];
        if (!in_row(l, f, run))
            continue;
        if ((int)i != l->status)
            status = disk_write(fd, path, row + at, field_row_bytes(f), field_offset(l, f, run), err);
        at += row_padded(field_row_bytes(f));
    }
    return status;
}

static nn_status store_number(const layout *l, int fd, const char *path, size_t run, int at,
                              const void *value, nn_error *err)
{
    const field *f = &l->fields[at];
    return disk_write(fd, path, value, field_row_bytes(f), field_offset(l, f, run), err);
}

nn_status row_store(const layout *l, int fd, const char *path, size_t run, const unsigned char *row,
                    double seconds, nn_error *err)
{
    const uint64_t check = XXH3_64bits(row, row_bytes(l, run));
    nn_status status = store_data(l, fd, path, run, row, err);
    if (status == NN_ok)
        status = store_number(l, fd, path, run, l->seconds, &seconds, err);
    if (status == NN_ok)
        status = store_number(l, fd, path, run, l->check, &check, err);
    /* `status` is the first field of a row. */
    return status == NN_ok ? store_number(l, fd, path, run, l->status, row + ROW_HEAD, err) : status;
}

nn_status row_write(const layout *l, int fd, const char *path, const row_source *s, nn_error *err)
{
    unsigned char *row = calloc(1, row_bytes(l, s->run));
    if (row == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the row of run %zu", s->run);
    row_encode(l, s, row);
    nn_status status = row_store(l, fd, path, s->run, row, s->seconds, err);
    free(row);
    return status;
}

/* `status` goes back first: a reader never takes the row for a finished one while it is emptied. */
nn_status row_reset(const layout *l, int fd, const char *path, size_t run, nn_error *err)
{
    const int32_t pending = NN_RUN_pending;
    const row_source empty = {
        .run = run, .status = NN_RUN_pending, .reason = NN_REASON_none, .seconds = NN_NAN};
    nn_status status = store_number(l, fd, path, run, l->status, &pending, err);
    return status == NN_ok ? row_write(l, fd, path, &empty, err) : status;
}
