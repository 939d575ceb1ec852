/* Puts a smaller copy of a finished file in its place, or beside it: whole and compared before it gets its name,
 * so that a crash at any moment leaves the original. */
#include "results/layout.h"
#include "results/reader/reader.h"
#include "base/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what is compacted ---- */

static nn_status check_complete(const char *path, nn_error *err)
{
    results_reader *r = NULL;
    nn_status status = results_reader_open(path, &r, err);
    const char *state = status == NN_ok ? reader_text(r, "/", "state") : NULL;
    if (status == NN_ok && (state == NULL || strcmp(state, "complete") != 0))
        status =
            nn_fail(err, NN_file,
                    "%s is not complete (%s): only a complete file is compacted; finish it with nngrid run",
                    path, state != NULL ? state : "no state");
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
        chunked = h5_look(file, paths[i], &where) && where.chunk_rows > 0;
    h5_texts_free(paths, n);
    h5_close(file, NULL);
    return chunked;
}

static nn_status check_room(const char *path, uint64_t bytes, nn_error *err)
{
    char need[32], have[32];
    const uint64_t there = disk_free(path);
    if (there >= bytes)
        return NN_ok;
    return nn_fail(
        err, NN_file,
        "%s: the copy may need %s beside the original and the disk has %s free; free some space, or "
        "choose another -o",
        path, text_bytes((double)bytes, need, sizeof need), text_bytes((double)there, have, sizeof have));
}

/* The copy under a temporary name beside `target`, then under its own. */
static nn_status make_copy(const char *path, const char *target, const compact_options *options, mode_t mode,
                           compact_report *report, nn_error *err)
{
    const bool in_place = options->out == NULL;
    char *name = NULL;
    int fd = -1;
    bool taken = false;
    struct stat st;
    nn_status status = check_room(target, report->before, err);
    if (status == NN_ok)
        status = disk_temporary(target, &name, &fd, err);
    if (status != NN_ok)
        return status;
    status = pack_file(path, name, options, err);
    report->after = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    report->kept = in_place && report->after > report->before / 100 * 99; /* not worth another file */
    if (status == NN_ok && !report->kept)
        status = disk_publish(fd, name, target, in_place ? mode : disk_mode(), in_place, &taken, err);
    if (status == NN_ok && taken)
        status = nn_fail(err, NN_file, "%s is there already; remove it, or choose another -o", target);
    if (status != NN_ok || report->kept)
        unlink(name); /* nothing, where it has its new name already */
    close(fd);
    free(name);
    return status;
}

/* Under the lock of the original. */
static nn_status compact_locked(const char *path, const compact_options *options, mode_t mode,
                                compact_report *report, nn_error *err)
{
    struct stat st;
    const char *target = options->out != NULL ? options->out : path;
    nn_status status = check_complete(path, err);
    if (status != NN_ok)
        return status;
    if (stat(path, &st) < 0)
        return nn_fail(err, NN_file, "%s: %s", path, strerror(errno));
    report->before = (uint64_t)st.st_size;
    report->compact_already = options->out == NULL && is_compact(path);
    if (report->compact_already)
        return NN_ok;
    if (options->out != NULL && access(target, F_OK) == 0)
        return nn_fail(err, NN_file, "%s is there already; remove it, or choose another -o", target);
    disk_clean(target);
    return make_copy(path, target, options, mode, report, err);
}

nn_status results_compact(const char *path, const compact_options *options, compact_report *report,
                          nn_error *err)
{
    compact_report found = {0};
    char *real = NULL;
    mode_t mode = 0644;
    int fd = -1, guard = -1;
    if (results_is_written(path))
        return nn_fail(err, NN_file, "%s is being written; compact it when it is complete", path);
    nn_status status = disk_resolve(path, &real, err);
    if (status == NN_ok)
        status = guard_take(real, &guard, err);
    if (status == NN_ok) /* a copy elsewhere needs no right to write, and leaves other readers alone */
        status = options->out == NULL ? disk_lock(real, &fd, &mode, err) : disk_hold(real, &fd, err);
    if (status == NN_ok)
        status = compact_locked(real, options, mode, &found, err);
    if (status == NN_ok)
        *report = found;
    if (fd >= 0 && options->out == NULL)
        (void)!fchmod(fd, mode); /* a read-only file was made writable for its lock */
    if (fd >= 0)
        close(fd);
    guard_release(real, guard);
    free(real);
    return status;
}
