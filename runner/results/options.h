/* options.h - what the caller asks for when a results file is opened, and what it is told of the file. */
#ifndef NNGRID_RESULTS_OPTIONS_H
#define NNGRID_RESULTS_OPTIONS_H

#include "nn.h"

typedef struct results_options {
    bool prune;                  /* drop inactive rows */
    bool accept_new_data;        /* go on although a file that the grid names has another content than before */
    bool retry[NN_N_RUN_STATUS]; /* train runs of this status again (failed, diverged) */
    size_t shard, n_shards;      /* train each n_shards-th run, beginning with run `shard`; n_shards 0: all */
    int threads;                 /* for /timing and /provenance */
    const char *command_line;
    size_t n_merged; /* files whose users' own objects and attributes a new file takes over; the first one wins */
    const char *const *merged;
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

/* What the file has and what is to be done, in runs. */
typedef struct results_survey {
    results_change change;
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
    uint64_t bytes;              /* size of the file for this grid */
    size_t buffer_bytes;         /* memory of a row_buffer; each thread has one */
    uint64_t bytes_free;         /* on the file system of the file */
} results_survey;

#endif
