/* npy.h - what a NumPy .npy file says of its elements, for those who read the elements. */
#ifndef NNGRID_DATA_FORMATS_NPY_H
#define NNGRID_DATA_FORMATS_NPY_H

#include "data/formats/array.h"

enum { NPY_MAX_DIMS = 8, NPY_CODE_SIZE = 16 };

/* The type of an element or of a field: '<f8', '>U10', '|S3'. */
typedef struct npy_type {
    bool text, wide; /* wide: four bytes a character, as U has it; S has one */
    bool swapped;    /* the byte order is not this machine's */
    array_type number;
    size_t bytes;
} npy_type;

/* A field of the records of a structured array. */
typedef struct npy_field {
    char *name; /* in UTF-8, owned */
    npy_type type;
    size_t at; /* its first byte in a record */
} npy_field;

typedef struct npy_header {
    char code[NPY_CODE_SIZE]; /* "<f8"; of records: empty */
    npy_type type;
    bool records;
    size_t n_fields, record_bytes;
    npy_field *fields; /* [n_fields] */
    bool by_column, has_type, has_order, has_shape;
    size_t n_dims;
    uint64_t dims[NPY_MAX_DIMS];
    size_t data; /* where the elements begin */
} npy_header;

/* Reads the header of a file that is in memory. NN_data: it cannot be understood, or a field is nested, an array, or of a
 * type that is not read; the message names it. The header is to be freed in any case. */
nn_status array_npy_header(const char *content, size_t size, npy_header *h, nn_error *err);
void array_npy_free(npy_header *h);
/* The file must be exactly as long as so many elements say. */
nn_status array_npy_check_size(const npy_header *h, size_t rows, size_t columns, size_t size, nn_error *err);

/* Reads an array of numbers or text from a file that is in memory. */
nn_status array_npy_parse(const char *content, size_t size, array *out, nn_error *err);

/* Writes the text at `from` as UTF-8 into `to`, which has room for as many bytes and a NUL. Returns what follows it; NULL:
 * a character is invalid. */
char *array_npy_text(const npy_type *type, const unsigned char *from, char *to);

#endif
