/* results.h - the results file of a grid: one HDF5 file, laid out whole before training, then filled by positioned
 * writes.
 *
 * This folder creates the file, resumes it, grows it when the grid has changed, writes rows while runs train, adds
 * statistics and pictures at the end, merges the files of shards, and makes compact copies. It may use grid, data, h5,
 * base and core; commands and schedule use it through this header, and read files through reader/reader.h.
 *
 * It keeps three promises. The file has its final shape before the first run is trained. While runs train, HDF5 is not
 * called and the structure does not change. A row is written data first, then `check`, then `status`, so that a row
 * whose status is final is whole, whatever kills the process.
 *
 * Life cycle: results_open (creates, resumes or grows) -> a row_buffer for each thread, and results_sync every few
 * seconds from one thread -> results_finish -> results_close.
 *
 * Read first: layout.h (the list of datasets, over which all else loops), fields.c (what each dataset is), write.c (how
 * rows get into the file). nngrid-results(5) describes the content. */
#ifndef NNGRID_RESULTS_RESULTS_H
#define NNGRID_RESULTS_RESULTS_H

#include "grid/grid.h"
#include "results/options.h"
#include <stdatomic.h>

typedef struct results results;
typedef struct row_buffer row_buffer;

/* Says what results_open would do, without writing. `options` may be NULL. NN_file: the file is not one of nngrid's.
 * NN_usage: it has runs of an older arithmetic, and is not settled. */
nn_status results_look(const char *path, const grid *g, const dataset *d, const results_options *options,
                       results_survey *out, nn_error *err);

/* The name under which results_open keeps the file as it is (options: accept_new_data, OLDER_RETRAIN). The caller frees it;
 * NULL: there is none. */
char *results_kept_name(const char *path, const results_survey *survey);
/* "arithmetic 7; this program has 8 (what changed)"; returns text. */
char *results_arithmetic_change(int oldest, char *text, size_t size);

/* Creates, resumes or grows the file (its folder too), and locks it against a second writer. Finished rows that are no
 * longer in the grid, or whose recording the grid has changed, are kept behind its own as inactive rows, unless they
 * are pruned. */
nn_status results_open(const char *path, const grid *g, const dataset *d, const results_options *options, results **out,
                       results_survey *survey, nn_error *err);

/* The status that the file has of the run. */
nn_run_status results_status(const results *r, size_t run);
/* Is the run pending, and does this shard train it? */
bool results_to_train(const results *r, size_t run);

/* A row_buffer holds the finished rows of one thread until they are written. A row is encoded at once, so that the
 * caller may free the outcome. All buffers are written together when one is full or a tenth of a second has passed, and
 * at the latest by the next results_sync. Only rows that are written count as finished. */
nn_status results_buffer_new(results *r, row_buffer **out, nn_error *err);
/* After an error the buffer keeps its rows, so that results_flush can try again. */
nn_status results_buffer_add(row_buffer *b, size_t run, const nn_outcome *outcome, double seconds, nn_error *err);
/* Adds the row of a run that could not be carried out. */
nn_status results_buffer_add_failed(row_buffer *b, size_t run, nn_stop_reason reason, double seconds, nn_error *err);
void results_buffer_free(row_buffer *b); /* loses rows that are not written: flush first */
/* Writes the rows of all buffers. */
nn_status results_flush(results *r, nn_error *err);

/* Flushes, renews /cells (every 10 seconds at most), calls fdatasync, and checks that the path still names this file
 * (else NN_file) and that its size has not changed (else NN_data: rows of it are lost). */
nn_status results_sync(results *r, nn_error *err);

/* Writes /cells, /plots and the state (complete when no run is pending, else stopped), syncs, and gives the file
 * its mode back, which is read-only while it is written. */
nn_status results_finish(results *r, nn_error *err);
void results_close(results *r);

typedef struct merge_report {
    size_t n_runs, n_added, n_missing;
    size_t n_twice;    /* rows that a second file has as well */
    char missing[240]; /* "3, 7-12": the runs that no file has */
} merge_report;

/* Puts the finished rows of n files into `out`, which may exist and hold some of them. Files of another grid are
 * refused, and so are runs of which two files hold different results; then nothing is written. Runs that no file has
 * stay pending. */
nn_status results_merge(const char *out, const grid *g, const dataset *d, const results_options *options,
                        const char *const *paths, size_t n, merge_report *report, nn_error *err);

typedef struct compact_options {
    const char *out; /* a new file; NULL: the copy takes the place of the original */
    int threads;
    const atomic_int *stop; /* stops when it is not 0; may be NULL */
} compact_options;

typedef struct compact_report {
    uint64_t before, after; /* bytes */
    bool compact_already;   /* and nothing was done */
    bool kept;              /* the copy saved less than a hundredth, so the original stays */
} compact_report;

/* Makes a copy whose datasets are chunked, shuffled, deflated and have checksums. The copy is read back and compared
 * before it gets its name. A file that is being written or is not complete is refused. After an error, and after
 * NN_cancelled, the original is unchanged. */
nn_status results_compact(const char *path, const compact_options *options, compact_report *report, nn_error *err);

#endif
