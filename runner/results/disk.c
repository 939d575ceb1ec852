/* Plain reads and writes, disk space, and how a new file gets its name. */
#include "results/disk.h"
#include "base/mode.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* ---- plain writes ---- */

static nn_status write_failed(const char *path, nn_error *err)
{
    return nn_fail(err, NN_file,
                   "%s: cannot write: %s; nothing that was written is lost: make room (or free the file) and run "
                   "the same command again",
                   path, strerror(errno));
}

nn_status results_disk_write(int fd, const char *path, const void *bytes, size_t n, uint64_t offset, nn_error *err)
{
    const char *from = bytes;
    while (n > 0) {
        ssize_t wrote = pwrite(fd, from, n, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote == 0)
            errno = ENOSPC;
        if (wrote <= 0)
            return write_failed(path, err);
        from += wrote;
        n -= (size_t)wrote;
        offset += (uint64_t)wrote;
    }
    return NN_ok;
}

nn_status results_disk_read(int fd, const char *path, void *bytes, size_t n, uint64_t offset, nn_error *err)
{
    char *to = bytes;
    while (n > 0) {
        ssize_t got = pread(fd, to, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return nn_fail(err, NN_file, "%s: cannot read: %s", path,
                           got < 0 ? strerror(errno) : "the file has become shorter");
        to += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return NN_ok;
}

/* ---- folders and space ---- */

char *results_disk_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static nn_status make_folders(char *folder, nn_error *err)
{
    for (char *at = folder + 1;; at++) {
        const char end = *at;
        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (mkdir(folder, 0777) < 0 && errno != EEXIST)
            return nn_fail(err, NN_file, "%s: cannot make the folder: %s; choose another -o", folder, strerror(errno));
        *at = end;
        if (end == '\0')
            return NN_ok;
    }
}

nn_status results_disk_make_folder(const char *path, nn_error *err)
{
    char *folder = results_disk_folder(path);
    struct stat s;
    nn_status status = NN_ok;
    if (folder == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    if (stat(folder, &s) < 0)
        status = make_folders(folder, err);
    else if (!S_ISDIR(s.st_mode))
        status = nn_fail(err, NN_file, "%s is no folder; choose another -o", folder);
    free(folder);
    return status;
}

uint64_t results_disk_free(const char *path)
{
    struct statvfs fs;
    uint64_t bytes = 0;
    char *folder = results_disk_folder(path);
    /* A folder that does not exist yet will be on the file system of its nearest ancestor that does. */
    while (folder != NULL) {
        if (statvfs(folder, &fs) == 0) {
            bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
            break;
        }
        if (strcmp(folder, ".") == 0 || strcmp(folder, "/") == 0)
            break;
        char *parent = results_disk_folder(folder);
        free(folder);
        folder = parent;
    }
    free(folder);
    return bytes;
}

static nn_status no_room(const char *path, uint64_t bytes, uint64_t there, nn_error *err)
{
    char need[32], have[32], missing[32];
    text_bytes((double)bytes, need, sizeof need);
    text_bytes((double)there, have, sizeof have);
    if (bytes <= there)
        return nn_fail(err, NN_file,
                       "%s: the disk refuses the %s that the results need, though %s are free (a quota?); nothing "
                       "that was written is lost: make room and run the same command again, or choose another -o",
                       path, need, have);
    return nn_fail(err, NN_file,
                   "%s: the results need %s and the disk has %s free: %s are missing; free some space, "
                   "record less (record: every, weights), or choose another -o",
                   path, need, have, text_bytes((double)(bytes - there), missing, sizeof missing));
}

nn_status results_disk_room(const char *path, uint64_t bytes, nn_error *err)
{
    struct rlimit limit;
    const uint64_t there = results_disk_free(path);
    char need[32], have[32];
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes)
        return nn_fail(err, NN_file,
                       "%s: the results need %s and files are limited to %s here (ulimit -f); raise "
                       "the limit",
                       path, text_bytes((double)bytes, need, sizeof need),
                       text_bytes((double)limit.rlim_cur, have, sizeof have));
    return there < bytes ? no_room(path, bytes, there, err) : NN_ok;
}

int results_disk_sync(int fd, bool data_only)
{
    int result;
    do
        result = data_only ? fdatasync(fd) : fsync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

/* On tmpfs a signal, such as the one that asks to stop, interrupts the call; the space is needed all the same. */
static int reserve(int fd, off_t size)
{
    int error;
    do
        error = posix_fallocate(fd, 0, size);
    while (error == EINTR);
    return error;
}

nn_status results_disk_reserve(int fd, const char *path, nn_error *err)
{
    struct stat s;
    if (fstat(fd, &s) < 0)
        return write_failed(path, err);
    const uint64_t held = (uint64_t)s.st_blocks * 512, size = (uint64_t)s.st_size;
    int error = reserve(fd, s.st_size);
    if (error == ENOSPC)
        return no_room(path, size > held ? size - held : size, results_disk_free(path), err);
    errno = error;
    return error != 0 ? write_failed(path, err) : NN_ok;
}

/* ---- how a new file gets its name ---- */

static nn_status sync_folder(const char *path, nn_error *err)
{
    char *folder = results_disk_folder(path);
    int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    /* Some file systems cannot sync a folder; the file itself is safe all the same. */
    bool ok = fd >= 0 && (results_disk_sync(fd, false) == 0 || errno == EINVAL || errno == EROFS);
    if (fd >= 0)
        close(fd);
    return ok ? NN_ok : write_failed(path, err);
}

/* Renames unless the name is taken. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (access(to, F_OK) == 0) { /* an older file system: this is nearly as good */
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

nn_status results_disk_publish(int fd, const char *temporary, const char *path, mode_t mode, const struct stat *there,
                               bool replace, bool *taken, nn_error *err)
{
    *taken = false;
    if (!mode_give(fd, mode, there) || results_disk_sync(fd, false) < 0)
        return write_failed(path, err);
    if ((replace ? rename(temporary, path) : rename_new(temporary, path)) < 0) {
        *taken = !replace && errno == EEXIST;
        return *taken ? NN_ok : write_failed(path, err);
    }
    return sync_folder(path, err);
}
