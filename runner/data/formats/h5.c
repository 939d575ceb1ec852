/* Reads a dataset of any HDF5 file: numbers of any type, truth values, names of an enumeration, or text of one
 * dimension. What netCDF packs is unpacked. */
#include "base/file.h"
#include "data/formats/array.h"
#include "data/formats/netcdf.h"
#include "h5/handle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DIMS = 8 };

typedef struct source {
    h5_file *file;
    hid_t id, space, type;
    const char *path, *name;
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
    h5_place there;
    if (!h5_look(s->file, s->name, &there) && h5_refused(s->file) != NULL)
        return nn_fail(err, NN_data, "%s", h5_refused(s->file));
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

/* ---- is it all there? Where it is not, HDF5 reads zeros, or the fill value, without a word ---- */

enum { MAX_VIRTUAL_DEPTH = 8 };

static nn_status check_id(const source *s, hid_t id, int depth, nn_error *err);

static nn_status no_source(const source *s, const char *what, nn_error *err)
{
    return nn_fail(err, NN_data, "%s is a virtual dataset, and its source %.60s is not in the file, or not whole",
                   s->name, what);
}

/* Checks that a source reaches as far as the virtual dataset takes n elements from it. */
static nn_status check_reach(const source *s, hid_t id, hid_t selection, hssize_t n, const char *name, nn_error *err)
{
    hsize_t first[H5S_MAX_RANK], last[H5S_MAX_RANK], size[H5S_MAX_RANK];
    hid_t space = H5Dget_space(id);
    const int n_dims = H5Sget_simple_extent_dims(space, size, NULL);
    const bool all = H5Sget_select_type(selection) == H5S_SEL_ALL; /* then it says nothing of where */
    bool good = n_dims >= 0 && n > 0 && n <= H5Sget_simple_extent_npoints(space);
    if (good && !all)
        good = H5Sget_simple_extent_ndims(selection) == n_dims && H5Sget_select_bounds(selection, first, last) >= 0;
    for (int d = 0; good && !all && d < n_dims; d++)
        good = last[d] < size[d];
    H5Sclose(space);
    return good ? NN_ok : no_source(s, name, err);
}

/* Does HDF5 find this file by the name of a source? It opens a path as it stands, and only where there is no such file the
 * last part of it beside this one. It replaces what begins with '%' by numbers. */
static bool is_this_file(const source *s, const char *name)
{
    struct stat there, here;
    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(file_base(name), file_base(s->path)) != 0 || strchr(name, '%') != NULL)
        return false;
    if (strchr(name, '/') == NULL)
        return true;
    const bool same = stat(name, &there) != 0 ||
                      (stat(s->path, &here) == 0 && there.st_dev == here.st_dev && there.st_ino == here.st_ino);
    return name[0] == '/' && same;
}

enum { FILE_NAME_BYTES = 1024, DATASET_NAME_BYTES = 256 };

/* Gets the names of the i-th source. False: they are longer than what is compared here, or are patterns of names. */
static bool names_of_source(hid_t dcpl, size_t i, char file[FILE_NAME_BYTES], char name[DATASET_NAME_BYTES])
{
    const ssize_t n_file = H5Pget_virtual_filename(dcpl, i, file, FILE_NAME_BYTES);
    const ssize_t n_name = H5Pget_virtual_dsetname(dcpl, i, name, DATASET_NAME_BYTES);
    return n_file > 0 && n_file < FILE_NAME_BYTES && n_name > 0 && n_name < DATASET_NAME_BYTES &&
           strchr(name, '%') == NULL;
}

/* Checks the i-th source of a virtual dataset; *n grows by the elements that come from it. */
static nn_status check_source(const source *s, hid_t dcpl, size_t i, int depth, double *n, nn_error *err)
{
    char file[FILE_NAME_BYTES] = "", name[DATASET_NAME_BYTES] = "";
    if (!names_of_source(dcpl, i, file, name))
        return no_source(s, name, err);
    if (!is_this_file(s, file)) {
        return nn_fail(err, NN_data,
                       "%s is a virtual dataset of another file, %.80s; write its values into one file, such as with "
                       "h5py: f['all'] = f['%.60s'][...]",
                       s->name, file, s->name);
    }
    hid_t id = h5_has(s->file, name) ? H5Dopen2(s->file->id, name, H5P_DEFAULT) : -1;
    if (id < 0)
        return no_source(s, name, err);
    hid_t from = H5Pget_virtual_srcspace(dcpl, i), to = H5Pget_virtual_vspace(dcpl, i);
    const hssize_t taken = H5Sget_select_npoints(to);
    *n += (double)taken;
    nn_status status = check_reach(s, id, from, taken, name, err);
    if (status == NN_ok)
        status = check_id(s, id, depth + 1, err);
    H5Sclose(to);
    H5Sclose(from);
    H5Dclose(id);
    return status;
}

