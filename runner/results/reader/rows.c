/* Reads parts of a results file: single values, groups of rows with every bit, what a group holds. */
#include "results/reader/reader_internal.h"
#include <stdlib.h>

static reader_kind kind_of(h5_type type)
{
    switch (type) {
    case H5_I64:
    case H5_I32:
    case H5_I8:
        return READER_INTEGER;
    case H5_U64:
        return READER_UNSIGNED;
    case H5_U8:
        return READER_TRUTH; /* the type of truth values and of nothing else */
    case H5_F32:
        return READER_FLOAT;
    default:
        return READER_DOUBLE;
    }
}

bool reader_look(results_reader *r, const char *path, reader_shape *out)
{
    h5_place found;
    if (!h5_look(r->file, path, &found) || found.n_dims < 1)
        return false;
    *out = (reader_shape){kind_of(found.type), reader_visible(r, path, found.dims[0]), 1};
    for (int d = 1; d < found.n_dims; d++)
        out->n_per_row *= found.dims[d];
    return true;
}

nn_status reader_rows(results_reader *r, const char *path, const reader_shape *shape, size_t from, size_t n,
                      void *out, nn_error *err)
{
    static const h5_type types[] = {[READER_INTEGER] = H5_I64,
                                    [READER_UNSIGNED] = H5_U64,
                                    [READER_TRUTH] = H5_U64,
                                    [READER_FLOAT] = H5_F64,
                                    [READER_DOUBLE] = H5_F64};
    if (h5_read_rows(r->file, path, from, n, types[shape->kind], out))
        return NN_ok;
    return nn_fail(err, NN_file, "%s: cannot read rows %zu to %zu of %s; the file is damaged", r->path, from,
                   from + n - 1, path);
}

nn_status reader_value(results_reader *r, const char *path, size_t row, double *out, nn_error *err)
{
    reader_shape shape;
    double value;
    if (!reader_look(r, path, &shape) || shape.n_per_row != 1)
        return nn_fail(err, NN_file, "%s: there is no column %s", r->path, path);
    if (row >= shape.n_rows || !h5_read_rows(r->file, path, row, 1, H5_F64, &value))
        return nn_fail(err, NN_file, "%s: %s has no row %zu; the file is damaged", r->path, path, row);
    *out = value;
    return NN_ok;
}

nn_status reader_groups(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err)
{
    size_t found = 0;
    char **list = h5_has(r->file, group) ? h5_names(r->file, group, false, &found) : calloc(1, sizeof *list);
    if (list == NULL)
        return nn_fail(err, NN_file, "%s: cannot list %s; the file is damaged, or memory is short", r->path,
                       group);
    *names = list;
    *n = found;
    return NN_ok;
}

double reader_number(results_reader *r, const char *group, const char *attribute)
{
    double value;
    return h5_read_numbers(r->file, group, attribute, H5_F64, &value, 1) > 0 ? value : NN_NAN;
}
