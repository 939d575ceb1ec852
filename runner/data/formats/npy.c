/* NumPy's .npy: a magic, a version, the length of a header, the header (a Python dictionary), the elements.
 * Format: numpy.lib.format, "NumPy Format NEP 1". */
#include "base/file.h"
#include "data/formats/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIMS = 8, DESCR_SIZE = 16 };

typedef struct header {
    char descr[DESCR_SIZE]; /* "<f8" */
    bool by_column, has_descr, has_order, has_shape;
    size_t n_dims;
    uint64_t dims[MAX_DIMS];
    size_t data; /* where the elements begin */
} header;

/* ---- the dictionary ---- */

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

/* 'text' or "text". */
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

/* (3, 4), (3,) or () */
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
        return nn_fail(err, NN_data, "is no .npy file: it does not begin with \\x93NUMPY");
    if (u[6] < 1 || u[6] > 3)
        return nn_fail(err, NN_data, "byte 7: version %d of the .npy format is not known (1 to 3 are)", u[6]);
    const size_t before = u[6] == 1 ? 10 : 12;
    size_t length = (size_t)u[8] | (size_t)u[9] << 8;
    if (u[6] > 1 && size >= 12)
        length |= (size_t)u[10] << 16 | (size_t)u[11] << 24;
    if (size < before || size - before < length)
        return nn_fail(err, NN_data, "is cut short in its header: %zu bytes of it are announced at byte 9", length);
    h->data = before + length;
    scanner s = {.at = content + before, .start = content, .end = content + h->data};
    return parse_dictionary(&s, h, err);
}

/* ---- the elements ---- */

static const struct {
    const char *code;
    array_type type;
} numbers[] = {{"b1", ARRAY_U8},  {"i1", ARRAY_I8},  {"u1", ARRAY_U8},  {"i2", ARRAY_I16},
               {"u2", ARRAY_U16}, {"i4", ARRAY_I32}, {"u4", ARRAY_U32}, {"i8", ARRAY_I64},
               {"u8", ARRAY_U64}, {"f4", ARRAY_F32}, {"f8", ARRAY_F64}};

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

/* Bytes of an element of text, 0 where it is something else. U is four bytes a character. */
static size_t text_bytes(const char *descr)
{
    char *end;
    if (descr[0] == '\0' || (descr[1] != 'U' && descr[1] != 'S'))
        return 0;
    const long n = strtol(descr + 2, &end, 10);
    return *end == '\0' && n > 0 && n < 100000 ? (size_t)n * (descr[1] == 'U' ? 4 : 1) : 0;
}

/* One character as UTF-8; returns its bytes. */
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
            return nn_fail(err, NN_data, "text %zu has a character that is none", i + 1);
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

/* Must be exactly as long as the header says. */
static nn_status check_size(const header *h, const array_layout *l, size_t element, size_t size, nn_error *err)
{
    const double needed = (double)l->rows * (double)l->columns * (double)element;
    const size_t there = size - h->data;
    if ((double)there == needed)
        return NN_ok;
    return nn_fail(err, NN_data, "%s: %zu x %zu elements of '%s' take %.0f bytes from byte %zu on, there are %zu",
                   (double)there < needed ? "is cut short" : "has bytes too many", l->rows, l->columns, h->descr,
                   needed, h->data + 1, there);
}

static nn_status unknown_type(const char *descr, nn_error *err)
{
    if (strchr(descr, 'O') != NULL)
        return nn_fail(err, NN_data, "holds Python objects; save numbers (.astype('float64')) or text (.astype('U'))");
    return nn_fail(err, NN_data, "elements of type '%.15s' are not read; save integers, float32, float64 or text",
                   descr);
}

nn_status array_parse_npy(const char *content, size_t size, array *out, nn_error *err)
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
        status = array_parse_npy(content, size, out, err);
    free(content);
    return status;
}
