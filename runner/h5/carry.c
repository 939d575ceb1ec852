/* Carries over what others put into a file: objects, links and attributes that the program itself did not write. */
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

typedef struct carrier {
    h5_file *from, *to;
    h5_is_own *is_own;
    size_t n_copied;
    char **copied; /* [n_copied] paths of the objects that were copied, each with all that is below it */
    bool ok;
} carrier;

/* ---- references: H5Ocopy makes nothing of those in attributes, so that these are removed, and scales attached anew
 * ---- */

static bool has_references(hid_t type)
{
    return type >= 0 && H5Tdetect_class(type, H5T_REFERENCE) > 0;
}

typedef struct bad_names {
    size_t n;
    char names[8][64];
} bad_names;

static herr_t note_reference(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    bad_names *bad = context;
    hid_t id = H5Aopen(owner, name, H5P_DEFAULT), type = id < 0 ? -1 : H5Aget_type(id);
    (void)info;
    if (has_references(type) && bad->n < 8 && strlen(name) < sizeof bad->names[0])
        strcpy(bad->names[bad->n++], name);
    H5Tclose(type);
    H5Aclose(id);
    return 0;
}

/* A dimension without its scale can be read, one with a reference to nowhere cannot. */
static herr_t remove_references(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    bad_names bad = {0};
    (void)info;
    (void)context;
    hid_t id = H5Oopen(root, name, H5P_DEFAULT);
    H5Aiterate2(id, H5_INDEX_NAME, H5_ITER_INC, NULL, note_reference, &bad);
    for (size_t i = 0; i < bad.n; i++)
        H5Adelete(id, bad.names[i]);
    H5Oclose(id);
    return 0;
}

/* Was the object of this path copied? */
static bool is_copied(const carrier *c, const char *path)
{
    for (size_t i = 0; i < c->n_copied; i++) {
        const size_t n = strlen(c->copied[i]);
        if (strncmp(path, c->copied[i], n) == 0 && (path[n] == '\0' || path[n] == '/'))
            return true;
    }
    return false;
}

/* A dataset of the old file, whose scales its copy is to have. */
typedef struct scaled {
    const carrier *c;
    hid_t copy;
} scaled;

static herr_t attach(hid_t dataset, unsigned dimension, hid_t scale, void *context)
{
    const scaled *s = context;
    char path[1024] = "";
    (void)dataset;
    if (H5Iget_name(scale, path, sizeof path) <= 0 || !is_copied(s->c, path))
        return 0;
    hid_t own = H5Dopen2(s->c->to->id, path, H5P_DEFAULT);
    if (own >= 0) {
        H5DSattach_scale(s->copy, own, dimension);
        H5Dclose(own);
    }
    return 0;
}

static herr_t attach_scales(hid_t root, const char *name, const H5O_info_t *info, void *context)
{
    scaled s = *(const scaled *)context;
    if (info->type != H5O_TYPE_DATASET || H5Aexists_by_name(root, name, "DIMENSION_LIST", H5P_DEFAULT) <= 0)
        return 0;
    hid_t id = H5Dopen2(root, name, H5P_DEFAULT), space = H5Dget_space(id);
    const int n_dims = H5Sget_simple_extent_ndims(space);
    H5Sclose(space);
    hid_t copied = s.copy; /* the copy of `root` */
    s.copy = H5Dopen2(copied, name, H5P_DEFAULT);
    for (int d = 0; s.copy >= 0 && d < n_dims; d++)
        H5DSiterate_scales(id, (unsigned)d, NULL, attach, &s);
    if (s.copy >= 0)
        H5Dclose(s.copy);
    H5Dclose(id);
    return 0;
}

static void attach_all(const carrier *c)
{
    for (size_t i = 0; i < c->n_copied; i++) {
        scaled s = {c, H5Oopen(c->to->id, c->copied[i], H5P_DEFAULT)};
        if (s.copy < 0)
            continue;
        H5Ovisit_by_name2(c->from->id, c->copied[i], H5_INDEX_NAME, H5_ITER_INC, attach_scales, &s, H5O_INFO_BASIC,
                          H5P_DEFAULT);
        H5Oclose(s.copy);
    }
}

/* ---- objects and links ---- */

static bool note_copied(carrier *c, const char *path)
{
    char **copied = realloc(c->copied, (c->n_copied + 1) * sizeof *copied);
    if (copied == NULL)
        return false;
    c->copied = copied;
    return (c->copied[c->n_copied] = strdup(path)) != NULL && ++c->n_copied > 0;
}

static bool copy_object(carrier *c, const char *path)
{
    return H5Ocopy(c->from->id, path, c->to->id, path, H5P_DEFAULT, H5P_DEFAULT) >= 0 &&
           H5Ovisit_by_name2(c->to->id, path, H5_INDEX_NAME, H5_ITER_INC, remove_references, NULL, H5O_INFO_BASIC,
                             H5P_DEFAULT) >= 0 &&
           note_copied(c, path);
}

static bool copy_link(carrier *c, const char *path, const H5L_info_t *info)
{
    const char *file, *object;
    char *value = calloc(1, info->u.val_size + 1);
    bool ok = value != NULL && H5Lget_val(c->from->id, path, value, info->u.val_size, H5P_DEFAULT) >= 0;
    if (ok && info->type == H5L_TYPE_SOFT)
        ok = H5Lcreate_soft(value, c->to->id, path, H5P_DEFAULT, H5P_DEFAULT) >= 0;
    else if (ok && info->type == H5L_TYPE_EXTERNAL)
        ok = H5Lunpack_elink_val(value, info->u.val_size, NULL, &file, &object) >= 0 &&
             H5Lcreate_external(file, object, c->to->id, path, H5P_DEFAULT, H5P_DEFAULT) >= 0;
    free(value);
    return ok;
}

