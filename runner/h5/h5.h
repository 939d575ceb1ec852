/* h5.h - the little of HDF5 that nngrid needs; the one module that includes <hdf5.h>.
 *
 * Files are laid out so that they can be filled without the library: every dataset is contiguous, allocated
 * when it is created and never filled by HDF5, so that its bytes lie at one known place (h5_look gives the
 * offset).
 *
 * An h5_file remembers its first failure and ignores what follows, so that a long series of calls needs one
 * check: h5_close (or h5_reason). Paths are absolute within the file. Not for two threads at once. */
#ifndef NNGRID_H5_H5_H
#define NNGRID_H5_H5_H

#include "nn.h"

/* Types of numbers as they lie in the file (this machine's byte order). H5_BLANK: a dimension without values.
 */
typedef enum h5_type { H5_F64, H5_F32, H5_I64, H5_I32, H5_I8, H5_U64, H5_U8, H5_BLANK, H5_N_TYPE } h5_type;

enum { H5_MAX_DIMS = 3 };
size_t h5_type_bytes(h5_type type);

typedef struct h5_file h5_file;

/* What a dataset is. A dataset without elements has no place: offset is 0. */
typedef struct h5_place {
    h5_type type; /* H5_N_TYPE: one that nngrid does not write */
    int n_dims;
    size_t dims[H5_MAX_DIMS];
    size_t n;          /* elements */
    uint64_t offset;   /* of the first byte in the file; 0 also where it lies in chunks */
    size_t chunk_rows; /* chunked: rows of the first dimension in a chunk; else 0 */
} h5_place;

/* Creates over an existing file, or opens read-only. */
nn_status h5_create(const char *path, h5_file **out, nn_error *err);
nn_status h5_open(const char *path, h5_file **out, nn_error *err);
bool h5_is_hdf5(const char *path);
/* The first failure in words; NULL: none, or no file. */
const char *h5_reason(const h5_file *f);
/* Closes, frees, and reports the first failure. NULL is fine. */
nn_status h5_close(h5_file *f, nn_error *err);

/* ---- writing the structure ---- */

void h5_group(h5_file *f, const char *path);
/* A dataset of a group that is made by h5_columns. */
typedef struct h5_column {
    const char *path; /* group/name */
    h5_type type;
    bool is_scale;                 /* one-dimensional; H5_BLANK: with netCDF's mark of a dimension without values */
    size_t length;                 /* of a scale */
    int n_dims, dims[H5_MAX_DIMS]; /* the columns that are its scales; a scale's own is itself */
    uint64_t offset;               /* is set: where it lies, 0 without elements */
} h5_column;
typedef void h5_describe(void *context, h5_file *f, size_t column);

/* Creates all datasets of a group, in this order, and ties them to their scales. `describe` is called for each
 * once it is there, to give it attributes, and may write to that one alone. */
void h5_columns(h5_file *f, const char *group, h5_column *columns, size_t n, h5_describe *describe, void *context);
void h5_text(h5_file *f, const char *object, const char *name, const char *text);
void h5_texts(h5_file *f, const char *object, const char *name, const char *const *texts, size_t n);
/* An attribute of numbers; n 0: a scalar, taken from values[0]. */
void h5_numbers(h5_file *f, const char *object, const char *name, h5_type type, const void *values, size_t n);

/* ---- reading ---- */

bool h5_has(h5_file *f, const char *path);
/* False: no such dataset, or one of too many dimensions. */
bool h5_look(h5_file *f, const char *path, h5_place *out);
/* Reads all (row -1) or one row of the first dimension into `out`, converted to `type`. */
bool h5_read(h5_file *f, const char *path, int64_t row, h5_type type, void *out);
/* Reads rows [from, from + rows) of the first dimension. */
bool h5_read_rows(h5_file *f, const char *path, size_t from, size_t rows, h5_type type, void *out);
/* Text attribute, NULL where there is none; caller frees. */
char *h5_read_text(h5_file *f, const char *object, const char *name);
/* Attribute of strings: [*n] and each freed by h5_texts_free; NULL where there is none. */
char **h5_read_texts(h5_file *f, const char *object, const char *name, size_t *n);
void h5_texts_free(char **texts, size_t n);
/* First `n` numbers of an attribute; returns how many there are (0: none; then `out` is untouched). */
size_t h5_read_numbers(h5_file *f, const char *object, const char *name, h5_type type, void *out, size_t n);
/* Names of what a group holds, in creation order; datasets only if asked. */
char **h5_names(h5_file *f, const char *group, bool datasets_only, size_t *n);
/* Paths of all datasets of the file, in creation order; NULL: noted. h5_texts_free frees. */
char **h5_datasets(h5_file *f, size_t *n);

/* ---- a compact copy ---- */

/* Creates in the empty file `to` all that `from` holds, in the same order, with the same attributes, scales and
 * references; all but the values of datasets. Large ones are chunked, to be filtered by shuffle, deflate and
 * Fletcher-32 in this order; small ones are contiguous. */
void h5_copy_structure(h5_file *from, h5_file *to);
/* Is the structure of `to` that of `from`? False: noted in either, with the object. */
bool h5_same_structure(h5_file *from, h5_file *to);

/* A dataset of both files, block by block: a block is what a chunk of the copy holds, also where `from` has no
 * chunks. */
typedef struct h5_blocks h5_blocks;
typedef struct h5_block_shape {
    size_t n, bytes, element_bytes; /* blocks; bytes of each in memory, also at the edges */
    bool filtered;                  /* is the copy chunked? */
} h5_block_shape;

/* `path` must stay while it is open. */
bool h5_blocks_open(h5_file *from, h5_file *to, const char *path, h5_blocks **out, h5_block_shape *shape);
void h5_blocks_close(h5_blocks *b);
/* out: [shape.bytes], cleared by the caller, for a block at the edge fills a part. */
bool h5_block_read(h5_blocks *b, bool of_copy, size_t index, void *out);
/* A chunk that has gone through the filters, but for those whose bit in `skipped` (1 << place) is set. */
bool h5_block_write(h5_blocks *b, size_t index, const void *bytes, size_t n, unsigned skipped);
/* Into a copy that is not filtered. */
bool h5_block_write_plain(h5_blocks *b, size_t index, void *bytes);

#endif
