/* Starting weights from a MATLAB file: Theta1, Theta2, ... [out][1 + in] with the bias first. */
#include "dataset.h"
#include "mat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One layer of Theta into core's order: W [in][out], then b [out]. */
static void take_layer(const nn_network *net, int layer, const double *theta, double *out)
{
    size_t n_in = (size_t)net->width[layer], n_out = (size_t)net->width[layer + 1];
    size_t first = net->bias ? 1 : 0;
    for (size_t o = 0; o < n_out; o++) {
        const double *row = theta + o * (n_in + first);
        if (net->bias) {
            out[net->b_at[layer] + o] = row[0];
        }
        for (size_t i = 0; i < n_in; i++) {
            out[net->w_at[layer] + i * n_out + o] = row[first + i];
        }
    }
}

static nn_status load_layer(mat_file *m, const char *path, const nn_network *net, int layer, double *out,
                            nn_error *err)
{
    char name[24];
    size_t rows = 0, columns = 0;
    double *theta = NULL;
    snprintf(name, sizeof name, "Theta%d", layer + 1);
    nn_status status = mat_read(m, name, &theta, &rows, &columns, err);
    if (status != NN_ok) {
        return status;
    }
    size_t n_out = (size_t)net->width[layer + 1], n_in = (size_t)net->width[layer] + (net->bias ? 1 : 0);
    if (rows != n_out || columns != n_in) {
        status =
            nn_fail(err, NN_data, "%s: %s is %zu x %zu; this network needs %zu x %zu (outputs x %sinputs)",
                    path, name, rows, columns, n_out, n_in, net->bias ? "1 + " : "");
    }
    for (size_t i = 0; status == NN_ok && i < rows * columns; i++) {
        if (!isfinite(theta[i])) {
            status = nn_fail(err, NN_data, "%s: %s(%zu,%zu) is not a finite number", path, name,
                             i / columns + 1, i % columns + 1);
        }
    }
    if (status == NN_ok) {
        take_layer(net, layer, theta, out);
    }
    free(theta);
    return status;
}

nn_status weights_load(const char *path, const nn_network *net, double *out, nn_error *err)
{
    mat_file *m = NULL;
    double *weights = NULL;
    nn_status status = mat_open(path, &m, err);
    if (status != NN_ok) {
        return status;
    }
    weights = calloc(net->n_params, sizeof *weights);
    if (weights == NULL) {
        status = nn_fail(err, NN_memory, "%s: not enough memory for %zu weights", path, net->n_params);
    }
    for (int layer = 0; weights != NULL && layer < net->n_layers && status == NN_ok; layer++) {
        status = load_layer(m, path, net, layer, weights, err);
    }
    if (weights != NULL && status == NN_ok) {
        memcpy(out, weights, net->n_params * sizeof *out);
    }
    free(weights);
    mat_close(m);
    return status;
}
