/* The lock on file systems where the writer's two locks would be one and the same. On NFS flock() is made of the
 * locks that fcntl() knows, so that the writer's own shared lock and its exclusive one would shut each other
 * out, and HDF5's readers with them. There the exclusive one is held on OUT.h5.lock beside the file. */
#include "results/layout.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

bool guard_needed(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) == 0 && fs.f_type == NFS_SUPER_MAGIC;
}

/* Is the folder of a path on such a file system? One that is not there yet is on none. */
static bool folder_needs_guard(const char *path)
{
    char *folder = disk_folder(path);
    const int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool needed = fd >= 0 && guard_needed(fd);
    if (fd >= 0)
        close(fd);
    free(folder);
    return needed;
}

static char *guard_name(const char *path)
{
    char *name = NULL;
    return asprintf(&name, "%s.lock", path) < 0 ? NULL : name;
}

bool guard_is_held(const char *path)
{
    char *name = guard_name(path);
    const int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    const bool held = fd >= 0 && lock_is_held(fd);
    if (fd >= 0)
        close(fd);
    free(name);
    return held;
}

/* One try: NN_ok with *guard -1 where the file was removed between the open and the lock. */
static nn_status take(const char *path, const char *name, int *guard, nn_error *err)
{
    const int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return nn_fail(
            err, NN_file,
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

nn_status guard_take(const char *path, int *guard, nn_error *err)
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

/* Removed while it is held: whoever opened it meanwhile finds that it has gone, and makes it anew. */
void guard_release(const char *path, int guard)
{
    if (guard < 0)
        return;
    char *name = guard_name(path);
    if (name != NULL)
        unlink(name);
    close(guard);
    free(name);
}
