/* From two arrays of a MATLAB file to a table. */
#include "dataset_internal.h"
#include "mat.h"

#include <stdlib.h>

typedef struct matrix {
    const char *name;
    double *values; /* [rows][columns] */
    size_t rows, columns;
} matrix;

static nn_status relay(loader *l, const nn_error *err)
{
    if (err->status == NN_memory) {
        return data_no_memory(l, "an array of the data file");
    }
    return data_spec_mistake(l, l->spec->file_at, "%s", err->message);
}

static nn_status check_shapes(loader *l, const matrix *x, matrix *y)
{
    if (y->rows == 1 && y->columns == x->rows) {
        y->rows = y->columns; /* a row vector of targets */
        y->columns = 1;
    }
    if (y->rows != x->rows) {
        return data_spec_mistake(l, l->spec->target_at,
                                 "%s: %s has %zu rows, %s has %zu; they must have one for each example",
                                 l->path, x->name, x->rows, y->name, y->rows);
    }
    if (!l->regression && y->columns != 1) {
        return data_spec_mistake(
            l, l->spec->target_at,
            "%s: %s has %zu columns; classification takes one label for each row (or say "
            "`task: regression`)",
            l->path, y->name, y->columns);
    }
    return NN_ok;
}

static nn_status check_finite(loader *l, const matrix *m)
{
    for (size_t i = 0; i < m->rows * m->columns; i++) {
        if (isinf(m->values[i])) {
            data_mistake(l, (int)(i / m->columns) + 1, (int)(i % m->columns) + 1,
                         "%s holds an infinite number here", m->name);
        }
    }
    return NN_ok;
}

nn_status data_load_mat(loader *l, data_table *t)
{
    const data_spec *spec = l->spec;
    matrix x = {.name = spec->inputs_name != NULL ? spec->inputs_name : "X"};
    matrix y = {.name = spec->targets_name != NULL ? spec->targets_name : "y"};
    mat_file *m = NULL;
    nn_error err;
    if (spec->split.kind == SPLIT_COLUMN) {
        return data_spec_mistake(l, spec->split.at, "a split by column takes a CSV file; %s is a MATLAB file",
                                 l->path);
    }
    nn_status status = mat_open(l->path, &m, &err);
    if (status == NN_ok) {
        status = mat_read(m, x.name, &x.values, &x.rows, &x.columns, &err);
    }
    if (status == NN_ok) {
        status = mat_read(m, y.name, &y.values, &y.rows, &y.columns, &err);
    }
    mat_close(m);
    status = status == NN_ok ? check_shapes(l, &x, &y) : relay(l, &err);
    if (status != NN_ok) {
        free(x.values);
        free(y.values);
        return status;
    }
    t->n_rows = t->capacity = x.rows;
    t->n_inputs = x.columns;
    t->n_targets = y.columns;
    t->inputs = x.values;
    t->targets = y.values;
    t->target_name = y.name;
    t->target_column = 1;
    check_finite(l, &x);
    return check_finite(l, &y);
}