static nn_status check_virtual(const source *s, hid_t dcpl, double needed, int depth, nn_error *err)
{
    size_t count = 0;
    double there = 0;
    nn_status status =
        depth > MAX_VIRTUAL_DEPTH || H5Pget_virtual_count(dcpl, &count) < 0
            ? nn_fail(err, NN_data, "%s is a virtual dataset of virtual datasets, or is damaged", s->name)
            : NN_ok;
    for (size_t i = 0; i < count && status == NN_ok; i++)
        status = check_source(s, dcpl, i, depth, &there, err);
    if (status != NN_ok || there >= needed)
        return status;
    return nn_fail(err, NN_data, "%s is a virtual dataset whose sources give %.0f of its %.0f values", s->name, there,
                   needed);
}

/* Compares the size of a dataset with its bytes in the file. Filters pack at most about 1032 to 1, so a dataset that
 * claims to be larger is damaged or was never written. */
static nn_status check_stored(const source *s, hid_t id, hid_t dcpl, double n, nn_error *err)
{
    hid_t type = H5Dget_type(id);
    const double stored = (double)H5Dget_storage_size(id), needed = n * (double)H5Tget_size(type);
    H5Tclose(type);
    if (H5Pget_external_count(dcpl) > 0)
        return nn_fail(err, NN_data, "%s has its values in a file outside; write them into one file", s->name);
    if (needed <= stored * (H5Pget_nfilters(dcpl) > 0 ? 1100.0 : 1.0))
        return NN_ok;
    return nn_fail(err, NN_data, "%s should have %.0f values (%.0f bytes), but the file holds %.0f bytes of it",
                   s->name, n, needed, stored);
}

static nn_status check_id(const source *s, hid_t id, int depth, nn_error *err)
{
    hid_t dcpl = H5Dget_create_plist(id), space = H5Dget_space(id);
    const double n = (double)H5Sget_simple_extent_npoints(space);
    const nn_status status = dcpl < 0                             ? nn_fail(err, NN_data, "%s is damaged", s->name)
                             : H5Pget_layout(dcpl) == H5D_VIRTUAL ? check_virtual(s, dcpl, n, depth, err)
                                                                  : check_stored(s, id, dcpl, n, err);
    H5Sclose(space);
    H5Pclose(dcpl);
    return status;
}

/* ---- all datasets of a file ---- */

typedef struct search {
    h5_file *file;
    const char *path;
    nn_status status;
    nn_error *err;
} search;

static herr_t check_found(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    search *look = context;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    const source s = {.file = look->file, .path = look->path, .name = name};
    hid_t id = H5Dopen2(root, name, H5P_DEFAULT);
    look->status = id < 0 ? nn_fail(look->err, NN_data, "%s is damaged", name) : check_id(&s, id, 0, look->err);
    if (id >= 0)
        H5Dclose(id);
    return look->status == NN_ok ? 0 : 1;
}

nn_status array_check_h5(const char *path, nn_error *err)
{
    search look = {.path = path, .err = err};
    if (h5_open_data(path, &look.file, err) != NN_ok)
        return nn_fail(err, NN_file, "is damaged or cut short, or another program is writing it");
    if (H5Ovisit2(look.file->id, H5_INDEX_NAME, H5_ITER_INC, check_found, &look, H5O_INFO_BASIC) < 0)
        look.status = nn_fail(err, NN_data, "is damaged");
    h5_close(look.file, NULL);
    return look.status;
}

/* ---- values ---- */

static nn_status damaged(const source *s, nn_error *err)
{
    return nn_fail(err, NN_data, "%s is damaged, or packed by a filter that is not installed", s->name);
}

/* h5py writes truth values as an enumeration of bytes, FALSE and TRUE. */
static bool is_truth(hid_t type)
{
    int8_t no = -1, yes = -1;
    return H5Tget_class(type) == H5T_ENUM && H5Tget_size(type) == 1 && H5Tget_nmembers(type) == 2 &&
           H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 && yes == 1;
}

/* ---- numbers ---- */

static nn_status no_room(size_t rows, size_t columns, nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for %zu x %zu numbers", rows, columns);
}

static nn_status read_bytes(const source *s, size_t rows, size_t columns, array *out, nn_error *err)
{
    array a = {.rows = rows, .columns = columns};
    a.bytes = file_fits_memory((double)rows * (double)columns) ? malloc(rows * columns) : NULL;
    if (a.bytes == NULL)
        return no_room(rows, columns, err);
    const hid_t memory = is_truth(s->type) ? s->type : h5_hid(H5_U8);
    if (H5Dread(s->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.bytes) < 0) {
        array_free(&a);
        return damaged(s, err);
    }
    *out = a;
    return NN_ok;
}

static nn_status read_doubles(const source *s, size_t rows, size_t columns, const netcdf_packing *packing, array *out,
                              nn_error *err)
{
    const size_t n = rows * columns;
    array a = {.rows = rows, .columns = columns};
    a.numbers = file_fits_memory((double)n * sizeof *a.numbers) ? malloc(n * sizeof *a.numbers) : NULL;
    if (a.numbers == NULL)
        return no_room(rows, columns, err);
    if (H5Dread(s->id, h5_hid(H5_F64), H5S_ALL, H5S_ALL, H5P_DEFAULT, a.numbers) < 0) {
        array_free(&a);
        return damaged(s, err);
    }
    array_packing_apply(packing, a.numbers, n);
    *out = a;
    return NN_ok;
}

