/* Walks the elements of MATLAB files. Formats: "MAT-File Format" (The MathWorks), chapter 1 for version 5, chapter 2 for
 * version 4. */
#include "data/formats/mat_check.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { FILE_HEADER = 128, TAG = 8, MI_MATRIX = 14, MI_COMPRESSED = 15, MAX_DEPTH = 32, COMPLEX = 0x0800 };

/* The classes of arrays that are walked in their own way; 6 to 15 are matrices of numbers. */
enum { CLASS_CELL = 1, CLASS_STRUCT, CLASS_OBJECT, CLASS_CHAR, CLASS_SPARSE, CLASS_DOUBLE, CLASS_UINT64 = 15 };

/* Bytes of which the first are taken one after another. */
typedef struct view {
    const unsigned char *at;
    size_t n;
    bool swapped;
} view;

typedef struct element {
    uint32_t type;
    view data;
} element;

static uint32_t number_at(const unsigned char *p, bool swapped)
{
    const uint32_t little = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return swapped ? __builtin_bswap32(little) : little;
}

static void skip(view *v, size_t n)
{
    n = n < v->n ? n : v->n;
    v->at += n;
    v->n -= n;
}

/* ---- version 5: within an array ---- */

/* An element of up to four bytes lies in its own tag. */
static bool take_small(view *v, uint32_t tag, element *out)
{
    const uint32_t bytes = tag >> 16;
    *out = (element){tag & 0xffff, {v->at + 4, bytes, v->swapped}};
    skip(v, TAG);
    return bytes <= 4;
}

/* Takes an element. False: there is none, or fewer bytes than it says. */
static bool take(view *v, element *out)
{
    if (v->n < TAG)
        return false;
    const uint32_t type = number_at(v->at, v->swapped), bytes = number_at(v->at + 4, v->swapped);
    if (type >> 16 != 0)
        return take_small(v, type, out);
    if (bytes > v->n - TAG)
        return false;
    *out = (element){type, {v->at + TAG, bytes, v->swapped}};
    skip(v, TAG + ((size_t)bytes + 7) / 8 * 8);
    return true;
}

static size_t type_bytes(uint32_t type)
{
    static const uint8_t bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8};
    return type < sizeof bytes ? bytes[type] : 0;
}

/* The flags, dimensions and name that every array begins with. */
typedef struct head {
    uint32_t class_type, flags;
    double n; /* elements by the dimensions */
    view name;
} head;

static double count_of(const view *dims)
{
    double n = 1;
    for (size_t i = 0; i + 4 <= dims->n; i += 4)
        n *= (double)number_at(dims->at + i, dims->swapped);
    return n;
}

static bool take_head(view *v, head *out)
{
    element flags, dims, name;
    if (!take(v, &flags) || flags.data.n != 8 || !take(v, &dims) || dims.data.n < 8 || !take(v, &name))
        return false;
    const uint32_t word = number_at(flags.data.at, v->swapped);
    *out = (head){.class_type = word & 0xff, .flags = word, .n = count_of(&dims.data), .name = name.data};
    return true;
}

static bool take_numbers(view *v, double n)
{
    element e;
    return take(v, &e) && n * (double)type_bytes(e.type) == (double)e.data.n;
}

static bool array_is_whole(view v, int depth);

/* Takes n arrays. */
static bool take_arrays(view *v, double n, int depth)
{
    element e;
    for (double i = 0; i < n; i++)
        if (!take(v, &e) || e.type != MI_MATRIX || !array_is_whole(e.data, depth + 1))
            return false;
    return true;
}

static bool struct_is_whole(view v, const head *h, int depth)
{
    element length, names, class_name;
    if (h->class_type == CLASS_OBJECT && !take(&v, &class_name))
        return false;
    if (!take(&v, &length) || length.data.n != 4 || !take(&v, &names))
        return false;
    const uint32_t bytes = number_at(length.data.at, v.swapped);
    return bytes > 0 && take_arrays(&v, h->n * (double)(names.data.n / bytes), depth);
}

/* Row indices, column starts, numbers; of how many, the array itself says. */
static bool sparse_is_whole(view v, bool complex)
{
    element e;
    for (int i = 0; i < 3 + complex; i++)
        if (!take(&v, &e))
            return false;
    return true;
}

/* Is an array as large as it says? Of kinds that are not known, such as functions, libmatio takes none. An array of no
 * bytes is an empty cell. */
static bool array_is_whole(view v, int depth)
{
    head h;
    element e;
    if (v.n == 0 || depth > MAX_DEPTH)
        return v.n == 0;
    if (v.n >= 2 * TAG && (number_at(v.at + TAG, v.swapped) & 0xff) > CLASS_UINT64)
        return true;
    if (!take_head(&v, &h))
        return false;
    const bool complex = (h.flags & COMPLEX) != 0;
    switch (h.class_type) {
    case CLASS_CELL:
        return take_arrays(&v, h.n, depth);
    case CLASS_STRUCT:
    case CLASS_OBJECT:
        return struct_is_whole(v, &h, depth);
    case CLASS_CHAR:
        return take(&v, &e); /* UTF-8 has other numbers of bytes than of characters */
    case CLASS_SPARSE:
        return sparse_is_whole(v, complex);
    default:
        return take_numbers(&v, h.n) && (!complex || take_numbers(&v, h.n));
    }
}

