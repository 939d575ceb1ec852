/* schedule.h - trains the pending runs of a grid on the cores of the machine. May use results, grid, data, base and
 * core.
 *
 * Life cycle: schedule_threads chooses how many threads to use; schedule_check_given, schedule_estimate and
 * schedule_calibrate tell before training whether a grid can be trained and how long it will take; schedule_run
 * trains it and reports progress, from which schedule_share tells how far it is. A finished row is in
 * the results file within about two seconds. A crash loses what runs did after their last checkpoints, and rows that
 * were not written yet, which are trained again.
 *
 * Read first: plan.c (which runs go together, and in which order), run.c (the threads that train them), checkpoint.h
 * (how a long run survives a kill). */
#ifndef NNGRID_SCHEDULE_SCHEDULE_H
#define NNGRID_SCHEDULE_SCHEDULE_H

#include "results/results.h"
#include "schedule/checkpoint.h"

typedef struct schedule_range {
    double low, high;
} schedule_range;

/* How far the runs of a kind are that train in one way: side by side, or alone. Work is in predicted multiply-adds,
 * seconds are those of a run in its lane. */
typedef struct schedule_pace {
    int lanes;     /* runs side by side */
    double effort; /* how many times as long a run takes as its work would in a pack whose lanes were all its own */
    size_t n_waiting, n_flight; /* runs that have not begun, and that train */
    double work_waiting;
    schedule_range
        apart; /* of the waiting runs, beside work_waiting: what is done for one run at a time, not in lanes */
    double work_flight, seconds_flight;
    double work_done, seconds_done;
} schedule_pace;

/* Predicts the seconds until all runs of n kinds are trained: what is left of each, at the speed of its finished runs.
 * A kind without any takes the mean speed of the others, and before all the expected one: `per_second` multiply-adds
 * of a thread whose lanes are full, 0 if unknown. NaN: not known yet. */
double schedule_left(const schedule_pace *paces, size_t n, int threads, double per_second);

/* The seconds that waiting runs will take, by how well the threads can share the packs out. An empty lane costs as much
 * as a full one; what is done for one run at a time is shared out alike. At best every thread works until the end, but no pack is divided; at worst the threads fill few lanes
 * each, and end apart by the longest pack (R. L. Graham, Bounds for certain multiprocessing anomalies, Bell System
 * Technical Journal 45, 1966). */
schedule_range schedule_span(const schedule_pace *paces, size_t n, int threads, double per_second);

typedef struct schedule_progress {
    size_t n_total;    /* runs of the grid */
    size_t n_before;   /* finished before this call */
    size_t n_finished; /* by this call: done, diverged or failed */
    size_t n_diverged, n_failed;
    double work_done, work_total; /* predicted multiply-adds: of the finished runs, of all runs that this call trains */
    double seconds;               /* since the start */
    double left;                  /* by schedule_left */
    double best; /* lowest best_validation_loss so far (best_train_loss without a validation part), or NaN */
    size_t best_run;
    int threads;
    bool last;         /* this is the final report, after training */
    bool stopping;     /* the stop request was seen */
    size_t n_resumed;  /* runs that were resumed from a checkpoint */
    size_t n_damaged;  /* runs whose checkpoint could not be used */
    nn_error not_kept; /* the error of the last checkpoint that could not be written, or NN_ok */
} schedule_progress;

typedef struct schedule_options {
    int threads;
    double per_second;      /* by schedule_calibrate; 0: not known */
    const atomic_int *stop; /* not 0: begin no run, abandon running ones at the next batch; may be NULL */
    void (*progress)(void *context, const schedule_progress *progress); /* about 10 times a second, one thread */
    void *context;
    const char *data_root;    /* a second folder for files that the grid names; may be NULL */
    const checkpoints *store; /* for the checkpoints that the grid asks for; NULL if it asks for none */
} schedule_options;

/* The share of the time that has passed, in [0, 1]. */
double schedule_share(const schedule_progress *p);

/* How many threads a run should use and why. */
typedef struct thread_choice {
    int threads;
    const char *source; /* "-j", "OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK", "the cores of this process" */
    int asked;          /* the number that the source gives */
    int available;      /* cores by affinity and cgroup quota */
    bool capped;        /* more were asked for than are available, which deserves a warning */
} thread_choice;
thread_choice schedule_threads(int asked_by_j); /* 0: not given */

/* Predicts the bytes of memory that `threads` threads need beyond the data, and the multiply-adds, empty lanes included,
 * that a thread does until n_train of the runs are trained, taken evenly from all kinds. */
nn_status schedule_estimate(const grid *g, const dataset *d, int threads, size_t n_train, size_t *bytes,
                            schedule_range *work, nn_error *err);

/* Times the multiply-adds a second of one core, empty lanes included, on the grid's most typical run. `work` is the multiply-adds that one
 * core will have to do: calibration takes about a hundredth of their time, and at most about 0.3 s. */
nn_status schedule_calibrate(const grid *g, const dataset *d, double work, double *per_second, nn_error *err);

/* The file among those that the grid names which is wrong: its setting, and where that stands. */
typedef struct given_fault {
    const char *setting;
    place at;
} given_fault;

/* Reads the files of init_file and order_file, so that a wrong one is found before training. */
nn_status schedule_check_given(const grid *g, const dataset *d, const char *data_root, given_fault *fault,
                               nn_error *err);

/* A grid_stored_start: the digest of the weights of a run in a results file. */
bool schedule_stored_start(const char *path, const char *run, const char *weights, uint64_t *digest, nn_error *err);

/* Trains all pending runs. NN_ok: every run was tried (*report counts the failed ones). NN_cancelled: stopped on
 * request. NN_file: the results file could not be written, and training was stopped. */
nn_status schedule_run(const grid *g, const dataset *d, results *r, const schedule_options *options,
                       schedule_progress *report, nn_error *err);

#endif
