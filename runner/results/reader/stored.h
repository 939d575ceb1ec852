/* stored.h - the face of a results file by keys and bytes: for a grid that resumes, grows or is merged. The file may be
 * contiguous or compact. It is read by what it says of itself, so that files of other grids and older versions are
 * understood as well. */
#ifndef NNGRID_RESULTS_READER_STORED_H
#define NNGRID_RESULTS_READER_STORED_H

#include "results/reader/file.h"
#include "results/reader/recount.h"

enum { STATE_RUNNING, STATE_STOPPED, STATE_COMPLETE }; /* values of /state */
enum { NO_NET = -1 };                                  /* the index of a weights group where there is none */

/* The rows of a dataset that were read last: those of a chunk, or some neighbours. The file is read and not mapped, so
 * that a hole in it, or a file that becomes shorter, is an error and no signal. */
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
    int net; /* the index of its weights group, or NO_NET */
    stored_window *window;
} stored_column;

typedef struct stored {
    results_file file; /* its h5 is open where it is compact: rows are then read through HDF5 */
    int fd;            /* for plain reads */
    size_t size, n_columns, n_epochs, n_nets;
    struct XXH3_state_s *hash;                /* of the row that is checked */
    uint64_t digest;                          /* of its layout */
    bool compact;                             /* some dataset has chunks, made by nngrid compact or another program */
    const uint64_t *key, *record_key, *check; /* [n_runs], owned */
    const int32_t *status;
    const double *seconds;
    double started, elapsed; /* NaN: unknown */
    int32_t sessions;
    bool complete;          /* does it say that its statistics and pictures are those of all its runs? */
    bool has_arithmetic;    /* has it a column that says with which arithmetic each run was trained? */
    int32_t accepted;       /* the newest older arithmetic whose runs its user has accepted; 0: none */
    uint32_t *epochs;       /* [n_epochs] */
    stored_column *columns; /* the columns that the check covers, in its order; `status` is the first */
    char **nets;            /* groups of /weights */
    int32_t *net;           /* [n_runs], NO_NET: no weights */
    uint32_t *slot;         /* [n_runs] */
    bool older;             /* an older program wrote it: it lacks metrics */
    part_counts counts;     /* of an older file */
    size_t n_owned;
    void **owned; /* columns of /runs */
} stored;

/* NN_file: it is no results file of this format, or it is damaged. */
nn_status reader_stored_open(const char *path, stored **out, nn_error *err);
void reader_stored_close(stored *s);

const stored_column *reader_stored_column(const stored *s, const char *path); /* NULL: the file has none */

/* ---- rows, for one thread at a time ---- */

bool reader_stored_has(const stored *s, const stored_column *c, size_t run); /* has the run a row in the column? */
/* The row of a run, valid until the next call for this column; NULL: it cannot be read, or no memory. */
const unsigned char *reader_stored_row(const stored *s, const stored_column *c, size_t run);
bool reader_stored_holds(const stored *s, size_t run); /* does the check of the row hold? */

#endif
