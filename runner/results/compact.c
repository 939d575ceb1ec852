/* Replaces a finished file by a smaller copy, or puts the copy beside it. The copy is complete and compared before it
 * gets its name, so that a crash at any moment leaves the original. */
#include "base/mode.h"
#include "base/parallel.h"
#include "base/text.h"
#include "h5/h5.h"
#include "results/disk.h"
#include "results/lock.h"
#include "results/own.h"
#include "results/reader/look.h"
#include "results/reader/reader.h"
#include "results/results.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- the filters of a chunk, as the HDF5 file format specification (IV.A.2.l) defines them: shuffle, deflate,
 * Fletcher-32. The library could run them as well, but on one thread ---- */

enum { DEFLATE_SKIPPED = 1 << 1, LEVEL = 1, CHECKSUM_BYTES = 4 };

/* The most bytes that a packed chunk takes. */
static size_t pack_bound(size_t bytes)
{
    return compressBound(bytes) + CHECKSUM_BYTES;
}

/* Puts all first bytes of the elements together, then all second ones, so that like bytes are neighbours. */
static void shuffle(const unsigned char *raw, size_t bytes, size_t element, unsigned char *out)
{
    const size_t n = bytes / element;
    for (size_t k = 0; k < element; k++)
        for (size_t i = 0; i < n; i++)
            *out++ = raw[i * element + k];
}

static void fold(uint32_t *sum)
{
    *sum = (*sum & 0xffff) + (*sum >> 16);
}

/* J. G. Fletcher, IEEE Trans. Commun. 30 (1982) 247, over 16-bit words, high byte first, as HDF5 takes them. */
static uint32_t fletcher32(const unsigned char *bytes, size_t n)
{
    enum { WORDS = 360 }; /* the sums of so many words fit into 32 bits */
    uint32_t sum1 = 0, sum2 = 0;
    for (size_t at = 0; at < n;) {
        for (size_t end = at + 2 * WORDS; at < n && at < end; at += 2) {
            sum1 += (uint32_t)bytes[at] << 8 | (at + 1 < n ? bytes[at + 1] : 0u);
            sum2 += sum1;
        }
        fold(&sum1);
        fold(&sum2);
    }
    fold(&sum1);
    fold(&sum2);
    return sum2 << 16 | sum1;
}

/* scratch: [bytes], out: [pack_bound(bytes)]. Returns the packed size; *skipped as h5_block_write takes it. Any
 * thread. */
static size_t pack_chunk(const void *raw, size_t bytes, size_t element, unsigned char *scratch, unsigned char *out,
                         unsigned *skipped)
{
    uLongf n = compressBound(bytes);
    shuffle(raw, bytes, element, scratch);
    *skipped = 0;
    if (compress2(out, &n, scratch, bytes, LEVEL) != Z_OK || n >= bytes) {
        memcpy(out, scratch, bytes); /* what does not shrink is not deflated */
        n = bytes;
        *skipped = DEFLATE_SKIPPED;
    }
    const uint32_t sum = fletcher32(out, n);
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        out[n + (size_t)i] = (unsigned char)(sum >> (8 * i));
    return n + CHECKSUM_BYTES;
}

/* ---- writing the copy block by block, packed on all threads, and reading it back ---- */

enum { BLOCKS_PER_THREAD = 8 };

/* A block that is packed. */
typedef struct parcel {
    unsigned char *raw, *scratch, *packed; /* one allocation, which begins at `raw` */
    size_t n;
    unsigned skipped;
} parcel;

typedef struct compaction {
    const char *path; /* of the original */
    const compact_options *options;
    h5_file *from, *to;
    h5_block_shape shape; /* of the current dataset */
    size_t n_parcels;
    parcel *parcels;
} compaction;

static nn_status failed(const compaction *c, const char *reason, nn_error *err)
{
    return nn_fail(err, NN_file,
                   "%s: cannot make a compact copy: %.300s; the file is as it was; try again, or write the copy "
                   "elsewhere (-o)",
                   c->path, reason);
}

