/* Copies a file so that large datasets are chunked and compressed. The structure is copied here; the values go through
 * the caller, who compresses them (h5_block_read, h5_block_write). The parts: what a file holds, attributes, datasets,
 * blocks of values. */
#include "h5/columns.h"
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

typedef struct h5_object {
    char *path;
    bool is_group;
    haddr_t address;
} h5_object;

/* All groups and datasets of numbers of a file in the order of creation: the root is the first, and a group is before what
 * it holds. What else its user has put there is carried over whole (h5_carry). */
typedef struct object_list {
    size_t n;
    h5_object *items;
    h5_object **by_address; /* [n] sorted */
} object_list;

/* ---- what a file holds: its groups and datasets in order, and which of them a reference means ---- */

enum { MAX_DEPTH = 16 }; /* links can form a ring; the files of nngrid are four deep */

/* Has the dataset numbers in dimensions that are packed? */
static bool is_packed(h5_file *f, const char *path)
{
    hid_t id = H5Dopen2(f->id, path, H5P_DEFAULT);
    if (id < 0)
        return true; /* whoever reads it says what is wrong */
    hid_t type = H5Dget_type(id), space = H5Dget_space(id);
    const H5T_class_t kind = H5Tget_class(type);
    const int n_dims = H5Sget_simple_extent_ndims(space);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(id);
    return (kind == H5T_INTEGER || kind == H5T_FLOAT) && n_dims >= 0 && n_dims <= H5_MAX_DIMS;
}

/* Does a group know in which order its members came, as those of nngrid do? */
static bool is_ordered(h5_file *f, const char *path)
{
    unsigned order = 0;
    hid_t id = H5Gopen2(f->id, path, H5P_DEFAULT), properties = id >= 0 ? H5Gget_create_plist(id) : -1;
    const bool known = properties >= 0 && H5Pget_link_creation_order(properties, &order) >= 0;
    if (properties >= 0)
        H5Pclose(properties);
    if (id >= 0)
        H5Gclose(id);
    return !known || (order & H5P_CRT_ORDER_TRACKED) != 0;
}

/* Is it the user's: text, records, a type, or a group with members in any order? */
static bool is_other(h5_file *f, const char *path)
{
    H5O_info_t info;
    if (H5Oget_info_by_name2(f->id, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
        return false;
    return info.type == H5O_TYPE_NAMED_DATATYPE || (info.type == H5O_TYPE_DATASET && !is_packed(f, path)) ||
           (info.type == H5O_TYPE_GROUP && !is_ordered(f, path));
}

static bool add(h5_file *f, object_list *list, char *path)
{
    H5O_info_t info;
    h5_object *items = realloc(list->items, (list->n + 1) * sizeof *items);
    list->items = items == NULL ? list->items : items;
    if (items == NULL || H5Oget_info_by_name2(f->id, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
        (info.type != H5O_TYPE_GROUP && info.type != H5O_TYPE_DATASET)) {
        h5_note(f, "understand", path);
        free(path);
        return false;
    }
    items[list->n++] = (h5_object){path, info.type == H5O_TYPE_GROUP, info.addr};
    return true;
}

/* Adds what is in a group and in its subgroups. */
static bool walk(h5_file *f, object_list *list, const char *group, int depth)
{
    size_t n = 0;
    const char *slash = strcmp(group, "/") == 0 ? "" : group;
    char **names = depth > MAX_DEPTH ? NULL : h5_names(f, group, false, &n);
    bool ok = names != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        char *path = malloc(strlen(slash) + strlen(names[i]) + 2);
        if (path != NULL)
            stpcpy(stpcpy(stpcpy(path, slash), "/"), names[i]);
        if (path != NULL && is_other(f, path)) {
            free(path);
            continue;
        }
        ok = path != NULL && add(f, list, path);
        /* The items may move while the list grows; the path does not. */
        if (ok && list->items[list->n - 1].is_group)
            ok = walk(f, list, path, depth + 1);
    }
    if (!ok)
        h5_note(f, "list", group);
    h5_texts_free(names, n);
    return ok;
}

static int by_address(const void *a, const void *b)
{
    const h5_object *const *p = a, *const *q = b;
    return ((*p)->address > (*q)->address) - ((*p)->address < (*q)->address);
}

static void objects_free(object_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].path);
    free(list->items);
    free(list->by_address);
    *list = (object_list){0};
}

