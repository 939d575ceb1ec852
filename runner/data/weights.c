/* Reads starting weights from HDF5 and MATLAB files; dataset.h says which arrays these have. */
#include "data/dataset.h"
#include "data/formats/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the file is read into. */
typedef struct loading {
    const char *path;
    const nn_network *net;
    size_t sets;    /* 0 until the first array is read */
    double *values; /* [sets][n_params] in core's order */
} loading;

static nn_status check_finite(const array *a, const char *name, nn_error *err)
{
    if (a->numbers == NULL)
        return nn_fail(err, NN_data, "%s does not hold real numbers; weights are single or double", name);
    for (size_t i = 0; i < a->rows * a->columns; i++)
        if (!isfinite(a->numbers[i]))
            return nn_fail(err, NN_data, "%s(%zu,%zu) is not a finite number", name, i / a->columns + 1,
                           i % a->columns + 1);
    return NN_ok;
}

static nn_status make_room(loading *l, size_t sets, const char *name, nn_error *err)
{
    if (l->sets == 0) {
        l->sets = sets;
        l->values = calloc(sets * l->net->n_params, sizeof *l->values);
        if (l->values == NULL)
            return nn_fail(err, NN_memory, "not enough memory for %zu weights", sets * l->net->n_params);
    }
    if (l->sets != sets)
        return nn_fail(err, NN_data, "%s is for %zu repeats, but the arrays before it are for %zu", name, sets,
                       l->sets);
    return NN_ok;
}

/* ---- MATLAB ---- */

static nn_status take_theta(loading *l, int layer, const char *name, const array *theta, nn_error *err)
{
    const nn_network *net = l->net;
    const size_t first = net->bias ? 1 : 0, n_out = (size_t)net->width[layer + 1],
                 n_in = (size_t)net->fan_in[layer] + first;
    if (theta->rows != n_out || theta->columns != n_in)
        return nn_fail(err, NN_data, "%s is %zu x %zu; this network needs %zu x %zu (outputs x %sinputs)", name,
                       theta->rows, theta->columns, n_out, n_in, net->bias ? "1 + " : "");
    nn_status status = check_finite(theta, name, err);
    if (status == NN_ok)
        status = make_room(l, 1, name, err);
    for (size_t o = 0; o < n_out && status == NN_ok; o++) {
        const double *row = theta->numbers + o * n_in;
        if (net->bias)
            l->values[net->b_at[layer] + o] = row[0];
        for (size_t i = 0; i + first < n_in; i++)
            l->values[net->w_at[layer] + i * n_out + o] = row[first + i];
    }
    return status;
}

static nn_status load_theta(loading *l, int layer, nn_error *err)
{
    char name[24];
    array theta = {0};
    snprintf(name, sizeof name, "Theta%d", layer + 1);
    nn_status status = array_read_apart(array_read_mat, l->path, name, &theta, err);
    if (status == NN_ok)
        status = take_theta(l, layer, name, &theta, err);
    array_free(&theta);
    return status;
}

/* ---- HDF5 ---- */

/* Copies an array of rows x columns numbers, or one for each repeat, into values[at ...]. */
static nn_status take_array(loading *l, const char *name, const array *a, size_t rows, size_t columns, size_t at,
                            nn_error *err)
{
    const size_t n = rows * columns;
    const bool one = a->rows == rows && a->columns == columns;
    if (!one && a->columns != n)
        return nn_fail(err, NN_data, "%s is %zu x %zu; this network needs %zu x %zu, or as much for each repeat", name,
                       a->rows, a->columns, rows, columns);
    nn_status status = check_finite(a, name, err);
    if (status == NN_ok)
        status = make_room(l, one ? 1 : a->rows, name, err);
    for (size_t s = 0; status == NN_ok && s < l->sets; s++)
        memcpy(l->values + s * l->net->n_params + at, a->numbers + s * n, n * sizeof *a->numbers);
    return status;
}

static nn_status load_array(loading *l, char letter, int layer, size_t rows, size_t columns, size_t at, nn_error *err)
{
    char name[24];
    array a = {0};
    snprintf(name, sizeof name, "%c%d", letter, layer + 1);
    nn_status status = array_read_apart(array_read_h5, l->path, name, &a, err);
    if (status == NN_ok)
        status = take_array(l, name, &a, rows, columns, at, err);
    array_free(&a);
    return status;
}

static nn_status load_arrays(loading *l, int layer, nn_error *err)
{
    const nn_network *net = l->net;
    const size_t n_out = (size_t)net->width[layer + 1];
    nn_status status = load_array(l, 'W', layer, (size_t)net->fan_in[layer], n_out, net->w_at[layer], err);
    if (status == NN_ok && net->bias)
        status = load_array(l, 'b', layer, n_out, 1, net->b_at[layer], err);
    return status;
}

nn_status data_weights_load(const char *path, const nn_network *net, size_t *sets, double **out, nn_error *err)
{
    loading l = {.path = path, .net = net};
    const char *ending = strrchr(path, '.');
    const bool matlab = ending != NULL && strcmp(ending, ".mat") == 0;
    nn_status status = NN_ok;
    nn_error inner;
    for (int layer = 0; layer < net->n_layers && status == NN_ok; layer++)
        status = matlab ? load_theta(&l, layer, &inner) : load_arrays(&l, layer, &inner);
    if (status != NN_ok) {
        free(l.values);
        /* Users cannot choose the names of these arrays, so a missing one is an error in the data. */
        return nn_fail(err, status == NN_usage ? NN_data : status, "%s: %s", path, inner.message);
    }
    *sets = l.sets;
    *out = l.values;
    return NN_ok;
}
