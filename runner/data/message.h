/* message.h - the loader, which goes through all steps of loading, and the errors that it reports. */
#ifndef NNGRID_DATA_MESSAGE_H
#define NNGRID_DATA_MESSAGE_H

#include "data/dataset.h"

enum { MAX_CLASSES = 1000, MAX_MISTAKES = 10, EXCERPT_SIZE = 48 };

typedef struct data_format data_format;

/* A pipe, whose content is kept in a file in memory. */
typedef struct kept_pipe {
    const char *path; /* in loader.paths */
    int fd;           /* of the content; owned */
    char opened[32];  /* the path under which it is opened */
} kept_pipe;

/* What the steps of loading share. */
typedef struct loader {
    const data_spec *spec;
    const char *grid_path, *data_root;
    const char *path;                 /* the data file that errors are about; NULL for a built-in dataset */
    const data_format *format;        /* of `path` */
    const data_format *target_format; /* of the file of the targets, where these have their own */
    place at;                         /* where the grid names the file */
    int n_paths, n_pipes;
    char *paths[2 * NN_N_PART]; /* all files, for messages; owned */
    kept_pipe pipes[2 * NN_N_PART];
    diagnostics *diags;
    bool regression;
    data_missing missing;
    bool several;            /* the parts have files of their own */
    bool describing;         /* the data are described, not loaded: what the grid does not say is found out */
    const data_model *model; /* the network that new data are loaded for, or NULL */
    data_guess guess;        /* of a text file */
    size_t n_mistakes;       /* errors in the data files; only the first MAX_MISTAKES are shown */
    place first_hidden;
    char *column_text; /* of data_columns.given_names; owned */
} loader;

/* The path under which a file is opened: its own, or that of what came through a pipe. */
const char *data_opened(const loader *l, const char *path);

/* Reports an error in the data file at l->path; row 0: in the whole file. Returns NN_data. */
nn_status data_mistake(loader *l, int row, int column, const char *format, ...) __attribute__((format(printf, 4, 5)));
enum { FEW_REPEATS = 3 };

/* A mistake that many rows may make. A few are each told; of more, the first one is, with how many there are. */
typedef struct data_repeat {
    size_t n;
    place at[FEW_REPEATS];
    char *what[FEW_REPEATS];
    const char *path, *remedy;
} data_repeat;

/* Counts a row that makes it, and keeps the words of the first few. The remedy is a constant. */
void data_repeat_note(loader *l, data_repeat *r, place at, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Reports it, if a row makes it, and frees the words. */
void data_repeat_tell(loader *l, data_repeat *r);

/* Reports an error in the `data:` section of the grid that only the data show. Returns NN_data. */
nn_status data_spec_mistake(loader *l, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Returns NN_memory. */
nn_status data_no_memory(loader *l, const char *what);
/* Writes a short printable form of a field, for messages. Returns out. */
char *data_excerpt(const char *text, char out[EXCERPT_SIZE]);
/* Writes a field as a word of YAML, in quotes where it needs them. Returns out. */
char *data_quoted(const char *text, char out[EXCERPT_SIZE + 4]);

#endif
