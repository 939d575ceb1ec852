/* workload.h - lists the trainings by which engines are measured, on made-up data of the real shape and type.
 *
 * Only the cost of an epoch matters here: inputs and labels are random, and nothing but the first and the last epoch
 * is recorded. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "nn.h"

/* The shape of the data of a workload. */
typedef struct workload_shape {
    size_t n_inputs;
    int n_classes;          /* 0: one target in {0, 1} */
    size_t n_rows, n_train; /* training rows are spread over a data set that fits no cache */
    unsigned levels;        /* bytes 0 .. levels-1; 0: float64 in [-0.5, 0.5) */
    double divisor;         /* the divisor of bytes; 0: unscaled */
} workload_shape;

typedef struct workload {
    const char *name;
    const workload_shape *shape;
    nn_shape hidden;
    int batch_size; /* 0: full */
    int activation, loss;
    double learning_rate, momentum;
} workload;

extern const workload workloads[]; /* ends with name NULL */

/* A workload with its data. Threads may share it. */
typedef struct workload_data {
    const workload *of;
    nn_data data;
    nn_split split;
    nn_hyper hyper; /* resolved; epochs are the caller's */
    nn_recording recording;
    nn_stopping stopping;
    void *inputs;
    int32_t *classes;
    double *targets, *scale; /* scale: [2][n_inputs] shift and factor */
    uint32_t *rows;
} workload_data;

/* Makes the data; `fewer` divides the number of training rows. Returns false if memory is short. */
bool workload_make(const workload *w, size_t fewer, workload_data *out);
void workload_free(workload_data *d);

/* Returns a job that trains with `hyper`, a copy of d->hyper with changes. All jobs take the rows in one order. */
nn_job workload_job(const workload_data *d, const nn_hyper *hyper);

/* Returns the operations of one epoch of training: matrix products only, 2mnk each: forward, the gradient of the
 * weights and, except for the first layer, of the inputs. */
double workload_flops(const workload_data *d);

#endif
