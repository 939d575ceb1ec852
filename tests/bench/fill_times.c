/* Times what train/fill.c predicts: a batch of one run in the tile engine, of a pack whose lanes have the same rows, and of
 * one whose lanes have rows of their own. For each way it prints a line: ns, and what the batch asks.
 *
 *   fill_times INPUTS HIDDEN LAYERS CLASSES BATCH ROWS DROPOUT float32|float64 */
#include "nn.h"
#include "train/fill.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double long_enough = 0.004;
enum { TIMES = 9 };

/* A pack of equal runs; those of a repeat have the same order of rows. */
typedef struct pack {
    nn_job job;
    int left;
    bool own;
    nn_split splits[NN_MAX_LANES];
} pack;

static bool next(void *context, int lane, nn_job *job)
{
    pack *p = context;
    if (p->left == 0)
        return false;
    p->left--;
    *job = p->job;
    job->repeat = p->own ? (uint32_t)lane : 0;
    job->split = &p->splits[p->own ? lane : 0];
    return true;
}

static bool finished(void *context, int lane, const nn_outcome *outcome)
{
    (void)context, (void)lane, (void)outcome;
    return true;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of a pack of `runs` runs of so many epochs. */
static double train(pack *p, nn_hyper *h, int runs, int64_t epochs, void *workspace)
{
    const nn_supply supply = {.context = p, .next = next, .finished = finished};
    nn_error err;
    h->epochs = epochs;
    p->left = runs;
    const double start = cpu_seconds();
    if (nn_train_pack(&supply, workspace, &err) != NN_ok) {
        fprintf(stderr, "fill_times: %s\n", err.message);
        exit(1);
    }
    return cpu_seconds() - start;
}

/* Seconds of an epoch. The first one and what is done once do not count. */
static double time_epoch(pack *p, nn_hyper *h, int runs, void *workspace)
{
    int64_t epochs = 1;
    double few = NN_INF, many = NN_INF;
    while (train(p, h, runs, epochs + 1, workspace) < long_enough)
        epochs *= 2;
    for (int i = 0; i < TIMES; i++) {
        few = fmin(few, train(p, h, runs, epochs + 1, workspace));
        many = fmin(many, train(p, h, runs, 3 * epochs + 1, workspace));
    }
    return (many - few) / (2 * (double)epochs);
}

static void make_data(float *inputs, int32_t *classes, uint32_t *rows, size_t n_rows, size_t n_inputs, int32_t k)
{
    for (size_t i = 0; i < n_rows * n_inputs; i++)
        inputs[i] = (float)(i * 2654435761u % 1000) / 1000 - 0.5f;
    for (size_t i = 0; i < n_rows; i++) {
        classes[i] = (int32_t)(i * 7919 % (size_t)k);
        rows[i] = (uint32_t)i;
    }
}

int main(int argc, char **argv)
{
    if (argc != 9)
        return 2;
    const size_t n_inputs = (size_t)atoi(argv[1]), n_rows = (size_t)atoi(argv[6]);
    const int32_t k = atoi(argv[4]);
    float *inputs = malloc(n_rows * n_inputs * sizeof *inputs);
    int32_t *classes = malloc(n_rows * sizeof *classes);
    uint32_t *rows = malloc(n_rows * sizeof *rows);
    make_data(inputs, classes, rows, n_rows, n_inputs, k);
    const nn_data data = {n_rows, n_inputs, NN_FLOAT32, inputs, classes, .n_classes = (size_t)k};
    const nn_recording nothing = {.every = INT32_MAX};
    const nn_stopping never = {0};
    nn_hyper h = nn_hyper_defaults;
    h.hidden.n = atoi(argv[3]);
    for (int l = 0; l < h.hidden.n; l++)
        h.hidden.width[l] = atoi(argv[2]);
    h.batch_size = atoi(argv[5]);
    h.dropout = atof(argv[7]);
    h.precision = strcmp(argv[8], "float64") == 0 ? NN_PRECISION_float64 : NN_PRECISION_float32;
    h.activation = NN_ACTIVATION_relu;
    h.momentum = 0.9;
    h.learning_rate = 0.001;
    nn_hyper_resolve(&h, true);
    for (int way = 0; way < NN_N_FILL; way++) {
        static pack p;
        double asked[NN_N_ASK];
        for (int i = 0; i < NN_MAX_LANES; i++)
            p.splits[i] = (nn_split){.n = {[NN_TRAIN] = n_rows}, .rows = {[NN_TRAIN] = rows}};
        p.own = way == NN_FILL_OWN;
        p.job = (nn_job){
            .hyper = &h, .data = &data, .split = p.splits, .seed = 1, .recording = &nothing, .stopping = &never};
        p.job.engine = way == NN_FILL_ALONE ? NN_ENGINE_tile : NN_ENGINE_lanes;
        h.epochs = 1;
        void *workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p.job));
        const double batch = h.batch_size > 0 ? (double)h.batch_size : (double)n_rows;
        printf("%g", 1e9 * time_epoch(&p, &h, nn_lanes(&p.job), workspace) / ceil((double)n_rows / batch));
        nn_fill_ask(&p.job, way, asked);
        for (int i = 0; i < NN_N_ASK; i++)
            printf(" %g", asked[i]);
        printf("\n");
        free(workspace);
    }
    return 0;
}
