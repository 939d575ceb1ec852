/* results.h - the results file: one HDF5 file, laid out whole before training, then filled by positioned
 * writes.
 *
 * Invariants: the file has its final shape before the first run is trained; while runs train, the HDF5
 * library is not called and nothing of the structure changes; a row is written data first, then `check`, then
 * `status`, so that a row whose status is final is whole, whatever kills the process. nngrid-results(5)
 * describes the content.
 *
 * Lifecycle: results_open (creates, resumes or grows) -> a row_buffer for each thread; results_sync every
 * few seconds from one thread -> results_finish -> results_close. A file that is only
 * read: results_reader.h. */
#ifndef NNGRID_RESULTS_RESULTS_H
#define NNGRID_RESULTS_RESULTS_H

#include "grid/grid.h"
#include "results/options.h"
#include <stdatomic.h>

typedef struct results results;
typedef struct row_buffer row_buffer;

/* Looks without writing (plan). `options` may be NULL. A file that is no nngrid results file is NN_file with a
 * message. */
nn_status results_look(const char *path, const grid *g, const dataset *d, const results_options *options,
                       results_survey *out, nn_error *err);

/* Creates, resumes or grows the file (its folder too), locked against a second writer. Finished rows whose point
 * has left the grid, or whose recording it has changed, stay behind its own as inactive ones unless pruned. */
nn_status results_open(const char *path, const grid *g, const dataset *d, const results_options *options, results **out,
                       results_survey *survey, nn_error *err);

/* As the file has it. */
nn_run_status results_status(const results *r, size_t run);
/* Pending, and of this shard? */
bool results_to_train(const results *r, size_t run);

/* The finished rows of one thread on their way to the file. A row is encoded at once, so that the outcome may
 * go; it is written with those of all threads when a buffer is full or a tenth of a second has passed, and at the
 * latest by the next results_sync. Only what is written counts as finished. */
nn_status results_buffer_new(results *r, row_buffer **out, nn_error *err);
/* After an error the rows that are not written are kept, for another try by results_flush. */
nn_status results_buffer_add(row_buffer *b, size_t run, const nn_outcome *outcome, double seconds, nn_error *err);
/* Marks a run that could not be carried out. */
nn_status results_buffer_add_failed(row_buffer *b, size_t run, nn_stop_reason reason, double seconds, nn_error *err);
void results_buffer_free(row_buffer *b); /* what is not written is lost: flush first */
/* Writes what all buffers hold. */
nn_status results_flush(results *r, nn_error *err);

/* Writes what the buffers hold, then fdatasync, and the check that the path still is this file at its size. */
nn_status results_sync(results *r, nn_error *err);

/* Writes /cells and the state (complete when no run is pending, else stopped), syncs, gives the file its
 * usual mode. */
nn_status results_finish(results *r, nn_error *err);
void results_close(results *r);

typedef struct merge_report {
    size_t n_runs, n_added, n_missing;
    size_t n_twice;    /* rows that a second file has, too */
    char missing[240]; /* "3, 7-12": the runs that no file has */
} merge_report;

/* Puts the finished rows of n files into `out`, which may be there and hold some. Refused, with nothing written: files of
 * another grid, and runs of which two files hold different results. What is missing stays pending. */
nn_status results_merge(const char *out, const grid *g, const dataset *d, const results_options *options,
                        const char *const *paths, size_t n, merge_report *report, nn_error *err);

typedef struct compact_options {
    const char *out; /* a new file; NULL: the copy takes the place of the original */
    int threads;
    const atomic_int *stop; /* not 0: give up; may be NULL */
} compact_options;

typedef struct compact_report {
    uint64_t before, after; /* bytes */
    bool compact_already;   /* nothing was done */
    bool kept;              /* the copy saved less than a hundredth: the original stays */
} compact_report;

/* Chunked, shuffled, deflated, with checksums; read back and compared before it gets its name. A file that is
 * being written or not complete is refused. NN_cancelled, and any error: the original is as it was. */
nn_status results_compact(const char *path, const compact_options *options, compact_report *report, nn_error *err);

#endif
