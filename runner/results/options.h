/* options.h - what the caller asks for when a results file is opened, and what it is told of the file. */
#ifndef NNGRID_RESULTS_OPTIONS_H
#define NNGRID_RESULTS_OPTIONS_H

#include "nn.h"

struct grid_run;

/* What to do with finished runs of an older arithmetic, whose numbers are not those that training would give today. */
typedef enum older_runs {
    OLDER_REFUSE,  /* leave the file alone, unless they have been accepted before */
    OLDER_ACCEPT,  /* keep them, and train the other runs with today's */
    OLDER_RETRAIN, /* train them again; the file stays whole under another name */
    OLDER_MERGE    /* take those of merged files over; the caller has compared them */
} older_runs;

typedef struct results_options {
    bool prune;           /* drop inactive rows */
    bool accept_new_data; /* go on although a file that the grid names has another content than before */
    older_runs older;
    bool retry[NN_N_RUN_STATUS]; /* train runs of this status again (failed, diverged) */
    size_t shard, n_shards;      /* train each n_shards-th run, beginning with run `shard`; n_shards 0: all */
    int threads;                 /* for /timing and /provenance */
    const char *command_line;
    size_t n_merged; /* files whose users' own objects and attributes a new file takes over; the first one wins */
    const char *const *merged;
    const struct grid_run *merged_runs; /* OLDER_MERGE: [n_runs] the runs with their arithmetics and keys, ... */
    int accepted;                       /* ... and the newest older arithmetic that one of the files has accepted */
} results_options;

static inline bool results_in_shard(const results_options *o, size_t run)
{
    return o == NULL || o->n_shards == 0 || run % o->n_shards == o->shard;
}

/* Files that the grid names and that have changed since the results were written. */
typedef struct results_change {
    size_t n;
    bool data;         /* those of the data are among them: no run of the file is one of the grid */
    uint64_t old_data; /* the digest of the data of the file */
    char what[800];    /* "data iris.csv (digest ... then, ... now)" */
} results_change;

/* Columns that are not what the grid, the data and the finished runs say, so that they are written anew. */
typedef struct results_differences {
    size_t n, n_named; /* of which `what` names so many */
    char what[2400];   /* "/runs/lambda in run 3 is 2 and not 1; ..." */
} results_differences;

/* What the file has and what is to be done, in runs. */
typedef struct results_survey {
    results_change change;
    results_differences differs;
    bool exists;       /* was there a file before? */
    bool grown;        /* the grid differs from that of the file, so that a new file takes its rows over */
    size_t n_runs;     /* of the grid */
    size_t n_finished; /* of these: done or diverged, with a check that holds */
    size_t n_failed;
    size_t n_pending;            /* of these: to be trained here */
    size_t n_elsewhere;          /* of these: to be trained by other shards */
    size_t n_retried;            /* of the pending: failed or diverged, and trained again as the user asked */
    size_t n_damaged;            /* of the pending: their status is final, but their check does not hold */
    size_t n_recorded_otherwise; /* of the pending: the file has their trajectory, but recorded too little of it */
    size_t n_recomputed;         /* of the finished: recomputed from the curves of a run whose recording was another */
    size_t n_inactive;           /* rows of the file that are kept as inactive */
    size_t n_pruned;             /* rows that would be kept but for `prune` */
    size_t n_older;              /* of the runs that are not pending: those of an older arithmetic */
    size_t n_unaccepted;         /* of these: nobody has accepted them */
    size_t n_replaced;           /* finished rows of an older arithmetic whose runs OLDER_RETRAIN trains again */
    int oldest_arithmetic;       /* of all these; 0: there are none */
    int oldest_unaccepted;       /* of those that nobody has accepted */
    bool settled;        /* has the file all that the grid asks for, in older arithmetics that nobody has accepted? */
    uint64_t bytes;      /* size of the file for this grid */
    size_t buffer_bytes; /* memory of a row_buffer; each thread has one */
    uint64_t bytes_free; /* on the file system of the file */
} results_survey;

#endif
