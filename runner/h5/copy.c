/* A copy of a file in which large datasets are chunked and compressed. What is the same is created here; the
 * values go through the caller, who compresses them (h5_block_read, h5_block_write). */
#include "h5/handle.h"
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK_BYTES = 100000, /* large enough to compress well, small enough to read one row quickly */
    LARGE_BYTES = 8192    /* below that, the index of the chunks (2 KB) takes what compression saves */
};

struct h5_blocks {
    h5_file *from, *to;
    const char *path;
    hid_t source, target, type;
    int n_dims;
    hsize_t dims[H5_MAX_DIMS], block[H5_MAX_DIMS], per[H5_MAX_DIMS]; /* and how many blocks */
};

/* ---- structure ---- */

/* Whole in the last dimensions while they fit; parts of about equal size where they do not. */
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

/* As nngrid creates them: see h5.h. The filters are those of h5_block_write, in this order. */
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

/* All objects first, since attributes refer to them. */
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
    hid_t space = H5Dget_space(b->source), other = H5Dget_space(b->target),
          dcpl = H5Dget_create_plist(b->target), type = H5Dget_type(b->target);
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

/* Where a block begins, and how much of it there is: less at the edges. */
static void place_block(const h5_blocks *b, size_t index, hsize_t *start, hsize_t *count)
{
    for (int d = b->n_dims; d-- > 0;) {
        start[d] = index % b->per[d] * b->block[d];
        count[d] = b->dims[d] - start[d] < b->block[d] ? b->dims[d] - start[d] : b->block[d];
        index /= b->per[d];
    }
}

/* Reads or writes the block as the library does it, through the filters. */
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
