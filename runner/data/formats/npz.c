/* NumPy's .npz files: a zip archive of .npy files, stored or deflated, of which the central directory and one member are
 * read; format: PKWARE APPNOTE 6.3, tables 4.3.7, 4.3.12 and 4.3.16 for the offsets. */
#include "data/formats/array.h"
#include "data/formats/npy.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* ---- the archive ---- */

enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22, MAX_COMMENT = 65535 };

typedef struct member {
    char name[256];
    unsigned flags, method;
    uint32_t crc;
    size_t packed, unpacked, local_at; /* sizes, and where its local header stands */
} member;

typedef struct archive {
    FILE *file;
    size_t size; /* of the file */
    size_t n;    /* members */
    unsigned char *directory;
    size_t directory_bytes;
} archive;

static uint32_t u16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t u32(const unsigned char *p)
{
    return u16(p) | u16(p + 2) << 16;
}

static bool read_at(const archive *z, size_t at, void *to, size_t n)
{
    return at <= z->size && n <= z->size - at && fseek(z->file, (long)at, SEEK_SET) == 0 &&
           fread(to, 1, n, z->file) == n;
}

/* ---- the central directory ---- */

/* Finds size and place of the directory by the record at the end of the file. */
static nn_status find_directory(archive *z, size_t *at, nn_error *err)
{
    const size_t n = z->size < END_BYTES + MAX_COMMENT ? z->size : END_BYTES + MAX_COMMENT;
    unsigned char *end = malloc(n + 1);
    if (end == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    nn_status status = nn_fail(err, NN_data, "is cut short, or is not a .npz file: it has no zip directory at its end");
    if (n >= END_BYTES && read_at(z, z->size - n, end, n)) {
        for (size_t i = n - END_BYTES + 1; i-- > 0;) {
            if (memcmp(end + i, "PK\5\6", 4) == 0) {
                z->n = u16(end + i + 10);
                z->directory_bytes = u32(end + i + 12);
                *at = u32(end + i + 16);
                status = NN_ok;
                break;
            }
        }
    }
    free(end);
    return status;
}

static nn_status read_directory(archive *z, nn_error *err)
{
    size_t at = 0;
    nn_status status = find_directory(z, &at, err);
    if (status != NN_ok)
        return status;
    if (z->directory_bytes == 0 || z->directory_bytes > z->size) {
        return nn_fail(err, NN_data, "its zip directory should have %zu bytes; it is damaged or empty",
                       z->directory_bytes);
    }
    z->directory = malloc(z->directory_bytes);
    if (z->directory == NULL)
        return nn_fail(err, NN_memory, "not enough memory");
    if (!read_at(z, at, z->directory, z->directory_bytes))
        return nn_fail(err, NN_data,
                       "its zip directory should be at byte %zu, but it is not there; the file is damaged", at);
    return NN_ok;
}

/* Reads the entry at *at and moves *at to the next one. */
static nn_status next_member(const archive *z, size_t *at, member *m, nn_error *err)
{
    const unsigned char *p = z->directory + *at;
    const size_t left = z->directory_bytes - *at;
    if (left < CENTRAL_BYTES || memcmp(p, "PK\1\2", 4) != 0)
        return nn_fail(err, NN_data, "its zip directory is damaged at its byte %zu", *at);
    const size_t name = u16(p + 28), bytes = CENTRAL_BYTES + name + u16(p + 30) + u16(p + 32);
    if (bytes > left)
        return nn_fail(err, NN_data, "its zip directory is cut short at its byte %zu", *at);
    *m = (member){.flags = u16(p + 8),
                  .method = u16(p + 10),
                  .crc = u32(p + 16),
                  .packed = u32(p + 20),
                  .unpacked = u32(p + 24),
                  .local_at = u32(p + 42)};
    snprintf(m->name, sizeof m->name, "%.*s", (int)(name < 255 ? name : 255), p + CENTRAL_BYTES);
    *at += bytes;
    return NN_ok;
}

/* Is `file` the array `name`? Its ending .npy may be left out. */
static bool is_named(const char *file, const char *name)
{
    const size_t n = strlen(name);
    return strncmp(file, name, n) == 0 && (file[n] == '\0' || strcmp(file + n, ".npy") == 0);
}

static nn_status find_member(const archive *z, const char *name, member *m, nn_error *err)
{
    char list[300] = "";
    size_t at = 0, used = 0;
    for (size_t i = 0; i < z->n; i++) {
        nn_status status = next_member(z, &at, m, err);
        if (status != NN_ok)
            return status;
        if (is_named(m->name, name))
            return NN_ok;
        if (used + 40 < sizeof list) {
            const size_t n = strlen(m->name);
            const bool npy = n > 4 && strcmp(m->name + n - 4, ".npy") == 0;
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%.*s", used > 0 ? ", " : "",
                                     (int)(npy ? (n - 4 < 30 ? n - 4 : 30) : 30), m->name);
        }
    }
    return nn_fail(err, NN_usage, "has no array '%.60s'; it has: %s", name, list);
}

