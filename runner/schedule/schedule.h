/* schedule.h - trains the pending runs of a grid on the cores of the machine. The one place of OpenMP.
 *
 * Runs are ordered by predicted cost, longest first, and handed out one at a time. Each thread has one
 * workspace, sized for the largest run, one splitter and its own signal. A keeper thread syncs the file every
 * few seconds, watches the clock of limits.per_run, passes the stop request on, and reports progress. */
#ifndef NNGRID_SCHEDULE_SCHEDULE_H
#define NNGRID_SCHEDULE_SCHEDULE_H

#include "results/results.h"
#include "schedule/checkpoint.h"

typedef struct schedule_progress {
    size_t n_total;    /* runs of the grid */
    size_t n_before;   /* finished before this call */
    size_t n_finished; /* now: done, diverged or failed */
    size_t n_diverged, n_failed;
    double work_done, work_total; /* predicted multiply-adds of the runs to train; done counts finished runs */
    double seconds;               /* since the start */
    double best; /* lowest best_validation_loss so far (best_train_loss without validation); NaN: none */
    size_t best_run;
    int threads;
    bool last;             /* the call after the end */
    double busy_seconds;   /* thread-seconds that the finished runs took */
    double flight_seconds; /* thread-seconds spent so far on runs that are not finished */
    bool stopping;         /* the stop request was seen */
    size_t n_resumed;      /* runs that went on from a checkpoint */
    size_t n_damaged;      /* whose checkpoint was of no use */
    nn_error not_kept;     /* why the last state that could not be kept was not; NN_ok: all were */
} schedule_progress;

typedef struct schedule_options {
    int threads;
    const atomic_int *stop; /* not 0: take no new run, abandon running ones at the next batch; may be NULL */
    void (*progress)(void *context, const schedule_progress *progress); /* about 10 times a second, one thread */
    void *context;
    const char *data_root;    /* where files of base are looked for beside the grid's folder; may be NULL */
    const checkpoints *store; /* for states of runs, where the grid asks for them; may be NULL else */
} schedule_options;

/* Seconds until all is trained, from the finished runs' speed (until there is one: from per_second
 * multiply-adds of one core, 0 if unknown) and the predicted cost of what is left. NaN: not known yet. */
double schedule_eta(const schedule_progress *p, double per_second);

/* Share of the predicted work that is done, runs in flight included, in [0, 1]. */
double schedule_share(const schedule_progress *p, double per_second);

/* How many threads a run should use and why. */
typedef struct thread_choice {
    int threads;
    const char *source; /* "-j", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK", "the cores of this process" */
    int asked;          /* what the source said */
    int available;      /* cores by affinity and cgroup quota */
    bool capped;        /* asked for more than there are: warn */
} thread_choice;
thread_choice schedule_threads(int asked_by_j); /* 0: not given */

/* Memory in bytes that `threads` threads will need beyond the data, and predicted multiply-adds of the
 * pending runs. */
nn_status schedule_estimate(const grid *g, const dataset *d, int threads, size_t *bytes, double *work, nn_error *err);

/* Multiply-adds a second of one core, timed on this grid's most typical run. `work`: multiply-adds that one core
 * will have to do; the calibration takes about a hundredth of the time that they take, and at most about 0.3 s. */
nn_status schedule_calibrate(const grid *g, const dataset *d, double work, double *per_second, nn_error *err);

/* Reads the starting weights of init_file for every network of the grid, and order_file, so that a wrong file is found before
 * training; *file says which it is. */
nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, int *file, nn_error *err);

/* Trains all that is pending. NN_ok: everything was tried (see progress for failures). NN_cancelled: stopped
 * on request. NN_file: the results file could not be written; training was stopped. */
nn_status schedule_run(const grid *g, const dataset *d, results *r, const schedule_options *options,
                       schedule_progress *report, nn_error *err);

/* Calls work(context, i) for each i < n, on `threads` threads, and returns when all is done. */
void parallel_for(int threads, size_t n, void (*work)(void *context, size_t i), void *context);

#endif
