/* large.h - jobs beyond the sizes of engines.h: batches of several chunks, layers of several tiles and blocks. */
#ifndef LARGE_H
#define LARGE_H

#include "packs.h"

typedef struct large_row {
    int32_t n_inputs;
    nn_shape hidden;
    size_t n_classes, n_targets; /* one is 0 */
    int64_t batch;
    size_t n_train;
    nn_type type;
    int32_t epochs; /* 0: 1 */
    bool shortcuts;
    double clip_norm;
} large_row;

/* Chunks have 128 rows and sums 128 of them; tiles are 3 vectors wide and up to 24 rows high; blocks of gradient hold
 * 48 KB, which is less than a row of the widest layers below. */
static const large_row large_rows[] = {
    {5, {.n = 1, .width = {16}}, 4, 0, 0, 300, .type = NN_FLOAT64},
    {5, {.n = 1, .width = {16}}, 2, 0, 150, 300, .type = NN_UINT8},
    {9, {.n = 2, .width = {12, 7}}, 0, 3, 129, 257, .type = NN_FLOAT32},
    {70, {.n = 2, .width = {130, 45}}, 10, 0, 100, 290, .type = NN_FLOAT64},
    {33, {.n = 1, .width = {129}}, 5, 0, 0, 300, .type = NN_UINT8},
    {17, {.n = 1, .width = {70}}, 0, 17, 150, 300, .type = NN_FLOAT32},
    /* narrow, and a last batch of 10 rows; of 1 row; in panels */
    {70, {.n = 1, .width = {10}}, 3, 0, 150, 310, .type = NN_UINT8},
    {70, {.n = 1, .width = {10}}, 3, 0, 150, 301, .type = NN_FLOAT64},
    {70, {.n = 1, .width = {25}}, 3, 0, 0, 300, .type = NN_UINT8, .epochs = 2},
    {70, {.n = 2, .width = {10, 6}}, 3, 0, 0, 300, .type = NN_UINT8, .epochs = 2, .shortcuts = true},
    {70, {.n = 1, .width = {10}}, 0, 3, 0, 300, .type = NN_FLOAT32, .epochs = 2, .clip_norm = 0.5},
    {70, {.n = 1, .width = {10}}, 3, 0, 140, 300, .type = NN_UINT8, .clip_norm = 0.5},
    {100, {.n = 1, .width = {10}}, 0, 3, 0, 257, .type = NN_FLOAT32},
    {65, {.n = 2, .width = {97, 65}}, 3, 0, 1, 20, .type = NN_UINT8},
    {130, {.n = 1, .width = {257}}, 10, 0, 37, 120, .type = NN_UINT8},
    {200, {.n = 2, .width = {300, 200}}, 10, 0, 100, 200, .type = NN_UINT8},
    {3, {.n = 1, .width = {12400}}, 2, 0, 20, 30, .type = NN_FLOAT64},
    {3, {.n = 1, .width = {6200}}, 0, 2, 0, 30, .type = NN_FLOAT32},
};
enum { N_LARGE = sizeof large_rows / sizeof *large_rows, LARGE_SPARE = 150 };

typedef struct large {
    void *inputs;
    double *targets, *shift, *factor, *fill;
    int32_t *classes;
    uint32_t *rows;
    nn_data data;
    nn_split split;
    nn_hyper hyper;
    nn_recording recording;
    nn_stopping stopping;
    nn_job job;
} large;

static inline void *room_for(size_t n, size_t bytes)
{
    void *room = calloc(n + 1, bytes);
    assert_non_null(room);
    return room;
}

/* Inputs of the type, one in thirty of the floats missing. */
static inline void fill_inputs(large *l, nn_type type, size_t n, chooser *c)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t v = choose(c, 256);
        if (type == NN_UINT8)
            ((uint8_t *)l->inputs)[i] = (uint8_t)v;
        else if (type == NN_FLOAT32)
            ((float *)l->inputs)[i] = v < 8 ? NAN : (float)v;
        else
            ((double *)l->inputs)[i] = v < 8 ? NN_NAN : (double)v;
    }
}

