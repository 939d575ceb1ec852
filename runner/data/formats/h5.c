/* Reads a dataset of any HDF5 file: numbers of any type, truth values, or text of one dimension. */
#include "base/file.h"
#include "data/formats/array.h"
#include "h5/handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIMS = 8 };

typedef struct source {
    h5_file *file;
    hid_t id, space, type;
    const char *name;
} source;

/* ---- names ---- */

typedef struct name_list {
    char *text;
    size_t used, size;
} name_list;

static herr_t add_name(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    name_list *list = context;
    (void)root;
    if (info->type == H5O_TYPE_DATASET && list->used + 60 < list->size) {
        list->used += (size_t)snprintf(list->text + list->used, list->size - list->used, "%s%.50s",
                                       list->used > 0 ? ", " : "", name);
    }
    return list->used + 60 < list->size ? 0 : 1;
}

static nn_status no_such_array(const source *s, nn_error *err)
{
    char text[360] = "";
    name_list list = {text, 0, sizeof text};
    H5Ovisit2(s->file->id, H5_INDEX_NAME, H5_ITER_INC, add_name, &list, H5O_INFO_BASIC);
    return nn_fail(err, NN_usage, "has no dataset '%.60s'; it has: %s", s->name, list.used > 0 ? text : "no dataset");
}

/* ---- type and shape ---- */

static nn_status shape_of(const source *s, size_t *rows, size_t *columns, nn_error *err)
{
    hsize_t size[MAX_DIMS];
    uint64_t dims[MAX_DIMS];
    nn_error inner;
    const int n = H5Sget_simple_extent_ndims(s->space);
    if (n < 0 || n > MAX_DIMS || H5Sget_simple_extent_dims(s->space, size, NULL) < 0)
        return nn_fail(err, NN_data, "%s has more than %d dimensions, or is damaged", s->name, MAX_DIMS);
    for (int i = 0; i < n; i++)
        dims[i] = size[i];
    nn_status status = array_shape(dims, (size_t)n, rows, columns, &inner);
    return status == NN_ok ? status : nn_fail(err, status, "%s %s", s->name, inner.message);
}

/* Compares the size of a dataset with its bytes in the file. Filters pack at most about 1032 to 1, so a dataset that
 * claims to be larger is damaged or was never written. */
static nn_status check_stored(const source *s, size_t rows, size_t columns, nn_error *err)
{
    const double stored = (double)H5Dget_storage_size(s->id);
    const double needed = (double)rows * (double)columns * (double)H5Tget_size(s->type);
    hid_t plist = H5Dget_create_plist(s->id);
    const bool packed = plist >= 0 && H5Pget_nfilters(plist) > 0;
    H5Pclose(plist);
    if (needed <= stored * (packed ? 1100.0 : 1.0))
        return NN_ok;
    return nn_fail(err, NN_data, "%s should be %zu x %zu, but the file holds %.0f bytes of it", s->name, rows, columns,
                   stored);
}

/* ---- values ---- */

static nn_status damaged(const source *s, nn_error *err)
{
    return nn_fail(err, NN_data, "%s is damaged, or packed by a filter that is not installed", s->name);
}

/* h5py writes truth values as an enumeration of bytes. */
static bool is_truth(hid_t type)
{
    return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1;
}

