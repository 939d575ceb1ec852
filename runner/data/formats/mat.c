/* MATLAB files of versions 4, 5 and 7.3, read by libmatio, which stands in this file alone. Its log stays off: its
 * messages name neither a place nor a remedy. */
#include "base/file.h"
#include "data/formats/array.h"
#include "base/pipe.h"
#include "data/formats/mat_check.h"
#include "h5/h5.h"
#include <errno.h>
#include <matio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the file ---- */

typedef struct source {
    mat_t *mat;
    double bytes; /* of the file */
} source;

static nn_status open_mat(const char *path, source *s, nn_error *err)
{
    struct stat st = {0};
    FILE *probe = fopen(path, "rb");
    if (probe == NULL)
        return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    fstat(fileno(probe), &st);
    fclose(probe);
    s->bytes = (double)st.st_size;
    const bool newest = h5_is_hdf5(path); /* silences the HDF5 library, which reads version 7.3 */
    if (newest && strncmp(path, PIPE_FOLDER, sizeof PIPE_FOLDER - 1) == 0)
        return nn_fail(err, NN_file, "is a MATLAB file of version 7.3, which cannot be read from a pipe; name a file");
    const nn_status status = newest ? array_check_h5(path, err) : NN_ok; /* libmatio reads what lies elsewhere */
    s->mat = status == NN_ok ? Mat_Open(path, MAT_ACC_RDONLY) : NULL;
    if (status != NN_ok)
        return status;
    return s->mat != NULL ? NN_ok : nn_fail(err, NN_file, "is not a MATLAB file, or is damaged");
}

/* Appends a name, with '?' for characters that names cannot have: a damaged file can hold anything. */
static size_t append_name(char *text, size_t size, const char *name)
{
    size_t n = (size_t)snprintf(text, size, "%.30s", name);
    for (size_t i = 0; i < n; i++)
        text[i] = text[i] > ' ' && text[i] <= '~' ? text[i] : '?';
    return n;
}

/* Lists the arrays of the file: "X, y". */
static const char *list_names(const source *s, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    Mat_Rewind(s->mat);
    for (matvar_t *v; used + 40 < size && (v = Mat_VarReadNextInfo(s->mat)) != NULL;) {
        if (v->name != NULL) {
            used += (size_t)snprintf(text + used, size - used, "%s", used > 0 ? ", " : "");
            used += append_name(text + used, size - used, v->name);
        }
        Mat_VarFree(v);
    }
    return used > 0 ? text : "no array";
}

/* ---- type and shape ---- */

static bool number_type(const matvar_t *v, array_type *type)
{
    static const struct {
        enum matio_classes class_type;
        array_type type;
    } types[] = {{MAT_C_DOUBLE, ARRAY_F64}, {MAT_C_SINGLE, ARRAY_F32}, {MAT_C_INT8, ARRAY_I8},
                 {MAT_C_UINT8, ARRAY_U8},   {MAT_C_INT16, ARRAY_I16},  {MAT_C_UINT16, ARRAY_U16},
                 {MAT_C_INT32, ARRAY_I32},  {MAT_C_UINT32, ARRAY_U32}, {MAT_C_INT64, ARRAY_I64},
                 {MAT_C_UINT64, ARRAY_U64}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].class_type == v->class_type) {
            *type = types[i].type;
            return !v->isComplex;
        }
    }
    return false;
}

/* Says what an array is that holds no full real matrix, and what to save instead. */
static const char *what_it_is(const matvar_t *v)
{
    switch (v->class_type) {
    case MAT_C_SPARSE:
        return "is a sparse matrix of complex numbers; save [real(...) imag(...)]";
    case MAT_C_STRUCT:
        return "is a struct; save its fields as arrays (save -struct)";
    case MAT_C_OBJECT:
    case MAT_C_OPAQUE:
        return "is an object, such as a table, a categorical or a string array; save numbers as a matrix, and labels "
               "as "
               "cellstr(...) of them";
    case MAT_C_FUNCTION:
        return "is a function, not a matrix";
    default:
        return v->isComplex ? "has complex numbers; save [real(...) imag(...)]"
                            : "is not a full matrix of real numbers; of a table, a categorical or a string array "
                              "save numbers as a matrix, and labels as cellstr(...) of them";
    }
}

static bool is_sparse(const matvar_t *v)
{
    return v->class_type == MAT_C_SPARSE && !v->isComplex;
}

