/* stored.h - a results file that is there already, contiguous or compact. */
#ifndef NNGRID_RESULTS_READER_STORED_H
#define NNGRID_RESULTS_READER_STORED_H

#include "results/reader/file.h"

enum { NO_NET = -1 }; /* the index of a weights group where there is none */

/* Rows of a dataset that were read last: those of one chunk, or some that lie together. The file is read, not mapped: a
 * hole of a copy on a full disk, or a file that becomes shorter, then is an error and no signal. */
typedef struct stored_window {
    size_t size;        /* most rows at once */
    size_t first, rows; /* rows 0: none */
    unsigned char *bytes;
} stored_window;

/* A dataset with a row for each run (or each run of a shape). */
typedef struct stored_column {
    char *path;
    h5_place place;
    size_t row_bytes;
    int net; /* index of its weights group, else NO_NET */
    stored_window *window;
} stored_column;

typedef struct stored {
    results_file file; /* its h5 is open where it is compact: rows are then read through HDF5 */
    int fd;            /* for plain reads */
    size_t size, n_columns, n_epochs, n_nets;
    struct XXH3_state_s *hash;                /* of the row that is looked at */
    uint64_t digest;                          /* of its layout */
    bool compact;                             /* chunked, by nngrid compact or another program */
    const uint64_t *key, *record_key, *check; /* [n_runs], owned */
    const int32_t *status;
    const double *seconds;
    double started, elapsed; /* NaN: it does not say */
    int32_t sessions;
    uint32_t *epochs;       /* [n_epochs] */
    stored_column *columns; /* those that the check covers, in its order; the first is status */
    char **nets;            /* groups of /weights */
    int32_t *net;           /* [n_runs], NO_NET: no weights */
    uint32_t *slot;         /* [n_runs] */
    size_t n_owned;
    void **owned; /* columns of /runs */
} stored;

/* NN_file with a message for what is no results file of ours, or one that is damaged. */
nn_status reader_stored_open(const char *path, stored **out, nn_error *err);
void reader_stored_close(stored *s);

const stored_column *reader_stored_column(const stored *s, const char *path); /* NULL: the file has none */
/* ---- rows, for one thread at a time ---- */

bool reader_stored_has(const stored *s, const stored_column *c, size_t run); /* has the run a row there? */
/* Its row, until the next one of this column is asked for; NULL: a damaged chunk, or no memory. */
const unsigned char *reader_stored_row(const stored *s, const stored_column *c, size_t run);
bool reader_stored_holds(const stored *s, size_t run); /* is the row what was written? */

#endif
