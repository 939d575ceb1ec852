/* measure.h - times training on pinned threads, and measures the peak of the same cores just before and after. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "peak.h"
#include "workload.h"

enum { MEASURE_MAX_REPEATS = 99 };

typedef struct measure_options {
    const workload_data *data;
    int isa;    /* the instruction set, NN_ISA_..., that trains and whose peak is measured; not NN_ISA_best */
    int engine; /* NN_ENGINE_... */
    bool float64;
    int threads, repeats;
    double seconds; /* the seconds that a repetition should train */
} measure_options;

/* The figures of one repetition: of those in which nothing else ran on these cores, if there are any, the one whose
 * share of the peak is the median. */
typedef struct measure_result {
    int engine;                /* the engine that trained, NN_ENGINE_..., not NN_ENGINE_fast */
    int runs;                  /* runs side by side in each thread */
    int64_t epochs;            /* of each */
    double seconds;            /* seconds of CPU, mean over threads */
    double flops;              /* operations of one thread, in training alone */
    double flops_a_second;     /* sum over threads */
    double peak, clock;        /* operations a second, sum over threads; cycles a second, mean */
    double share, best, worst; /* shares of the peak: of this repetition, the best and the worst */
    double busy;               /* CPU time by clock time: below 1, something else ran on these cores */
} measure_result;

nn_status measure(const measure_options *options, measure_result *out, nn_error *err);

/* Measures peak and clock alone, on all threads at once, and keeps the best repetition. */
nn_status measure_peak(const measure_options *options, measure_result *out, nn_error *err);

#endif