static nn_status check_shape(const source *s, const matvar_t *v, nn_error *err)
{
    array_type ignored;
    const bool text = v->class_type == MAT_C_CHAR || v->class_type == MAT_C_CELL;
    if (!text && !is_sparse(v) && !number_type(v, &ignored))
        return nn_fail(err, NN_data, "%s %s", v->name, what_it_is(v));
    if (v->rank != 2 || v->dims == NULL)
        return nn_fail(err, NN_data, "%s has %d dimensions; a matrix has 2", v->name, v->rank);
    const size_t rows = v->dims[0], columns = v->dims[1];
    if (rows == 0 || columns == 0)
        return nn_fail(err, NN_data, "%s is empty", v->name);
    /* zlib packs at most 1032 to 1, so a larger size is damage and no reason to allocate memory. */
    const double most = is_sparse(v) ? NN_INF : 1100.0 * s->bytes;
    if (rows > INT32_MAX || columns > INT32_MAX || (double)rows * (double)columns > most)
        return nn_fail(err, NN_data, "%s should be %zu x %zu, which is more than the file can hold; it is damaged",
                       v->name, rows, columns);
    return NN_ok;
}

/* ---- text ---- */

/* The characters of a row. UTF-8 has more bytes than the dimensions say, and only a matrix of one row can hold it. */
static size_t row_length(const matvar_t *v)
{
    return v->dims[0] == 1 ? v->nbytes / (size_t)v->data_size : v->dims[1];
}

/* Writes a row of a matrix of characters without the blanks at its end, which make all rows equally long. UTF-16
 * becomes UTF-8, of at most three bytes a character. */
static void put_row(const matvar_t *v, size_t row, char *to)
{
    char *last = to;
    for (size_t j = 0; j < row_length(v); j++) {
        const size_t at = j * v->dims[0] + row;
        const bool wide = v->data_size == 2;
        const unsigned c = wide ? ((const uint16_t *)v->data)[at] : ((const uint8_t *)v->data)[at];
        if (c < 0x80 || !wide) {
            *to++ = (char)c;
        } else if (c < 0x800) {
            *to++ = (char)(0xc0 | c >> 6);
            *to++ = (char)(0x80 | (c & 0x3f));
        } else {
            *to++ = (char)(0xe0 | c >> 12);
            *to++ = (char)(0x80 | (c >> 6 & 0x3f));
            *to++ = (char)(0x80 | (c & 0x3f));
        }
        last = c != ' ' && c != 0 ? to : last;
    }
    *last = '\0';
}

static bool is_text(const matvar_t *v)
{
    if (v == NULL || v->class_type != MAT_C_CHAR || v->rank != 2 || v->dims == NULL ||
        (v->data_size != 1 && v->data_size != 2) || (v->data == NULL && v->nbytes > 0))
        return false;
    const bool utf8 = v->dims[0] == 1 && v->data_size == 1;
    return utf8 || v->nbytes == v->dims[0] * v->dims[1] * (size_t)v->data_size;
}

static nn_status take_text(const matvar_t *v, array *out, nn_error *err)
{
    if (!is_text(v))
        return nn_fail(err, NN_data, "%s: text in this form is not supported; use a cell array of char", v->name);
    nn_status status = array_new_words(v->dims[0], 1, 3 * row_length(v), out, err);
    for (size_t i = 0; i < v->dims[0] && status == NN_ok; i++)
        put_row(v, i, out->words[i]);
    return status;
}

/* Takes a cell array of text, one word from each cell. */
static nn_status take_cells(const matvar_t *v, array *out, nn_error *err)
{
    matvar_t *const *cells = v->data;
    const size_t n = v->dims[0] * v->dims[1];
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_text(cells[i]) || cells[i]->dims[0] > 1) {
            return nn_fail(err, NN_data, "%s{%zu} is not text; a cell array of labels holds nothing but text", v->name,
                           i + 1);
        }
        longest = cells[i]->nbytes > longest ? cells[i]->nbytes : longest;
    }
    nn_status status = array_new_words(n, 1, 3 * longest, out, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (cells[i]->nbytes > 0)
            put_row(cells[i], 0, out->words[i]);
    return status;
}

/* ---- sparse matrices ---- */

/* The type of the numbers that are stored, which is not that of the class. */
static bool stored_type(const matvar_t *v, array_type *type)
{
    static const struct {
        enum matio_types data_type;
        array_type type;
    } types[] = {{MAT_T_DOUBLE, ARRAY_F64}, {MAT_T_SINGLE, ARRAY_F32}, {MAT_T_INT8, ARRAY_I8},
                 {MAT_T_UINT8, ARRAY_U8},   {MAT_T_INT16, ARRAY_I16},  {MAT_T_UINT16, ARRAY_U16},
                 {MAT_T_INT32, ARRAY_I32},  {MAT_T_UINT32, ARRAY_U32}, {MAT_T_INT64, ARRAY_I64},
                 {MAT_T_UINT64, ARRAY_U64}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].data_type == v->data_type) {
            *type = types[i].type;
            return true;
        }
    return false;
}

