/* Takes and tests the two locks of a results file, makes and removes temporary files, and guards files on NFS. */
#include "results/lock.h"
#include "base/file.h"
#include "base/shield.h"
#include "h5/h5.h"
#include "results/disk.h"
#include "results/names.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* False with errno EAGAIN or EACCES: another has it; with any other: the file system knows no such locks. */
static bool lock_take(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Does a writer hold it? Locks for reading (results_disk_hold) do not count. */
static bool lock_is_held(int fd)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
}

/* Is the file on NFS, where it cannot have both locks? */
static bool guard_needed(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type == NFS_SUPER_MAGIC;
}

/* Takes the writer's lock on a results file, or on one that is to become it. */
static bool take_lock(int fd)
{
    return guard_needed(fd) || lock_take(fd);
}

/* Does another process hold the lock? Where a guard is needed, the caller holds it. */
static bool is_locked(int fd)
{
    return !guard_needed(fd) && lock_is_held(fd);
}

static char *guard_name(const char *path)
{
    char *name = NULL;
    return asprintf(&name, "%s.lock", path) < 0 ? NULL : name;
}

static bool guard_is_held(const char *path)
{
    char *name = guard_name(path);
    const int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    const bool held = fd >= 0 && lock_is_held(fd);
    if (fd >= 0)
        close(fd);
    free(name);
    return held;
}

bool results_is_written(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool locked = fd >= 0 && (guard_needed(fd) ? guard_is_held(path) : lock_is_held(fd));
    if (fd >= 0)
        close(fd);
    return locked;
}

/* Who locks a file need not be nngrid, and the file need not be whole: a child looks for the pid. */
typedef struct writer {
    const char *path;
    int64_t pid;
} writer;

static nn_status read_pid(void *context, nn_error *err)
{
    writer *w = context;
    h5_file *file = NULL;
    const bool there = h5_open(w->path, &file, NULL) == NN_ok && h5_read(file, PATH_TIMING_PID, H5_I64, 1, &w->pid);
    h5_close(file, NULL);
    return there ? NN_ok : nn_fail(err, NN_data, "tells no pid");
}

static bool send_pid(void *context, int to)
{
    const writer *w = context;
    return file_put(to, &w->pid, sizeof w->pid);
}

static nn_status take_pid(void *context, int from, nn_error *err)
{
    (void)err;
    return shield_get(from, &((writer *)context)->pid, sizeof(int64_t)) ? NN_ok : NN_file;
}

static nn_status disk_being_written(const char *path, nn_error *err)
{
    writer w = {.path = path};
    const shield_job job = {read_pid, send_pid, take_pid, &w};
    nn_error ignored;
    char who[48] = "";
    if (shield_run(path, &job, &ignored) == NN_ok)
        snprintf(who, sizeof who, " (pid %lld)", (long long)w.pid);
    return nn_fail(err, NN_file, "%s is being written by another nngrid%s; wait for it, or choose another -o", path,
                   who);
}

/* A killed writer leaves its file read-only; its owner may write again. */
static int open_protected(const char *path, bool *locked)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), again = -1;
    if (fd < 0)
        return -1;
    *locked = is_locked(fd);
    if (!*locked && fstat(fd, &s) == 0 && fchmod(fd, (s.st_mode & 07777) | S_IWUSR) == 0)
        again = open(path, O_RDWR | O_CLOEXEC);
    close(fd);
    if (again < 0)
        errno = EACCES; /* the first error: that the mode could not be changed tells the user nothing */
    return again;
}

static int open_writable(const char *path, bool *locked)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    *locked = false;
    return fd < 0 && errno == EACCES ? open_protected(path, locked) : fd;
}

nn_status results_disk_busy(const char *path, nn_error *err)
{
    return nn_fail(err, NN_file, "%s is open for writing in another program; close it there, or choose another -o",
                   path);
}

nn_status results_disk_share(int fd, const char *path, nn_error *err)
{
    if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return results_disk_busy(path, err);
    return NN_ok; /* a file system without flock has none to respect */
}

