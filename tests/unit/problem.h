/* problem.h - small learning problems for the tests of core: data, split and job in one struct. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nn.h"

enum { N_OWN_OPTIMIZER = NN_OPTIMIZER_lbfgs }; /* those before it in optimizer.def: their steps are core's */
enum { PROBLEM_ROWS = 40, PROBLEM_INPUTS = 3, PROBLEM_TARGETS = 3 };

typedef struct problem {
    double inputs[PROBLEM_ROWS * PROBLEM_INPUTS], targets[PROBLEM_ROWS * PROBLEM_TARGETS];
    int32_t classes[PROBLEM_ROWS];
    uint32_t rows[PROBLEM_ROWS]; /* 24 train, 8 validate, 8 test */
    nn_data data;
    nn_split split;
    nn_hyper hyper;
    nn_recording recording;
    nn_stopping stopping;
    nn_job job;
    void *workspace;
} problem;

/* Classification with `n_classes`, or regression of three targets (n_classes 0). Numbers come from Philox
 * stream `seed`. */
static inline void problem_init(problem *p, int n_classes, uint64_t seed)
{
    uint32_t w[4];
    memset(p, 0, sizeof *p);
    for (uint32_t r = 0; r < PROBLEM_ROWS; r++) {
        nn_philox(seed, r, 0, 0, 0, w);
        for (int j = 0; j < PROBLEM_INPUTS; j++)
            p->inputs[r * PROBLEM_INPUTS + (uint32_t)j] = nn_normal(w[j]);
        nn_philox(seed, r, 1, 0, 0, w);
        for (int k = 0; k < PROBLEM_TARGETS; k++)
            p->targets[r * PROBLEM_TARGETS + (uint32_t)k] = nn_uniform(w[k]);
        p->classes[r] = n_classes > 0 ? (int32_t)(w[2] % (uint32_t)n_classes) : 0;
        p->rows[r] = r;
    }
    p->data = (nn_data){.n_rows = PROBLEM_ROWS,
                        .n_inputs = PROBLEM_INPUTS,
                        .input_type = NN_FLOAT64,
                        .inputs = p->inputs,
                        .classes = n_classes > 0 ? p->classes : NULL,
                        .n_classes = (size_t)n_classes,
                        .targets = n_classes > 0 ? NULL : p->targets,
                        .n_targets = n_classes > 0 ? 0 : PROBLEM_TARGETS};
    p->split = (nn_split){.n = {24, 8, 8}, .rows = {p->rows, p->rows + 24, p->rows + 32}};
    p->hyper = nn_hyper_defaults;
    p->hyper.hidden.width[0] = 5;
    p->hyper.epochs = 3;
    p->hyper.precision = NN_PRECISION_float64;
    p->recording = (nn_recording){.every = 1, .parts = {true, true, true}, .keep = {true, true, true}};
    p->job = (nn_job){.hyper = &p->hyper,
                      .data = &p->data,
                      .split = &p->split,
                      .seed = 1,
                      .recording = &p->recording,
                      .stopping = &p->stopping,
                      .diverge = 1e4};
}

/* A workspace for the job as it is now. */
static inline void *problem_workspace(problem *p)
{
    free(p->workspace);
    p->workspace = aligned_alloc(NN_ALIGN, nn_workspace_bytes(&p->job));
    assert_non_null(p->workspace);
    return p->workspace;
}

/* Resolves the settings and trains. */
static inline nn_outcome problem_train(problem *p)
{
    nn_outcome out;
    nn_error err = {0};
    nn_hyper_resolve(&p->hyper, p->data.classes != NULL);
    assert_int_equal(nn_train(&p->job, problem_workspace(p), &out, &err), NN_ok);
    return out;
}

static inline void problem_free(problem *p)
{
    free(p->workspace);
}

#endif
