/* array.h - reads one array of a NumPy, IDX, MATLAB or HDF5 file. May use h5, base and core.
 *
 * Life cycle: a reader fills an empty array, whoever asked for it takes what it needs, and array_free frees the rest.
 * The first dimension counts examples, and all others are joined into columns, so that a stack of images becomes rows
 * of pixels. Error messages say what is wrong and where in the file, but not its path, which the caller adds.
 *
 * Read first: format.c (the table of formats), load_csv.c (text), load_arrays.c (from arrays to a table). */
#ifndef NNGRID_DATA_FORMATS_ARRAY_H
#define NNGRID_DATA_FORMATS_ARRAY_H

#include "nn.h"

typedef struct array {
    size_t rows, columns;
    double *numbers; /* [rows][columns]; exactly one of these three is not NULL */
    uint8_t *bytes;
    char **words;
    char *text;        /* the block that words point into */
    size_t word_bytes; /* bytes of each word in the block, its NUL included */
} array;

void array_free(array *a);

/* ---- readers ----
 *
 * `name` is the array to read; formats of which a file holds one array ignore it. NN_usage: the file has no such
 * array, and the message lists those that it has. NN_data, NN_file: the file is damaged or does not exist. */

typedef nn_status array_reader(const char *path, const char *name, array *out, nn_error *err);

nn_status array_read_npy(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_npz(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_idx(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_mat(const char *path, const char *name, array *out, nn_error *err);
nn_status array_read_h5(const char *path, const char *name, array *out, nn_error *err);

/* Reads behind the shield (base/shield.h), since a damaged file can crash the library that reads it; for HDF5 and MATLAB
 * files of any origin the only door. To be called while no other thread runs. */
nn_status array_read_apart(array_reader *reader, const char *path, const char *name, array *out, nn_error *err);

/* ---- for readers ---- */

/* Checks that all datasets of an HDF5 file have their values in it. From then on this process follows no links to other
 * files. NN_data, NN_file: the message names the first that has not. */
nn_status array_check_h5(const char *path, nn_error *err);

/* The types of numbers in files. */
typedef enum array_type {
    ARRAY_I8,
    ARRAY_U8,
    ARRAY_I16,
    ARRAY_U16,
    ARRAY_I32,
    ARRAY_U32,
    ARRAY_I64,
    ARRAY_U64,
    ARRAY_F16,
    ARRAY_F32,
    ARRAY_F64,
    ARRAY_N_TYPE
} array_type;

size_t array_type_bytes(array_type type);

typedef struct array_layout {
    array_type type;
    bool swapped;   /* the byte order is not this machine's */
    bool by_column; /* column after column, as in Fortran and MATLAB */
    size_t rows, columns;
} array_layout;

/* A number in the byte order of this machine, anywhere in memory. */
double array_number(array_type type, const void *from);
/* Reads the file whole and gives its content to `parse`. */
nn_status array_parse_file(const char *path,
                           nn_status (*parse)(const char *content, size_t size, array *out, nn_error *err), array *out,
                           nn_error *err);
/* Converts numbers from the layout of a file: ARRAY_U8 becomes bytes, all others become doubles. */
nn_status array_take(const array_layout *layout, const void *from, array *out, nn_error *err);

/* Writes a number with all digits that it has, in decimal; nothing for NaN. Returns the bytes without the NUL. */
enum { ARRAY_NUMBER_TEXT = 32 };
size_t array_number_text(array_type type, bool swapped, const void *from, char text[ARRAY_NUMBER_TEXT]);

/* Makes an array of empty words that have room for `bytes` bytes each, without the NUL. */
nn_status array_new_words(size_t rows, size_t columns, size_t bytes, array *out, nn_error *err);

/* Finds rows and columns of an array of n_dims dimensions, and checks that it is neither empty nor too large. */
nn_status array_shape(const uint64_t *dims, size_t n_dims, size_t *rows, size_t *columns, nn_error *err);

#endif
