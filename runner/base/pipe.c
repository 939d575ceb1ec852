/* Reads pipes into files in memory. */
#include "base/pipe.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number N of /dev/fd/N and its other names; -1: this is another path. */
static int descriptor(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", PIPE_FOLDER};
    if (strcmp(path, "/dev/stdin") == 0)
        return STDIN_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const size_t n = strlen(folders[i]);
        char *end = NULL;
        const long number = strncmp(path, folders[i], n) == 0 ? strtol(path + n, &end, 10) : -1;
        if (number >= 0 && number <= 1 << 20 && end != path + n && *end == '\0')
            return (int)number;
    }
    return -1;
}

bool pipe_is(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && (S_ISFIFO(s.st_mode) || (S_ISSOCK(s.st_mode) && descriptor(path) >= 0));
}

/* A pipe while it is read. */
typedef struct source {
    int fd, kept;
    bool written; /* has a writer been there? */
    double began, bytes;
} source;

/* Opens a pipe. One that the process has is not opened anew, which its owner might forbid. */
static bool open_source(source *s, const char *path)
{
    const int given = descriptor(path);
    s->fd = given >= 0 ? fcntl(given, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    s->kept = s->fd < 0 ? -1 : memfd_create("nngrid data", MFD_CLOEXEC);
    s->written = given >= 0;
    s->began = clock_seconds();
    return s->kept >= 0;
}

/* Waits for bytes or a writer; -1: as long as it takes. */
static bool has_news(int fd, int milliseconds)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, milliseconds) > 0;
}

/* There are no bytes. Is that the end? */
static bool is_end(source *s)
{
    if (s->written)
        return true;
    s->written = has_news(s->fd, 20);
    return !s->written && clock_seconds() - s->began > PIPE_PATIENCE;
}

static nn_status keep_bytes(source *s, const char *bytes, size_t n, nn_error *err)
{
    s->bytes += (double)n;
    /* The content is there twice when it is read. */
    if (!file_fits_memory(s->bytes) || !file_put(s->kept, bytes, n))
        return nn_fail(err, NN_memory, "is larger than the available memory; save it in a file");
    return NN_ok;
}

static nn_status keep_all(source *s, char *block, size_t size, nn_error *err)
{
    for (;;) {
        const ssize_t n = read(s->fd, block, size);
        const int why = errno;
        if (n > 0 && keep_bytes(s, block, (size_t)n, err) != NN_ok)
            return NN_memory;
        if (n < 0 && why != EAGAIN && why != EINTR)
            return nn_fail(err, NN_file, "cannot be read: %s", strerror(why));
        if (n < 0 && why == EAGAIN) {
            s->written = true; /* by a writer that has written nothing yet */
            has_news(s->fd, -1);
        }
        if (n == 0 && is_end(s))
            break;
    }
    return s->written
               ? NN_ok
               : nn_fail(err, NN_file,
                         "is a pipe that no program has opened for writing in %d s; start the one that writes the "
                         "data first, or name a file",
                         PIPE_PATIENCE);
}

nn_status pipe_keep(const char *path, int *fd, nn_error *err)
{
    enum { BLOCK = 1 << 20 };
    source s = {.fd = -1, .kept = -1};
    char *block = malloc(BLOCK);
    nn_status status = block == NULL ? nn_fail(err, NN_memory, "not enough memory to read a pipe") : NN_ok;
    if (status == NN_ok && !open_source(&s, path))
        status = nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    if (status == NN_ok)
        status = keep_all(&s, block, BLOCK, err);
    free(block);
    if (s.fd >= 0)
        close(s.fd);
    if (status != NN_ok && s.kept >= 0)
        close(s.kept);
    *fd = status == NN_ok ? s.kept : -1;
    return status;
}
