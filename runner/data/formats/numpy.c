/* NumPy's files. A .npy file has a magic, a version, the length of a header, the header (a Python dictionary) and the
 * elements; format: numpy.lib.format, "NumPy Format NEP 1". A .npz file is a zip archive of .npy files, stored or
 * deflated, of which the central directory and one member are read; format: PKWARE APPNOTE 6.3, tables 4.3.7, 4.3.12
 * and 4.3.16 for the offsets. */
#include "base/file.h"
#include "data/formats/array.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MAX_DIMS = 8, DESCR_SIZE = 16 };

typedef struct header {
    char descr[DESCR_SIZE]; /* "<f8" */
    bool by_column, has_descr, has_order, has_shape;
    size_t n_dims;
    uint64_t dims[MAX_DIMS];
    size_t data; /* where the elements begin */
} header;

/* ---- .npy: the header ---- */

typedef struct scanner {
    const char *at, *start, *end;
} scanner;

static void skip_blanks(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t'))
        s->at++;
}

static bool take(scanner *s, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(s);
    if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    return true;
}

/* Takes 'text' or "text". */
static bool take_quoted(scanner *s, char *text, size_t size)
{
    size_t n = 0;
    skip_blanks(s);
    if (s->at >= s->end || (*s->at != '\'' && *s->at != '"'))
        return false;
    const char quote = *s->at++;
    while (s->at < s->end && *s->at != quote && n + 1 < size)
        text[n++] = *s->at++;
    text[n] = '\0';
    return s->at < s->end && *s->at++ == quote;
}

static bool take_number(scanner *s, uint64_t *out)
{
    const char *from;
    skip_blanks(s);
    for (from = s->at, *out = 0; s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - from < 18;)
        *out = 10 * *out + (uint64_t)(*s->at++ - '0');
    return s->at > from;
}

/* Takes (3, 4), (3,) or (). */
static bool take_shape(scanner *s, header *h)
{
    if (!take(s, "("))
        return false;
    while (!take(s, ")")) {
        if (h->n_dims == MAX_DIMS || !take_number(s, &h->dims[h->n_dims]))
            return false;
        h->n_dims++;
        if (!take(s, ","))
            return take(s, ")");
    }
    return true;
}

static bool take_order(scanner *s, header *h)
{
    h->by_column = take(s, "True");
    return h->by_column || take(s, "False");
}

static bool take_entry(scanner *s, header *h)
{
    char key[20];
    if (!take_quoted(s, key, sizeof key) || !take(s, ":"))
        return false;
    if (strcmp(key, "descr") == 0)
        return h->has_descr = take_quoted(s, h->descr, sizeof h->descr);
    if (strcmp(key, "fortran_order") == 0)
        return h->has_order = take_order(s, h);
    return strcmp(key, "shape") == 0 && (h->has_shape = take_shape(s, h));
}

static nn_status parse_dictionary(scanner *s, header *h, nn_error *err)
{
    bool good = take(s, "{");
    while (good && !take(s, "}"))
        good = take_entry(s, h) && (take(s, ",") || (s->at < s->end && *s->at == '}'));
    if (good && h->has_descr && h->has_order && h->has_shape)
        return NN_ok;
    if (s->at < s->end && *s->at == '[') {
        return nn_fail(err, NN_data,
                       "is an array of records; save its columns as one matrix of numbers, and the labels as "
                       "another array");
    }
    return nn_fail(err, NN_data, "the header of the array cannot be understood at byte %zu",
                   (size_t)(s->at - s->start));
}

static nn_status parse_header(const char *content, size_t size, header *h, nn_error *err)
{
    static const char magic[] = "\x93NUMPY";
    const unsigned char *u = (const unsigned char *)content;
    if (size < 10 || memcmp(content, magic, 6) != 0)
        return nn_fail(err, NN_data, "is not a .npy file: it does not begin with \\x93NUMPY");
    if (u[6] < 1 || u[6] > 3)
        return nn_fail(err, NN_data, "byte 7: version %d of the .npy format is not supported (1 to 3 are)", u[6]);
    const size_t before = u[6] == 1 ? 10 : 12;
    size_t length = (size_t)u[8] | (size_t)u[9] << 8;
    if (u[6] > 1 && size >= 12)
        length |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
    if (size < before || size - before < length)
        return nn_fail(err, NN_data, "is cut short in its header, which should have %zu bytes by byte 9", length);
    h->data = before + length;
    scanner s = {.at = content + before, .start = content, .end = content + h->data};
    return parse_dictionary(&s, h, err);
}

/* ---- .npy: the elements ---- */

static const struct {
    const char *code;
    array_type type;
} numbers[] = {{"b1", ARRAY_U8},  {"i1", ARRAY_I8},  {"u1", ARRAY_U8},  {"i2", ARRAY_I16},
               {"u2", ARRAY_U16}, {"i4", ARRAY_I32}, {"u4", ARRAY_U32}, {"i8", ARRAY_I64},
               {"u8", ARRAY_U64}, {"f2", ARRAY_F16}, {"f4", ARRAY_F32}, {"f8", ARRAY_F64}};

static bool number_type(const char *code, array_type *type)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(code, numbers[i].code) == 0) {
            *type = numbers[i].type;
            return true;
        }
    }
    return false;
}

