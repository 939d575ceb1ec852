/* What a file holds: its groups and datasets in order, and which of them a reference means. */
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 16 }; /* links can form a ring; nngrid's files are four deep */

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

/* Adds what is in a group, and in its groups. */
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
        ok = path != NULL && add(f, list, path);
        /* `list` may move while it grows: the path itself does not. */
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

bool objects_of(h5_file *f, object_list *out)
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

void objects_free(object_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i].path);
    free(list->items);
    free(list->by_address);
    *list = (object_list){0};
}

const char *objects_find(const object_list *list, h5_file *f, const hobj_ref_t *reference)
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
    const h5_object *const *found =
        bsearch(&wanted, list->by_address, list->n, sizeof *list->by_address, by_address);
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
