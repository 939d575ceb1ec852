/* Text in Latin-1, Windows-1252 and UTF-16 becomes UTF-8; text in UTF-8 is checked. */
#include "data/encoding.h"
#include "base/file.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

/* ---- writing UTF-8 ---- */

/* Writes a character at `to`; returns what follows it. */
static char *put(char *to, uint32_t character)
{
    if (character < 0x80) {
        *to++ = (char)character;
        return to;
    }
    const int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const unsigned lead[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(lead[more] | character >> 6 * more);
    for (int i = more - 1; i >= 0; i--)
        *to++ = (char)(0x80 | (character >> 6 * i & 0x3f));
    return to;
}

/* Room for a text of so many bytes at most. NULL: memory is short. */
static char *begin(size_t most)
{
    return file_fits_memory((double)most) ? malloc(most + 1) : NULL;
}

/* Puts the longer text, which ends at `end`, in the place of *text. */
static void finish(char **text, size_t *size, char *larger, const char *end)
{
    free(*text);
    *text = larger;
    *size = (size_t)(end - larger);
    larger[*size] = '\0';
}

/* ---- one byte for each character ---- */

/* What Windows-1252 has in the place of the control characters 0x80 to 0x9f of Latin-1; 0: nothing. */
static const uint16_t windows[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

static nn_status from_bytes(loader *l, char **text, size_t *size)
{
    const bool latin = l->spec->encoding == ENCODING_LATIN1;
    char *larger = begin(3 * *size), *to = larger;
    if (larger == NULL)
        return data_no_memory(l, "the data file");
    for (size_t i = 0; i < *size; i++) {
        const unsigned char byte = (unsigned char)(*text)[i];
        const uint16_t other = byte >= 0x80 && byte < 0xa0 && !latin ? windows[byte - 0x80] : byte;
        to = put(to, other != 0 ? other : byte);
    }
    finish(text, size, larger, to);
    return NN_ok;
}

/* ---- UTF-16 ---- */

static uint32_t unit(const char *text, size_t i, bool big)
{
    const unsigned char *at = (const unsigned char *)text + 2 * i;
    return big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

static nn_status from_utf16(loader *l, char **text, size_t *size, bool big)
{
    const size_t n = *size / 2;
    char *larger = begin(3 * n), *to = larger;
    if (larger == NULL)
        return data_no_memory(l, "the data file");
    for (size_t i = 0; i < n; i++) {
        uint32_t character = unit(*text, i, big);
        const uint32_t low = i + 1 < n ? unit(*text, i + 1, big) : 0;
        if (character >= 0xd800 && character < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
            i++;
        }
        to = i == 0 && character == 0xfeff ? to : put(to, character);
    }
    finish(text, size, larger, to);
    return NN_ok;
}

/* The order of the bytes by the mark at the beginning, else by where the first character, which is ASCII, has its zero. */
static bool is_utf16(const char *text, size_t size, bool *big)
{
    const unsigned char *at = (const unsigned char *)text;
    if (size < 2 || size % 2 != 0)
        return false;
    *big = at[0] == 0xfe || (at[0] == 0 && at[1] != 0);
    return (at[0] == 0xff && at[1] == 0xfe) || (at[0] == 0xfe && at[1] == 0xff) || ((at[0] == 0) != (at[1] == 0));
}

static bool has_mark(const char *text, size_t size)
{
    return size >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

/* ---- checking UTF-8 ---- */

/* Steps over bytes of ASCII but NUL, most of them eight at a time. */
static size_t behind_ascii(const char *text, size_t size, size_t i)
{
    const uint64_t high = 0x8080808080808080U, one = 0x0101010101010101U;
    for (uint64_t word; i + sizeof word <= size; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (((word | (word - one)) & high) != 0)
            break;
    }
    while (i < size && text[i] > 0)
        i++;
    return i;
}

size_t data_find_odd(const char *text, size_t size)
{
    size_t i = 0;
    for (size_t n = 1; n > 0; i += n) {
        i = behind_ascii(text, size, i);
        if (i == size || text[i] == '\0')
            return i;
        n = text_character(text + i, size - i);
    }
    return i;
}

/* The line of a byte, and its field if a delimiter separates fields. */
static place place_of(const char *text, size_t at)
{
    place p = {1, 1};
    size_t begins = 0;
    for (size_t i = 0; i < at; i++)
        if (text[i] == '\n') {
            p.line++;
            begins = i + 1;
        }
    const char delimiter = memchr(text + begins, ';', at - begins) != NULL    ? ';'
                           : memchr(text + begins, '\t', at - begins) != NULL ? '\t'
                                                                              : ',';
    for (size_t i = begins; i < at; i++)
        p.column += text[i] == delimiter;
    return p;
}

static nn_status refuse(loader *l, const char *text, size_t size, size_t at)
{
    const place p = place_of(text, at);
    bool big;
    if (text[at] == '\0' && at < 2 && is_utf16(text, size, &big))
        return data_mistake(l, p.line, p.column,
                            "the file looks like UTF-16: set encoding: utf16, or save it in UTF-8");
    if (text[at] == '\0')
        return data_mistake(l, p.line, p.column,
                            "the file is not text: this row has a zero byte; save it as CSV in UTF-8");
    return data_mistake(l, p.line, p.column,
                        "the byte 0x%02X is no UTF-8: set encoding: latin1 (or windows1252), or save the file in UTF-8",
                        (unsigned)(unsigned char)text[at]);
}

/* ---- the door ---- */

static bool is_utf32(const char *text, size_t size)
{
    return size >= 4 && (memcmp(text, "\xff\xfe\0\0", 4) == 0 || memcmp(text, "\0\0\xfe\xff", 4) == 0);
}

nn_status data_decode(loader *l, char **text, size_t *size)
{
    const data_encoding encoding = l->spec->encoding;
    bool big = false;
    if (is_utf32(*text, *size))
        return data_mistake(l, 1, 1, "the file is UTF-32, which is not read; save it in UTF-8");
    if (encoding == ENCODING_LATIN1 || encoding == ENCODING_WINDOWS) {
        const char *zero = memchr(*text, '\0', *size);
        return zero == NULL ? from_bytes(l, text, size) : refuse(l, *text, *size, (size_t)(zero - *text));
    }
    const bool is_16 = is_utf16(*text, *size, &big);
    if (is_16 && (encoding == ENCODING_UTF16 || (encoding == ENCODING_ANY && has_mark(*text, *size)))) {
        const nn_status status = from_utf16(l, text, size, big);
        if (status != NN_ok)
            return status;
    } else if (encoding == ENCODING_UTF16) {
        return data_mistake(l, 1, 1, "the file is not UTF-16; leave encoding out");
    }
    const size_t odd = data_find_odd(*text, *size);
    return odd == *size ? NN_ok : refuse(l, *text, *size, odd);
}
