/* array.h - an array of a data file, in memory: numbers, bytes or words.
 *
 * The readers of .npy, .npz, IDX, MATLAB and HDF5 files all give this. The first dimension counts examples;
 * the others are joined into columns, so that a stack of images becomes rows of pixels. Messages say what is
 * wrong and where in the file, not its path. */
#ifndef NNGRID_DATA_FORMATS_ARRAY_H
#define NNGRID_DATA_FORMATS_ARRAY_H

#include "nn.h"

typedef struct array {
    size_t rows, columns;
    double *numbers; /* [rows][columns]; exactly one of these three is there */
    uint8_t *bytes;
    char **words;
    char *text;        /* what words point into, one behind the other */
    size_t word_bytes; /* of each word there, its NUL included */
} array;

void array_free(array *a);

/* ---- readers ----
 *
 * `name` says which array of the file; it is not looked at where a file holds one. NN_usage: there is no such
 * array (the message lists those there are); NN_data, NN_file: the file is damaged or no such file. */

typedef nn_status array_reader(const char *path, const char *name, array *out, nn_error *err);

nn_status array_read_npy(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_npz(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_idx(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_mat(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_h5(const char *path, const char *name, array *out, nn_error *err);

/* Reads in a process of its own, so that a library which a damaged file leads astray cannot end this one. Not
 * once there are threads. */
nn_status array_read_apart(array_reader *reader, const char *path, const char *name, array *out, nn_error *err);

/* ---- for readers ---- */

/* Numbers as they lie in files. */
typedef enum array_type {
    ARRAY_I8,
    ARRAY_U8,
    ARRAY_I16,
    ARRAY_U16,
    ARRAY_I32,
    ARRAY_U32,
    ARRAY_I64,
    ARRAY_U64,
    ARRAY_F32,
    ARRAY_F64,
    ARRAY_N_TYPE
} array_type;

size_t array_type_bytes(array_type type);

typedef struct array_layout {
    array_type type;
    bool swapped;   /* the other byte order than this machine's */
    bool by_column; /* column after column, as Fortran and MATLAB keep a matrix */
    size_t rows, columns;
} array_layout;

/* Numbers from a file's own form: bytes stay bytes, all others become doubles. */
nn_status array_take(const array_layout *layout, const void *from, array *out, nn_error *err);

/* Makes room for rows x columns words of at most `bytes` each (their NUL not counted), all empty. */
nn_status array_new_words(size_t rows, size_t columns, size_t bytes, array *out, nn_error *err);

/* Rows and columns of an array of n_dims dimensions; its elements must lie in size_t and be at least one. */
nn_status array_shape(const uint64_t *dims, size_t n_dims, size_t *rows, size_t *columns, nn_error *err);

/* A .npy file in memory. */
nn_status array_parse_npy(const char *content, size_t size, array *out, nn_error *err);

#endif
