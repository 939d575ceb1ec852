/* h5.h - the little of HDF5 that nngrid needs, behind one face: only this folder (and data/formats/h5.c, netcdf.c) includes
 * <hdf5.h>. It may use core/nn.h alone.
 *
 * Files are laid out so that they can be filled without the library: each dataset is contiguous, allocated when it is
 * created and never filled by HDF5, so that its bytes lie at one known place, whose offset h5_look gives.
 *
 * Life cycle: h5_create or h5_open -> any calls -> h5_close. An h5_file remembers its first failure and ignores what
 * follows, so that a long series of calls needs one check, h5_close (or h5_reason). Paths are absolute within the file.
 * For one thread.
 *
 * Read first: h5.c (files, groups, attributes), columns.c (datasets and their scales), read.c. trust.c says what is read of
 * files of any origin, survey.c whether they can be read at all; copy.c makes compact copies. */
#ifndef NNGRID_H5_H5_H
#define NNGRID_H5_H5_H

#include "nn.h"

/* The types of numbers in the file, in this machine's byte order. H5_BLANK: a dimension without values. */
typedef enum h5_type { H5_F64, H5_F32, H5_I64, H5_I32, H5_I8, H5_U64, H5_U8, H5_BLANK, H5_N_TYPE } h5_type;

enum { H5_MAX_DIMS = 3 };
size_t h5_type_bytes(h5_type type);

typedef struct h5_file h5_file;

/* The type, shape and place of a dataset. One without elements has no place: its offset is 0. */
typedef struct h5_place {
    h5_type type; /* H5_N_TYPE: nngrid does not write this type */
    int n_dims;
    size_t dims[H5_MAX_DIMS];
    size_t n;          /* elements */
    uint64_t offset;   /* of its first byte in the file, a multiple of 8; 0: only the library knows where it lies */
    size_t chunk_rows; /* rows of the first dimension that are read at once without an offset, those of a chunk where
                          it has any; 0: it has an offset, or no element */
    bool chunked;
} h5_place;

/* Creates a file, also over an existing one; opens one for reading. */
nn_status h5_create(const char *path, h5_file **out, nn_error *err);
nn_status h5_open(const char *path, h5_file **out, nn_error *err);
/* Opens a data file, whose virtual datasets may name it as their source. Everything in it is closed before it. */
nn_status h5_open_data(const char *path, h5_file **out, nn_error *err);
/* Opens a file of h5_create once more, to add to it. What it has keeps its place. */
nn_status h5_open_to_add(const char *path, h5_file **out, nn_error *err);
bool h5_is_hdf5(const char *path);
/* Looks at every group, dataset and attribute, as the other functions do; to be called in a process of its own
 * (base/shield.h), which a damaged file may end. NN_file: something in it cannot be opened. The path is not in the
 * message. */
nn_status h5_survey(const char *path, nn_error *err);
/* The first failure as a text; NULL: there is none, or no file. */
const char *h5_reason(const h5_file *f);
/* Closes, frees, and reports the first failure. `f` may be NULL. */
nn_status h5_close(h5_file *f, nn_error *err);

/* ---- writing the structure ---- */

void h5_group(h5_file *f, const char *path);
/* A dataset that h5_columns creates. */
typedef struct h5_column {
    const char *path; /* group/name */
    h5_type type;
    bool is_scale;                 /* one-dimensional; H5_BLANK: with netCDF's mark of a dimension without values */
    size_t length;                 /* of a scale */
    int n_dims, dims[H5_MAX_DIMS]; /* the columns that are its scales; a scale has itself */
    uint64_t offset;               /* set by h5_columns: its place in the file, 0 without elements */
} h5_column;
typedef void h5_describe(void *context, h5_file *f, size_t column);

/* Creates all datasets of a group, in this order, and attaches their scales. `describe` is called for each when it
 * exists, and may write attributes of this one only. */
void h5_columns(h5_file *f, const char *group, h5_column *columns, size_t n, h5_describe *describe, void *context);
void h5_text(h5_file *f, const char *object, const char *name, const char *text);
void h5_texts(h5_file *f, const char *object, const char *name, const char *const *texts, size_t n);
/* Writes an attribute of numbers; n 0: a scalar, values[0]. */
void h5_numbers(h5_file *f, const char *object, const char *name, h5_type type, const void *values, size_t n);

