/* write.h - writes rows, many at once: for each field, rows that are neighbours in the file go in one write. A write
 * costs about as much for one number as for a few hundred, and the kernel lets only one thread at a time write to a
 * file, so this keeps many threads with short runs from waiting for each other. */
#ifndef NNGRID_RESULTS_WRITE_H
#define NNGRID_RESULTS_WRITE_H

#include "results/layout.h"
#include "results/results.h"
#include <pthread.h>
#include <sys/stat.h>

/* Puts every field of the run into `row`, which has its keys and is zero behind them. */
void results_row_encode(const layout *l, const row_source *s, unsigned char *row);
typedef struct row_batch row_batch;
size_t results_batch_bytes(const layout *l); /* memory that a batch takes */
nn_status results_batch_new(const layout *l, row_batch **out, nn_error *err);
void results_batch_free(row_batch *b);
/* Gives a row to be filled and sealed, which has its keys and is zero behind them. A full batch is written first. */
nn_status results_batch_next(row_batch *b, int fd, const char *path, size_t run, double seconds, unsigned char **row,
                             nn_error *err);
void results_batch_seal(row_batch *b); /* computes the check of the last row, which is now filled */
/* Writes the rows of all batches: all data, then all checks, then all statuses. The rows stay in the batches. */
nn_status results_batches_store(row_batch *const *batches, size_t n, int fd, const char *path, nn_error *err);

struct results {
    char *path;
    int fd, guard;        /* guard: -1 where there is none */
    mode_t mode;          /* what the file gets when it is not written any more */
    struct stat at_start; /* what fstat said at the start: results_sync compares the file with it */
    layout *l;
    results_options shard;         /* only says which runs are trained here */
    _Atomic unsigned char *status; /* [n_runs] an nn_run_status, as the file has it */
    double began, before;          /* date at which this session began; seconds that the sessions before it took */
    size_t cells_of;               /* finished runs when /cells was last written; SIZE_MAX: it was not */
    double cells_due;              /* when it may be written again: seconds of the monotonic clock */
    _Atomic double flushed;        /* when rows were last written: seconds of the monotonic clock */
    pthread_mutex_t mutex;         /* held by the thread that writes rows; guards what follows */
    size_t n_buffers;
    row_buffer *buffers;
};

void results_buffers_init(results *r);

#endif
