/* Fills in starting weights, which are given or drawn by the rows of init.def. */
#include "kernels/draw.h"
#include "nn_random.h"

typedef enum distribution { NN_UNIFORM, NN_NORMAL } distribution;

typedef struct drawing {
    distribution distribution;
    double scale, center;
} drawing;

static drawing drawing_of(const nn_hyper *h, double fan_in, double fan_out)
{
    const double s = h->init_scale, c = h->init_center;
    switch (h->init) {
#define NN_INIT(name, distribution, scale, center, help)                                                               \
    case NN_INIT_##name:                                                                                               \
        return (drawing){distribution, scale, center};
#include "tables/init.def"
    default:
        return (drawing){NN_UNIFORM, 0, 0};
    }
}

/* How biases are drawn: as weights are, or, by `layer`, as PyTorch draws them. */
static drawing bias_drawing(const nn_hyper *h, distribution of_weights, double fan_in)
{
    if (h->init == NN_INIT_zeros)
        return (drawing){NN_UNIFORM, 0, 0};
    if (h->init_bias == NN_BIAS_OF_LAYER)
        return (drawing){NN_UNIFORM, 1 / sqrt(fan_in), 0};
    return (drawing){of_weights, h->init_bias, 0};
}

static void draw_row(uint64_t key, uint32_t row, uint32_t layer, drawing d, size_t n, REAL *out)
{
    uint32_t words[4];
    for (size_t o = 0; o < n; o++) {
        if (o % 4 == 0)
            nn_philox(key, 0, row, layer, (uint32_t)(o / 4), words);
        double unit = d.distribution == NN_NORMAL ? nn_normal(words[o % 4]) : 2 * nn_uniform(words[o % 4]) - 1;
        out[o] = (REAL)(d.center + d.scale * unit);
    }
}

/* Draws the numbers of layer l, in the layout of the parameters; those of a bias as if it were input n_in. */
static void draw_layer(uint64_t key, const nn_network *net, int l, drawing of_weights, drawing of_biases, REAL *out)
{
    const size_t n_in = (size_t)net->fan_in[l], n_out = (size_t)net->width[l + 1];
    for (size_t i = 0; i < n_in; i++)
        draw_row(key, (uint32_t)i, (uint32_t)l, of_weights, n_out, out + net->w_at[l] + i * n_out);
    if (net->bias)
        draw_row(key, (uint32_t)n_in, (uint32_t)l, of_biases, n_out, out + net->b_at[l]);
}

void X(nn_draw_steps)(const nn_job *job, const nn_network *net, void *states)
{
    const nn_hyper *h = job->hyper;
    const double low = h->learning_rate / h->step_spread, high = h->learning_rate * h->step_spread;
    const drawing d = {NN_UNIFORM, (high - low) / 2, (high + low) / 2};
    const uint64_t key = nn_stream_key(job->seed, job->repeat, NN_FOR_FIRST_STEPS);
    REAL *sizes = (REAL *)states + net->n_params;
    memset(states, 0, net->n_params * sizeof(REAL));
    for (int l = 0; l < net->n_layers; l++)
        draw_layer(key, net, l, d, d, sizes);
}

void X(nn_draw)(const nn_job *job, const nn_network *net, void *out)
{
    REAL *params = out;
    if (job->start != NULL) {
        for (size_t i = 0; i < net->n_params; i++)
            params[i] = (REAL)job->start[i];
        return;
    }
    const uint64_t key = nn_stream_key(job->seed, job->repeat, NN_FOR_INIT);
    for (int l = 0; l < net->n_layers; l++) {
        const size_t n_in = (size_t)net->fan_in[l], n_out = (size_t)net->width[l + 1];
        const drawing d = drawing_of(job->hyper, (double)n_in, (double)n_out);
        draw_layer(key, net, l, d, bias_drawing(job->hyper, d.distribution, (double)n_in), params);
    }
}