/* ---- version 5: packed arrays ---- */

enum unpacked { UNPACKED, DAMAGED, NO_MEMORY };

/* Unpacks up to `room` bytes. UNPACKED with *n == room: there may be more. Otherwise the checksum was right. */
static enum unpacked unpack(const view *packed, unsigned char *to, size_t room, size_t *n)
{
    z_stream s = {0};
    if (inflateInit(&s) != Z_OK)
        return NO_MEMORY;
    s.next_in = (unsigned char *)packed->at;
    s.avail_in = (unsigned)packed->n; /* which 32 bits give */
    s.next_out = to;
    s.avail_out = (unsigned)(room < UINT32_MAX ? room : UINT32_MAX);
    const int code = inflate(&s, Z_FINISH);
    *n = (size_t)(s.next_out - to);
    inflateEnd(&s);
    return code == Z_STREAM_END || (*n == room && (code == Z_OK || code == Z_BUF_ERROR)) ? UNPACKED : DAMAGED;
}

/* Unpacks the first bytes of an array: enough for its name. */
static bool unpack_head(const view *packed, unsigned char to[1024], size_t *n)
{
    return unpack(packed, to, 1024, n) == UNPACKED && *n >= TAG;
}

/* A file in memory that holds the header of the file and one array, unpacked: libmatio need not unpack it again. */
typedef struct memory_file {
    int fd; /* -1: none */
    size_t bytes;
    unsigned char *at;
} memory_file;

static bool make_file(memory_file *f, const unsigned char *header, size_t bytes)
{
    f->bytes = bytes;
    f->at = MAP_FAILED;
    f->fd = file_fits_memory((double)bytes) ? memfd_create("nngrid array", MFD_CLOEXEC) : -1;
    if (f->fd >= 0 && ftruncate(f->fd, (off_t)bytes) == 0)
        f->at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
    if (f->at == MAP_FAILED)
        return false;
    memcpy(f->at, header, FILE_HEADER);
    return true;
}

/* Keeps the first bytes of a file in memory; 0: closes it. */
static int keep_file(memory_file *f, size_t bytes)
{
    if (f->at != MAP_FAILED)
        munmap(f->at, f->bytes);
    if (f->fd >= 0 && (bytes == 0 || ftruncate(f->fd, (off_t)bytes) != 0)) {
        close(f->fd);
        f->fd = -1;
    }
    return f->fd;
}

/* *n: the bytes of a full matrix of numbers, else 0. */
static enum unpacked check_unpacked(const view *packed, unsigned char *to, size_t room, size_t *n)
{
    element e;
    head h;
    const enum unpacked how = unpack(packed, to, room, n);
    view v = {to, *n, packed->swapped};
    if (how != UNPACKED)
        return how;
    if (*n == room || !take(&v, &e) || e.type != MI_MATRIX || !array_is_whole(e.data, 0))
        return DAMAGED;
    if (!take_head(&e.data, &h) || h.class_type < CLASS_DOUBLE || h.class_type > CLASS_UINT64)
        *n = 0;
    return UNPACKED;
}

/* Unpacks a whole array and walks it. *fd: a file in memory that holds a full matrix of numbers, or -1. */
static enum unpacked check_packed(const view *packed, const unsigned char *header, int *fd)
{
    unsigned char first[1024];
    size_t n = 0;
    if (!unpack_head(packed, first, &n))
        return DAMAGED;
    const size_t room = (size_t)number_at(first + 4, packed->swapped) + TAG + 16; /* too much by what no array needs */
    if ((double)room > 1100.0 * (double)packed->n + 1024)
        return DAMAGED; /* zlib packs at most 1032 to 1 */
    memory_file f;
    const bool made = make_file(&f, header, FILE_HEADER + room);
    const enum unpacked how = made ? check_unpacked(packed, f.at + FILE_HEADER, room, &n) : NO_MEMORY;
    *fd = keep_file(&f, how == UNPACKED && n > 0 ? FILE_HEADER + n : 0);
    return how;
}

/* ---- version 5: the file ---- */

static bool is_named(view v, const char *name)
{
    head h;
    return take_head(&v, &h) && h.name.n == strlen(name) && memcmp(h.name.at, name, h.name.n) == 0;
}

/* Is this element of the file the array `name`, or one that is packed and damaged before its name ends? The head may end
 * within the first bytes, and the numbers need not. */
static bool concerns(const element *e, const char *name)
{
    unsigned char first[1024];
    size_t n = 0;
    if (e->type == MI_MATRIX)
        return is_named(e->data, name);
    if (e->type != MI_COMPRESSED)
        return false;
    return !unpack_head(&e->data, first, &n) || is_named((view){first + TAG, n - TAG, e->data.swapped}, name);
}

