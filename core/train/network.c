/* Computes the shape of a network from data and settings: its outputs, the places of its parameters, its name. */
#include "nn.h"
#include <stdio.h>
#include <string.h>

size_t nn_n_outputs(const nn_data *data, const nn_hyper *h)
{
    if (data->classes == NULL)
        return data->n_targets;
    if (data->n_classes != 2)
        return data->n_classes;
    return h->outputs > 0 ? (size_t)h->outputs : (size_t)nn_loss_rows[h->loss].two_class_units;
}

void nn_network_of(const nn_data *data, const nn_hyper *h, nn_network *out)
{
    nn_network net = {.n_layers = h->hidden.n + 1, .bias = h->bias, .shortcuts = h->shortcuts && h->hidden.n > 0};
    net.width[0] = (int32_t)data->n_inputs;
    memcpy(net.width + 1, h->hidden.width, (size_t)h->hidden.n * sizeof net.width[0]);
    net.width[net.n_layers] = (int32_t)nn_n_outputs(data, h);
    for (int l = 0; l < net.n_layers; l++) {
        net.fan_in[l] = net.width[l] + (net.shortcuts && l > 0 ? net.fan_in[l - 1] : 0);
        net.w_at[l] = net.n_params;
        net.n_params += (size_t)net.fan_in[l] * (size_t)net.width[l + 1];
        net.b_at[l] = net.n_params;
        net.n_params += net.bias ? (size_t)net.width[l + 1] : 0;
    }
    *out = net;
}

bool nn_network_same(const nn_network *a, const nn_network *b)
{
    return a->n_layers == b->n_layers && a->bias == b->bias && a->shortcuts == b->shortcuts &&
           memcmp(a->width, b->width, ((size_t)a->n_layers + 1) * sizeof a->width[0]) == 0;
}

char *nn_network_name(const nn_network *net, char *text, size_t size)
{
    size_t used = 0;
    for (int l = 0; l <= net->n_layers && used < size; l++)
        used += (size_t)snprintf(text + used, size - used, "%s%d", l ? "-" : "", (int)net->width[l]);
    return text;
}