/* Reports that `what` could not be read, written or found equal. */
static nn_status failed_at(const compaction *c, const char *what, nn_error *err)
{
    char text[200];
    const char *reason = h5_reason(c->to) != NULL ? h5_reason(c->to) : h5_reason(c->from);
    snprintf(text, sizeof text, "the copy differs from it in %.150s", what);
    return failed(c, reason != NULL ? reason : text, err);
}

/* Reports a failure of h5_create, h5_open or h5_close, without the temporary name of the copy. */
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

/* Reads n blocks, packs them on all threads, and writes them in order. */
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
    parallel_for(c->options->threads, n, pack, c);
    for (size_t i = 0; i < n && ok; i++)
        ok = h5_block_write(blocks, first + i, c->parcels[i].packed, c->parcels[i].n, c->parcels[i].skipped);
    return ok;
}

/* Are n blocks of the copy equal to those of the original? */
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

/* Refuses a file that says it has more than it holds, which would be packed for ever. */
static nn_status check_datasets(const compaction *c, nn_error *err)
{
    size_t n = 0;
    h5_place where;
    char **paths = h5_datasets(c->from, &n);
    nn_status status = paths == NULL ? failed_at(c, "its list of datasets", err) : NN_ok;
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!h5_look(c->from, paths[i], &where) && h5_refused(c->from) != NULL)
            status = failed(c, h5_refused(c->from), err);
    h5_texts_free(paths, n);
    return status;
}

static nn_status write_copy(compaction *c, const char *name, nn_error *err)
{
    nn_error reason;
    if (h5_create(name, &c->to, &reason) != NN_ok)
        return failed_file(c, name, &reason, err);
    h5_copy_structure(c->from, c->to);
    nn_status status = h5_reason(c->to) != NULL || h5_reason(c->from) != NULL ? failed_at(c, "its structure", err)
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
    nn_status status =
        h5_same_structure(c->from, c->to) ? each_dataset(c, compare_some, err) : failed_at(c, "its structure", err);
    h5_close(c->to, NULL);
    c->to = NULL;
    return status;
}

/* Writes a compact copy of the file over the empty file `name`, and compares the two. */
static nn_status pack_file(const char *path, const char *name, const compact_options *options, nn_error *err)
{
    compaction c = {.path = path, .options = options, .n_parcels = (size_t)options->threads * BLOCKS_PER_THREAD};
    c.parcels = calloc(c.n_parcels, sizeof *c.parcels);
    nn_status status = c.parcels == NULL ? nn_fail(err, NN_memory, "not enough memory") : h5_open(path, &c.from, err);
    if (status == NN_ok)
        status = check_datasets(&c, err);
    if (status == NN_ok)
        status = write_copy(&c, name, err);
    if (status == NN_ok)
        status = compare_copy(&c, name, err);
    h5_close(c.from, NULL);
    if (status == NN_ok)
        status = results_carry_own(path, name, err);
    free(c.parcels);
    return status;
}

/* ---- which files are compacted, and where the copy goes ---- */

static nn_status check_complete(const char *path, nn_error *err)
{
    results_reader *r = NULL;
    nn_status status = results_reader_open(path, &r, err);
    const char *state = status == NN_ok ? reader_text(r, "/", "state") : NULL;
    if (status == NN_ok && (state == NULL || strcmp(state, "complete") != 0))
        status = nn_fail(err, NN_file,
                         "%s is not complete (%s): only a complete file is compacted; finish it with nngrid run", path,
                         state != NULL ? state : "no state");
    results_reader_close(r);
    return status;
}

static bool is_compact(const char *path)
{
    h5_file *file = NULL;
    size_t n = 0;
    h5_place where;
    bool chunked = false;
    char **paths = h5_open(path, &file, NULL) == NN_ok ? h5_datasets(file, &n) : NULL;
    for (size_t i = 0; i < n && !chunked; i++)
        chunked = h5_look(file, paths[i], &where) && where.chunked;
    h5_texts_free(paths, n);
    h5_close(file, NULL);
    return chunked;
}

