/* estimate.h - run and plan use this to show what a grid needs beside what the machine has, before training, and to
 * refuse a grid that cannot be trained here. */
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
    size_t memory, memory_free; /* in bytes, without the data; memory_free 0: unknown */
    double per_second;          /* measured multiply-adds of one core; 0: nothing to train */
    double seconds;             /* until all runs are trained, the middle of `range`; NaN: nothing to train */
    schedule_range range;       /* of `seconds`; low 0: runs may stop early */
} estimate;

/* Compares the grid with its file, estimates and calibrates; writes nothing. `threads` is 0 where -j is not given. */
nn_status command_estimate(const command_job *job, const char *out, int threads, const results_options *how,
                           estimate *e, nn_error *err);

/* Returns NN_ok, or an error that says what is lacking (memory, disk, LAPACK) and what to do. */
nn_status command_refuse_estimate(const command_job *job, const estimate *e, nn_error *err);
/* Says which files have changed since the results were written, and what becomes of these; nothing where none has. */
void command_print_change(const estimate *e, FILE *to);
void command_print_estimate(const command_job *job, const estimate *e, FILE *to);

#endif
