/* The filters of a chunk, as the HDF5 file format specification (IV.A.2.l) defines them: shuffle, deflate,
 * Fletcher-32. The library would run them too, but on one thread. */
#include "results/layout.h"
#include <string.h>
#include <zlib.h>

enum { DEFLATE_SKIPPED = 1 << 1, LEVEL = 1, CHECKSUM_BYTES = 4 };

size_t pack_bound(size_t bytes)
{
    return compressBound(bytes) + CHECKSUM_BYTES;
}

/* All first bytes of the elements, then all second ones: what is alike comes together. */
static void shuffle(const unsigned char *raw, size_t bytes, size_t element, unsigned char *out)
{
    const size_t n = bytes / element;
    for (size_t k = 0; k < element; k++)
        for (size_t i = 0; i < n; i++)
            *out++ = raw[i * element + k];
}

static void fold(uint32_t *sum)
{
    *sum = (*sum & 0xffff) + (*sum >> 16);
}

/* J. G. Fletcher, IEEE Trans. Commun. 30 (1982) 247, over 16-bit words, high byte first, as HDF5 takes them. */
static uint32_t fletcher32(const unsigned char *bytes, size_t n)
{
    enum { WORDS = 360 }; /* so many sums fit into 32 bits */
    uint32_t sum1 = 0, sum2 = 0;
    for (size_t at = 0; at < n;) {
        for (size_t end = at + 2 * WORDS; at < n && at < end; at += 2) {
            sum1 += (uint32_t)bytes[at] << 8 | (at + 1 < n ? bytes[at + 1] : 0u);
            sum2 += sum1;
        }
        fold(&sum1);
        fold(&sum2);
    }
    fold(&sum1);
    fold(&sum2);
    return sum2 << 16 | sum1;
}

size_t pack_chunk(const void *raw, size_t bytes, size_t element, unsigned char *scratch, unsigned char *out,
                  unsigned *skipped)
{
    uLongf n = compressBound(bytes);
    shuffle(raw, bytes, element, scratch);
    *skipped = 0;
    if (compress2(out, &n, scratch, bytes, LEVEL) != Z_OK || n >= bytes) {
        memcpy(out, scratch, bytes); /* what does not shrink is stored as it is */
        n = bytes;
        *skipped = DEFLATE_SKIPPED;
    }
    const uint32_t sum = fletcher32(out, n);
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        out[n + (size_t)i] = (unsigned char)(sum >> (8 * i));
    return n + CHECKSUM_BYTES;
}