static nn_status check_room(const char *path, uint64_t bytes, nn_error *err)
{
    char need[32], have[32];
    const uint64_t there = results_disk_free(path);
    if (there >= bytes)
        return NN_ok;
    return nn_fail(err, NN_file,
                   "%s: the copy may need %s beside the original and the disk has %s free; free some space, or "
                   "choose another -o",
                   path, text_bytes((double)bytes, need, sizeof need), text_bytes((double)there, have, sizeof have));
}

/* Makes the copy under a temporary name beside `target`, and renames it. */
static nn_status make_copy(const char *path, const char *target, const compact_options *options,
                           const struct stat *there, compact_report *report, nn_error *err)
{
    const bool in_place = options->out == NULL;
    char *name = NULL;
    int fd = -1;
    bool taken = false;
    struct stat st;
    nn_status status = check_room(target, report->before, err);
    if (status == NN_ok)
        status = results_disk_temporary(target, &name, &fd, err);
    if (status != NN_ok)
        return status;
    status = pack_file(path, name, options, err);
    report->after = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    report->kept = in_place && report->after > report->before / 100 * 99; /* saves too little to replace the file */
    if (status == NN_ok && !report->kept)
        status = results_disk_publish(fd, name, target, in_place ? there->st_mode & mode_new() : mode_after(there),
                                      in_place ? there : NULL, in_place, &taken, err);
    if (status == NN_ok && taken)
        status = nn_fail(err, NN_file, "%s is there already; remove it, or choose another -o", target);
    if (status != NN_ok || report->kept)
        unlink(name); /* does nothing where it has been renamed */
    close(fd);
    free(name);
    return status;
}

/* The rest of results_compact; the caller holds the lock of the original. */
static nn_status compact_locked(const char *path, const compact_options *options, const struct stat *there,
                                compact_report *report, nn_error *err)
{
    const char *target = options->out != NULL ? options->out : path;
    nn_status status = check_complete(path, err);
    if (status != NN_ok)
        return status;
    report->before = (uint64_t)there->st_size;
    report->compact_already = options->out == NULL && is_compact(path);
    if (report->compact_already)
        return NN_ok;
    if (options->out != NULL && access(target, F_OK) == 0)
        return nn_fail(err, NN_file, "%s is there already; remove it, or choose another -o", target);
    results_disk_clean(target);
    return make_copy(path, target, options, there, report, err);
}

/* Locks the file, and says how it was before. A copy elsewhere needs no right to write, and leaves other readers alone. */
static nn_status take_original(const char *path, bool in_place, int *fd, struct stat *there, nn_error *err)
{
    const nn_status status = in_place ? results_disk_lock(path, fd, there, err) : results_disk_hold(path, fd, err);
    if (status != NN_ok || *fd < 0) /* what is not there is reported by whoever opens it */
        return status;
    return in_place || fstat(*fd, there) == 0 ? NN_ok : nn_fail(err, NN_file, "%s: %s", path, strerror(errno));
}

nn_status results_compact(const char *path, const compact_options *options, compact_report *report, nn_error *err)
{
    const bool in_place = options->out == NULL;
    compact_report found = {0};
    struct stat there = {0};
    char *real = NULL;
    int fd = -1, guard = -1;
    if (results_is_written(path))
        return nn_fail(err, NN_file, "%s is being written; compact it when it is complete", path);
    nn_status status = results_disk_resolve(path, &real, err);
    if (status == NN_ok) /* before the locks, which a process of its own would hold as well */
        status = reader_look_over(real, false, err);
    if (status == NN_ok)
        status = results_guard_take(real, &guard, err);
    if (status == NN_ok)
        status = take_original(real, in_place, &fd, &there, err);
    if (status == NN_ok)
        status = compact_locked(real, options, &there, &found, err);
    if (status == NN_ok)
        *report = found;
    if (fd >= 0 && in_place)
        (void)!fchmod(fd, there.st_mode & 07777); /* a read-only file was made writable for its lock */
    if (fd >= 0)
        close(fd);
    results_guard_release(real, guard);
    free(real);
    return status;
}
