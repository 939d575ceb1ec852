/* estimate.h - what a grid will need, shown beside what there is, before anything is trained. */
#ifndef NNGRID_COMMANDS_ESTIMATE_H
#define NNGRID_COMMANDS_ESTIMATE_H

#include "commands/common.h"
#include "schedule/schedule.h"
#include <stdio.h>

typedef struct estimate {
    results_survey survey;
    thread_choice threads;
    const char *out;
    size_t n_train;             /* runs to train */
    size_t memory, memory_free; /* bytes beyond the data; 0 free: not known */
    double per_second;          /* multiply-adds of one core; 0: nothing to train */
    double seconds;             /* until all is trained; NaN: nothing to train */
} estimate;

/* Looks, estimates and calibrates; writes nothing. `threads` 0: not asked for. */
nn_status command_estimate(const command_job *job, const char *out, int threads, const results_options *how,
                           estimate *e, nn_error *err);

/* NN_ok, or what there is too little of, or not at all, and what to do. */
nn_status command_refuse_estimate(const command_job *job, const estimate *e, nn_error *err);
void command_print_estimate(const command_job *job, const estimate *e, FILE *to);

#endif
