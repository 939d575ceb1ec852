/* Writes a compact copy of a file, block by block, packed on every core, and reads it back. */
#include "results/layout.h"
#include "schedule/schedule.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS_PER_THREAD = 8 };

/* One block on its way. */
typedef struct parcel {
    unsigned char *raw, *scratch, *packed; /* one piece of memory, which raw begins */
    size_t n;
    unsigned skipped;
} parcel;

typedef struct compaction {
    const char *path; /* of the original */
    const compact_options *options;
    h5_file *from, *to;
    h5_block_shape shape; /* of the dataset at hand */
    size_t n_parcels;
    parcel *parcels;
} compaction;

static nn_status failed(const compaction *c, const char *reason, nn_error *err)
{
    return nn_fail(
        err, NN_file,
        "%s: cannot make a compact copy: %.300s; the file is as it was; try again, or write the copy "
        "elsewhere (-o)",
        c->path, reason);
}

/* Reading, writing or comparing a dataset, or the structure, went wrong. */
static nn_status failed_at(const compaction *c, const char *what, nn_error *err)
{
    char text[200];
    const char *reason = h5_reason(c->to) != NULL ? h5_reason(c->to) : h5_reason(c->from);
    snprintf(text, sizeof text, "the copy differs from it in %.150s", what);
    return failed(c, reason != NULL ? reason : text, err);
}

/* What h5_create, h5_open and h5_close say of the copy, without its temporary name. */
static nn_status failed_file(const compaction *c, const char *name, const nn_error *reason, nn_error *err)
{
    const size_t prefix = strlen(name);
    const bool named = strncmp(reason->message, name, prefix) == 0;
    return failed(c, named ? reason->message + prefix + strlen(": ") : reason->message, err);
}

/* ---- writing ---- */

static bool parcels_new(compaction *c)
{
    const size_t bytes = c->shape.bytes;
    for (size_t i = 0; i < c->n_parcels && i < c->shape.n; i++) {
        parcel *p = &c->parcels[i];
        p->raw = malloc(2 * bytes + pack_bound(bytes));
        if (p->raw == NULL)
            return false;
        p->scratch = p->raw + bytes;
        p->packed = p->scratch + bytes;
    }
    return true;
}

static void parcels_free(compaction *c)
{
    for (size_t i = 0; i < c->n_parcels; i++) {
        free(c->parcels[i].raw);
        c->parcels[i].raw = NULL;
    }
}

static void pack(void *context, size_t i)
{
    const compaction *c = context;
    parcel *p = &c->parcels[i];
    p->n = pack_chunk(p->raw, c->shape.bytes, c->shape.element_bytes, p->scratch, p->packed, &p->skipped);
}

/* Reads some blocks, packs them on all threads, writes them in their order. */
static bool write_some(compaction *c, h5_blocks *blocks, size_t first, size_t n)
{
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        memset(c->parcels[i].raw, 0, c->shape.bytes);
        ok = h5_block_read(blocks, false, first + i, c->parcels[i].raw);
        if (ok && !c->shape.filtered)
            ok = h5_block_write_plain(blocks, first + i, c->parcels[i].raw);
    }
    if (!ok || !c->shape.filtered)
        return ok;
    schedule_for(c->options->threads, n, pack, c);
    for (size_t i = 0; i < n && ok; i++)
        ok = h5_block_write(blocks, first + i, c->parcels[i].packed, c->parcels[i].n, c->parcels[i].skipped);
    return ok;
}

/* The blocks of the copy are those of the original. */
static bool compare_some(compaction *c, h5_blocks *blocks, size_t first, size_t n)
{
    bool same = true;
    unsigned char *a = c->parcels[0].raw, *b = c->parcels[0].scratch;
    for (size_t i = first; i < first + n && same; i++) {
        memset(a, 0, 2 * c->shape.bytes);
        same = h5_block_read(blocks, false, i, a) && h5_block_read(blocks, true, i, b) &&
               memcmp(a, b, c->shape.bytes) == 0;
    }
    return same;
}

typedef bool block_function(compaction *c, h5_blocks *blocks, size_t first, size_t n);

static bool is_stopped(const compaction *c)
{
    return c->options->stop != NULL && *c->options->stop != 0;
}

static nn_status each_block(compaction *c, const char *path, block_function *visit, nn_error *err)
{
    h5_blocks *blocks = NULL;
    nn_status status = NN_ok;
    if (!h5_blocks_open(c->from, c->to, path, &blocks, &c->shape))
        return failed_at(c, path, err);
    if (!parcels_new(c))
        status = nn_fail(err, NN_memory, "not enough memory to pack %s; use fewer threads (-j)", path);
    for (size_t i = 0; status == NN_ok && i < c->shape.n; i += c->n_parcels) {
        const size_t left = c->shape.n - i;
        if (!visit(c, blocks, i, left < c->n_parcels ? left : c->n_parcels))
            status = failed_at(c, path, err);
        else if (is_stopped(c))
            status = nn_fail(err, NN_cancelled, "stopped; %s is as it was", c->path);
    }
    parcels_free(c);
    h5_blocks_close(blocks);
    return status;
}

static nn_status each_dataset(compaction *c, block_function *visit, nn_error *err)
{
    size_t n = 0;
    char **paths = h5_datasets(c->from, &n);
    nn_status status = paths == NULL ? failed_at(c, "its list of datasets", err) : NN_ok;
    for (size_t i = 0; i < n && status == NN_ok; i++)
        status = each_block(c, paths[i], visit, err);
    h5_texts_free(paths, n);
    return status;
}

static nn_status write_copy(compaction *c, const char *name, nn_error *err)
{
    nn_error reason;
    if (h5_create(name, &c->to, &reason) != NN_ok)
        return failed_file(c, name, &reason, err);
    h5_copy_structure(c->from, c->to);
    nn_status status = h5_failed(c->to) || h5_failed(c->from) ? failed_at(c, "its structure", err)
                                                              : each_dataset(c, write_some, err);
    const nn_status closed = h5_close(c->to, &reason);
    c->to = NULL;
    return status == NN_ok && closed != NN_ok ? failed_file(c, name, &reason, err) : status;
}

static nn_status compare_copy(compaction *c, const char *name, nn_error *err)
{
    nn_error reason;
    if (h5_open(name, &c->to, &reason) != NN_ok)
        return failed_file(c, name, &reason, err);
    nn_status status = h5_same_structure(c->from, c->to) ? each_dataset(c, compare_some, err)
                                                         : failed_at(c, "its structure", err);
    h5_close(c->to, NULL);
    c->to = NULL;
    return status;
}

nn_status pack_file(const char *path, const char *name, const compact_options *options, nn_error *err)
{
    compaction c = {
        .path = path, .options = options, .n_parcels = (size_t)options->threads * BLOCKS_PER_THREAD};
    c.parcels = calloc(c.n_parcels, sizeof *c.parcels);
    nn_status status =
        c.parcels == NULL ? nn_fail(err, NN_memory, "not enough memory") : h5_open(path, &c.from, err);
    if (status == NN_ok)
        status = write_copy(&c, name, err);
    if (status == NN_ok)
        status = compare_copy(&c, name, err);
    h5_close(c.from, NULL);
    free(c.parcels);
    return status;
}
