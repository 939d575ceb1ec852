/* Starting weights from a MATLAB file: Theta1, Theta2, ... [out][1 + in] with the bias first. */
#include "array.h"
#include "dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One layer of Theta into core's order: W [in][out], then b [out]. */
static void take_layer(const nn_network *net, int layer, const double *theta, double *out)
{
    size_t n_in = (size_t)net->fan_in[layer], n_out = (size_t)net->width[layer + 1];
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

static nn_status check_theta(const array *theta, const char *name, const nn_network *net, int layer,
                             nn_error *err)
{
    const size_t n_out = (size_t)net->width[layer + 1],
                 n_in = (size_t)net->fan_in[layer] + (net->bias ? 1 : 0);
    if (theta->rows != n_out || theta->columns != n_in) {
        return nn_fail(err, NN_data, "%s is %zu x %zu; this network needs %zu x %zu (outputs x %sinputs)",
                       name, theta->rows, theta->columns, n_out, n_in, net->bias ? "1 + " : "");
    }
    if (theta->numbers == NULL) {
        return nn_fail(err, NN_data, "%s holds no real numbers; weights are single or double", name);
    }
    for (size_t i = 0; i < theta->rows * theta->columns; i++) {
        if (!isfinite(theta->numbers[i])) {
            return nn_fail(err, NN_data, "%s(%zu,%zu) is not a finite number", name, i / n_in + 1,
                           i % n_in + 1);
        }
    }
    return NN_ok;
}

static nn_status load_layer(const char *path, const nn_network *net, int layer, double *out, nn_error *err)
{
    char name[24];
    array theta = {0};
    nn_error inner;
    snprintf(name, sizeof name, "Theta%d", layer + 1);
    nn_status status = array_read_mat(path, name, &theta, &inner);
    if (status == NN_ok) {
        status = check_theta(&theta, name, net, layer, &inner);
    }
    if (status == NN_ok) {
        take_layer(net, layer, theta.numbers, out);
    } else {
        /* A missing array is a mistake in the data here: no name can be given. */
        status = nn_fail(err, status == NN_usage ? NN_data : status, "%s: %s", path, inner.message);
    }
    array_free(&theta);
    return status;
}

nn_status weights_load(const char *path, const nn_network *net, double *out, nn_error *err)
{
    double *weights = calloc(net->n_params, sizeof *weights);
    nn_status status = NN_ok;
    if (weights == NULL) {
        return nn_fail(err, NN_memory, "%s: not enough memory for %zu weights", path, net->n_params);
    }
    for (int layer = 0; layer < net->n_layers && status == NN_ok; layer++) {
        status = load_layer(path, net, layer, weights, err);
    }
    if (status == NN_ok) {
        memcpy(out, weights, net->n_params * sizeof *out);
    }
    free(weights);
    return status;
}
