#include "workload.h"
#include <stdlib.h>

static const workload_shape images = {784, 10, 60000, 15000, 256, 255}, exercise = {400, 10, 5000, 5000, 0, 0},
                            digits = {64, 10, 1797, 1078, 17, 16}, xor_rows = {2, 0, 4, 4, 2, 0};

enum { relu = NN_ACTIVATION_relu, sigmoid = NN_ACTIVATION_sigmoid };
enum { classes = NN_LOSS_cross_entropy, binary = NN_LOSS_binary_cross_entropy, squares = NN_LOSS_half_squared_error };

const workload workloads[] = {
    /* name, shape, hidden, batch_size, activation, loss, learning_rate, momentum */
    {"784-512-512-10", &images, {2, {512, 512}}, 64, relu, classes, 0.01, 0.9},
    {"784-128-10", &images, {1, {128}}, 64, relu, classes, 0.01, 0.9},
    {"400-25-10-full", &exercise, {1, {25}}, 0, sigmoid, binary, 0.3, 0},
    {"64-32-10", &digits, {1, {32}}, 32, relu, classes, 0.01, 0.9},
    {"400-25-10-batch-1", &exercise, {1, {25}}, 1, sigmoid, binary, 0.01, 0},
    {"xor-2-4-1", &xor_rows, {1, {4}}, 0, sigmoid, squares, 0.3, 0},
    {0},
};

/* Returns word i of a stream of random numbers, which is cheaper than Philox with one draw a call. */
static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void fill(workload_data *d)
{
    const workload_shape *s = d->of->shape;
    uint64_t state = 1;
    for (size_t i = 0; i < s->n_rows * s->n_inputs; i++) {
        const uint32_t word = draw(&state);
        if (s->levels > 0)
            ((uint8_t *)d->inputs)[i] = (uint8_t)(word % s->levels);
        else
            ((double *)d->inputs)[i] = (double)word * 0x1p-31 - 0.5;
    }
    for (size_t i = 0; i < s->n_rows; i++) {
        d->classes[i] = s->n_classes > 0 ? (int32_t)(draw(&state) % (uint32_t)s->n_classes) : 0;
        d->targets[i] = draw(&state) & 1;
    }
    for (size_t j = 0; j < s->n_inputs; j++) {
        d->scale[j] = 0;
        d->scale[s->n_inputs + j] = s->divisor > 0 ? 1 / s->divisor : 1;
    }
}

static void describe(workload_data *d, size_t n_train)
{
    const workload *w = d->of;
    const workload_shape *s = w->shape;
    const bool classifies = s->n_classes > 0;
    for (size_t i = 0; i < n_train; i++)
        d->rows[i] = (uint32_t)(i * s->n_rows / n_train);
    d->data = (nn_data){.n_rows = s->n_rows,
                        .n_inputs = s->n_inputs,
                        .input_type = s->levels > 0 ? NN_UINT8 : NN_FLOAT64,
                        .inputs = d->inputs,
                        .classes = classifies ? d->classes : NULL,
                        .n_classes = (size_t)s->n_classes,
                        .targets = classifies ? NULL : d->targets,
                        .n_targets = !classifies};
    d->split = (nn_split){.n = {n_train}, .rows = {d->rows}};
    if (s->divisor > 0) {
        d->split.shift = d->scale;
        d->split.factor = d->scale + s->n_inputs;
    }
    d->hyper = nn_hyper_defaults;
    d->hyper.hidden = w->hidden;
    d->hyper.activation = w->activation;
    d->hyper.loss = w->loss;
    d->hyper.output = w->loss == squares ? sigmoid : NN_AUTO;
    d->hyper.batch_size = w->batch_size;
    d->hyper.learning_rate = w->learning_rate;
    d->hyper.momentum = w->momentum;
    nn_hyper_resolve(&d->hyper, classifies);
    d->recording = (nn_recording){.every = INT32_MAX, .parts = {true}};
}

bool workload_make(const workload *w, size_t fewer, workload_data *out)
{
    const workload_shape *s = w->shape;
    enum { FEWEST = 512 };
    const size_t few = s->n_train < FEWEST ? s->n_train : FEWEST;
    const size_t n_train = s->n_train / fewer > few ? s->n_train / fewer : few;
    *out = (workload_data){.of = w};
    out->inputs = calloc(s->n_rows * s->n_inputs, s->levels > 0 ? 1 : sizeof(double));
    out->classes = calloc(s->n_rows, sizeof *out->classes);
    out->targets = calloc(s->n_rows, sizeof *out->targets);
    out->scale = calloc(2 * s->n_inputs, sizeof *out->scale);
    out->rows = calloc(n_train, sizeof *out->rows);
    if (!out->inputs || !out->classes || !out->targets || !out->scale || !out->rows) {
        workload_free(out);
        return false;
    }
    fill(out);
    describe(out, n_train);
    return true;
}

void workload_free(workload_data *d)
{
    free(d->inputs);
    free(d->classes);
    free(d->targets);
    free(d->scale);
    free(d->rows);
}

nn_job workload_job(const workload_data *d, const nn_hyper *hyper)
{
    return (nn_job){.hyper = hyper,
                    .data = &d->data,
                    .split = &d->split,
                    .seed = 1,
                    .recording = &d->recording,
                    .stopping = &d->stopping};
}

double workload_flops(const workload_data *d)
{
    nn_network net;
    nn_network_of(&d->data, &d->hyper, &net);
    double products = 0; /* of a row */
    for (int l = 0; l < net.n_layers; l++)
        products += (l == 0 ? 2 : 3) * (double)net.width[l] * (double)net.width[l + 1];
    return 2 * products * (double)d->split.n[NN_TRAIN];
}
