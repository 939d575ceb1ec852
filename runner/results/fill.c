/* Writes the values that a new file gets before training: columns that are known, NaN where values are still to come, and
 * the splits of the data. */
#include "results/fill.h"
#include "results/disk.h"
#include "results/splits.h"
#include "results/values.h"
#include <stdlib.h>
#include <string.h>

static nn_status write_column(const layout *l, const field *f, int fd, const char *path, nn_error *err)
{
    if (f->n == 0)
        return NN_ok;
    void *column = calloc(f->n, h5_type_bytes(f->type));
    if (column == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the column %s", f->path);
    f->fill(l, f, column);
    const nn_status status = results_values_write(l, fd, path, f, column, err);
    free(column);
    return status;
}

/* Values that are still to come are NaN, except weights, which can be most of the file. */
static bool starts_as_nan(const field *f)
{
    return f->fill == NULL && f->type == H5_F64 && f->net == NO_NET && (f->scope == SCOPE_RUN || f->scope == SCOPE_END);
}

/* Writes NaN to all columns that start so. Neighbours in the file are written together: a small grid has hundreds of
 * columns of a few bytes. */
static nn_status write_nan(const layout *l, int fd, const char *path, nn_error *err)
{
    enum { BLOCK = 8192 };
    static const size_t block_bytes = BLOCK * sizeof(double);
    double *block = malloc(block_bytes);
    nn_status status = block == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    for (size_t i = 0; i < BLOCK && status == NN_ok; i++)
        block[i] = NN_NAN;
    for (size_t i = 0; i < l->n_fields && status == NN_ok;) {
        const field *f = &l->fields[i++];
        if (!starts_as_nan(f))
            continue;
        uint64_t at = f->offset, end = at + field_bytes(f);
        for (; i < l->n_fields && starts_as_nan(&l->fields[i]) && l->fields[i].offset == end; i++)
            end += field_bytes(&l->fields[i]);
        for (; at < end && status == NN_ok; at += block_bytes)
            status = results_disk_write(fd, path, block, end - at < block_bytes ? end - at : block_bytes, at, err);
    }
    free(block);
    return status;
}

nn_status results_fill(const layout *l, int fd, const char *path, bool fresh, nn_error *err)
{
    nn_status status = fresh ? write_nan(l, fd, path, err) : NN_ok;
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++)
        if (l->fields[i].fill != NULL && (fresh || l->fields[i].scope == SCOPE_FIXED))
            status = write_column(l, &l->fields[i], fd, path, err);
    return status == NN_ok ? results_split_write(l, fd, path, err) : status;
}