/* The bytes of an element of text, or 0 for other types. U has four bytes a character, S has one. */
static size_t text_bytes(const char *descr)
{
    char *end;
    if (descr[0] == '\0' || (descr[1] != 'U' && descr[1] != 'S'))
        return 0;
    const long n = strtol(descr + 2, &end, 10);
    return *end == '\0' && n > 0 && n < 100000 ? (size_t)n * (descr[1] == 'U' ? 4 : 1) : 0;
}

/* Writes a character as UTF-8. Returns the number of bytes. */
static size_t put_character(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint32_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(first[n] | c);
    return n;
}

static nn_status put_word(const unsigned char *from, size_t bytes, bool wide, bool big, size_t i, char *to,
                          nn_error *err)
{
    for (size_t k = 0; k < bytes; k += wide ? 4 : 1) {
        uint32_t c = from[k];
        if (wide) {
            c = big ? (uint32_t)from[k] << 24 | (uint32_t)from[k + 1] << 16 | (uint32_t)from[k + 2] << 8 | from[k + 3]
                    : (uint32_t)from[k + 3] << 24 | (uint32_t)from[k + 2] << 16 | (uint32_t)from[k + 1] << 8 | from[k];
        }
        if (wide && (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
            return nn_fail(err, NN_data, "text %zu has an invalid character", i + 1);
        if (c == 0)
            break;
        if (wide)
            to += put_character(c, to);
        else
            *to++ = (char)c;
    }
    return NN_ok;
}

static nn_status take_words(const header *h, const array_layout *l, const unsigned char *from, array *out,
                            nn_error *err)
{
    const size_t bytes = text_bytes(h->descr);
    array words = {0};
    nn_status status = array_new_words(l->rows, l->columns, bytes, &words, err);
    for (size_t i = 0; i < l->rows && status == NN_ok; i++) {
        for (size_t j = 0; j < l->columns && status == NN_ok; j++) {
            const size_t at = l->by_column ? j * l->rows + i : i * l->columns + j;
            status = put_word(from + at * bytes, bytes, h->descr[1] == 'U', h->descr[0] == '>', at,
                              words.words[i * l->columns + j], err);
        }
    }
    if (status == NN_ok)
        *out = words;
    else
        array_free(&words);
    return status;
}

/* The file must be exactly as long as the header says. */
static nn_status check_size(const header *h, const array_layout *l, size_t element, size_t size, nn_error *err)
{
    const double needed = (double)l->rows * (double)l->columns * (double)element;
    const size_t there = size - h->data;
    if ((double)there == needed)
        return NN_ok;
    return nn_fail(err, NN_data, "%s: %zu x %zu elements of '%s' take %.0f bytes from byte %zu on, but there are %zu",
                   (double)there < needed ? "is cut short" : "has too many bytes", l->rows, l->columns, h->descr,
                   needed, h->data + 1, there);
}

static nn_status unknown_type(const char *descr, nn_error *err)
{
    if (strchr(descr, 'O') != NULL)
        return nn_fail(err, NN_data, "holds Python objects; save numbers (.astype('float64')) or text (.astype('U'))");
    return nn_fail(err, NN_data,
                   "elements of type '%.15s' are not supported; save integers, float16, float32, float64 or text",
                   descr);
}

/* Reads a .npy file that is in memory. */
static nn_status parse_npy(const char *content, size_t size, array *out, nn_error *err)
{
    header h = {0};
    array_layout l = {0};
    nn_status status = parse_header(content, size, &h, err);
    if (status == NN_ok)
        status = array_shape(h.dims, h.n_dims, &l.rows, &l.columns, err);
    if (status != NN_ok)
        return status;
    const size_t text = text_bytes(h.descr);
    const bool known = h.descr[0] != '\0' && strchr("<>|=", h.descr[0]) != NULL;
    if (!known || (text == 0 && !number_type(h.descr + 1, &l.type)))
        return unknown_type(h.descr, err);
    if (h.by_column && h.n_dims > 2)
        return nn_fail(err, NN_data, "has %zu dimensions in Fortran order; save np.ascontiguousarray of it", h.n_dims);
    l.by_column = h.by_column;
    l.swapped = h.descr[0] == '>';
    status = check_size(&h, &l, text > 0 ? text : array_type_bytes(l.type), size, err);
    if (status != NN_ok)
        return status;
    const unsigned char *from = (const unsigned char *)content + h.data;
    return text > 0 ? take_words(&h, &l, from, out, err) : array_take(&l, from, out, err);
}

nn_status array_read_npy(const char *path, const char *name, array *out, nn_error *err)
{
    char *content = NULL;
    size_t size = 0;
    (void)name;
    nn_status status = file_read(path, &content, &size, err);
    if (status == NN_ok)
        status = parse_npy(content, size, out, err);
    free(content);
    return status;
}

/* ---- .npz: the archive ---- */

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

/* ---- .npz: the central directory ---- */

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

/* ---- .npz: a member ---- */

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
        status = parse_npy((const char *)content, m.unpacked, out, &inner);
        if (status != NN_ok)
            nn_fail(err, status, "%s: %s", m.name, inner.message);
    }
    free(content);
    free(z.directory);
    if (z.file != NULL)
        fclose(z.file);
    return status;
}
