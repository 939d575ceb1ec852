/* Attributes as they are carried to another file: what refers to an object of one file refers to the object of
 * the same path in the other. Those of dimension scales are references alone, or in a compound. */
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

/* An attribute in memory, in the type that it has in its file. */
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
    if (v->raw != NULL) /* what has no variable length is left as it is */
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

/* The references of a compound, such as REFERENCE_LIST has. */
static bool translate_members(const translation *t, hid_t type, unsigned char *element)
{
    const int n = H5Tget_nmembers(type);
    bool ok = n >= 0;
    for (int i = 0; ok && i < n; i++)
        if (H5Tget_member_class(type, (unsigned)i) == H5T_REFERENCE)
            ok = translate(t, element + H5Tget_member_offset(type, (unsigned)i));
    return ok;
}

/* A sequence of references, such as DIMENSION_LIST has. */
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
    bool ok = owner >= 0 && w->target >= 0 &&
              H5Aiterate2(owner, H5_INDEX_CRT_ORDER, H5_ITER_INC, &at, visit, w) >= 0 && w->ok &&
              H5Oget_info2(w->target, &info, H5O_INFO_NUM_ATTRS) >= 0;
    *n_target = ok ? (hssize_t)info.num_attrs : -1;
    if (owner >= 0)
        H5Oclose(owner);
    if (w->target >= 0)
        H5Oclose(w->target);
    return ok;
}

bool attributes_copy(h5_file *from, const object_list *list, h5_file *to, const char *path)
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

/* With its references translated, the one must be the other. */
static herr_t compare_one(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    attribute_walk *w = context;
    value a = {0}, b = {0};
    char other[256] = "";
    (void)info;
    hid_t one = H5Aopen(owner, name, H5P_DEFAULT);
    hid_t two =
        H5Aopen_by_idx(w->target, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, w->n++, H5P_DEFAULT, H5P_DEFAULT);
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

bool attributes_same(h5_file *from, const object_list *list, h5_file *to, const char *path)
{
    hssize_t n;
    attribute_walk w = {.t = {from, to, list}, .path = path};
    const bool ok = each_attribute(&w, compare_one, &n) && n == (hssize_t)w.n;
    if (!ok)
        h5_note(to, "find again the attributes of", path);
    return ok;
}
