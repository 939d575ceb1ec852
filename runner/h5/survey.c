/* Looks at all of a file as readers do, so that a process of its own finds out whether the library survives it. */
#include "h5/handle.h"
#include "h5/trust.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26, MOST_DEPTH = 32 };

typedef struct survey {
    h5_file *f;
    size_t n_groups;
    haddr_t *groups; /* [n_groups] that were visited: links can form a ring */
    int depth;
    const char *damaged; /* what could not be opened, or NULL; the text is static */
} survey;

/* ---- attributes ---- */

static void read_attribute(hid_t id, hid_t type, hid_t space)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    void *values = n < 0 || size == 0 || (size_t)n > MOST_BYTES / size ? NULL : calloc((size_t)n + 1, size);
    if (values != NULL && H5Aread(id, type, values) >= 0)
        H5Dvlen_reclaim(type, space, H5P_DEFAULT, values);
    free(values);
}

/* What cannot be read is left to whoever needs it. */
static herr_t visit_attribute(hid_t owner, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    (void)context;
    hid_t id = H5Aopen(owner, name, H5P_DEFAULT);
    hid_t type = id < 0 ? -1 : H5Aget_type(id), space = id < 0 ? -1 : H5Aget_space(id);
    if (type >= 0 && space >= 0)
        read_attribute(id, type, space);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    if (id >= 0)
        H5Aclose(id);
    return 0;
}

static void visit_attributes(hid_t object)
{
    hsize_t at = 0;
    H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit_attribute, NULL);
}

/* ---- datasets ---- */

/* Unpacks the chunk of the first element, by which the filters are known to work. */
static void read_first(hid_t id, hid_t space)
{
    hsize_t start[H5S_MAX_RANK] = {0}, count[H5S_MAX_RANK], one = 1;
    double value;
    const int n = H5Sget_simple_extent_ndims(space);
    for (int i = 0; i < n && i < H5S_MAX_RANK; i++)
        count[i] = 1;
    hid_t memory = n > 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0
                       ? H5Screate_simple(1, &one, NULL)
                       : -1;
    if (memory >= 0 && H5Sget_select_npoints(space) == 1)
        H5Dread(id, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &value);
    if (memory >= 0)
        H5Sclose(memory);
}

static void visit_dataset(survey *s, hid_t id)
{
    hid_t space = H5Dget_space(id), type = H5Dget_type(id), properties = H5Dget_create_plist(id);
    h5_place place = {.n = 0};
    H5Dget_offset(id);
    H5Dget_storage_size(id);
    if (space >= 0 && type >= 0 && properties >= 0 && H5Sget_simple_extent_npoints(space) > 0 &&
        H5Tget_class(type) != H5T_ENUM && h5_is_number(type) &&
        h5_storage_good(s->f, "/", id, type, properties, &place))
        read_first(id, space);
    if (properties >= 0)
        H5Pclose(properties);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
}

/* ---- groups ---- */

static bool is_new(survey *s, haddr_t address)
{
    for (size_t i = 0; i < s->n_groups; i++)
        if (s->groups[i] == address)
            return false;
    haddr_t *groups = realloc(s->groups, (s->n_groups + 1) * sizeof *groups);
    if (groups == NULL)
        return false;
    s->groups = groups;
    groups[s->n_groups++] = address;
    return true;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *context);

static void visit_group(survey *s, hid_t id)
{
    H5O_info_t info;
    hsize_t at = 0;
    if (H5Oget_info2(id, &info, H5O_INFO_BASIC) < 0 || !is_new(s, info.addr) || s->depth > MOST_DEPTH)
        return;
    s->depth++;
    if (H5Literate(id, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit_link, s) < 0)
        s->damaged = "a group cannot be listed";
    s->depth--;
}

/* Soft links lead to what is visited anyway, or nowhere. */
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *context)
{
    survey *s = context;
    hid_t id = link->type == H5L_TYPE_HARD ? H5Oopen(group, name, H5P_DEFAULT) : -1;
    if (id < 0) {
        s->damaged = link->type == H5L_TYPE_HARD ? "what a link means cannot be opened" : s->damaged;
        return 0;
    }
    visit_attributes(id);
    if (H5Iget_type(id) == H5I_GROUP)
        visit_group(s, id);
    else if (H5Iget_type(id) == H5I_DATASET)
        visit_dataset(s, id);
    H5Oclose(id);
    return 0;
}

nn_status h5_survey(const char *path, nn_error *err)
{
    survey s = {0};
    if (h5_open(path, &s.f, NULL) != NN_ok)
        return NN_ok; /* who opens it next says why it cannot be opened */
    hid_t root = H5Gopen2(s.f->id, "/", H5P_DEFAULT);
    if (root < 0) {
        s.damaged = "its first group cannot be opened";
    } else {
        visit_attributes(root);
        visit_group(&s, root);
        H5Gclose(root);
    }
    free(s.groups);
    h5_close(s.f, NULL);
    return s.damaged == NULL ? NN_ok : nn_fail(err, NN_file, "is damaged: %s", s.damaged);
}
