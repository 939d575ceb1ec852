/* Reads files: where datasets lie, their values, attributes, and the names in a group. */
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

bool h5_has(h5_file *f, const char *path)
{
    return H5LTpath_valid(f->id, path, true) > 0;
}

/* ---- datasets ---- */

static h5_type type_of(hid_t type)
{
    for (int t = 0; t < H5_N_TYPE; t++)
        if (H5Tequal(type, h5_hid((h5_type)t)) > 0)
            return (h5_type)t;
    return H5_N_TYPE;
}

static bool dims_of(hid_t space, h5_place *p)
{
    hsize_t size[H5_MAX_DIMS];
    p->n_dims = H5Sget_simple_extent_ndims(space);
    if (p->n_dims < 0 || p->n_dims > H5_MAX_DIMS || H5Sget_simple_extent_dims(space, size, NULL) < 0)
        return false;
    p->n = 1;
    for (int i = 0; i < p->n_dims; i++) {
        p->dims[i] = (size_t)size[i];
        p->n *= p->dims[i];
    }
    return true;
}

enum { ALIGNED = 8, WINDOW_BYTES = 65536 };

/* Finds the rows that are read at once where values have no place that is known and aligned. nngrid lays out contiguous
 * datasets at multiples of 8; h5repack, h5copy and other programs lay them out elsewhere, or in the header. */
static void find_rows(hid_t dataset, size_t element_bytes, h5_place *p)
{
    hsize_t chunk[H5S_MAX_RANK] = {0};
    hid_t dcpl = H5Dget_create_plist(dataset);
    p->chunked = dcpl >= 0 && H5Pget_layout(dcpl) == H5D_CHUNKED && H5Pget_chunk(dcpl, H5S_MAX_RANK, chunk) > 0;
    if (dcpl >= 0)
        H5Pclose(dcpl);
    const size_t row_bytes = p->n_dims > 0 ? p->n / p->dims[0] * element_bytes : 0;
    p->chunk_rows = p->chunked ? (size_t)chunk[0] : WINDOW_BYTES / (row_bytes + 1) + 1;
}

bool h5_look(h5_file *f, const char *path, h5_place *out)
{
    h5_place p = {0};
    hid_t id = H5Dopen2(f->id, path, H5P_DEFAULT);
    if (id < 0)
        return false;
    hid_t space = H5Dget_space(id), type = H5Dget_type(id);
    bool ok = dims_of(space, &p);
    haddr_t offset = H5Dget_offset(id);
    p.type = type_of(type);
    p.offset = offset == HADDR_UNDEF || offset % ALIGNED != 0 ? 0 : (uint64_t)offset;
    if (p.offset == 0 && ok && p.n > 0)
        find_rows(id, H5Tget_size(type), &p);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(id);
    if (ok)
        *out = p;
    return ok;
}

/* Selects `rows` rows of the first dimension from `from` on, and returns the memory space for them. */
static hid_t select_rows(hid_t space, size_t from, size_t rows)
{
    hsize_t start[H5_MAX_DIMS] = {from}, count[H5_MAX_DIMS], n = rows;
    int n_dims = H5Sget_simple_extent_dims(space, count, NULL);
    if (n_dims < 1 || from > count[0] || rows > count[0] - from)
        return -1;
    count[0] = rows;
    for (int i = 1; i < n_dims; i++)
        n *= count[i];
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0)
        return -1;
    return H5Screate_simple(1, &n, NULL);
}

/* Reads some rows; `rows` 0: all of them. */
static bool read_selected(h5_file *f, const char *path, size_t from, size_t rows, h5_type type, void *out)
{
    h5_place place;
    if (!h5_look(f, path, &place))
        return false;
    if (place.n == 0)
        return true;
    hid_t id = H5Dopen2(f->id, path, H5P_DEFAULT), space = H5Dget_space(id);
    hid_t memory = rows == 0 ? H5Scopy(space) : select_rows(space, from, rows);
    bool ok = memory >= 0 && H5Dread(id, h5_hid(type), memory, space, H5P_DEFAULT, out) >= 0;
    if (memory >= 0)
        H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(id);
    return ok;
}

bool h5_read(h5_file *f, const char *path, int64_t row, h5_type type, void *out)
{
    return row < 0 ? read_selected(f, path, 0, 0, type, out) : read_selected(f, path, (size_t)row, 1, type, out);
}

bool h5_read_rows(h5_file *f, const char *path, size_t from, size_t rows, h5_type type, void *out)
{
    return rows == 0 || read_selected(f, path, from, rows, type, out);
}

/* ---- attributes ---- */

static hid_t attribute_open(h5_file *f, const char *object, const char *name)
{
    if (strcmp(object, "/") != 0 && !h5_has(f, object))
        return -1;
    if (H5Aexists_by_name(f->id, object, name, H5P_DEFAULT) <= 0)
        return -1;
    return H5Aopen_by_name(f->id, object, name, H5P_DEFAULT, H5P_DEFAULT);
}

