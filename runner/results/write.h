/* write.h - rows on their way into the file, several at once: for each field, neighbouring runs go in one write. A write
 * costs about as much for one number as for a few hundred, and the kernel lets one thread at a time write to a
 * file, so this is what keeps many threads with short runs from waiting for each other. */
#ifndef NNGRID_RESULTS_WRITE_H
#define NNGRID_RESULTS_WRITE_H

#include "results/layout.h"
#include "results/results.h"
#include <pthread.h>

void results_layout_rows(layout *l); /* results_rows.c: once the fields are measured */

/* A row in memory: key, record_key, then each field with a `put` that applies to the run, in the order of the
 * layout (status first), each padded with zeros to a multiple of 8 bytes. Its XXH3-64 is the row's check. */
enum { ROW_HEAD = 16 };
size_t results_row_padded(size_t bytes);
void results_row_begin(const grid_run *run, unsigned char *row);
/* Every field; `row` was zeros after results_row_begin. */
void results_row_encode(const layout *l, const row_source *s, unsigned char *row);
typedef struct row_batch row_batch;
size_t results_batch_bytes(const layout *l); /* memory that one takes */
nn_status results_batch_new(const layout *l, row_batch **out, nn_error *err);
void results_batch_free(row_batch *b);
/* A row to be filled, zeros but for its keys; NULL: the batch is full. An empty one has room for any row. */
unsigned char *results_batch_add(row_batch *b, size_t run, double seconds);
void results_batch_seal(row_batch *b); /* the last row is filled: makes its check */
void results_batch_empty(row_batch *b);
/* Writes the rows of all batches: all data, then all checks, then all statuses. They stay in the batches. */
nn_status results_batches_store(row_batch *const *batches, size_t n, int fd, const char *path, nn_error *err);

struct results {
    char *path;
    int fd, guard;        /* guard: -1 where there is none */
    struct stat at_start; /* the file as it was opened: it must stay so */
    layout *l;
    results_options shard;         /* which runs are trained here */
    _Atomic unsigned char *status; /* [n_runs] an nn_run_status, as the file has it */
    double began, before;          /* date at which this session began; seconds of those before it */
    _Atomic double flushed;        /* when rows were last written: seconds of the monotonic clock */
    pthread_mutex_t mutex;         /* of the thread that writes rows; guards what follows */
    size_t n_buffers;
    row_buffer *buffers;
};

void results_buffers_init(results *r);

#endif
