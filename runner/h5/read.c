/* Reads files: where datasets lie, their values, attributes, and the names in a group. */
#include "h5/handle.h"
#include "h5/trust.h"
#include <stdlib.h>
#include <string.h>

bool h5_has(h5_file *f, const char *path)
{
    return H5LTpath_valid(f->id, path, true) > 0;
}

/* ---- datasets ---- */

/* A dataset that is open, what it is, and what the file says of its storage. */
typedef struct opened {
    hid_t id, space, type, properties;
    h5_place place;
} opened;

static h5_type type_of(hid_t type)
{
    for (int t = 0; t < H5_N_TYPE; t++)
        if (H5Tequal(type, h5_hid((h5_type)t)) > 0)
            return (h5_type)t;
    return H5_N_TYPE;
}

/* False: there are too many dimensions, or so many elements that their bytes could not be counted. An empty dataset may
 * not have such dimensions beside its 0 either, since readers multiply some of them. */
static bool dims_of(hid_t space, h5_place *p)
{
    hsize_t size[H5_MAX_DIMS];
    size_t product = 1;
    p->n_dims = H5Sget_simple_extent_ndims(space);
    if (p->n_dims < 0 || p->n_dims > H5_MAX_DIMS || H5Sget_simple_extent_dims(space, size, NULL) < 0)
        return false;
    p->n = 1;
    for (int i = 0; i < p->n_dims; i++) {
        p->dims[i] = (size_t)size[i];
        p->n *= p->dims[i];
        if (__builtin_mul_overflow(product, size[i] > 0 ? (size_t)size[i] : 1, &product) || product > SIZE_MAX / 64)
            return false;
    }
    return H5Sget_simple_extent_type(space) != H5S_NULL;
}

enum { ALIGNED = 8, WINDOW_BYTES = 65536 };

/* Finds the rows that are read at once where values have no place that is known and aligned. nngrid lays out contiguous
 * datasets at multiples of 8; h5repack, h5copy and other programs lay them out elsewhere, or in the header. */
static void find_rows(opened *o)
{
    hsize_t chunk[H5S_MAX_RANK] = {0};
    h5_place *p = &o->place;
    p->chunked = H5Pget_layout(o->properties) == H5D_CHUNKED && H5Pget_chunk(o->properties, H5S_MAX_RANK, chunk) > 0;
    const size_t row_bytes = p->n_dims > 0 ? p->n / p->dims[0] * H5Tget_size(o->type) : 0;
    p->chunk_rows = p->chunked ? (size_t)chunk[0] : WINDOW_BYTES / (row_bytes + 1) + 1;
}

static void dataset_close(opened *o)
{
    if (o->properties >= 0)
        H5Pclose(o->properties);
    if (o->type >= 0)
        H5Tclose(o->type);
    if (o->space >= 0)
        H5Sclose(o->space);
    if (o->id >= 0)
        H5Dclose(o->id);
}

static bool describe(h5_file *f, const char *path, opened *o)
{
    if (o->space < 0 || o->type < 0 || o->properties < 0 || !dims_of(o->space, &o->place))
        return h5_refuse(f, path, "has dimensions that no dataset of results has");
    const haddr_t offset = H5Dget_offset(o->id);
    h5_place *p = &o->place;
    p->type = type_of(o->type);
    p->offset = offset == HADDR_UNDEF || offset % ALIGNED != 0 ? 0 : (uint64_t)offset;
    if (p->offset == 0 && p->n > 0)
        find_rows(o);
    return h5_storage_good(f, path, o->id, o->type, o->properties, p);
}

/* Opens a dataset whose values lie in this file. False: there is none. */
static bool dataset_open(h5_file *f, const char *path, opened *out)
{
    opened o = {.id = H5Dopen2(f->id, path, H5P_DEFAULT), .space = -1, .type = -1, .properties = -1};
    f->refused[0] = '\0';
    if (o.id < 0)
        return h5_explain_link(f, path);
    o.space = H5Dget_space(o.id);
    o.type = H5Dget_type(o.id);
    o.properties = H5Dget_create_plist(o.id);
    const bool good = describe(f, path, &o);
    if (good)
        *out = o;
    else
        dataset_close(&o);
    return good;
}

bool h5_look(h5_file *f, const char *path, h5_place *out)
{
    opened o;
    if (!dataset_open(f, path, &o))
        return false;
    *out = o.place;
    dataset_close(&o);
    return true;
}

/* Reads the elements that are selected in the file into room for n. */
static bool read_selected(h5_file *f, const char *path, const opened *o, size_t n, h5_type type, void *out)
{
    const hsize_t size = n;
    if (!h5_is_number(o->type))
        return h5_refuse(f, path, "does not hold numbers");
    hid_t memory = H5Screate_simple(1, &size, NULL);
    const bool ok = memory >= 0 && H5Dread(o->id, h5_hid(type), memory, o->space, H5P_DEFAULT, out) >= 0;
    if (memory >= 0)
        H5Sclose(memory);
    return ok || h5_refuse(f, path, "cannot be read");
}

bool h5_read(h5_file *f, const char *path, h5_type type, size_t n, void *out)
{
    opened o;
    if (!dataset_open(f, path, &o))
        return false;
    const bool fits = o.place.n == n || h5_refuse(f, path, "has another number of elements");
    const bool ok = fits && (n == 0 || read_selected(f, path, &o, n, type, out));
    dataset_close(&o);
    return ok;
}

static bool select_rows(const opened *o, size_t from, size_t rows)
{
    hsize_t start[H5_MAX_DIMS] = {from}, count[H5_MAX_DIMS] = {rows};
    for (int i = 1; i < o->place.n_dims; i++)
        count[i] = o->place.dims[i];
    return H5Sselect_hyperslab(o->space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0;
}

/* Has the dataset these rows, and are they n elements? */
static bool rows_fit(const h5_place *p, size_t from, size_t rows, size_t n)
{
    if (p->n_dims < 1 || from > p->dims[0] || rows > p->dims[0] - from)
        return false;
    return n == (p->dims[0] == 0 ? 0 : p->n / p->dims[0] * rows);
}

bool h5_read_rows(h5_file *f, const char *path, size_t from, size_t rows, h5_type type, size_t n, void *out)
{
    opened o;
    if (!dataset_open(f, path, &o))
        return false;
    const bool fits = rows_fit(&o.place, from, rows, n) || h5_refuse(f, path, "has another shape");
    const bool ok = fits && (n == 0 || (select_rows(&o, from, rows) && read_selected(f, path, &o, n, type, out)));
    dataset_close(&o);
    return ok;
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
    bool number = H5Tget_class(stored) != H5T_ENUM && h5_is_number(stored);
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
