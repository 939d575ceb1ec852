/* measure.h - times training on pinned threads, and measures the peak of the same cores just before and after. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "peak.h"
#include "workload.h"

enum { MEASURE_MAX_REPEATS = 99 };

typedef struct measure_options {
    const workload_data *data;
    int isa;    /* NN_ISA_... that trains, and whose peak is the measure; not NN_ISA_best */
    int engine; /* NN_ENGINE_... */
    bool float64;
    int threads, repeats;
    double seconds; /* that a repetition should train */
} measure_options;

/* Figures of one repetition: of those in which nothing else ran on these cores, if there are any, the one whose
 * share of the peak is the median. */
typedef struct measure_result {
    int engine;                /* that trained: NN_ENGINE_..., not NN_ENGINE_fast */
    int runs;                  /* side by side in each thread */
    int64_t epochs;            /* of each */
    double seconds;            /* of CPU, mean over threads */
    double flops;              /* of one thread: epochs of training, evaluation left out */
    double flops_a_second;     /* sum over threads */
    double peak, clock;        /* operations a second, sum over threads; cycles a second, mean */
    double share, best, worst; /* of the peak: this repetition, the best and the worst */
    double busy;               /* CPU time by clock time: below 1, something else ran on these cores */
} measure_result;

nn_status measure(const measure_options *options, measure_result *out, nn_error *err);

/* Peak and clock alone, on all threads at once: the best repetition. */
nn_status measure_peak(const measure_options *options, measure_result *out, nn_error *err);

#endif
