/* schedule_pack.h - workers and the packs that they train. The mutex of the crew guards what several threads look at. */
#ifndef NNGRID_SCHEDULE_PACK_H
#define NNGRID_SCHEDULE_PACK_H

#include "schedule/endpoint.h"
#include "schedule/schedule_internal.h"
#include "schedule/team.h"
#include <pthread.h>

/* A run in flight. */
typedef struct flight {
    nn_hyper hyper;
    size_t run;
    splitter *splits; /* of the worker's, where the split of the run is */
    const nn_split *split;
    bool running, expired;
    double started; /* seconds of schedule_now() */
    double share;   /* of the worker's shares, when it began */
    void *state;    /* the checkpoint that it went on from, or NULL */
} flight;

typedef struct worker {
    struct crew *crew;
    int index;
    splitter *splits
        [NN_MAX_LANES]; /* a lane has that of another where the split is the same; as many as are needed */
    void *workspace;
    row_buffer *rows;
    schedule_group *group;
    atomic_int signal; /* nn_signal of the pack */
    atomic_bool save_due;
    double saved; /* when states were last asked for, or the group was begun */
    int n_running;
    /* A run's seconds are its share of the pack's: shares grows by the time that passes over the runs in flight. */
    double shares, shared_at;
    double handed_out; /* seconds of finished runs since `began` */
    double began;      /* of the pack */
    flight flights[NN_MAX_LANES];
} worker;

typedef struct crew {
    const grid *grid;
    const dataset *data;
    results *results;
    const schedule_options *options;
    schedule_plan plan;
    start_weights starts;
    given_order order;
    team team;
    int best_metric;        /* that tells the best run so far */
    endpoint_lapack lapack; /* where the grid asks for `diagnose: endpoint` */
    pthread_mutex_t mutex;  /* guards all below */
    pthread_cond_t ended;
    bool over;         /* the workers are done: the keeper may go */
    atomic_bool fault; /* a file could not be written or memory was short: read without the mutex as a hint */
    nn_error error;    /* the first fault */
    schedule_progress report;
    double began;
    worker *workers; /* [options->threads] */
} crew;

double schedule_now(void);          /* seconds of the monotonic clock */
bool schedule_stops(const crew *c); /* was a stop asked for? */
/* Remembers the first fault, which stops all. */
void schedule_fault(crew *c, const nn_error *error);

/* The most expensive group that has runs left, or NULL. */
schedule_group *schedule_next_group(crew *c);
/* Trains runs of a group until it has no more. False: there is nothing more to do for this worker. */
bool schedule_train_group(worker *w, schedule_group *group);

#endif
