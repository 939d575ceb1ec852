/* Reads splits from a file: an array `split` [splits][rows of the data] of the part of each row, as /data/split of a results
 * file is, which may be named itself. */
#include "data/splits.h"
#include "base/file.h"
#include "data/formats/format.h"
#include "data/table.h"
#include <stdlib.h>
#include <string.h>

static nn_status read_named(const char *path, const char *name, array *out, nn_error *err)
{
    if (file_check_kind(path, err) != NN_ok)
        return NN_file;
    const data_format *format = data_format_of(path, path);
    if (format->read == NULL)
        return nn_fail(err, NN_data, "a file of splits holds an array, as .h5, .npy and .mat do; this is %s",
                       format->name);
    return format->apart ? array_read_apart(format->read, path, name, out, err) : format->read(path, name, out, err);
}

static nn_status read_array(const char *path, array *out, nn_error *err)
{
    nn_error second;
    const nn_status status = read_named(path, "split", out, err);
    if (status == NN_usage && read_named(path, "data/split", out, &second) == NN_ok)
        return NN_ok;
    return status == NN_usage ? NN_data : status;
}

/* Takes the parts; a number that is none is an error. */
static nn_status take_parts(loader *l, const array *a, dataset *d)
{
    const size_t n = a->rows * a->columns;
    d->given = malloc(n + 1);
    if (d->given == NULL)
        return data_no_memory(l, "the splits");
    for (size_t i = 0; i < n; i++) {
        const double part = a->bytes != NULL ? a->bytes[i] : a->numbers != NULL ? a->numbers[i] : NN_NAN;
        if (!(part == rint(part) && part >= IN_POOL && part < NN_N_PART))
            return data_mistake(l, (int)(i / a->columns) + 1, (int)(i % a->columns) + 1,
                                "is no part: 0 is train, 1 validation, 2 test, -1 none");
        d->given[i] = (int8_t)part;
    }
    d->n_given = a->rows;
    return NN_ok;
}

/* Checks that all splits have the same parts, train among them: curves and metrics are there for all runs, or for none. */
static nn_status check_parts(loader *l, dataset *d)
{
    const size_t n_rows = d->data.n_rows;
    for (size_t s = 0; s < d->n_given; s++) {
        size_t n[NN_N_PART] = {0};
        for (size_t i = 0; i < n_rows; i++)
            if (d->given[s * n_rows + i] >= 0)
                n[d->given[s * n_rows + i]]++;
        if (n[NN_TRAIN] == 0)
            return data_mistake(l, (int)s + 1, 0, "this split has no training row");
        for (int p = 0; p < NN_N_PART; p++) {
            if (s > 0 && (n[p] > 0) != (d->most_given[p] > 0))
                return data_mistake(l, (int)s + 1, 0, "this split has %s %s row, and the splits before it %s",
                                    n[p] > 0 ? "a" : "no", nn_part_names[p], n[p] > 0 ? "have none" : "have some");
            d->most_given[p] = n[p] > d->most_given[p] ? n[p] : d->most_given[p];
        }
    }
    return NN_ok;
}

static nn_status check_size(loader *l, const array *a, const dataset *d)
{
    const split_spec *s = &l->spec->split;
    if (a->columns != d->data.n_rows)
        return data_mistake(l, 0, 0, "has splits of %zu rows, and the data %zu%s", a->columns, d->data.n_rows,
                            d->n_dropped > 0 ? " (after rows with missing values were dropped)" : "");
    if (s->folds > 0 && a->rows % (size_t)s->folds != 0)
        return data_mistake(l, 0, 0, "has %zu splits, which are no multiple of %d folds", a->rows, s->folds);
    return NN_ok;
}

nn_status data_splits_read(loader *l, dataset *d)
{
    array a = {0};
    nn_error err;
    char *path = data_path(l->spec->split.file, l->grid_path, l->data_root);
    if (path == NULL)
        return data_no_memory(l, "a path");
    const char *before = l->path;
    l->path = path;
    nn_status status = read_array(path, &a, &err);
    if (status != NN_ok)
        status = data_spec_mistake(l, l->spec->split.at, "split: %s: %s", path, err.message);
    if (status == NN_ok)
        status = check_size(l, &a, d);
    if (status == NN_ok)
        status = take_parts(l, &a, d);
    if (status == NN_ok)
        status = check_parts(l, d);
    l->path = before;
    array_free(&a);
    free(path);
    return status;
}
