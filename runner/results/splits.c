/* The datasets of /data, and the values that a new file gets there: which row is in which part of each split, its scaling,
 * and its label noise. */
#include "results/splits.h"
#include "results/names.h"
#include "results/noise.h"
#include "results/values.h"
#include <stdlib.h>
#include <string.h>

static void fill_run_split(const layout *l, const field *f, void *out)
{
    for (size_t i = 0; i < f->n; i++) {
        ((int32_t *)out)[i] = i < l->grid->n_runs ? (int32_t)grid_split_index(l->grid, l->data, &l->runs[i])
                                                  : l->inactive->split[i - l->grid->n_runs];
    }
}

static void per_split(layout *l, char *group, const char *name, h5_type type, int split, int other, const char *help)
{
    field *f = results_layout_add(l, group, name, type, help);
    f->scope = SCOPE_SPLIT;
    f->n_dims = 2;
    f->dims[0] = split;
    f->dims[1] = other;
    f->flags = type == H5_I8 ? &nn_parts : NULL;
}

static void target_scaling(layout *l, char *group, int split)
{
    static const char help[] = "a network learns (raw target - target_shift) / target_scale";
    const int target = results_layout_scale(l, group, PATH_DATA_TARGET, H5_I32, l->data->data.n_targets,
                                            results_fill_index, "target, from 0");
    per_split(l, group, PATH_TARGET_SHIFT, H5_F64, split, target, help);
    per_split(l, group, PATH_TARGET_SCALE, H5_F64, split, target, help);
}

/* The datasets are there where some run, also an inactive one, replaces labels. */
static void label_noise(layout *l, char *group, int split, int row)
{
    if (!l->data->spec->noisy && (l->inactive == NULL || l->inactive->noise[0] == NULL))
        return;
    per_split(l, group, PATH_NOISE_RANK, H5_I32, split, row,
              "label_noise s replaces the labels of the training rows of rank below floor(s n + 1/2); -1: no such row");
    per_split(l, group, PATH_NOISE_CLASS, H5_I32, split, row, "class that label noise puts in place of the row's own");
}

void results_split_fields(layout *l)
{
    const nn_data *d = &l->data->data;
    char *group = results_layout_group(l, PATH_DATA);
    int run = results_layout_scale(l, group, NAME_RUN, H5_I32, l->n_runs, results_fill_index, "run, from 0");
    int split = results_layout_scale(l, group, "split_index", H5_I32, l->n_splits, results_fill_index, "split, from 0");
    int row = results_layout_scale(l, group, "row", H5_I32, d->n_rows, results_fill_index, "row of the data, from 0");
    int input =
        results_layout_scale(l, group, PATH_DATA_INPUT, H5_I32, d->n_inputs, results_fill_index, "input, from 0");
    field *splits = results_layout_add(l, group, PATH_DATA_SPLITS, H5_I32, "split that the run uses");
    splits->fill = fill_run_split;
    splits->n_dims = 1;
    splits->dims[0] = run;
    per_split(l, group, PATH_DATA_SPLIT, H5_I8, split, row, "part that the row is in; -1: in none");
    if (grid_scales(l->grid, l->data)) {
        per_split(l, group, PATH_DATA_SHIFT, H5_F64, split, input, "a network sees (raw - shift) * factor");
        per_split(l, group, PATH_DATA_FACTOR, H5_F64, split, input, "a network sees (raw - shift) * factor");
    }
    if (grid_fills(l->grid, l->data))
        per_split(l, group, PATH_DATA_FILL, H5_F64, split, input, "what stands for a missing raw input");
    if (grid_scales_targets(l->grid, l->data))
        target_scaling(l, group, split);
    label_noise(l, group, split, row);
}

/* ---- the values that a new file gets ---- */

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
    const int32_t *noise[N_NOISE];             /* [rows of the data] */
} split_rows;

static nn_status write_plain(const layout *l, const field *f, size_t index, double value, int fd, const char *path,
                             nn_error *err)
{
    double *row = malloc(field_row_bytes(f) + 1);
    if (row == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t i = 0; i < f->row_n; i++)
        row[i] = value;
    const nn_status status = results_values_write_row(l, fd, path, f, index, row, err);
    free(row);
    return status;
}