/* ---- attributes ---- */

typedef struct owners {
    carrier *c;
    hid_t to;
    const char *path;
} owners;

/* Copies an attribute by its value. */
static bool copy_value(hid_t from, hid_t to, const char *name)
{
    hid_t type = H5Aget_type(from), space = H5Aget_space(from), made = -1;
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    char *raw = n >= 0 ? calloc((size_t)n + 1, H5Tget_size(type) + 1) : NULL;
    const bool read = raw != NULL && H5Aread(from, type, raw) >= 0;
    if (read)
        made = H5Acreate2(to, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    const bool ok = made >= 0 && H5Awrite(made, type, raw) >= 0;
    if (read && n > 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    if (made >= 0)
        H5Aclose(made);
    free(raw);
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

static herr_t carry_attribute(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    const owners *o = context;
    (void)info;
    if (H5Aexists(o->to, name) > 0 || o->c->is_own(o->path, name, false))
        return 0;
    hid_t id = H5Aopen(owner, name, H5P_DEFAULT), type = id < 0 ? -1 : H5Aget_type(id);
    if (id >= 0 && !has_references(type) && !copy_value(id, o->to, name)) {
        h5_note(o->c->to, "carry over the attributes of", o->path);
        o->c->ok = false;
    }
    H5Tclose(type);
    H5Aclose(id);
    return o->c->ok ? 0 : -1;
}

static void carry_attributes(carrier *c, const char *path)
{
    hid_t from = H5Oopen(c->from->id, path, H5P_DEFAULT), to = H5Oopen(c->to->id, path, H5P_DEFAULT);
    owners o = {c, to, path};
    if (from >= 0 && to >= 0)
        H5Aiterate2(from, H5_INDEX_NAME, H5_ITER_INC, NULL, carry_attribute, &o);
    if (to >= 0)
        H5Oclose(to);
    if (from >= 0)
        H5Oclose(from);
}

/* ---- groups ---- */

typedef struct level {
    carrier *c;
    const char *path;
    int depth;
} level;

enum { MAX_DEPTH = 16 };

static void carry_group(carrier *c, const char *path, int depth);

static bool is_group(h5_file *f, const char *path)
{
    H5O_info_t info;
    return H5Oget_info_by_name2(f->id, path, &info, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 && info.type == H5O_TYPE_GROUP;
}

/* Has the object an attribute of this name? */
static bool has_attribute(h5_file *f, const char *path, const char *name)
{
    return H5Aexists_by_name(f->id, path, name, H5P_DEFAULT) > 0;
}

/* Every dataset of the program has scales, is one, or says what it is; so does every group that a grid may lack. */
static bool is_marked(h5_file *f, const char *path)
{
    return has_attribute(f, path, "DIMENSION_LIST") || has_attribute(f, path, "CLASS") ||
           has_attribute(f, path, "long_name");
}

static void carry_one(carrier *c, const char *path, const H5L_info_t *info, int depth)
{
    if (H5Lexists(c->to->id, path, H5P_DEFAULT) > 0) {
        if (info->type != H5L_TYPE_HARD)
            return;
        carry_attributes(c, path);
        if (is_group(c->from, path) && is_group(c->to, path))
            carry_group(c, path, depth + 1);
        return;
    }
    if (c->is_own(path, NULL, info->type == H5L_TYPE_HARD && is_marked(c->from, path)))
        return;
    const bool ok = info->type == H5L_TYPE_HARD ? copy_object(c, path) : copy_link(c, path, info);
    if (!ok)
        h5_note(c->to, "carry over", path);
    c->ok &= ok;
}

static herr_t take_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    const level *l = context;
    char *path = malloc(strlen(l->path) + strlen(name) + 2);
    (void)group;
    if (path == NULL) {
        l->c->ok = false;
        return -1;
    }
    stpcpy(stpcpy(stpcpy(path, strcmp(l->path, "/") == 0 ? "" : l->path), "/"), name);
    carry_one(l->c, path, info, l->depth);
    free(path);
    return l->c->ok ? 0 : -1;
}

static void carry_group(carrier *c, const char *path, int depth)
{
    level l = {c, path, depth};
    hid_t id = depth > MAX_DEPTH ? -1 : H5Gopen2(c->from->id, path, H5P_DEFAULT);
    if (id < 0)
        return;
    H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, NULL, take_link, &l);
    H5Gclose(id);
}

nn_status h5_carry(const char *from, const char *to, h5_is_own *is_own, nn_error *err)
{
    carrier c = {.is_own = is_own, .ok = true};
    nn_status status = h5_open(from, &c.from, err);
    if (status == NN_ok)
        status = h5_open_to_add(to, &c.to, err);
    if (status == NN_ok) {
        carry_attributes(&c, "/");
        carry_group(&c, "/", 0);
        attach_all(&c);
        if (!c.ok)
            h5_note(c.to, "carry over", "what others put into it");
    }
    const nn_status closed = h5_close(c.to, status == NN_ok ? err : NULL);
    h5_close(c.from, NULL);
    h5_texts_free(c.copied, c.n_copied);
    return status == NN_ok ? closed : status;
}
