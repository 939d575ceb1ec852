/* Reads files with zlib, which also reads files that are not packed. */
#include "base/file.h"
#include "base/machine.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zlib.h>

char *file_join(const char *folder, size_t length, const char *file)
{
    size_t file_bytes = strlen(file) + 1;
    char *path = malloc(length + file_bytes + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, folder, length);
    if (length > 0 && folder[length - 1] != '/')
        path[length++] = '/';
    memcpy(path + length, file, file_bytes);
    return path;
}

const char *file_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool ends_at(const char *path, size_t length, const char *ending)
{
    size_t n = strlen(ending);
    return length >= n && strncasecmp(path + length - n, ending, n) == 0;
}

bool file_ends(const char *path, const char *ending)
{
    size_t length = strlen(path);
    return ends_at(path, length, ending) || (ends_at(path, length, ".gz") && ends_at(path, length - 3, ending));
}

bool file_fits_memory(double bytes)
{
    double free_bytes = (double)machine_memory(NULL);
    return bytes < 1e6 || (bytes < 1e15 && (free_bytes <= 0.0 || bytes < free_bytes));
}

/* Doubles the buffer. Memory is short: frees it and returns NULL. */
static char *larger_buffer(char *buffer, size_t *capacity)
{
    char *larger = file_fits_memory(2.0 * (double)*capacity) ? realloc(buffer, *capacity * 2) : NULL;
    if (larger == NULL)
        free(buffer);
    *capacity *= 2;
    return larger;
}

/* Reads to the end. NN_file: errno or gzerror tells why. */
static nn_status read_all(gzFile file, char **content, size_t *size)
{
    size_t capacity = (size_t)1 << 16, used = 0;
    char *buffer = malloc(capacity);
    while (buffer != NULL) {
        size_t room = capacity - used - 1;
        int got = gzread(file, buffer + used, (unsigned)(room < (1u << 30) ? room : 1u << 30));
        if (got < 0) {
            free(buffer);
            return NN_file;
        }
        if (got == 0)
            break;
        used += (size_t)got;
        if (capacity - used < 2)
            buffer = larger_buffer(buffer, &capacity);
    }
    if (buffer == NULL)
        return NN_memory;
    buffer[used] = '\0';
    *content = buffer;
    *size = used;
    return NN_ok;
}

static nn_status unreadable(gzFile file, nn_error *err)
{
    int code = Z_OK;
    const char *words = gzerror(file, &code);
    if (code == Z_ERRNO)
        return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    return nn_fail(err, NN_file, "is damaged or cut short (%s); copy it anew", words);
}

bool file_put(int fd, const void *from, size_t n)
{
    const char *at = from;
    while (n > 0) {
        const ssize_t done = write(fd, at, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        n -= (size_t)done;
    }
    return true;
}

nn_status file_check_kind(const char *path, nn_error *err)
{
    struct stat st;
    if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
        return NN_ok;
    return nn_fail(err, NN_file, "is a %s; name a file",
                   S_ISDIR(st.st_mode)    ? "folder"
                   : S_ISFIFO(st.st_mode) ? "pipe"
                   : S_ISSOCK(st.st_mode) ? "socket"
                                          : "device");
}

nn_status file_read(const char *path, char **content, size_t *size, nn_error *err)
{
    if (file_check_kind(path, err) != NN_ok)
        return NN_file;
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno != 0 ? errno : ENOMEM));
    gzbuffer(file, 1 << 17);
    char *all = NULL;
    size_t n = 0;
    int code = Z_OK;
    nn_status status = read_all(file, &all, &n);
    gzerror(file, &code);
    if (status == NN_memory) {
        nn_fail(err, NN_memory, "is larger than the available memory");
    } else if (status != NN_ok || code != Z_OK) {
        /* Z_BUF_ERROR: the gzip stream is cut short, although gzread reported no error. */
        status = unreadable(file, err);
        free(all);
    } else {
        *content = all;
        *size = n;
    }
    gzclose_r(file);
    return status;
}

static bool digest_content(FILE *f, uint64_t *out)
{
    XXH3_state_t *state = XXH3_createState();
    unsigned char block[65536];
    bool good = state != NULL && XXH3_64bits_reset(state) == XXH_OK;
    for (size_t n; good && (n = fread(block, 1, sizeof block, f)) > 0;)
        XXH3_64bits_update(state, block, n);
    good = good && ferror(f) == 0;
    if (good)
        *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return good;
}

nn_status file_digest(const char *path, uint64_t *out, nn_error *err)
{
    if (file_check_kind(path, err) != NN_ok)
        return NN_file;
    FILE *f = fopen(path, "rbe");
    const nn_status status =
        f != NULL && digest_content(f, out) ? NN_ok : nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    if (f != NULL)
        fclose(f);
    return status;
}

size_t file_head(const char *path, unsigned char *head, size_t n)
{
    gzFile file = file_check_kind(path, NULL) == NN_ok ? gzopen(path, "rb") : NULL;
    if (file == NULL)
        return 0;
    int got = gzread(file, head, (unsigned)n);
    gzclose_r(file);
    return got > 0 ? (size_t)got : 0;
}
