/* message.h - tODO */
#ifndef NNGRID_DATA_MESSAGE_H
#define NNGRID_DATA_MESSAGE_H

#include "data/dataset.h"

enum { MAX_CLASSES = 1000, MAX_MISTAKES = 10, EXCERPT_SIZE = 48 };

typedef struct data_format data_format;

typedef struct loader {
    const data_spec *spec;
    const char *grid_path, *data_root;
    const char *path; /* of the data file that is being read or spoken of, NULL for a built-in set */
    const data_format *format;
    const data_format *target_format; /* of the file of the targets, where they have one of their own */
    place at;                         /* where the grid names it */
    int n_paths;
    char *paths[2 * NN_N_PART]; /* of all files, for messages; owned */
    diagnostics *diags;
    bool regression;
    data_missing missing;    /* what becomes of missing values */
    bool several;            /* the parts have files of their own */
    bool describing;         /* what can be understood is wanted, not what the grid asks for */
    const data_model *model; /* new data for this network, or NULL */
    size_t n_mistakes;       /* in the data file; only the first MAX_MISTAKES are shown */
    place first_hidden;
} loader;

/* A mistake in the data file; row 0: of the whole file. Always returns NN_data. */
nn_status data_mistake(loader *l, int row, int column, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A mistake in the `data:` part of the grid that only the data could show. Always returns NN_data. */
nn_status data_spec_mistake(loader *l, place at, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Always returns NN_memory. */
nn_status data_no_memory(loader *l, const char *what);
/* A short printable form of a field for messages. Returns out. */
char *data_excerpt(const char *text, char out[EXCERPT_SIZE]);

#endif