static nn_status read_numbers(const source *s, size_t rows, size_t columns, array *out, nn_error *err)
{
    const bool bytes = is_truth(s->type) || H5Tequal(s->type, H5T_STD_U8LE) > 0;
    const size_t n = rows * columns;
    array a = {.rows = rows, .columns = columns};
    if (!file_fits_memory((double)n * (bytes ? 1.0 : 8.0)))
        return nn_fail(err, NN_memory, "not enough memory for %zu x %zu numbers", rows, columns);
    a.bytes = bytes ? malloc(n) : NULL;
    a.numbers = bytes ? NULL : malloc(n * sizeof *a.numbers);
    if (a.bytes == NULL && a.numbers == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu x %zu numbers", rows, columns);
    const hid_t memory = is_truth(s->type) ? s->type : h5_hid(bytes ? H5_U8 : H5_F64);
    if (H5Dread(s->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes ? (void *)a.bytes : (void *)a.numbers) < 0) {
        array_free(&a);
        return damaged(s, err);
    }
    *out = a;
    return NN_ok;
}

/* Reads text of fixed length. */
static nn_status read_fixed(const source *s, size_t n, array *out, nn_error *err)
{
    const size_t size = H5Tget_size(s->type);
    nn_status status = array_new_words(n, 1, size, out, err);
    char *raw = status == NN_ok ? malloc(n * size) : NULL;
    if (status == NN_ok && raw == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for %zu texts", n);
    else if (status == NN_ok && H5Dread(s->id, s->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0)
        status = damaged(s, err);
    for (size_t i = 0; i < n && status == NN_ok; i++) {
        size_t length = strnlen(raw + i * size, size);
        while (H5Tget_strpad(s->type) == H5T_STR_SPACEPAD && length > 0 && raw[i * size + length - 1] == ' ')
            length--;
        memcpy(out->words[i], raw + i * size, length);
    }
    free(raw);
    if (status != NN_ok)
        array_free(out);
    return status;
}

static nn_status copy_words(char *const *raw, size_t n, array *out, nn_error *err)
{
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t length = raw[i] != NULL ? strlen(raw[i]) : 0;
        longest = length > longest ? length : longest;
    }
    nn_status status = array_new_words(n, 1, longest, out, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        strcpy(out->words[i], raw[i] != NULL ? raw[i] : "");
    return status;
}

/* Reads text of variable length. */
static nn_status read_variable(const source *s, size_t n, array *out, nn_error *err)
{
    char **raw = file_fits_memory((double)n * sizeof *raw) ? calloc(n, sizeof *raw) : NULL;
    if (raw == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu texts", n);
    nn_status status = H5Dread(s->id, s->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0 ? damaged(s, err)
                                                                                       : copy_words(raw, n, out, err);
    for (size_t i = 0; i < n; i++)
        H5free_memory(raw[i]);
    free(raw);
    return status;
}

static nn_status read_dataset(const source *s, array *out, nn_error *err)
{
    size_t rows = 0, columns = 0;
    const H5T_class_t class = H5Tget_class(s->type);
    nn_status status = shape_of(s, &rows, &columns, err);
    if (status == NN_ok)
        status = check_stored(s, rows, columns, err);
    if (status != NN_ok)
        return status;
    if (class == H5T_INTEGER || class == H5T_FLOAT || is_truth(s->type))
        return read_numbers(s, rows, columns, out, err);
    if (class == H5T_STRING && columns == 1)
        return H5Tis_variable_str(s->type) > 0 ? read_variable(s, rows, out, err) : read_fixed(s, rows, out, err);
    return nn_fail(err, NN_data, "%s holds neither numbers nor a column of text", s->name);
}

nn_status array_read_h5(const char *path, const char *name, array *out, nn_error *err)
{
    source s = {.name = name};
    nn_status status = h5_is_hdf5(path) ? NN_ok : nn_fail(err, NN_file, "is not an HDF5 file, or is damaged");
    if (status == NN_ok && h5_open(path, &s.file, err) != NN_ok)
        return nn_fail(err, NN_file, "is damaged or cut short, or another program is writing it");
    if (status != NN_ok)
        return status;
    s.id = h5_has(s.file, name) ? H5Dopen2(s.file->id, name, H5P_DEFAULT) : -1;
    if (s.id < 0) {
        status = no_such_array(&s, err);
    } else {
        s.space = H5Dget_space(s.id);
        s.type = H5Dget_type(s.id);
        status = read_dataset(&s, out, err);
        H5Tclose(s.type);
        H5Sclose(s.space);
        H5Dclose(s.id);
    }
    h5_close(s.file, NULL);
    return status;
}
