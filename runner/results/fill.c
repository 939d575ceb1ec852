/* Values that are known before training, and NaN where results are to come. */
#include "results/layout.h"
#include <stdlib.h>
#include <string.h>

void fill_index(const layout *l, const field *f, void *out)
{
    (void)l;
    for (size_t i = 0; i < f->n; i++)
        ((int32_t *)out)[i] = (int32_t)i;
}

void fill_epochs(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((int32_t *)out)[i] = (int32_t)l->epochs[i];
}

void fill_net_runs(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < l->n_runs; i++)
        if (field_applies(l, f, i))
            ((int32_t *)out)[l->slot[i]] = (int32_t)i;
}

void fill_run_member(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++) {
        const char *member = (const char *)&l->runs[i] + f->index;
        if (f->type == H5_U64)
            ((uint64_t *)out)[i] = *(const uint64_t *)(const void *)member;
        else
            ((int32_t *)out)[i] = (int32_t) * (const uint32_t *)(const void *)member;
    }
}

void fill_run_split(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++) {
        const grid_run *run = &l->runs[i];
        ((int32_t *)out)[i] = i < l->grid->n_runs
                                  ? (int32_t)dataset_split_index(l->data, run->repeat, run->fold)
                                  : l->left->split[i - l->grid->n_runs];
    }
}

void fill_active(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((uint8_t *)out)[i] = i < l->grid->n_runs;
}

void fill_cell_active(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++)
        ((uint8_t *)out)[i] = i < l->grid->n_cells;
}

/* ---- settings ---- */

static int32_t shape_code(const shape_list *list, const nn_shape *shape)
{
    for (int i = 0; i < list->flags.n; i++)
        if (list->shapes[i].n == shape->n &&
            memcmp(list->shapes[i].width, shape->width, (size_t)shape->n * sizeof shape->width[0]) == 0)
            return i;
    return -1;
}

static void setting_value(const layout *l, int index, const nn_hyper *h, size_t at, void *out)
{
    const nn_hyper_row *row = &nn_hyper_rows[index];
    const void *value = nn_hyper_get(h, row);
    switch (row->kind) {
    case NN_REAL:
        ((double *)out)[at] = *(const nn_real_value *)value;
        break;
    case NN_COUNT:
        ((int64_t *)out)[at] = *(const nn_count_value *)value;
        break;
    case NN_CHOICE:
        ((int32_t *)out)[at] = *(const nn_choice_value *)value;
        break;
    case NN_TRUTH:
        ((uint8_t *)out)[at] = *(const nn_truth_value *)value;
        break;
    case NN_SHAPE:
        ((int32_t *)out)[at] = shape_code(&l->shapes[index], value);
        break;
    }
}

double setting_number(const layout *l, int index, const nn_hyper *h)
{
    union {
        double real;
        int64_t count;
        int32_t code;
        uint8_t truth;
    } value = {0};
    setting_value(l, index, h, 0, &value);
    switch (nn_hyper_rows[index].kind) {
    case NN_REAL:
        return value.real;
    case NN_COUNT:
        return (double)value.count;
    case NN_TRUTH:
        return value.truth;
    default:
        return value.code;
    }
}

/* The runs of a cell follow one another, so a cell is looked up once. */
static void hyper_of_run(const layout *l, size_t run, nn_hyper *h)
{
    if (run == 0 || l->runs[run].cell != l->runs[run - 1].cell)
        layout_cell(l, l->runs[run].cell, h);
}

void fill_setting(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    for (size_t i = 0; i < f->n; i++) {
        hyper_of_run(l, i, &h);
        setting_value(l, f->index, &h, i, out);
    }
}

void fill_cell_setting(const layout *l, const field *f, void *out)
{
    nn_hyper h;
    for (size_t i = 0; i < f->n; i++) {
        layout_cell(l, i, &h);
        setting_value(l, f->index, &h, i, out);
    }
}

void fill_n_params(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    nn_network net;
    for (size_t i = 0; i < l->grid->n_runs; i++) {
        hyper_of_run(l, i, &h);
        nn_network_of(&l->data->data, &h, &net);
        ((int64_t *)out)[i] = (int64_t)net.n_params;
    }
    for (size_t i = l->grid->n_runs; i < f->n; i++) /* the data may have had other inputs */
        ((int64_t *)out)[i] = l->left->n_params[i - l->grid->n_runs];
}