static nn_status check_array(const element *e, const char *name, const unsigned char *file, int *fd, nn_error *err)
{
    const bool packed = e->type == MI_COMPRESSED;
    const size_t at = (size_t)(e->data.at - TAG - file);
    const enum unpacked how = packed                       ? check_packed(&e->data, file, fd)
                              : array_is_whole(e->data, 0) ? UNPACKED
                                                           : DAMAGED;
    if (how == NO_MEMORY)
        return nn_fail(err, NN_memory, "not enough memory for %.60s", name);
    if (how == UNPACKED)
        return NN_ok;
    return nn_fail(err, NN_data, "is damaged: in the array from byte %zu on, %s; copy the file anew", at + 1,
                   packed ? "what was packed cannot be unpacked to what its checksum and sizes say"
                          : "there are fewer or more numbers than its dimensions say");
}

/* Elements of the file are not padded where they are packed. */
static bool take_of_file(view *v, element *out)
{
    if (v->n < TAG)
        return false;
    *out = (element){number_at(v->at, v->swapped), {v->at + TAG, number_at(v->at + 4, v->swapped), v->swapped}};
    if (out->data.n > v->n - TAG)
        return false;
    skip(v, TAG + out->data.n);
    return true;
}

static nn_status check_version5(view v, const char *name, int *fd, nn_error *err)
{
    const unsigned char *first = v.at;
    nn_status status = NN_ok;
    skip(&v, FILE_HEADER);
    while (v.n > 0 && status == NN_ok) {
        const size_t at = (size_t)(v.at - first), left = v.n;
        element e;
        if (!take_of_file(&v, &e))
            return nn_fail(err, NN_data,
                           "is damaged or cut short: the array at byte %zu should take %.0f bytes, and %zu "
                           "are there; copy it anew",
                           at + 1, left < TAG ? TAG : TAG + (double)number_at(v.at + 4, v.swapped), left);
        if (*fd < 0 && concerns(&e, name))
            status = check_array(&e, name, first, fd, err);
    }
    return status;
}

/* ---- version 4 ---- */

enum { HEADER4 = 20 };

/* A type of version 4 is MOPT in decimal digits: byte order, 0, precision, kind. */
static bool is_type4(uint32_t type)
{
    return type / 1000 <= 1 && type / 100 % 10 == 0 && type / 10 % 10 <= 5 && type % 10 <= 2;
}

/* The bytes of an array behind its header. */
static double bytes4(const view *v)
{
    static const uint8_t sizes[] = {8, 4, 4, 2, 2, 1};
    const unsigned char *p = v->at;
    const double rows = number_at(p + 4, v->swapped), columns = number_at(p + 8, v->swapped);
    const double parts = number_at(p + 12, v->swapped) != 0 ? 2 : 1, name = number_at(p + 16, v->swapped);
    return name + parts * rows * columns * sizes[number_at(p, v->swapped) / 10 % 10];
}

static nn_status check_version4(view v, nn_error *err)
{
    const unsigned char *first = v.at;
    while (v.n > 0) {
        const size_t at = (size_t)(v.at - first);
        const bool known = v.n >= HEADER4 && is_type4(number_at(v.at, v.swapped));
        if (!known || bytes4(&v) > (double)(v.n - HEADER4))
            return nn_fail(err, NN_data, "is damaged or cut short: the array at byte %zu has %s; copy it anew", at + 1,
                           known ? "fewer bytes than its dimensions say" : "no header of MATLAB 4");
        skip(&v, HEADER4 + (size_t)bytes4(&v));
    }
    return NN_ok;
}

/* ---- any version ---- */

static nn_status check(const unsigned char *content, size_t n, const char *name, int *fd, nn_error *err)
{
    view v = {content, n, false};
    if (n >= FILE_HEADER && memcmp(content + 124, "\0\1IM", 4) == 0)
        return check_version5(v, name, fd, err);
    v.swapped = n >= FILE_HEADER && memcmp(content + 124, "\1\0MI", 4) == 0;
    if (v.swapped)
        return check_version5(v, name, fd, err);
    if (n < HEADER4 || memcmp(content, "MATLAB ", 7) == 0)
        return NN_ok; /* version 7.3, or none, about which libmatio decides */
    v.swapped = !is_type4(number_at(content, false));
    return is_type4(number_at(content, v.swapped)) ? check_version4(v, err) : NN_ok;
}

nn_status array_mat_check(const char *path, const char *name, int *unpacked, nn_error *err)
{
    struct stat st;
    nn_status status = NN_ok;
    *unpacked = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) {
        status = fd < 0 ? nn_fail(err, NN_file, "cannot be read: %s", strerror(errno)) : NN_ok;
    } else {
        void *content = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (content == MAP_FAILED)
            status = nn_fail(err, NN_memory, "not enough memory for the file");
        else
            status = check(content, (size_t)st.st_size, name, unpacked, err);
        if (content != MAP_FAILED)
            munmap(content, (size_t)st.st_size);
    }
    if (fd >= 0)
        close(fd);
    return status;
}