static nn_status write_noise(const layout *l, size_t index, const split_rows *rows, int fd, const char *path,
                             nn_error *err)
{
    static const char *const paths[N_NOISE] = {[NOISE_RANK] = PATH_NOISE_RANK, [NOISE_CLASS] = PATH_NOISE_CLASS};
    nn_status status = NN_ok;
    for (int i = 0; i < N_NOISE && status == NN_ok; i++) {
        const int at = results_layout_find(l, paths[i]);
        if (at == NO_FIELD || rows->noise[i] == NULL)
            continue;
        status = results_values_write_row(l, fd, path, &l->fields[at], index, rows->noise[i], err);
    }
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
        nn_status status = values[i].values != NULL
                               ? results_values_write_row(l, fd, path, f, index, values[i].values, err)
                               : write_plain(l, f, index, values[i].plain, fd, path, err);
        if (status != NN_ok)
            return status;
    }
    return write_noise(l, index, rows, fd, path, err);
}

/* Writes the split of a run; `row` and `noise` are scratch. */
static nn_status write_own_split(const layout *l, const grid_run *run, int8_t *row, noise_rows *noise, int fd,
                                 const char *path, nn_error *err)
{
    const nn_split *split = grid_split(l->grid, l->splitter, run);
    results_parts_of_split(split, l->data->data.n_rows, row);
    if (noise->values[0] != NULL && l->data->spec->noisy &&
        !results_noise_of(l->data, split, l->grid->seed, run->repeat, noise))
        return nn_fail(err, NN_memory, "not enough memory");
    const split_rows rows = {.parts = row,
                             .shift = split->shift,
                             .factor = split->factor,
                             .fill = split->fill,
                             .target_shift = split->target_shift,
                             .target_scale = split->target_scale,
                             .noise = {noise->values[NOISE_RANK], noise->values[NOISE_CLASS]}};
    return write_split(l, grid_split_index(l->grid, l->data, run), &rows, fd, path, err);
}

static nn_status write_own_splits(const layout *l, bool *seen, int8_t *row, int fd, const char *path, nn_error *err)
{
    noise_rows noise = {{NULL}};
    nn_status status = NN_ok;
    if (results_layout_find(l, PATH_NOISE_RANK) != NO_FIELD && !results_noise_new(l->data, &noise))
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t i = 0; i < l->grid->n_runs && status == NN_ok; i++) {
        const grid_run *run = &l->runs[i];
        size_t index = grid_split_index(l->grid, l->data, run);
        if (index >= l->n_splits || seen[index])
            continue;
        seen[index] = true;
        status = write_own_split(l, run, row, &noise, fd, path, err);
    }
    results_noise_free(&noise);
    return status;
}

static const int32_t *noise_of(const inactive_rows *inactive, int which, size_t split, size_t n_rows)
{
    return inactive->noise[which] != NULL ? inactive->noise[which] + split * n_rows : NULL;
}

/* Writes the splits that only inactive rows have. */
static nn_status write_inactive_splits(const layout *l, int fd, const char *path, nn_error *err)
{
    const inactive_rows *inactive = l->inactive;
    const size_t rows = l->data->data.n_rows, inputs = l->data->data.n_inputs, targets = l->data->data.n_targets;
    nn_status status = NN_ok;
    for (size_t i = 0; inactive != NULL && i < inactive->n_splits && status == NN_ok; i++) {
        const split_rows split = {
            .parts = inactive->parts + i * rows,
            .shift = inactive->shift + i * inputs,
            .factor = inactive->factor + i * inputs,
            .fill = inactive->fill + i * inputs,
            .target_shift = inactive->target_shift + i * targets,
            .target_scale = inactive->target_scale + i * targets,
            .noise = {noise_of(inactive, NOISE_RANK, i, rows), noise_of(inactive, NOISE_CLASS, i, rows)}};
        status = write_split(l, l->n_splits - inactive->n_splits + i, &split, fd, path, err);
    }
    return status;
}

nn_status results_split_write(const layout *l, int fd, const char *path, nn_error *err)
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
