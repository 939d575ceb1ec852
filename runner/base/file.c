/* Reads whole files, and unpacks them with zlib where they are gzip. */
#include "base/file.h"
#include "base/machine.h"
#include <errno.h>
#include <fcntl.h>
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

/* Bytes that grow; the last is kept for a NUL. */
typedef struct bytes {
    unsigned char *at;
    size_t n, capacity;
} bytes;

/* Makes room for one more byte and a NUL by doubling. False: memory is short. */
static bool grow(bytes *b)
{
    if (b->capacity - b->n >= 2)
        return true;
    const size_t capacity = 2 * b->capacity;
    unsigned char *larger = file_fits_memory((double)capacity) ? realloc(b->at, capacity) : NULL;
    if (larger == NULL)
        return false;
    b->at = larger;
    b->capacity = capacity;
    return true;
}

/* Begins with room for what is expected. */
static bool begin(bytes *b, size_t expected)
{
    b->capacity = expected + 2;
    b->at = file_fits_memory((double)b->capacity) ? malloc(b->capacity) : NULL;
    return b->at != NULL;
}

static nn_status too_large(nn_error *err)
{
    return nn_fail(err, NN_memory, "is larger than the available memory");
}

/* Reads to the end; a file may grow meanwhile, and files of the system say no size. */
static nn_status read_all(int fd, bytes *b, nn_error *err)
{
    struct stat st = {0};
    enum { AT_LEAST = 1 << 16 };
    if (fstat(fd, &st) != 0 || !begin(b, st.st_size > AT_LEAST ? (size_t)st.st_size : AT_LEAST))
        return too_large(err);
    for (;;) {
        if (!grow(b))
            return too_large(err);
        const ssize_t got = read(fd, b->at + b->n, b->capacity - b->n - 1);
        if (got == 0)
            return NN_ok;
        if (got < 0 && errno != EINTR)
            return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
        b->n += got > 0 ? (size_t)got : 0;
    }
}

/* ---- gzip: members one after another, which may end in zeros, as tapes do ---- */

static bool is_gzip(const unsigned char *p, size_t n)
{
    return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

static bool is_zero(const unsigned char *p, size_t n)
{
    return n == 0 || (*p == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* The size that a file of one member says it unpacks to, where that can be. */
static size_t said_size(const bytes *packed)
{
    enum { SMALLEST = 18, MOST_TO_ONE = 1032 };
    if (packed->n < SMALLEST)
        return 0;
    const unsigned char *p = packed->at + packed->n - 4;
    const size_t said = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16 | (size_t)p[3] << 24;
    return said / MOST_TO_ONE <= packed->n ? said : 0;
}

/* Unpacks a member, of which s->next_in is the first byte. */
static nn_status unpack_member(z_stream *s, const unsigned char *end, bytes *to, nn_error *err)
{
    const size_t most = (size_t)1 << 30;
    int code = Z_OK;
    while (code == Z_OK || code == Z_BUF_ERROR) {
        if (!grow(to))
            return too_large(err);
        const size_t left = (size_t)(end - s->next_in), room = to->capacity - to->n - 1;
        s->avail_in = (unsigned)(left < most ? left : most);
        s->avail_out = (unsigned)(room < most ? room : most);
        s->next_out = to->at + to->n;
        code = inflate(s, Z_NO_FLUSH);
        to->n = (size_t)(s->next_out - to->at);
        if (code == Z_BUF_ERROR && s->next_in == end)
            return nn_fail(err, NN_file, "is damaged or cut short (unexpected end of file); copy it anew");
    }
    if (code == Z_STREAM_END)
        return NN_ok;
    if (code == Z_MEM_ERROR)
        return too_large(err);
    return nn_fail(err, NN_file, "is damaged or cut short (%s); copy it anew", s->msg != NULL ? s->msg : "no gzip");
}

static nn_status unpack_members(z_stream *s, const bytes *packed, bytes *to, nn_error *err)
{
    const unsigned char *end = packed->at + packed->n;
    s->next_in = packed->at;
    nn_status status = NN_ok;
    do {
        inflateReset(s);
        status = unpack_member(s, end, to, err);
    } while (status == NN_ok && is_gzip(s->next_in, (size_t)(end - s->next_in)));
    if (status == NN_ok && !is_zero(s->next_in, (size_t)(end - s->next_in)))
        status = nn_fail(err, NN_file,
                         "is damaged: the gzip stream ends at byte %zu, and %zu bytes follow that are none; copy it "
                         "anew",
                         (size_t)(s->next_in - packed->at), (size_t)(end - s->next_in));
    return status;
}

/* Puts what is packed in its place. */
static nn_status unpack(bytes *b, nn_error *err)
{
    enum { GZIP_ALONE = 16 };
    bytes to = {0};
    z_stream s = {0};
    if (!begin(&to, said_size(b)) || inflateInit2(&s, MAX_WBITS + GZIP_ALONE) != Z_OK) {
        free(to.at);
        return too_large(err);
    }
    const nn_status status = unpack_members(&s, b, &to, err);
    inflateEnd(&s);
    free(b->at);
    *b = to;
    return status;
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
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    bytes all = {0};
    nn_status status = read_all(fd, &all, err);
    close(fd);
    if (status == NN_ok && is_gzip(all.at, all.n))
        status = unpack(&all, err);
    if (status != NN_ok) {
        free(all.at);
        return status;
    }
    all.at[all.n] = '\0';
    *content = (char *)all.at;
    *size = all.n;
    return NN_ok;
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