/* ---- a member ---- */

static nn_status unpack(const member *m, unsigned char *packed, unsigned char *out, nn_error *err)
{
    z_stream s = {
        .next_in = packed, .avail_in = (unsigned)m->packed, .next_out = out, .avail_out = (unsigned)m->unpacked};
    if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
        return nn_fail(err, NN_memory, "not enough memory to unpack %s", m->name);
    const int code = inflate(&s, Z_FINISH);
    const size_t n = s.total_out;
    inflateEnd(&s);
    if (code != Z_STREAM_END || n != m->unpacked)
        return nn_fail(err, NN_data, "%s is damaged at byte %zu of %zu", m->name, n, m->unpacked);
    return NN_ok;
}

static nn_status check_member(const archive *z, const member *m, size_t *at, nn_error *err)
{
    unsigned char local[LOCAL_BYTES];
    if (m->unpacked == UINT32_MAX || m->packed == UINT32_MAX || m->local_at == UINT32_MAX)
        return nn_fail(err, NN_data, "%s has more than 4 GB; save it as a .npy file of its own", m->name);
    if ((m->flags & 1) != 0 || (m->method != 0 && m->method != Z_DEFLATED)) {
        return nn_fail(err, NN_data, "%s is packed by method %u; numpy.savez and savez_compressed use 0 and 8", m->name,
                       m->method);
    }
    if (!read_at(z, m->local_at, local, sizeof local) || memcmp(local, "PK\3\4", 4) != 0)
        return nn_fail(err, NN_data, "%s is not at byte %zu, where the zip directory places it", m->name, m->local_at);
    *at = m->local_at + LOCAL_BYTES + u16(local + 26) + u16(local + 28);
    /* Deflate packs at most 1032 to 1, so a larger size is damage and no reason to allocate memory. */
    if (*at > z->size || m->packed > z->size - *at || m->unpacked / 1100 > m->packed + 1 ||
        (m->method == 0 && m->packed != m->unpacked)) {
        return nn_fail(err, NN_data, "%s should have %zu bytes, packed %zu; the file is cut short or damaged", m->name,
                       m->unpacked, m->packed);
    }
    return NN_ok;
}

static nn_status read_member(const archive *z, const member *m, unsigned char **out, nn_error *err)
{
    size_t at = 0;
    nn_status status = check_member(z, m, &at, err);
    if (status != NN_ok)
        return status;
    unsigned char *packed = malloc(m->packed + 1);
    unsigned char *content = m->method == 0 ? packed : malloc(m->unpacked + 1);
    if (packed == NULL || content == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for %s", m->name);
    else if (!read_at(z, at, packed, m->packed))
        status = nn_fail(err, NN_file, "%s cannot be read", m->name);
    else if (m->method != 0)
        status = unpack(m, packed, content, err);
    if (status == NN_ok && crc32_z(0, content, m->unpacked) != m->crc)
        status = nn_fail(err, NN_data, "%s is damaged: its checksum does not match", m->name);
    if (packed != content)
        free(packed);
    if (status == NN_ok)
        *out = content;
    else
        free(content);
    return status;
}

static nn_status open_archive(const char *path, archive *z, nn_error *err)
{
    long size = -1;
    z->file = fopen(path, "rb");
    if (z->file != NULL && fseek(z->file, 0, SEEK_END) == 0)
        size = ftell(z->file);
    if (size < 0)
        return nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    z->size = (size_t)size;
    return read_directory(z, err);
}

nn_status array_read_npz(const char *path, const char *name, array *out, nn_error *err)
{
    archive z = {0};
    member m = {0};
    unsigned char *content = NULL;
    nn_error inner;
    nn_status status = open_archive(path, &z, err);
    if (status == NN_ok)
        status = find_member(&z, name, &m, err);
    if (status == NN_ok)
        status = read_member(&z, &m, &content, err);
    if (status == NN_ok) {
        status = array_npy_parse((const char *)content, m.unpacked, out, &inner);
        if (status != NN_ok)
            nn_fail(err, status, "%s: %s", m.name, inner.message);
    }
    free(content);
    free(z.directory);
    if (z.file != NULL)
        fclose(z.file);
    return status;
}