static inline void make_data(large *l, const large_row *row, chooser *c)
{
    const size_t n = row->n_train + LARGE_SPARE, n_in = (size_t)row->n_inputs;
    l->inputs = room_for(n * n_in, sizeof(double));
    l->targets = room_for(n * row->n_targets, sizeof *l->targets);
    l->classes = room_for(n, sizeof *l->classes);
    l->rows = room_for(n, sizeof *l->rows);
    l->shift = room_for(3 * n_in, sizeof *l->shift);
    l->factor = l->shift + n_in;
    l->fill = l->factor + n_in;
    fill_inputs(l, row->type, n * n_in, c);
    for (size_t i = 0; i < n * row->n_targets; i++)
        l->targets[i] = (double)choose(c, 1001) / 1000;
    for (size_t i = 0; i < n; i++) {
        l->classes[i] = row->n_classes > 0 ? (int32_t)choose(c, (uint32_t)row->n_classes) : 0;
        l->rows[i] = (uint32_t)((i * 7919) % n); /* prime, and no divisor of n: a permutation */
    }
    for (size_t i = 0; i < n_in; i++) {
        l->shift[i] = 100 + choose(c, 50);
        l->factor[i] = 1 / (50.0 + choose(c, 50));
        l->fill[i] = choose(c, 256);
    }
}

/* The job of a row of the table; `i` picks what else varies. */
static inline void large_init(large *l, const large_row *row, uint32_t i, int precision)
{
    chooser c = {.seed = 31 + i};
    *l = (large){.hyper = nn_hyper_defaults};
    make_data(l, row, &c);
    const size_t n = row->n_train;
    l->data = (nn_data){.n_rows = n + LARGE_SPARE,
                        .n_inputs = (size_t)row->n_inputs,
                        .input_type = row->type,
                        .inputs = l->inputs,
                        .classes = row->n_classes > 0 ? l->classes : NULL,
                        .n_classes = row->n_classes,
                        .targets = row->n_targets > 0 ? l->targets : NULL,
                        .n_targets = row->n_targets};
    l->split = (nn_split){.n = {n, LARGE_SPARE - 20, 20},
                          .rows = {l->rows, l->rows + n, l->rows + n + LARGE_SPARE - 20},
                          .shift = l->shift,
                          .factor = l->factor,
                          .fill = l->fill};
    nn_hyper *h = &l->hyper;
    h->hidden = row->hidden;
    h->activation = (int)(i % 5);
    h->optimizer = (int)(i % N_OWN_OPTIMIZER);
    choose_own(h, &c);
    h->learning_rate *= 0.2;
    h->nesterov = h->momentum > 0 && i % 3 == 0;
    h->batch_size = row->batch;
    h->epochs = row->epochs > 0 ? row->epochs : 1;
    h->shortcuts = row->shortcuts;
    h->clip_norm = row->clip_norm;
    h->precision = precision;
    nn_hyper_resolve(h, row->n_classes > 0);
    l->recording = (nn_recording){.every = 1, .parts = {true, true, true}, .keep = {true, true, true}};
    l->job = (nn_job){.hyper = h,
                      .data = &l->data,
                      .split = &l->split,
                      .seed = 5,
                      .recording = &l->recording,
                      .stopping = &l->stopping,
                      .diverge = 1e6};
}

static inline void large_free(large *l)
{
    free(l->inputs);
    free(l->targets);
    free(l->classes);
    free(l->rows);
    free(l->shift);
}

/* Lanes would take all; what they are for is small. */
static inline bool suits(const large *l, int engine)
{
    nn_network net;
    nn_network_of(&l->data, &l->hyper, &net);
    return engine != NN_ENGINE_lanes || net.n_params <= 2500;
}

#endif