static nn_status read_numbers(const source *s, size_t rows, size_t columns, array *out, nn_error *err)
{
    netcdf_packing packing;
    nn_error inner;
    if (is_truth(s->type))
        return read_bytes(s, rows, columns, out, err);
    nn_status status = array_packing_read(s->file, s->name, s->id, s->type, &packing, &inner);
    if (status != NN_ok)
        return nn_fail(err, status, "%s %s", s->name, inner.message);
    if (!packing.any && H5Tequal(s->type, H5T_STD_U8LE) > 0)
        return read_bytes(s, rows, columns, out, err);
    return read_doubles(s, rows, columns, &packing, out, err);
}

/* ---- names of an enumeration ---- */

enum { NAME_BYTES = 256, ENUM_BYTES = 8 };

static size_t longest_name(hid_t type)
{
    size_t longest = 0;
    for (int i = 0; i < H5Tget_nmembers(type); i++) {
        char *name = H5Tget_member_name(type, (unsigned)i);
        const size_t n = name != NULL ? strlen(name) : 0;
        H5free_memory(name);
        longest = n > longest ? n : longest;
    }
    return longest < NAME_BYTES ? longest : NAME_BYTES - 1;
}

/* Puts the name of each value into the array. */
static nn_status put_names(const source *s, const unsigned char *raw, array *out, nn_error *err)
{
    const size_t size = H5Tget_size(s->type);
    char name[NAME_BYTES];
    for (size_t i = 0; i < out->rows * out->columns; i++) {
        if (H5Tenum_nameof(s->type, raw + i * size, name, sizeof name) < 0)
            return nn_fail(err, NN_data, "%s is an enumeration, and value %zu of it has no name there", s->name, i + 1);
        memcpy(out->words[i], name, strnlen(name, out->word_bytes - 1));
    }
    return NN_ok;
}

static nn_status read_names(const source *s, size_t rows, size_t columns, array *out, nn_error *err)
{
    const size_t n = rows * columns, size = H5Tget_size(s->type);
    unsigned char *raw = size <= ENUM_BYTES && file_fits_memory((double)(n * size)) ? malloc(n * size) : NULL;
    if (raw == NULL)
        return no_room(rows, columns, err);
    nn_status status = H5Dread(s->id, s->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0
                           ? damaged(s, err)
                           : array_new_words(rows, columns, longest_name(s->type), out, err);
    if (status == NN_ok) {
        status = put_names(s, raw, out, err);
        if (status != NN_ok)
            array_free(out);
    }
    free(raw);
    return status;
}

/* ---- text ---- */

/* Reads n texts of `size` bytes. */
static nn_status read_fixed(const source *s, size_t n, size_t size, array *out, nn_error *err)
{
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

/* Reads a column of text. netCDF has text as a matrix of single characters, each row of which is one. */
static nn_status read_text(const source *s, size_t rows, size_t columns, array *out, nn_error *err)
{
    const bool variable = H5Tis_variable_str(s->type) > 0;
    const size_t size = H5Tget_size(s->type);
    if (columns == 1)
        return variable ? read_variable(s, rows, out, err) : read_fixed(s, rows, size, out, err);
    if (!variable && size == 1)
        return read_fixed(s, rows, columns, out, err);
    return nn_fail(err, NN_data, "%s holds %zu x %zu texts; labels are one column of text", s->name, rows, columns);
}

static nn_status other_class(const source *s, nn_error *err)
{
    if (H5Tget_class(s->type) == H5T_COMPOUND)
        return nn_fail(err, NN_data,
                       "%s is a table of records; write its numbers as one matrix and the labels as another dataset",
                       s->name);
    return nn_fail(err, NN_data, "%s holds neither numbers nor a column of text", s->name);
}

static nn_status read_dataset(const source *s, array *out, nn_error *err)
{
    size_t rows = 0, columns = 0;
    const H5T_class_t class = H5Tget_class(s->type);
    nn_status status = shape_of(s, &rows, &columns, err);
    if (status == NN_ok)
        status = check_id(s, s->id, 0, err);
    if (status != NN_ok)
        return status;
    if ((class == H5T_INTEGER || class == H5T_FLOAT) && !h5_is_number(s->type))
        return nn_fail(err, NN_data, "%s is damaged: it holds numbers of %zu bytes", s->name, H5Tget_size(s->type));
    if (class == H5T_INTEGER || class == H5T_FLOAT || is_truth(s->type))
        return read_numbers(s, rows, columns, out, err);
    if (class == H5T_ENUM)
        return read_names(s, rows, columns, out, err);
    return class == H5T_STRING ? read_text(s, rows, columns, out, err) : other_class(s, err);
}

nn_status array_read_h5(const char *path, const char *name, array *out, nn_error *err)
{
    source s = {.path = path, .name = name};
    nn_status status = h5_is_hdf5(path) ? NN_ok : nn_fail(err, NN_file, "is not an HDF5 file, or is damaged");
    if (status == NN_ok && h5_open_data(path, &s.file, err) != NN_ok)
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