/* Lists all objects. False: the file has failed. */
static bool objects_of(h5_file *f, object_list *out)
{
    object_list list = {0};
    char *root = f->failed ? NULL : strdup("/");
    bool ok = root != NULL && add(f, &list, root) && walk(f, &list, "/", 0);
    list.by_address = ok ? malloc(list.n * sizeof *list.by_address) : NULL;
    if (list.by_address == NULL) {
        h5_note(f, "list", "/");
        objects_free(&list);
        return false;
    }
    for (size_t i = 0; i < list.n; i++)
        list.by_address[i] = &list.items[i];
    qsort(list.by_address, list.n, sizeof *list.by_address, by_address);
    *out = list;
    return true;
}

/* The path of the object that a reference in `f` means; NULL: it is not in the list. */
static const char *objects_find(const object_list *list, h5_file *f, const hobj_ref_t *reference)
{
    H5O_info_t info;
    hid_t id = H5Rdereference2(f->id, H5P_DEFAULT, H5R_OBJECT, reference);
    if (id < 0)
        return NULL;
    const bool ok = H5Oget_info2(id, &info, H5O_INFO_BASIC) >= 0;
    H5Oclose(id);
    if (!ok)
        return NULL;
    const h5_object key = {.address = info.addr}, *wanted = &key;
    const h5_object *const *found = bsearch(&wanted, list->by_address, list->n, sizeof *list->by_address, by_address);
    return found == NULL ? NULL : (*found)->path;
}

char **h5_datasets(h5_file *f, size_t *n)
{
    object_list list = {0};
    if (!objects_of(f, &list))
        return NULL;
    char **paths = calloc(list.n + 1, sizeof *paths);
    *n = 0;
    for (size_t i = 0; paths != NULL && i < list.n; i++)
        if (!list.items[i].is_group) {
            paths[(*n)++] = list.items[i].path;
            list.items[i].path = NULL;
        }
    if (paths == NULL)
        h5_note(f, "list", "/");
    objects_free(&list);
    return paths;
}

/* ---- attributes: what refers to an object of one file refers, in the copy, to the object of the same path. Those of
 * dimension scales are references, or compounds that have one ---- */

/* An attribute in memory, of the type that it has in its file. */
typedef struct value {
    hid_t type, space;
    size_t n, size; /* elements, and bytes of each */
    unsigned char *raw;
} value;

static bool value_read(hid_t attribute, value *out)
{
    *out = (value){.type = H5Aget_type(attribute), .space = H5Aget_space(attribute)};
    const hssize_t n = H5Sget_simple_extent_npoints(out->space);
    out->n = n < 0 ? 0 : (size_t)n;
    out->size = H5Tget_size(out->type);
    out->raw = calloc(out->n + 1, out->size + 1);
    return n >= 0 && out->raw != NULL && H5Aread(attribute, out->type, out->raw) >= 0;
}

static void value_free(value *v)
{
    if (v->raw != NULL) /* values without variable length are not changed */
        H5Dvlen_reclaim(v->type, v->space, H5P_DEFAULT, v->raw);
    free(v->raw);
    H5Tclose(v->type);
    H5Sclose(v->space);
}

/* ---- references ---- */

typedef struct translation {
    h5_file *from, *to;
    const object_list *list; /* of `from` */
} translation;

static bool translate(const translation *t, void *reference)
{
    const char *path = objects_find(t->list, t->from, reference);
    return path != NULL && H5Rcreate(reference, t->to->id, path, H5R_OBJECT, -1) >= 0;
}

