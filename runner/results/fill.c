/* Writes the values that a new file gets before training: columns that are known, NaN where values are still to come, and
 * the splits of the data. */
#include "results/fill.h"
#include "results/disk.h"
#include "results/names.h"
#include <stdlib.h>
#include <string.h>

/* Fills a column and writes it; `there`: only where the file has other values. */
static nn_status write_column(const layout *l, const field *f, int fd, const char *path, bool there, nn_error *err)
{
    const size_t bytes = field_bytes(f);
    nn_status status = NN_ok;
    if (f->n == 0)
        return NN_ok;
    void *column = calloc(f->n, h5_type_bytes(f->type)), *old = there ? malloc(bytes) : NULL;
    if (column == NULL || (there && old == NULL)) {
        status = nn_fail(err, NN_memory, "not enough memory for the column %s", f->path);
        goto done;
    }
    f->fill(l, f, column);
    if (there)
        status = results_disk_read(fd, path, old, bytes, f->offset, err);
    if (status == NN_ok && (!there || memcmp(old, column, bytes) != 0))
        status = results_disk_write(fd, path, column, bytes, f->offset, err);
done:
    free(column);
    free(old);
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

void results_parts_of_split(const nn_split *split, size_t n_rows, int8_t *out)
{
    memset(out, -1, n_rows);
    for (int p = 0; p < NN_N_PART; p++)
        for (size_t i = 0; i < split->n[p]; i++)
            out[split->rows[p][i]] = (int8_t)p;
}

/* The rows of a split in the datasets of /data; NULL where the file has no such dataset. */
typedef struct split_rows {
    const int8_t *parts;                       /* [rows of the data] */
    const double *shift, *factor, *fill;       /* [inputs] */
    const double *target_shift, *target_scale; /* [targets] */
} split_rows;

static nn_status write_plain(double value, size_t n, int fd, const char *path, uint64_t to, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < n && status == NN_ok; i++)
        status = results_disk_write(fd, path, &value, sizeof value, to + i * sizeof value, err);
    return status;
}

static nn_status write_split(const layout *l, size_t index, const split_rows *rows, int fd, const char *path,
                             nn_error *err)
{
    const struct {
        const char *path;
        const void *values;
        double plain; /* stands where this split is not scaled or filled */
    } values[] = {{PATH_DATA_SPLIT, rows->parts, 0},          {PATH_DATA_SHIFT, rows->shift, 0},
                  {PATH_DATA_FACTOR, rows->factor, 1},        {PATH_DATA_FILL, rows->fill, NN_NAN},
                  {PATH_TARGET_SHIFT, rows->target_shift, 0}, {PATH_TARGET_SCALE, rows->target_scale, 1}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int at = results_layout_find(l, values[i].path);
        if (at == NO_FIELD)
            continue;
        const field *f = &l->fields[at];
        const uint64_t to = f->offset + index * field_row_bytes(f);
        nn_status status = values[i].values != NULL
                               ? results_disk_write(fd, path, values[i].values, field_row_bytes(f), to, err)
                               : write_plain(values[i].plain, f->row_n, fd, path, to, err);
        if (status != NN_ok)
            return status;
    }
    return NN_ok;
}

static nn_status write_own_splits(const layout *l, bool *seen, int8_t *row, int fd, const char *path, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++) {
        const grid_run *run = &l->runs[i];
        size_t index = grid_split_index(l->grid, l->data, run);
        if (index >= l->n_splits || seen[index])
            continue;
        seen[index] = true;
        const nn_split *split = grid_split(l->grid, l->splitter, run);
        results_parts_of_split(split, l->data->data.n_rows, row);
        const split_rows rows = {row,         split->shift,        split->factor,
                                 split->fill, split->target_shift, split->target_scale};
        status = write_split(l, index, &rows, fd, path, err);
    }
    return status;
}

/* Writes the splits that only inactive rows have. */
static nn_status write_inactive_splits(const layout *l, int fd, const char *path, nn_error *err)
{
    const inactive_rows *inactive = l->inactive;
    const size_t rows = l->data->data.n_rows, inputs = l->data->data.n_inputs, targets = l->data->data.n_targets;
    nn_status status = NN_ok;
    for (size_t i = 0; inactive != NULL && i < inactive->n_splits && status == NN_ok; i++) {
        const split_rows split = {.parts = inactive->parts + i * rows,
                                  .shift = inactive->shift + i * inputs,
                                  .factor = inactive->factor + i * inputs,
                                  .fill = inactive->fill + i * inputs,
                                  .target_shift = inactive->target_shift + i * targets,
                                  .target_scale = inactive->target_scale + i * targets};
        status = write_split(l, l->n_splits - inactive->n_splits + i, &split, fd, path, err);
    }
    return status;
}

static nn_status write_splits(const layout *l, int fd, const char *path, nn_error *err)
{
    nn_status status = NN_ok;
    bool *seen = calloc(l->n_splits + 1, sizeof *seen);
    int8_t *row = malloc(l->data->data.n_rows + 1);
    if (seen == NULL || row == NULL)
        status = nn_fail(err, NN_memory, "not enough memory");
    if (status == NN_ok)
        status = write_own_splits(l, seen, row, fd, path, err);
    if (status == NN_ok)
        status = write_inactive_splits(l, fd, path, err);
    free(seen);
    free(row);
    return status;
}

nn_status results_fill(const layout *l, int fd, const char *path, bool mend, nn_error *err)
{
    nn_status status = mend ? NN_ok : write_nan(l, fd, path, err);
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++)
        if (l->fields[i].fill != NULL)
            status = write_column(l, &l->fields[i], fd, path, mend, err);
    return status == NN_ok && !mend ? write_splits(l, fd, path, err) : status;
}
