/* file.h - an open results file: what the two faces of the reader, reader.h and stored.h, have in common. */
#ifndef NNGRID_RESULTS_READER_FILE_H
#define NNGRID_RESULTS_READER_FILE_H

#include "results/reader/recount.h"

/* The rows of inactive runs and cells stand behind the others. */
typedef struct results_file {
    char *path;
    h5_file *h5;
    bool to_resume;                   /* it is the target of a run: messages then name -o */
    bool has_active;                  /* false: it is of a time when all rows were of the grid */
    size_t n_runs, n_cells;           /* rows of /runs and of /cells */
    size_t active_runs, active_cells; /* of these: the first ones, which are in the grid */
} results_file;

/* NN_file with a message for what is no results file of this format, or is damaged. Close it also after an error. */
nn_status reader_file_open(const char *path, bool to_resume, results_file *out, nn_error *err);
void reader_file_close(results_file *f);
/* NN_file: `what` is missing or has another shape. */
nn_status reader_file_damaged(const results_file *f, const char *what, nn_error *err);

/* The words of the codes of a column. */
typedef struct flag_words {
    char *path;
    size_t n;
    int64_t *codes;
    char *meanings; /* cut into words */
    char **words;
} flag_words;

/* The face by rows; reader.c, model.c and inactive.c know what is in it. */
struct results_reader {
    results_file file;
    size_t n_runs, n_cells; /* that are shown: the active ones, or all */
    size_t n_axes, n_texts, n_flags;
    char **axes;
    char **texts;       /* every text that was handed out */
    flag_words *flags;  /* of the columns that were asked for */
    bool older;         /* an older program wrote it */
    part_counts counts; /* of an older file, once an accuracy was asked for */
};

#endif
