/* Given starting weights: read once for each distinct network, shared read-only by all threads. */
#include "schedule/schedule_internal.h"
#include <stdlib.h>
#include <string.h>

const double *start_weights_find(const start_weights *s, const nn_network *net, uint32_t repeat)
{
    for (size_t i = 0; i < s->n; i++)
        if (nn_network_same(&s->of[i].net, net))
            return s->of[i].values + (s->of[i].sets > 1 ? repeat : 0) * net->n_params;
    return NULL;
}

void start_weights_free(start_weights *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->of[i].values);
    free(s->of);
    *s = (start_weights){0};
}

static nn_status add_network(start_weights *s, const nn_network *net, const char *path, uint32_t repeats,
                             nn_error *err)
{
    start_of_network *of = realloc(s->of, (s->n + 1) * sizeof *of);
    if (of == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the starting weights of %s", path);
    s->of = of;
    of[s->n] = (start_of_network){.net = *net};
    const nn_status status = weights_load(path, net, &of[s->n].sets, &of[s->n].values, err);
    if (status != NN_ok)
        return status;
    const size_t sets = of[s->n++].sets;
    if (sets > 1 && sets < repeats)
        return nn_fail(err, NN_data, "%s: there are starting weights for %zu repeats; the grid has %u", path,
                       sets, (unsigned)repeats);
    return NN_ok;
}

nn_status start_weights_load(const grid *g, const dataset *d, const char *data_root, start_weights *out,
                             nn_error *err)
{
    start_weights loaded = {0};
    nn_status status = NN_ok;
    if (g->files[GRID_INIT_FILE] == NULL) {
        *out = loaded;
        return NN_ok;
    }
    char *path = data_path(g->files[GRID_INIT_FILE], g->path, data_root);
    if (path == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    for (size_t cell = 0; cell < g->n_cells && status == NN_ok; cell++) {
        nn_hyper h;
        nn_network net;
        grid_cell(g, cell, &h);
        nn_network_of(&d->data, &h, &net);
        if (start_weights_find(&loaded, &net, 0) == NULL)
            status = add_network(&loaded, &net, path, g->repeats, err);
    }
    free(path);
    if (status == NN_ok)
        *out = loaded;
    else
        start_weights_free(&loaded);
    return status;
}

nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, int *file,
                               nn_error *err)
{
    start_weights s = {0};
    given_order o = {0};
    *file = GRID_INIT_FILE;
    nn_status status = start_weights_load(g, d, data_root, &s, err);
    start_weights_free(&s);
    if (status == NN_ok) {
        *file = GRID_ORDER_FILE;
        status = given_order_load(g, d, data_root, &o, err);
        given_order_free(&o);
    }
    return status;
}