static size_t attribute_length(hid_t id)
{
    hid_t space = H5Aget_space(id);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    return n < 0 ? 0 : (size_t)n;
}

void h5_texts_free(char **texts, size_t n)
{
    if (texts == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        free(texts[i]);
    free(texts);
}

/* Copies strings of variable length, which the library allocates. */
static char **texts_variable(hid_t id, hid_t type, size_t n)
{
    char **raw = calloc(n + 1, sizeof *raw), **texts = calloc(n + 1, sizeof *texts);
    bool ok = raw != NULL && texts != NULL && H5Aread(id, type, raw) >= 0;
    for (size_t i = 0; ok && i < n; i++)
        ok = (texts[i] = strdup(raw[i] == NULL ? "" : raw[i])) != NULL;
    for (size_t i = 0; raw != NULL && i < n; i++)
        H5free_memory(raw[i]);
    free(raw);
    if (ok)
        return texts;
    h5_texts_free(texts, n);
    return NULL;
}

static char **texts_fixed(hid_t id, hid_t type, size_t n)
{
    size_t size = H5Tget_size(type);
    char *raw = calloc(n + 1, size + 1), **texts = calloc(n + 1, sizeof *texts);
    bool ok = raw != NULL && texts != NULL && H5Aread(id, type, raw) >= 0;
    for (size_t i = 0; ok && i < n; i++)
        ok = (texts[i] = strndup(raw + i * size, size)) != NULL;
    free(raw);
    if (ok)
        return texts;
    h5_texts_free(texts, n);
    return NULL;
}

char **h5_read_texts(h5_file *f, const char *object, const char *name, size_t *n)
{
    hid_t id = attribute_open(f, object, name);
    if (id < 0)
        return NULL;
    hid_t type = H5Aget_type(id);
    char **texts = NULL;
    *n = attribute_length(id);
    if (H5Tget_class(type) == H5T_STRING)
        texts = H5Tis_variable_str(type) > 0 ? texts_variable(id, type, *n) : texts_fixed(id, type, *n);
    H5Tclose(type);
    H5Aclose(id);
    return texts;
}

char *h5_read_text(h5_file *f, const char *object, const char *name)
{
    size_t n = 0;
    char **texts = h5_read_texts(f, object, name, &n), *first = NULL;
    if (texts != NULL && n > 0) {
        first = texts[0];
        texts[0] = NULL;
    }
    h5_texts_free(texts, n);
    return first;
}

size_t h5_read_numbers(h5_file *f, const char *object, const char *name, h5_type type, void *out, size_t n)
{
    hid_t id = attribute_open(f, object, name);
    if (id < 0)
        return 0;
    size_t there = attribute_length(id), bytes = h5_type_bytes(type);
    void *all = calloc(there + 1, bytes);
    hid_t stored = H5Aget_type(id);
    bool number = H5Tget_class(stored) == H5T_INTEGER || H5Tget_class(stored) == H5T_FLOAT;
    bool ok = all != NULL && number && H5Aread(id, h5_hid(type), all) >= 0;
    if (ok)
        memcpy(out, all, (n < there ? n : there) * bytes);
    free(all);
    H5Tclose(stored);
    H5Aclose(id);
    return ok ? there : 0;
}

/* ---- names ---- */

typedef struct name_list {
    bool datasets_only, failed;
    size_t n;
    char **names;
} name_list;

static herr_t take_name(hid_t group, const char *name, const H5L_info_t *link, void *context)
{
    name_list *list = context;
    H5O_info_t info;
    (void)link;
    if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        return 0;
    if (list->datasets_only && info.type != H5O_TYPE_DATASET)
        return 0;
    char **names = realloc(list->names, (list->n + 1) * sizeof *names);
    if (names != NULL)
        list->names = names;
    list->failed = names == NULL || (names[list->n] = strdup(name)) == NULL;
    list->n += !list->failed;
    return list->failed ? -1 : 0;
}

char **h5_names(h5_file *f, const char *group, bool datasets_only, size_t *n)
{
    name_list list = {.datasets_only = datasets_only, .names = calloc(1, sizeof *list.names)};
    hid_t id = h5_has(f, group) || strcmp(group, "/") == 0 ? H5Gopen2(f->id, group, H5P_DEFAULT) : -1;
    hsize_t at = 0;
    bool ok =
        id >= 0 && list.names != NULL && H5Literate(id, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, take_name, &list) >= 0;
    if (id >= 0)
        H5Gclose(id);
    if (!ok || list.failed) {
        h5_texts_free(list.names, list.n);
        return NULL;
    }
    *n = list.n;
    return list.names;
}
