/* A look at a MATLAB 5 file before libmatio reads it: does an array hold as many numbers as its dimensions say?
 * libmatio believes the dimensions, and gives zeros or what stands behind for numbers that are not there.
 * Format: "MAT-File Format" (The MathWorks), chapter 1. */
#include "data/formats/mat5.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { FILE_HEADER = 128, TAG = 8, HEAD = 1024, MI_MATRIX = 14, MI_COMPRESSED = 15 };

/* The beginning of one array: flags, dimensions, name, tag of the numbers. */
typedef struct head {
    unsigned char bytes[HEAD];
    size_t n, at;
    bool swapped;
} head;

static uint32_t get(const unsigned char *p, bool swapped)
{
    const uint32_t little = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return swapped ? __builtin_bswap32(little) : little;
}

/* A tag of eight bytes, or one that has its few bytes of data within. *data is where the data begin. */
static bool take_tag(head *h, uint32_t *type, uint32_t *bytes, const unsigned char **data)
{
    if (h->n - h->at < TAG)
        return false;
    const unsigned char *p = h->bytes + h->at;
    *type = get(p, h->swapped);
    *bytes = get(p + 4, h->swapped);
    *data = p + TAG;
    if (*type >> 16 != 0) {
        *bytes = *type >> 16;
        *type &= 0xffff;
        *data = p + 4;
        h->at += TAG;
        return *bytes <= 4;
    }
    const size_t padded = TAG + ((size_t)*bytes + 7) / 8 * 8;
    h->at += padded < h->n - h->at ? padded : h->n - h->at;
    return true;
}

static size_t type_bytes(uint32_t type)
{
    static const uint8_t bytes[] = {0, 1, 1, 2, 2, 4, 4, 4, 0, 8, 0, 0, 8, 8};
    return type < sizeof bytes ? bytes[type] : 0;
}

/* true: fine, or not the array that is asked for. */
static bool is_whole(head *h, const char *name, bool *found)
{
    uint32_t type, bytes, dims_bytes, name_bytes;
    const unsigned char *flags, *dims, *text, *numbers;
    h->at = 0;
    if (!take_tag(h, &type, &bytes, &flags) || bytes != 8 || !take_tag(h, &type, &dims_bytes, &dims) ||
        !take_tag(h, &type, &name_bytes, &text))
        return true; /* of a kind that is left to libmatio */
    const uint32_t array_class = get(flags, h->swapped) & 0xff;
    *found = name_bytes == strlen(name) && h->at < h->n && memcmp(text, name, name_bytes) == 0;
    if (!*found || array_class < 6 || array_class > 15 || dims_bytes != 8)
        return true;
    if (!take_tag(h, &type, &bytes, &numbers))
        return false;
    const double n = (double)get(dims, h->swapped) * (double)get(dims + 4, h->swapped);
    return n * (double)type_bytes(type) == (double)bytes;
}

/* The first bytes of a packed element. */
static bool unpack(FILE *f, head *h)
{
    unsigned char packed[HEAD];
    z_stream s = {.next_in = packed,
                  .avail_in = (unsigned)fread(packed, 1, sizeof packed, f),
                  .next_out = h->bytes,
                  .avail_out = HEAD};
    if (inflateInit(&s) != Z_OK)
        return false;
    const int code = inflate(&s, Z_SYNC_FLUSH);
    h->n = HEAD - s.avail_out;
    inflateEnd(&s);
    return (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) && h->n > TAG;
}

/* Reads the beginning of the element at `at`; false: there is none, or it is no array. */
static bool read_head(FILE *f, long at, head *h, uint32_t *bytes)
{
    unsigned char tag[TAG];
    if (fseek(f, at, SEEK_SET) != 0 || fread(tag, 1, TAG, f) != TAG)
        return false;
    const uint32_t type = get(tag, h->swapped);
    *bytes = get(tag + 4, h->swapped);
    if (type == MI_COMPRESSED) {
        if (!unpack(f, h))
            return false;
        h->n -= TAG; /* the tag of the array itself */
        memmove(h->bytes, h->bytes + TAG, h->n);
        return true;
    }
    h->n = fread(h->bytes, 1, HEAD, f);
    return type == MI_MATRIX;
}

bool array_mat5_is_whole(const char *path, const char *name)
{
    head h = {0};
    unsigned char header[FILE_HEADER];
    bool whole = true, found = false;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return true;
    if (fread(header, 1, sizeof header, f) == sizeof header && memcmp(header, "MATLAB 5", 8) == 0) {
        h.swapped = header[126] == 'M';
        uint32_t bytes = 0;
        for (long at = FILE_HEADER; whole && !found && read_head(f, at, &h, &bytes); at += (long)bytes + TAG)
            whole = is_whole(&h, name, &found);
    }
    fclose(f);
    return whole;
}
