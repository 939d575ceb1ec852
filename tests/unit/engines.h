/* engines.h - what the tests of the engines share: jobs drawn from the product of all settings, and their comparison. */
#ifndef ENGINES_H
#define ENGINES_H

#include "problem.h"

enum { ENGINE_ROWS = 90, ENGINE_TRAIN = 64, MAX_WIDTH = 33 };

/* 64 training, 16 validation and 10 test rows with up to 33 inputs. */
typedef struct engine_case {
    double inputs[ENGINE_ROWS * MAX_WIDTH], targets[ENGINE_ROWS * MAX_WIDTH];
    int32_t classes[ENGINE_ROWS];
    uint32_t rows[ENGINE_ROWS];
    nn_data data;
    nn_split split;
    nn_hyper hyper;
    nn_recording recording;
    nn_stopping stopping;
    nn_job job;
} engine_case;

/* A stream of choices. */
typedef struct chooser {
    uint64_t seed;
    uint32_t at, n_cases;
} chooser;

static inline uint32_t choose(chooser *c, uint32_t n)
{
    uint32_t w[4];
    nn_philox(c->seed, c->at++, 0, 0, 0, w);
    return (uint32_t)(((uint64_t)w[0] * n) >> 32);
}

static inline void fill_rows(engine_case *e, chooser *c)
{
    for (int i = 0; i < ENGINE_ROWS * MAX_WIDTH; i++) {
        e->inputs[i] = ((double)choose(c, 20001) - 10000) / 10000;
        e->targets[i] = (double)choose(c, 10001) / 10000;
    }
    for (uint32_t r = 0; r < ENGINE_ROWS; r++) {
        e->classes[r] = (int32_t)choose(c, (uint32_t)(e->data.n_classes > 0 ? e->data.n_classes : 2));
        e->rows[r] = (r * 37) % ENGINE_ROWS;
    }
}

static inline int32_t choose_width(chooser *c)
{
    static const int32_t widths[] = {1, 3, 17, 33};
    return widths[choose(c, 4)];
}

/* Activation, loss and optimizer go through all triples in turn, so that few cases see all of each. */
static inline void choose_network(engine_case *e, chooser *c)
{
    enum { PAIRS = NN_N_ACTIVATION * NN_N_LOSS, TRIPLES = PAIRS * N_OWN_OPTIMIZER, STRIDE = 101 };
    _Static_assert(TRIPLES % STRIDE != 0, "a prime stride reaches all triples");
    nn_hyper *h = &e->hyper;
    char conflict[200];
    const int turn = (int)(c->n_cases++ * STRIDE % TRIPLES);
    do {
        h->hidden.n = (int32_t)choose(c, 3);
        for (int l = 0; l < h->hidden.n; l++)
            h->hidden.width[l] = choose_width(c);
        h->activation = turn % NN_N_ACTIVATION;
        h->loss = turn / NN_N_ACTIVATION % NN_N_LOSS;
        h->output = choose(c, 2) ? NN_AUTO : (int)choose(c, NN_N_ACTIVATION);
        h->bias = choose(c, 4) != 0;
        h->shortcuts = c->n_cases % 5 < 2; /* 5 has no common factor with the triples */
        const bool classes = choose(c, 2);
        e->data.n_inputs = (size_t)choose_width(c);
        e->data.n_classes = classes ? 2 + choose(c, 9) : 0;
        e->data.n_targets = classes ? 0 : (size_t)choose_width(c);
        nn_hyper_resolve(h, classes);
        e->data.classes = classes ? e->classes : NULL;
        e->data.targets = classes ? NULL : e->targets;
    } while (nn_hyper_conflict(h, e->data.n_classes > 0, conflict, sizeof conflict) != NULL);
    h->optimizer = turn / PAIRS % N_OWN_OPTIMIZER;
    /* The slope of mae has one size for all rows: whether a bias has the gradient 0 would be decided by rounding, and
     * rprop makes much of its sign. */
    if (h->optimizer == NN_OPTIMIZER_rprop && h->loss == NN_LOSS_mae)
        h->bias = false;
}

