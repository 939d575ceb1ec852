/* outlook.h - how far a grid is, told from its results file alone, live or not.
 *
 * A pure look: what it says was so at that moment. Times are seconds; dates are seconds since 1970. */
#ifndef NNGRID_RESULTS_READER_OUTLOOK_H
#define NNGRID_RESULTS_READER_OUTLOOK_H

#include "results/reader/reader.h"

typedef enum outlook_state {
    OUTLOOK_RUNNING,
    OUTLOOK_INTERRUPTED, /* the file says running, but nobody writes it: killed, or the machine went down */
    OUTLOOK_STOPPED,
    OUTLOOK_COMPLETE,
    N_OUTLOOK_STATE
} outlook_state;
extern const char *const reader_outlook_state_names[N_OUTLOOK_STATE];

typedef struct outlook {
    outlook_state state;
    int64_t pid; /* of the process that wrote last; -1: the file does not say */
    int threads; /* of the process that wrote last, at least 1 */
    size_t n_runs, counts[NN_N_RUN_STATUS];
    size_t n_inactive;     /* runs that have left the grid and are kept; they count nowhere else */
    int64_t sessions;      /* processes that have worked on the file */
    double elapsed;        /* seconds that they took together; without a word of that the threads' share of the next */
    double thread_seconds; /* that all finished runs took together */
    double seconds_left;   /* until all is trained on these threads; NaN: not known; 0: nothing is left */
    double started;        /* date at which the file was first written */
    double last_write;     /* date */
    double now;            /* date of this look */
    const char *metric;    /* the best of: best_validation_loss, else best_train_loss; NULL: none yet */
    double best;
    size_t best_run;
} outlook;

nn_status reader_outlook_take(results_reader *r, const char *path, outlook *out, nn_error *err);

/* What is left, from what the finished runs took: a pending run is expected to take the mean of its cell,
 * without one the mean of an epoch of all finished runs times its epochs. The arrays are [n]. `idle`: seconds
 * since the last run was finished, which every thread has spent on runs in flight. NaN: nothing is known. */
double reader_outlook_seconds_left(size_t n, const double *status, const double *cell, const double *epochs,
                                   const double *seconds, int threads, double idle);

#endif