void fill_same_bits(const layout *l, const field *f, void *out)
{
    nn_hyper h = l->grid->base;
    for (size_t i = 0; i < f->n; i++) {
        hyper_of_run(l, i, &h);
        ((uint8_t *)out)[i] = grid_same_bits(l->grid, &h);
    }
}

/* ---- writing ---- */

/* Makes the column and writes it; `there`: only where the file has another. */
static nn_status write_column(const layout *l, const field *f, int fd, const char *path, bool there,
                              nn_error *err)
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
        status = disk_read(fd, path, old, bytes, f->offset, err);
    if (status == NN_ok && (!there || memcmp(old, column, bytes) != 0))
        status = disk_write(fd, path, column, bytes, f->offset, err);
done:
    free(column);
    free(old);
    return status;
}

/* A row that is to come is NaN, not 0. Weights stay as they are: they can be most of the file. */
static bool starts_as_nan(const field *f)
{
    return f->fill == NULL && f->type == H5_F64 && f->net == NO_NET &&
           (f->scope == SCOPE_RUN || f->scope == SCOPE_END);
}

/* NaN in all columns that start so. Those that are neighbours in the file are written together: a small grid has
 * hundreds of a few bytes. */
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
            status = disk_write(fd, path, block, end - at < block_bytes ? end - at : block_bytes, at, err);
    }
    free(block);
    return status;
}

void parts_of_split(const nn_split *split, size_t n_rows, int8_t *out)
{
    memset(out, -1, n_rows);
    for (int p = 0; p < NN_N_PART; p++)
        for (size_t i = 0; i < split->n[p]; i++)
            out[split->rows[p][i]] = (int8_t)p;
}

/* A split as it stands in /data: a row of each dataset. NULL: there is no such dataset. */
typedef struct split_rows {
    const int8_t *parts;                 /* [rows of the data] */
    const double *shift, *factor, *fill; /* [inputs] */
} split_rows;

static nn_status write_split(const layout *l, size_t index, const split_rows *rows, int fd, const char *path,
                             nn_error *err)
{
    const struct {
        const char *path;
        const void *values;
    } values[] = {{"/data/split", rows->parts},
                  {"/data/shift", rows->shift},
                  {"/data/factor", rows->factor},
                  {"/data/fill", rows->fill}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        int at = layout_find(l, values[i].path);
        if (at == NO_FIELD || values[i].values == NULL)
            continue;
        const field *f = &l->fields[at];
        nn_status status = disk_write(fd, path, values[i].values, field_row_bytes(f),
                                      f->offset + index * field_row_bytes(f), err);
        if (status != NN_ok)
            return status;
    }
    return NN_ok;
}

static nn_status write_own_splits(const layout *l, bool *seen, int8_t *row, int fd, const char *path,
                                  nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++) {
        const grid_run *run = &l->runs[i];
        size_t index = dataset_split_index(l->data, run->repeat, run->fold);
        if (index >= l->n_splits || seen[index])
            continue;
        seen[index] = true;
        const nn_split *split = splitter_get(l->splitter, l->grid->seed, run->repeat, run->fold);
        parts_of_split(split, l->data->data.n_rows, row);
        status = write_split(l, index, &(split_rows){row, split->shift, split->factor, split->fill}, fd, path,
                             err);
    }
    return status;
}

/* Those that only rows have which left the grid. */
static nn_status write_left_splits(const layout *l, int fd, const char *path, nn_error *err)
{
    const inactive *left = l->left;
    const size_t rows = l->data->data.n_rows, inputs = l->data->data.n_inputs;
    nn_status status = NN_ok;
    for (size_t i = 0; left != NULL && i < left->n_splits && status == NN_ok; i++) {
        const split_rows split = {left->parts + i * rows, left->shift + i * inputs, left->factor + i * inputs,
                                  left->fill + i * inputs};
        status = write_split(l, l->n_splits - left->n_splits + i, &split, fd, path, err);
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
        status = write_left_splits(l, fd, path, err);
    free(seen);
    free(row);
    return status;
}

nn_status fill_all(const layout *l, int fd, const char *path, nn_error *err)
{
    nn_status status = write_nan(l, fd, path, err);
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++)
        if (l->fields[i].fill != NULL)
            status = write_column(l, &l->fields[i], fd, path, false, err);
    return status == NN_ok ? write_splits(l, fd, path, err) : status;
}

nn_status fill_mend(const layout *l, int fd, const char *path, nn_error *err)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < l->n_fields && status == NN_ok; i++)
        if (l->fields[i].fill != NULL)
            status = write_column(l, &l->fields[i], fd, path, true, err);
    return status;
}