/* Settings in which lanes of a pack may differ. */
static inline void choose_own(nn_hyper *h, chooser *c)
{
    static const double momenta[] = {0, 0.5, 0.9}, rates[] = {0.01, 0.05, 0.1};
    h->learning_rate = rates[choose(c, 3)] * (h->optimizer == NN_OPTIMIZER_sgd ? 1 : 0.1);
    if (h->loss == NN_LOSS_kl_divergence) /* targets that add up to 33 make large steps */
        h->learning_rate /= 10;
    h->momentum = momenta[choose(c, 3)];
    h->lambda = choose(c, 3) == 0 ? 0.5 : 0;
    h->l1 = choose(c, 3) == 0 ? 0.2 : 0;
    h->dropout = choose(c, 3) == 0 ? 0.3 : 0;
    h->input_dropout = choose(c, 4) == 0 ? 0.2 : 0;
    h->init_bias = 0.1;
    h->label_noise = choose(c, 4) == 0 ? 0.2 : 0;
    h->schedule = (int)choose(c, NN_N_SCHEDULE);
    h->decay = choose(c, 2) ? 0.5 : 0.8;
    h->decay_every = 1 + choose(c, 2);
    h->rho = choose(c, 2) ? 0.9 : 0.6;
    h->eta_plus = choose(c, 2) ? 1.2 : 1.4;
    h->eta_minus = choose(c, 2) ? 0.5 : 0.3;
    h->step_max = choose(c, 2) ? 50 : 0.012;
    h->epsilon = 1e-3; /* with less, adam's first step is the sign of the gradient: rounding decides it */
}

static inline void choose_case(engine_case *e, chooser *c)
{
    static const int64_t batches[] = {1, 7, 24, 0};
    nn_hyper *h = &e->hyper;
    memset(e, 0, sizeof *e);
    *h = nn_hyper_defaults;
    choose_network(e, c);
    fill_rows(e, c);
    h->clip_norm = choose(c, 4) == 0 ? 0.1 : 0;
    choose_own(h, c);
    if (nn_loss_rows[h->loss].required && e->data.classes == NULL)
        h->label_noise = 0; /* it would take targets out of [0, 1] */
    h->nesterov = h->momentum > 0 && choose(c, 3) == 0;
    h->reduction = (int)choose(c, NN_N_REDUCTION);
    h->batch_size = batches[choose(c, 4)];
    if (h->reduction == NN_REDUCTION_sum)
        h->learning_rate /= h->batch_size == 0 ? ENGINE_TRAIN : (double)h->batch_size;
    h->shuffle = choose(c, 2);
    h->epochs = 1;
    e->data.n_rows = ENGINE_ROWS;
    e->data.input_type = NN_FLOAT64;
    e->data.inputs = e->inputs;
    e->split = (nn_split){.n = {ENGINE_TRAIN, 16, 10}, .rows = {e->rows, e->rows + 64, e->rows + 80}};
    e->recording = (nn_recording){.every = 1, .parts = {true, true, true}, .keep = {true, true, true}};
    e->job = (nn_job){.hyper = h,
                      .data = &e->data,
                      .split = &e->split,
                      .seed = 3,
                      .recording = &e->recording,
                      .stopping = &e->stopping,
                      .diverge = 1e6};
}

/* Full of NaNs, so that nothing can be taken for zero that was not set. */
static inline void *workspace_for(const nn_job *job)
{
    const size_t bytes = nn_workspace_bytes(job);
    void *workspace = aligned_alloc(NN_ALIGN, bytes);
    assert_non_null(workspace);
    return memset(workspace, 0xff, bytes);
}

static inline void describe(const nn_job *job, const char *what)
{
    const nn_hyper *h = job->hyper;
    nn_network net;
    char name[300];
    nn_network_of(job->data, h, &net);
    print_message("%s: %s %s %s %s bias %d shortcuts %d %s batch %d momentum %g nesterov %d lambda %g l1 %g "
                  "dropout %g %g reduction "
                  "%d shuffle %d\n",
                  what, nn_network_name(&net, name, sizeof name), nn_activations.rows[h->activation].name,
                  nn_activations.rows[h->output].name, nn_losses.rows[h->loss].name, h->bias, h->shortcuts,
                  nn_optimizers.rows[h->optimizer].name, (int)h->batch_size, h->momentum, h->nesterov,
                  h->lambda, h->l1, h->dropout, h->input_dropout, h->reduction, h->shuffle);
}

#endif
