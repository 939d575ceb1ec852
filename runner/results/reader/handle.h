/* handle.h - tODO */
#ifndef NNGRID_RESULTS_READER_HANDLE_H
#define NNGRID_RESULTS_READER_HANDLE_H

#include "h5/h5.h"

/* Words of the last column asked for, and every text that was handed out. */
typedef struct flag_words {
    char *path;
    size_t n;
    int64_t *codes;
    char *meanings; /* cut into words */
    char **words;
} flag_words;

struct results_reader {
    h5_file *file;
    char *path;
    size_t all_runs, all_cells; /* of the file */
    size_t n_runs, n_cells;     /* of these: to be seen, the first ones */
    size_t n_inactive;          /* runs */
    size_t n_axes, n_texts, n_flags;
    char **axes;
    char **texts;
    flag_words *flags;
};

#endif
