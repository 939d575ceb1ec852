/* Writes a command's table to standard output or, by way of a temporary name, to a file. */
#include "commands/output.h"
#include "commands/screen.h"
#include "base/file.h"
#include "base/mode.h"
#include "h5/h5.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static nn_status write_failed(const char *path, nn_error *err)
{
    return nn_fail(err, NN_file, "%s: cannot write: %s", path, strerror(errno));
}

/* Refuses to overwrite an HDF5 file, which may be results that took hours, a grid, and folders. */
static nn_status check_target(const char *path, bool *plain, nn_error *err)
{
    struct stat s;
    *plain = true;
    if (stat(path, &s) < 0)
        return NN_ok; /* opening it reports what is wrong */
    *plain = S_ISREG(s.st_mode);
    if (S_ISDIR(s.st_mode))
        return nn_fail(err, NN_file, "%s is a folder; choose another -o", path);
    if (*plain && h5_is_hdf5(path))
        return nn_fail(err, NN_file, "%s is an HDF5 file and is not overwritten; choose another -o", path);
    if (*plain && (file_ends(path, ".yaml") || file_ends(path, ".yml")))
        return nn_fail(err, NN_file, "%s is a grid and is not overwritten; choose another -o", path);
    return NN_ok;
}

/* Writes to an open file, and closes it; messages call it `name`, as the user did. */
static nn_status write_to(const char *name, FILE *to, command_writer *write, void *context, nn_error *err)
{
    if (to == NULL)
        return write_failed(name, err);
    nn_status status = write(context, to, err);
    if (ferror(to))
        status = write_failed(name, err);
    if (fclose(to) != 0 && status == NN_ok)
        status = write_failed(name, err);
    return status;
}

/* Makes a new file, which only its owner may read until it is whole. NULL and errno: it cannot be made. */
static FILE *open_temporary(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *to = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (to == NULL && fd >= 0)
        close(fd);
    return to;
}

/* Renames the file `temporary` to `path`, with the mode, owner and group of a file that is there. */
static bool take_place(const char *temporary, const char *path)
{
    struct stat s;
    const bool there = stat(path, &s) == 0;
    const int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    const bool given = fd >= 0 && mode_give(fd, mode_after(there ? &s : NULL), there ? &s : NULL);
    if (fd >= 0)
        close(fd);
    return given && rename(temporary, path) == 0;
}

/* Writes under a temporary name and renames, so that the file is never half written. */
static nn_status write_whole(const char *path, command_writer *write, void *context, nn_error *err)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.tmp-%ld", path, (long)getpid()) < 0)
        return nn_fail(err, NN_memory, "not enough memory");
    unlink(temporary); /* of a killed process of this number */
    nn_status status = write_to(path, open_temporary(temporary), write, context, err);
    if (status == NN_ok && !take_place(temporary, path))
        status = write_failed(path, err);
    if (status != NN_ok)
        unlink(temporary);
    free(temporary);
    return status;
}

/* Whoever reads a pipe gets the bytes as they are; a terminal does not. */
static nn_status write_out(command_writer *write, void *context, nn_error *err)
{
    command_screen_as_is(stdout, !isatty(STDOUT_FILENO));
    const nn_status status = write(context, stdout, err);
    command_screen_as_is(stdout, false);
    return status;
}

nn_status command_write(const char *path, command_writer *write, void *context, nn_error *err)
{
    bool plain = false;
    if (path == NULL)
        return write_out(write, context, err);
    const nn_status status = check_target(path, &plain, err);
    if (status != NN_ok)
        return status;
    return plain ? write_whole(path, write, context, err) : write_to(path, fopen(path, "we"), write, context, err);
}
