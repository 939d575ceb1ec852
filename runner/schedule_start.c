/* Given starting weights: read once for each distinct network, shared read-only by all threads. */
#include "schedule_internal.h"
#include <stdlib.h>
#include <string.h>

const double *start_weights_find(const start_weights *s, const nn_network *net)
{
    for (size_t i = 0; i < s->n; i++)
        if (nn_network_same(&s->networks[i], net))
            return s->weights[i];
    return NULL;
}

void start_weights_free(start_weights *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->weights[i]);
    free(s->weights);
    free(s->networks);
    *s = (start_weights){0};
}

static nn_status add_network(start_weights *s, const nn_network *net, const char *path, nn_error *err)
{
    nn_network *networks = realloc(s->networks, (s->n + 1) * sizeof *networks);
    if (networks != NULL)
        s->networks = networks;
    double **weights = realloc(s->weights, (s->n + 1) * sizeof *weights);
    if (weights != NULL)
        s->weights = weights;
    double *values =
        networks != NULL && weights != NULL ? malloc((net->n_params + 1) * sizeof *values) : NULL;
    if (values == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the starting weights of %s", path);
    const nn_status status = weights_load(path, net, values, err);
    if (status != NN_ok) {
        free(values);
        return status;
    }
    s->networks[s->n] = *net;
    s->weights[s->n++] = values;
    return NN_ok;
}

nn_status start_weights_load(const grid *g, const dataset *d, const char *data_root, start_weights *out,
                             nn_error *err)
{
    start_weights loaded = {0};
    nn_status status = NN_ok;
    if (g->init_file == NULL) {
        *out = loaded;
        return NN_ok;
    }
    char *path = data_path(g->init_file, g->path, data_root);
    if (path == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t cell = 0; cell < g->n_cells && status == NN_ok; cell++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, cell, &h);
        nn_network_of(&d->data, &h, &net);
        if (start_weights_find(&loaded, &net) == NULL)
            status = add_network(&loaded, &net, path, err);
    }
    free(path);
    if (status == NN_ok)
        *out = loaded;
    else
        start_weights_free(&loaded);
    return status;
}

nn_status schedule_check_start(const grid *g, const dataset *d, const char *data_root, nn_error *err)
{
    start_weights s = {0};
    const nn_status status = start_weights_load(g, d, data_root, &s, err);
    start_weights_free(&s);
    return status;
}