/* Do columns begin one behind the other, and are all rows in the matrix? */
static bool sparse_is_whole(const matvar_t *v, const mat_sparse_t *sparse)
{
    const size_t rows = v->dims[0], columns = v->dims[1];
    if ((size_t)sparse->njc != columns + 1 || sparse->jc == NULL || sparse->jc[0] != 0)
        return false;
    for (size_t j = 0; j < columns; j++)
        if (sparse->jc[j] > sparse->jc[j + 1])
            return false;
    const size_t n = (size_t)sparse->jc[columns];
    if (n > (size_t)sparse->nir || n > (size_t)sparse->ndata || (n > 0 && (sparse->ir == NULL || sparse->data == NULL)))
        return false;
    for (size_t k = 0; k < n; k++)
        if ((size_t)sparse->ir[k] >= rows)
            return false;
    return true;
}

static void put_sparse(const mat_sparse_t *sparse, array_type type, array *out)
{
    const size_t bytes = array_type_bytes(type);
    for (size_t j = 0; j < out->columns; j++)
        for (size_t k = (size_t)sparse->jc[j]; k < (size_t)sparse->jc[j + 1]; k++)
            out->numbers[(size_t)sparse->ir[k] * out->columns + j] =
                array_number(type, (const char *)sparse->data + k * bytes);
}

/* All numbers that are not stored are 0. */
static nn_status take_sparse(const matvar_t *v, array *out, nn_error *err)
{
    const mat_sparse_t *sparse = v->data;
    const size_t rows = v->dims[0], columns = v->dims[1];
    array_type type;
    if (!stored_type(v, &type) || !sparse_is_whole(v, sparse))
        return nn_fail(err, NN_data, "%s is a sparse matrix that is damaged, or of numbers of an unknown type",
                       v->name);
    array a = {.rows = rows, .columns = columns};
    a.numbers = file_fits_memory((double)rows * (double)columns * sizeof *a.numbers)
                    ? calloc(rows * columns, sizeof *a.numbers)
                    : NULL;
    if (a.numbers == NULL)
        return nn_fail(err, NN_data,
                       "%s is a sparse matrix of %zu x %zu, too large with all its zeros; save fewer columns of it",
                       v->name, rows, columns);
    put_sparse(sparse, type, &a);
    *out = a;
    return NN_ok;
}

/* ---- reading ---- */

static nn_status take_numbers(const matvar_t *v, array *out, nn_error *err)
{
    array_layout l = {.by_column = true, .rows = v->dims[0], .columns = v->dims[1]};
    number_type(v, &l.type);
    if (v->data == NULL || v->nbytes != l.rows * l.columns * array_type_bytes(l.type))
        return nn_fail(err, NN_data, "%s is damaged or cut short", v->name);
    return array_take(&l, v->data, out, err);
}

static nn_status read_variable(const source *s, matvar_t *v, array *out, nn_error *err)
{
    nn_status status = check_shape(s, v, err);
    if (status != NN_ok)
        return status;
    if (Mat_VarReadDataAll(s->mat, v) != 0 || v->data == NULL)
        return nn_fail(err, NN_data, "%s is damaged or cut short", v->name);
    return v->class_type == MAT_C_CHAR   ? take_text(v, out, err)
           : v->class_type == MAT_C_CELL ? take_cells(v, out, err)
           : is_sparse(v)                ? take_sparse(v, out, err)
                                         : take_numbers(v, out, err);
}

/* Reads an array of an open file. */
static nn_status read_named(const source *s, const char *name, array *out, nn_error *err)
{
    char names[300];
    matvar_t *v = Mat_VarReadInfo(s->mat, name);
    const nn_status status = v != NULL ? read_variable(s, v, out, err)
                                       : nn_fail(err, NN_usage, "has no array '%.60s'; it has: %s", name,
                                                 list_names(s, names, sizeof names));
    Mat_VarFree(v);
    return status;
}

nn_status array_read_mat(const char *path, const char *name, array *out, nn_error *err)
{
    source s = {0};
    char opened[32];
    int unpacked = -1;
    nn_status status = array_mat_check(path, name, &unpacked, err);
    snprintf(opened, sizeof opened, PIPE_FOLDER "%d", unpacked);
    if (status == NN_ok)
        status = open_mat(unpacked >= 0 ? opened : path, &s, err);
    if (status == NN_ok)
        status = read_named(&s, name, out, err);
    if (s.mat != NULL)
        Mat_Close(s.mat);
    if (unpacked >= 0)
        close(unpacked);
    return status;
}