/* Translates the references of a compound, such as those of REFERENCE_LIST. */
static bool translate_members(const translation *t, hid_t type, unsigned char *element)
{
    const int n = H5Tget_nmembers(type);
    bool ok = n >= 0;
    for (int i = 0; ok && i < n; i++)
        if (H5Tget_member_class(type, (unsigned)i) == H5T_REFERENCE)
            ok = translate(t, element + H5Tget_member_offset(type, (unsigned)i));
    return ok;
}

/* Translates a sequence of references, such as those of DIMENSION_LIST. */
static bool translate_sequence(const translation *t, hid_t type, const hvl_t *sequence)
{
    hid_t base = H5Tget_super(type);
    bool ok = H5Tget_class(base) == H5T_REFERENCE;
    H5Tclose(base);
    for (size_t i = 0; ok && i < sequence->len; i++)
        ok = translate(t, (hobj_ref_t *)sequence->p + i);
    return ok;
}

static bool value_translate(const translation *t, const value *v)
{
    bool ok = true;
    for (size_t i = 0; ok && i < v->n; i++) {
        unsigned char *element = v->raw + i * v->size;
        switch (H5Tget_class(v->type)) {
        case H5T_COMPOUND:
            ok = translate_members(t, v->type, element);
            break;
        case H5T_VLEN:
            ok = translate_sequence(t, v->type, (const hvl_t *)(void *)element);
            break;
        case H5T_REFERENCE:
            ok = translate(t, element);
            break;
        default:
            return true;
        }
    }
    return ok;
}

/* ---- copying ---- */

typedef struct attribute_walk {
    translation t;
    const char *path;
    hid_t target; /* the object of the other file */
    size_t n;     /* attributes seen */
    bool ok;
} attribute_walk;

static herr_t copy_one(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    attribute_walk *w = context;
    value v = {0};
    (void)info;
    hid_t from = H5Aopen(owner, name, H5P_DEFAULT), to = -1;
    bool ok = from >= 0 && value_read(from, &v) && value_translate(&w->t, &v);
    if (ok)
        to = H5Acreate2(w->target, name, v.type, v.space, H5P_DEFAULT, H5P_DEFAULT);
    w->ok = ok && to >= 0 && H5Awrite(to, v.type, v.raw) >= 0;
    if (to >= 0)
        H5Aclose(to);
    if (v.type > 0)
        value_free(&v);
    if (from >= 0)
        H5Aclose(from);
    return w->ok ? 0 : -1;
}

/* Calls `visit` for each attribute of the object in `from`, in the order of creation. */
static bool each_attribute(attribute_walk *w, H5A_operator2_t visit, hssize_t *n_target)
{
    hsize_t at = 0;
    H5O_info_t info;
    hid_t owner = H5Oopen(w->t.from->id, w->path, H5P_DEFAULT);
    w->target = H5Oopen(w->t.to->id, w->path, H5P_DEFAULT);
    w->ok = true;
    bool ok = owner >= 0 && w->target >= 0 && H5Aiterate2(owner, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, visit, w) >= 0 &&
              w->ok && H5Oget_info2(w->target, &info, H5O_INFO_NUM_ATTRS) >= 0;
    *n_target = ok ? (hssize_t)info.num_attrs : -1;
    if (owner >= 0)
        H5Oclose(owner);
    if (w->target >= 0)
        H5Oclose(w->target);
    return ok;
}

/* Copies the attributes of the object `path`, and translates their references. False: `to` has failed. */
static bool attributes_copy(h5_file *from, const object_list *list, h5_file *to, const char *path)
{
    hssize_t n;
    attribute_walk w = {.t = {from, to, list}, .path = path};
    const bool ok = each_attribute(&w, copy_one, &n);
    if (!ok)
        h5_note(to, "copy the attributes of", path);
    return ok;
}

/* ---- comparing ---- */

