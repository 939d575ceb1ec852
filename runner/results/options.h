/* options.h - tODO */
#ifndef NNGRID_RESULTS_OPTIONS_H
#define NNGRID_RESULTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

typedef struct results_options {
    bool prune;                  /* drop rows that have left the grid */
    bool retry[NN_N_RUN_STATUS]; /* train rows of this status again (failed, diverged) */
    size_t shard, n_shards;      /* train every n_shards-th run from run `shard` on; n_shards 0: all */
    int threads;                 /* for /timing and /provenance */
    const char *command_line;
} results_options;

static inline bool results_in_shard(const results_options *o, size_t run)
{
    return o == NULL || o->n_shards == 0 || run % o->n_shards == o->shard;
}

/* What is there and what is to be done, in runs. */
typedef struct results_survey {
    bool exists;       /* was there a file? */
    bool grown;        /* does the grid differ from the file's, so that a new file takes its rows over? */
    size_t n_runs;     /* of the grid */
    size_t n_finished; /* of these: done or diverged, check holds */
    size_t n_failed;
    size_t n_pending;            /* to be trained: those that are none of these */
    size_t n_elsewhere;          /* neither: other shards train them */
    size_t n_retried;            /* of the pending: failed or diverged, asked for again */
    size_t n_damaged;            /* of the pending: marked final, but their check does not hold */
    size_t n_recorded_otherwise; /* of the pending: same trajectory, but too little of it was recorded */
    size_t n_recomputed;         /* of the finished: computed from the curves of a run that was observed otherwise */
    size_t n_inactive;           /* finished rows of the file that the grid does not have, and that stay */
    size_t n_pruned;             /* the same, and they go */
    uint64_t bytes;              /* size of the file for this grid */
    size_t buffer_bytes;         /* memory of a row_buffer, for each thread */
    uint64_t bytes_free;         /* on its file system */
} results_survey;

#endif
