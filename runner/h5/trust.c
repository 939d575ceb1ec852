/* Finds datasets whose values lie elsewhere, or are fewer than the file says. */
#include "h5/trust.h"
#include <stdio.h>
#include <string.h>

void h5_forget_other_files(void)
{
    static bool done;
    if (!done)
        H5Lunregister(H5L_TYPE_EXTERNAL);
    done = true;
}

bool h5_refuse(h5_file *f, const char *path, const char *why)
{
    snprintf(f->refused, sizeof f->refused, "%.60s %s", path, why);
    return false;
}

/* ---- links ---- */

bool h5_explain_link(h5_file *f, const char *path)
{
    char part[200];
    for (const char *end = strchr(path + 1, '/');; end = strchr(end + 1, '/')) {
        H5L_info_t link;
        snprintf(part, sizeof part, "%.*s", end != NULL ? (int)(end - path) : (int)strlen(path), path);
        if (H5Lexists(f->id, part, H5P_DEFAULT) <= 0 || H5Lget_info(f->id, part, &link, H5P_DEFAULT) < 0)
            return false;
        if (link.type == H5L_TYPE_EXTERNAL)
            return h5_refuse(f, part, "is a link to another file, which is not followed");
        if (end == NULL)
            return false;
    }
}

/* ---- storage ---- */

enum {
    SMALL = 1 << 23,    /* elements: of so few, those that were never written do no harm */
    MOST_PACKED = 1100, /* deflate packs 1032 to 1 at most */
    CHUNK = 1 << 28     /* the most bytes of a chunk, which is unpacked as a whole */
};

/* Does each part of a virtual dataset come from a dataset of this file that is not virtual itself? */
static bool is_own_view(const h5_file *f, hid_t properties)
{
    size_t n = 0;
    bool own = H5Pget_virtual_count(properties, &n) >= 0;
    for (size_t i = 0; i < n && own; i++) {
        char file[8] = "", name[200] = "";
        const ssize_t length = H5Pget_virtual_dsetname(properties, i, name, sizeof name);
        own = H5Pget_virtual_filename(properties, i, file, sizeof file) == 1 && file[0] == '.' && length > 0 &&
              (size_t)length < sizeof name && strchr(name, '%') == NULL;
        hid_t source = own ? H5Dopen2(f->id, name, H5P_DEFAULT) : -1;
        hid_t plist = source < 0 ? -1 : H5Dget_create_plist(source);
        own = plist >= 0 && H5Pget_layout(plist) != H5D_VIRTUAL && H5Pget_external_count(plist) == 0;
        if (plist >= 0)
            H5Pclose(plist);
        if (source >= 0)
            H5Dclose(source);
    }
    return own;
}

/* The most elements for which the file can have values. Without filters a chunk at an edge is stored whole. */
static double most_elements(const h5_file *f, hid_t dataset, hid_t properties, size_t bytes)
{
    const bool is_virtual = H5Pget_layout(properties) == H5D_VIRTUAL;
    const double stored = is_virtual ? (double)f->size : (double)H5Dget_storage_size(dataset), size = (double)f->size;
    return (stored < size ? stored : size) * (H5Pget_nfilters(properties) > 0 ? MOST_PACKED : 1) / (double)bytes;
}

static bool chunk_fits(hid_t properties, size_t bytes)
{
    hsize_t chunk[H5S_MAX_RANK] = {0};
    double size = (double)bytes;
    const int n = H5Pget_layout(properties) == H5D_CHUNKED ? H5Pget_chunk(properties, H5S_MAX_RANK, chunk) : 0;
    for (int i = 0; i < n; i++)
        size *= (double)chunk[i];
    return size <= CHUNK;
}

/* Contiguous values end where the file does. */
static bool lies_within(const h5_file *f, size_t bytes, const h5_place *p)
{
    return p->offset == 0 || (p->offset < f->size && p->n <= (f->size - p->offset) / bytes);
}

bool h5_storage_good(h5_file *f, const char *path, hid_t dataset, hid_t type, hid_t properties, const h5_place *p)
{
    H5O_info_t info;
    const size_t bytes = H5Tget_size(type);
    if (H5Oget_info2(dataset, &info, H5O_INFO_BASIC) < 0 || bytes == 0)
        return h5_refuse(f, path, "is damaged");
    uint64_t *trusted = &f->trusted[info.addr / 8 % (sizeof f->trusted / sizeof f->trusted[0])];
    if (*trusted == info.addr)
        return true;
    if (H5Pget_external_count(properties) != 0)
        return h5_refuse(f, path, "has its values in another file, which is not read");
    if (H5Pget_layout(properties) == H5D_VIRTUAL && !is_own_view(f, properties))
        return h5_refuse(f, path, "is a view of another file or of other views, which is not read");
    if (!lies_within(f, bytes, p) || !chunk_fits(properties, bytes) ||
        (p->n > SMALL && (double)p->n > most_elements(f, dataset, properties, bytes)))
        return h5_refuse(f, path, "is larger than the file allows");
    *trusted = info.addr;
    return true;
}