/* A link is followed once, at the start: a grown file then replaces the file and not the link. */
nn_status results_disk_resolve(const char *path, char **real, nn_error *err)
{
    struct stat s;
    const bool link = lstat(path, &s) == 0 && S_ISLNK(s.st_mode);
    char *found = link ? realpath(path, NULL) : strdup(path);
    if (found == NULL && link)
        return nn_fail(err, NN_file, "%s: cannot follow the link: %s; remove it, or choose another -o", path,
                       strerror(errno));
    if (found == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    *real = found;
    return NN_ok;
}

static nn_status being_copied(const char *path, nn_error *err)
{
    return nn_fail(err, NN_file, "%s is being copied by nngrid compact; wait for it, or choose another -o", path);
}

/* Takes both locks on an open file. */
static nn_status lock_both(int fd, const char *path, nn_error *err)
{
    struct stat s;
    if (fstat(fd, &s) == 0 && !S_ISREG(s.st_mode))
        return nn_fail(err, NN_file, "%s is no regular file; choose another -o", path);
    if (!take_lock(fd) && (errno == EAGAIN || errno == EACCES))
        return lock_is_held(fd) ? disk_being_written(path, err) : being_copied(path, err);
    return results_disk_share(fd, path, err);
}

/* Does the path still name this file? */
static bool disk_still_there(int fd, const char *path)
{
    struct stat mine, named;
    return fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_dev == named.st_dev &&
           mine.st_ino == named.st_ino;
}

nn_status results_disk_lock(const char *path, int *fd, struct stat *there, nn_error *err)
{
    bool locked = false;
    for (;;) {
        struct stat s;
        const bool seen = stat(path, &s) == 0; /* its mode before open_writable changes it */
        if (seen && S_ISDIR(s.st_mode))
            return nn_fail(err, NN_file, "%s is a folder; choose another -o", path);
        int opened = open_writable(path, &locked);
        if (locked)
            return disk_being_written(path, err);
        if (opened < 0 && errno == ENOENT) {
            *fd = -1;
            return NN_ok;
        }
        if (opened < 0)
            return nn_fail(err, NN_file, "%s: cannot open it for writing: %s; choose another -o", path,
                           strerror(errno));
        nn_status status = lock_both(opened, path, err);
        if (status == NN_ok && seen && disk_still_there(opened, path)) {
            *fd = opened;
            *there = s;
            return NN_ok;
        }
        close(opened);
        if (status != NN_ok)
            return status;
        /* Another nngrid made the file, or replaced it by a grown one, since we looked: try again. */
    }
}

/* Where a guard is needed, the caller holds it. */
static nn_status hold(int fd, const char *path, nn_error *err)
{
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (!guard_needed(fd) && fcntl(fd, F_OFD_SETLK, &whole) < 0 && (errno == EAGAIN || errno == EACCES))
        return disk_being_written(path, err);
    return results_disk_share(fd, path, err);
}

nn_status results_disk_hold(const char *path, int *fd, nn_error *err)
{
    for (;;) {
        int opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (opened < 0 && errno != ENOENT)
            return nn_fail(err, NN_file, "%s: cannot read it: %s", path, strerror(errno));
        *fd = opened;
        if (opened < 0)
            return NN_ok;
        nn_status status = hold(opened, path, err);
        if (status == NN_ok && disk_still_there(opened, path))
            return NN_ok;
        *fd = -1;
        close(opened);
        if (status != NN_ok)
            return status;
    }
}

nn_status results_disk_temporary(const char *path, char **temporary, int *fd, nn_error *err)
{
    char *name = NULL;
    for (int i = 0; i < 100; i++) {
        if (asprintf(&name, "%s.tmp-%ld-%d", path, (long)getpid(), i) < 0)
            return nn_fail(err, NN_memory, "not enough memory");
        int made = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (made < 0 && errno != EEXIST) {
            free(name);
            return nn_fail(err, NN_file, "%s: cannot write in its folder: %s; choose another -o", path,
                           strerror(errno));
        }
        if (made >= 0 && take_lock(made) && disk_still_there(made, name)) {
            *temporary = name;
            *fd = made;
            return NN_ok;
        }
        if (made >= 0)
            close(made);
        free(name);
    }
    return nn_fail(err, NN_file, "%s: cannot make a temporary file beside it; remove %s.tmp-*", path, path);
}

/* Is it the name of a temporary file of `base`: base.tmp-PID-N? */
static bool is_temporary(const char *name, const char *base)
{
    const size_t length = strlen(base);
    int end = 0;
    long pid;
    int n;
    if (strncmp(name, base, length) != 0)
        return false;
    return sscanf(name + length, ".tmp-%ld-%d%n", &pid, &n, &end) == 2 && name[length + (size_t)end] == '\0';
}

static void remove_unlocked(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool free_to_go = fd >= 0 && take_lock(fd);
    if (fd < 0 && (fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) >= 0)
        free_to_go = !is_locked(fd);
    if (free_to_go)
        unlink(path);
    if (fd >= 0)
        close(fd);
}

void results_disk_clean(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash == NULL ? path : slash + 1;
    char *folder = slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
    DIR *dir = folder == NULL ? NULL : opendir(folder);
    for (struct dirent *e; dir != NULL && (e = readdir(dir)) != NULL;) {
        char *name = NULL;
        if (!is_temporary(e->d_name, base))
            continue;
        if (asprintf(&name, "%s%s", folder, e->d_name) < 0)
            break;
        remove_unlocked(name);
        free(name);
    }
    if (dir != NULL)
        closedir(dir);
    free(folder);
}

/* ---- the guard: on NFS flock() is a lock of fcntl(), so that the writer's shared lock would conflict with its
 * exclusive one, and HDF5's readers with both ---- */

/* Is the folder of the path on NFS? False where it does not exist yet. */
static bool folder_needs_guard(const char *path)
{
    char *folder = results_disk_folder(path);
    const int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool needed = fd >= 0 && guard_needed(fd);
    if (fd >= 0)
        close(fd);
    free(folder);
    return needed;
}

/* Tries once. NN_ok with *guard -1: the guard was removed between the open and the lock. */
static nn_status take(const char *path, const char *name, int *guard, nn_error *err)
{
    const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return nn_fail(err, NN_file,
                       "%s: cannot make it: %s; on NFS it keeps a second nngrid away: make its folder writable, or "
                       "choose another -o",
                       name, strerror(errno));
    if (!lock_take(fd) && (errno == EAGAIN || errno == EACCES)) {
        close(fd);
        return disk_being_written(path, err);
    }
    *guard = disk_still_there(fd, name) ? fd : -1;
    if (*guard < 0)
        close(fd);
    return NN_ok;
}

nn_status results_guard_take(const char *path, int *guard, nn_error *err)
{
    int taken = -1;
    if (*guard >= 0 || !folder_needs_guard(path))
        return NN_ok;
    char *name = guard_name(path);
    nn_status status = name == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    while (status == NN_ok && taken < 0)
        status = take(path, name, &taken, err);
    if (status == NN_ok)
        *guard = taken;
    free(name);
    return status;
}

/* The guard is removed while it is held: who has opened it meanwhile finds that it is gone, and makes another. */
void results_guard_release(const char *path, int guard)
{
    if (guard < 0)
        return;
    char *name = guard_name(path);
    if (name != NULL)
        unlink(name);
    close(guard);
    free(name);
}