/* ---- reading ---- */

bool h5_has(h5_file *f, const char *path);
/* False: there is no such dataset, or it is refused: it has too many dimensions, says that it has more elements than the
 * file can hold, or has its values in another file. The product of the dimensions, and of some of them, does not
 * overflow, nor does that with 64. */
bool h5_look(h5_file *f, const char *path, h5_place *out);
/* Reads all of a dataset, which has to have n elements, into `out`, converted to `type`. False also where h5_look is. */
bool h5_read(h5_file *f, const char *path, h5_type type, size_t n, void *out);
/* Reads rows [from, from + rows) of the first dimension, which have to be n elements. */
bool h5_read_rows(h5_file *f, const char *path, size_t from, size_t rows, h5_type type, size_t n, void *out);
/* Why the last h5_look or h5_read returned false: "/runs/run is larger than the file allows"; NULL: there is no such
 * dataset. */
const char *h5_refused(const h5_file *f);
/* A text attribute, which the caller frees; NULL: there is none. */
char *h5_read_text(h5_file *f, const char *object, const char *name);
/* An attribute of [*n] texts, which h5_texts_free frees; NULL: there is none. */
char **h5_read_texts(h5_file *f, const char *object, const char *name, size_t *n);
void h5_texts_free(char **texts, size_t n);
/* Reads the first n numbers of an attribute; returns how many it has. 0: there is none, and `out` is unchanged. */
size_t h5_read_numbers(h5_file *f, const char *object, const char *name, h5_type type, void *out, size_t n);
/* Names of what a group holds, in the order of creation. */
char **h5_names(h5_file *f, const char *group, bool datasets_only, size_t *n);
/* Paths of all datasets of the file, in the order of creation, which h5_texts_free frees; NULL: it has failed. */
char **h5_datasets(h5_file *f, size_t *n);

/* ---- what others put into a file ---- */

/* Is an object the program's own, or, where `attribute` is not NULL, this attribute of it? `marked`: the object has a
 * scale, is one, or has a long_name, as all that the program writes. */
typedef bool h5_is_own(const char *path, const char *attribute, bool marked);

/* Copies into the file `to` all that `from` has beyond it and that is not the program's own: objects as they are stored,
 * links, attributes. A reference to an object of the program's is left out, since it may have another shape there. */
nn_status h5_carry(const char *from, const char *to, h5_is_own *is_own, nn_error *err);

/* ---- a compact copy ---- */

/* Creates in the empty file `to` all that `from` holds except the values of datasets: in the same order, with the same
 * attributes, scales and references. Large datasets are chunked, to be filtered by shuffle, deflate and Fletcher-32 in
 * this order; small ones are contiguous. */
void h5_copy_structure(h5_file *from, h5_file *to);
/* Is the structure of `to` that of `from`? False: one of them has failed, with the object as the reason. */
bool h5_same_structure(h5_file *from, h5_file *to);

/* A dataset of both files, block by block. A block is what a chunk of the copy holds, even where `from` has no
 * chunks. */
typedef struct h5_blocks h5_blocks;
typedef struct h5_block_shape {
    size_t n, bytes, element_bytes; /* blocks; bytes of each in memory, even at the edges */
    bool filtered;                  /* is the copy chunked? */
} h5_block_shape;

/* `path` must be valid until h5_blocks_close. */
bool h5_blocks_open(h5_file *from, h5_file *to, const char *path, h5_blocks **out, h5_block_shape *shape);
void h5_blocks_close(h5_blocks *b);
/* out: [shape.bytes], which the caller clears, since a block at the edge fills only a part. */
bool h5_block_read(h5_blocks *b, bool of_copy, size_t index, void *out);
/* Writes a chunk of n bytes that went through the filters, except those whose bit (1 << place) is set in `skipped`. */
bool h5_block_write(h5_blocks *b, size_t index, const void *bytes, size_t n, unsigned skipped);
/* Writes a block of a dataset that is not filtered. */
bool h5_block_write_plain(h5_blocks *b, size_t index, void *bytes);

#endif