static bool same_element(const value *a, const unsigned char *x, const unsigned char *y)
{
    if (H5Tget_class(a->type) == H5T_STRING && H5Tis_variable_str(a->type) > 0) {
        const char *const *p = (const void *)x, *const *q = (const void *)y;
        return (*p == NULL) == (*q == NULL) && (*p == NULL || strcmp(*p, *q) == 0);
    }
    if (H5Tget_class(a->type) == H5T_VLEN) { /* of references: see translate_sequence */
        const hvl_t *p = (const void *)x, *q = (const void *)y;
        return p->len == q->len && (p->len == 0 || memcmp(p->p, q->p, p->len * sizeof(hobj_ref_t)) == 0);
    }
    return memcmp(x, y, a->size) == 0;
}

static bool same_value(const value *a, const value *b)
{
    bool same = H5Tequal(a->type, b->type) > 0 && H5Sextent_equal(a->space, b->space) > 0;
    for (size_t i = 0; same && i < a->n; i++)
        same = same_element(a, a->raw + i * a->size, b->raw + i * b->size);
    return same;
}

/* Compares an attribute, once its references are translated, with that of the copy. */
static herr_t compare_one(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    attribute_walk *w = context;
    value a = {0}, b = {0};
    char other[256] = "";
    (void)info;
    hid_t one = H5Aopen(owner, name, H5P_DEFAULT);
    hid_t two = H5Aopen_by_idx(w->target, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, w->n++, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = one >= 0 && two >= 0 && H5Aget_name(two, sizeof other, other) > 0 && strcmp(name, other) == 0;
    ok = ok && value_read(one, &a) && value_translate(&w->t, &a) && value_read(two, &b) && same_value(&a, &b);
    if (a.type > 0)
        value_free(&a);
    if (b.type > 0)
        value_free(&b);
    if (one >= 0)
        H5Aclose(one);
    if (two >= 0)
        H5Aclose(two);
    w->ok = ok;
    return ok ? 0 : -1;
}

/* Has the copy the same attributes of the object, in the same order? */
static bool attributes_same(h5_file *from, const object_list *list, h5_file *to, const char *path)
{
    hssize_t n;
    attribute_walk w = {.t = {from, to, list}, .path = path};
    const bool ok = each_attribute(&w, compare_one, &n) && n == (hssize_t)w.n;
    if (!ok)
        h5_note(to, "find again the attributes of", path);
    return ok;
}

enum {
    CHUNK_BYTES = 100000, /* large enough to compress well, small enough to read a single row quickly */
    LARGE_BYTES = 8192    /* below that, the index of chunks (2 KB) takes as much as compression saves */
};

struct h5_blocks {
    h5_file *from, *to;
    const char *path;
    hid_t source, target, type;
    int n_dims;
    hsize_t dims[H5_MAX_DIMS], block[H5_MAX_DIMS], per[H5_MAX_DIMS]; /* per: how many blocks */
};

/* ---- structure ---- */

/* A block is whole in the last dimensions as far as they fit; the next dimension is cut into parts of about equal
 * size. */
static size_t block_dims(size_t element_bytes, int n_dims, const hsize_t *dims, hsize_t *block)
{
    size_t bytes = element_bytes;
    for (int d = n_dims; d-- > 0;) {
        const hsize_t fit = bytes < CHUNK_BYTES ? CHUNK_BYTES / bytes : 1;
        const hsize_t parts = (dims[d] + fit - 1) / fit;
        block[d] = parts > 0 ? (dims[d] + parts - 1) / parts : 1;
        bytes *= block[d];
    }
    return bytes;
}

/* The properties of a dataset of the copy. The filters are those of h5_block_write, in this order. */
static hid_t properties(bool large, int n_dims, const hsize_t *block)
{
    hid_t dcpl = h5_dataset_properties();
    if (dcpl >= 0 && large &&
        (H5Pset_chunk(dcpl, n_dims, block) < 0 || H5Pset_alloc_time(dcpl, H5D_ALLOC_TIME_INCR) < 0 ||
         H5Pset_shuffle(dcpl) < 0 || H5Pset_deflate(dcpl, 1) < 0 || H5Pset_fletcher32(dcpl) < 0)) {
        H5Pclose(dcpl);
        return -1;
    }
    return dcpl;
}

static bool create_as(h5_file *to, const char *path, hid_t type, hid_t space)
{
    hsize_t dims[H5_MAX_DIMS], block[H5_MAX_DIMS];
    const H5T_class_t kind = H5Tget_class(type);
    const int n_dims = H5Sget_simple_extent_ndims(space);
    if (n_dims < 0 || n_dims > H5_MAX_DIMS || (kind != H5T_INTEGER && kind != H5T_FLOAT))
        return false;
    H5Sget_simple_extent_dims(space, dims, NULL);
    const size_t size = H5Tget_size(type);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    block_dims(size, n_dims, dims, block);
    hid_t dcpl = properties(n > 0 && (size_t)n >= LARGE_BYTES / size, n_dims, block);
    hid_t id = dcpl < 0 ? -1 : H5Dcreate2(to->id, path, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
    if (id < 0)
        h5_note(to, "create", path); /* before the next call forgets the reason */
    else
        H5Dclose(id);
    if (dcpl >= 0)
        H5Pclose(dcpl);
    return id >= 0;
}

static bool copy_dataset(h5_file *from, h5_file *to, const char *path)
{
    hid_t old = H5Dopen2(from->id, path, H5P_DEFAULT);
    if (old < 0)
        return false;
    hid_t type = H5Dget_type(old), space = H5Dget_space(old);
    const bool ok = type >= 0 && space >= 0 && create_as(to, path, type, space);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(old);
    return ok;
}

/* All objects are created first, since attributes refer to them. */
void h5_copy_structure(h5_file *from, h5_file *to)
{
    object_list list;
    if (from->failed || to->failed || !objects_of(from, &list))
        return;
    bool ok = true;
    for (size_t i = 1; ok && i < list.n; i++) {
        const h5_object *o = &list.items[i];
        if (o->is_group)
            h5_group(to, o->path);
        else
            ok = copy_dataset(from, to, o->path);
        if (!ok)
            h5_note(to, "copy", o->path);
        ok = !to->failed;
    }
    for (size_t i = 0; ok && i < list.n; i++)
        ok = attributes_copy(from, &list, to, list.items[i].path);
    objects_free(&list);
}

bool h5_same_structure(h5_file *from, h5_file *to)
{
    object_list a = {0}, b = {0};
    bool same = objects_of(from, &a) && objects_of(to, &b) && a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = a.items[i].is_group == b.items[i].is_group && strcmp(a.items[i].path, b.items[i].path) == 0 &&
               attributes_same(from, &a, to, a.items[i].path);
    if (!same)
        h5_note(to, "find again all that is in", from->path);
    objects_free(&a);
    objects_free(&b);
    return same;
}

/* ---- values, block by block ---- */

static bool measure(h5_blocks *b, h5_block_shape *shape)
{
    hid_t space = H5Dget_space(b->source), other = H5Dget_space(b->target), dcpl = H5Dget_create_plist(b->target),
          type = H5Dget_type(b->target);
    const bool same = H5Sextent_equal(space, other) > 0 && H5Tequal(b->type, type) > 0;
    b->n_dims = H5Sget_simple_extent_ndims(space);
    *shape = (h5_block_shape){.n = 1, .filtered = H5Pget_layout(dcpl) == H5D_CHUNKED};
    if (same && b->n_dims >= 0 && b->n_dims <= H5_MAX_DIMS) {
        H5Sget_simple_extent_dims(space, b->dims, NULL);
        shape->element_bytes = H5Tget_size(b->type);
        shape->bytes = block_dims(shape->element_bytes, b->n_dims, b->dims, b->block);
        for (int d = 0; d < b->n_dims; d++) {
            b->per[d] = (b->dims[d] + b->block[d] - 1) / b->block[d];
            shape->n *= b->per[d];
        }
    }
    H5Tclose(type);
    H5Pclose(dcpl);
    H5Sclose(other);
    H5Sclose(space);
    return same && b->n_dims <= H5_MAX_DIMS;
}

bool h5_blocks_open(h5_file *from, h5_file *to, const char *path, h5_blocks **out, h5_block_shape *shape)
{
    h5_blocks *b = calloc(1, sizeof *b);
    if (b == NULL || from->failed || to->failed) {
        free(b);
        return false;
    }
    *b = (h5_blocks){from, to, path, -1, -1, -1, 0, {0}, {0}, {0}};
    b->source = H5Dopen2(from->id, path, H5P_DEFAULT);
    b->target = H5Dopen2(to->id, path, H5P_DEFAULT);
    b->type = b->source < 0 ? -1 : H5Dget_type(b->source);
    if (b->source < 0 || b->target < 0 || !measure(b, shape)) {
        h5_note(to, "find again", path);
        h5_blocks_close(b);
        return false;
    }
    *out = b;
    return true;
}

void h5_blocks_close(h5_blocks *b)
{
    if (b == NULL)
        return;
    if (b->type >= 0)
        H5Tclose(b->type);
    if (b->target >= 0)
        H5Dclose(b->target);
    if (b->source >= 0)
        H5Dclose(b->source);
    free(b);
}

/* Where a block begins, and how large it is, which is less at the edges. */
static void place_block(const h5_blocks *b, size_t index, hsize_t *start, hsize_t *count)
{
    for (int d = b->n_dims; d-- > 0;) {
        start[d] = index % b->per[d] * b->block[d];
        count[d] = b->dims[d] - start[d] < b->block[d] ? b->dims[d] - start[d] : b->block[d];
        index /= b->per[d];
    }
}

/* Reads or writes a block through the library and its filters. */
static bool transfer(const h5_blocks *b, bool of_copy, bool write, size_t index, void *bytes)
{
    static const hsize_t zero[H5_MAX_DIMS] = {0};
    hsize_t start[H5_MAX_DIMS], count[H5_MAX_DIMS];
    const hid_t dataset = of_copy ? b->target : b->source;
    h5_file *f = of_copy ? b->to : b->from;
    if (f->failed)
        return false;
    place_block(b, index, start, count);
    hid_t file = H5Dget_space(dataset);
    hid_t memory = b->n_dims == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(b->n_dims, b->block, NULL);
    bool ok = file >= 0 && memory >= 0;
    if (ok && b->n_dims > 0)
        ok = H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
             H5Sselect_hyperslab(memory, H5S_SELECT_SET, zero, NULL, count, NULL) >= 0;
    if (ok)
        ok = write ? H5Dwrite(dataset, b->type, memory, file, H5P_DEFAULT, bytes) >= 0
                   : H5Dread(dataset, b->type, memory, file, H5P_DEFAULT, bytes) >= 0;
    if (!ok)
        h5_note(f, write ? "write" : "read", b->path);
    if (memory >= 0)
        H5Sclose(memory);
    if (file >= 0)
        H5Sclose(file);
    return ok;
}

bool h5_block_read(h5_blocks *b, bool of_copy, size_t index, void *out)
{
    return transfer(b, of_copy, false, index, out);
}

bool h5_block_write_plain(h5_blocks *b, size_t index, void *bytes)
{
    return transfer(b, true, true, index, bytes);
}

bool h5_block_write(h5_blocks *b, size_t index, const void *bytes, size_t n, unsigned skipped)
{
    hsize_t start[H5_MAX_DIMS], count[H5_MAX_DIMS];
    place_block(b, index, start, count);
    const bool ok = !b->to->failed && H5Dwrite_chunk(b->target, H5P_DEFAULT, skipped, start, n, bytes) >= 0;
    if (!ok)
        h5_note(b->to, "write", b->path);
    return ok;
}
