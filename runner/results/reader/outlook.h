/* outlook.h - how far a grid is, from its results file alone, live or not. Times are seconds, dates seconds since 1970;
 * all of it is as it was at the moment of the look. */
#ifndef NNGRID_RESULTS_READER_OUTLOOK_H
#define NNGRID_RESULTS_READER_OUTLOOK_H

#include "results/reader/reader.h"

typedef enum outlook_state {
    OUTLOOK_RUNNING,
    OUTLOOK_INTERRUPTED, /* its state is running, but no process writes it: it was killed */
    OUTLOOK_STOPPED,
    OUTLOOK_COMPLETE,
    N_OUTLOOK_STATE
} outlook_state;
extern const char *const reader_outlook_state_names[N_OUTLOOK_STATE];

typedef struct outlook {
    outlook_state state;
    int64_t pid; /* the process that wrote last; -1: unknown */
    int threads; /* threads of the process that wrote last, at least 1 */
    size_t n_runs, counts[NN_N_RUN_STATUS];
    size_t n_inactive;     /* inactive runs; they count nowhere else */
    int64_t sessions;      /* processes that have worked on the file */
    double elapsed;        /* seconds that they took together; where unknown, thread_seconds / threads */
    double thread_seconds; /* that all finished runs took */
    double seconds_left;   /* until all runs are trained; NaN: unknown; 0: all are */
    double started;        /* date at which the file was first written */
    double last_write;     /* date */
    double now;            /* date of the look */
    const char *metric;    /* by which `best` is, that of ranking.h; NULL: no run is done */
    double best;
    size_t best_run;
} outlook;

nn_status reader_outlook_take(results_reader *r, const char *path, outlook *out, nn_error *err);

/* The seconds that are left: a pending run is expected to take the mean of its cell, or, where no run of it is
 * finished, its epochs times the mean of an epoch. The arrays are [n]. `idle`: seconds since the last run ended, which
 * all threads have spent on runs that they still train. NaN: no run is finished. */
double reader_outlook_seconds_left(size_t n, const double *status, const double *cell, const double *epochs,
                                   const double *seconds, int threads, double idle);

#endif
