/* NumPy's .npy files: a magic, a version, the length of a header, the header (a Python dictionary) and the elements; format:
 * numpy.lib.format, "NumPy Format NEP 1". */
#include "data/formats/npy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- types ---- */

static const struct {
    const char *code;
    array_type type;
} numbers[] = {{"b1", ARRAY_U8},  {"i1", ARRAY_I8},  {"u1", ARRAY_U8},  {"i2", ARRAY_I16},
               {"u2", ARRAY_U16}, {"i4", ARRAY_I32}, {"u4", ARRAY_U32}, {"i8", ARRAY_I64},
               {"u8", ARRAY_U64}, {"f2", ARRAY_F16}, {"f4", ARRAY_F32}, {"f8", ARRAY_F64}};

static bool number_type(const char *code, npy_type *out)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(code, numbers[i].code) == 0) {
            out->number = numbers[i].type;
            out->bytes = array_type_bytes(out->number);
            return true;
        }
    }
    return false;
}

/* U has four bytes a character, S has one. */
static bool text_type(const char *code, npy_type *out)
{
    char *end;
    if (code[0] != 'U' && code[0] != 'S')
        return false;
    const long n = strtol(code + 1, &end, 10);
    *out = (npy_type){.text = true, .wide = code[0] == 'U', .swapped = out->swapped};
    out->bytes = (size_t)n * (out->wide ? 4 : 1);
    return *end == '\0' && n > 0 && n < 100000;
}

static bool is_type(const char *descr, npy_type *out)
{
    if (descr[0] == '\0' || strchr("<>|=", descr[0]) == NULL)
        return false;
    *out = (npy_type){.swapped = descr[0] == '>'};
    return text_type(descr + 1, out) || number_type(descr + 1, out);
}

static nn_status unknown_type(const char *what, const char *descr, nn_error *err)
{
    if (strchr(descr, 'O') != NULL)
        return nn_fail(err, NN_data, "%sholds Python objects; save numbers (.astype('float64')) or text (.astype('U'))",
                       what);
    return nn_fail(err, NN_data,
                   "%selements of type '%.15s' are not supported; save integers, float16, float32, float64 or text",
                   what, descr);
}

/* ---- the words of the header ---- */

typedef struct scanner {
    const char *at, *start, *end;
    bool latin; /* the header is Latin-1: version 3 alone has UTF-8 */
    nn_error *err;
    bool refused; /* err says why; else what stands here cannot be understood */
} scanner;

static void skip_blanks(scanner *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t'))
        s->at++;
}

static bool is_next(scanner *s, char c)
{
    skip_blanks(s);
    return s->at < s->end && *s->at == c;
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

/* Takes 'text' or "text", with a backslash before quotes and backslashes, as UTF-8. Room for twice the bytes of the
 * header is enough. */
static bool take_quoted(scanner *s, char *text, size_t size)
{
    size_t n = 0;
    if (!is_next(s, '\'') && !is_next(s, '"'))
        return false;
    const char quote = *s->at++;
    while (s->at < s->end && *s->at != quote && n + 2 < size) {
        s->at += *s->at == '\\' && s->end - s->at > 1 && strchr("\\'\"", s->at[1]) != NULL;
        const unsigned char c = (unsigned char)*s->at++;
        if (s->latin && c >= 0x80)
            text[n++] = (char)(0xc0 | c >> 6);
        text[n++] = s->latin && c >= 0x80 ? (char)(0x80 | (c & 0x3f)) : (char)c;
    }
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
static bool take_shape(scanner *s, npy_header *h)
{
    if (!take(s, "("))
        return false;
    while (!take(s, ")")) {
        if (h->n_dims == NPY_MAX_DIMS || !take_number(s, &h->dims[h->n_dims]))
            return false;
        h->n_dims++;
        if (!take(s, ","))
            return take(s, ")");
    }
    return true;
}

static bool take_order(scanner *s, npy_header *h)
{
    h->by_column = take(s, "True");
    return h->by_column || take(s, "False");
}

/* ---- the fields of records ---- */

static bool refuse(scanner *s, const char *name, const char *words)
{
    nn_fail(s->err, NN_data, "field '%.60s' %s", name, words);
    s->refused = true;
    return false;
}

/* Takes 'name' or ('title', 'name'). */
static bool take_name(scanner *s, char *name, size_t size)
{
    if (!take(s, "("))
        return take_quoted(s, name, size);
    return take_quoted(s, name, size) && take(s, ",") && take_quoted(s, name, size) && take(s, ")");
}

static bool append_field(scanner *s, npy_header *h, const char *name, npy_type type)
{
    npy_field *fields = realloc(h->fields, (h->n_fields + 1) * sizeof *fields);
    char *copy = strdup(name);
    h->fields = fields != NULL ? fields : h->fields;
    if (fields == NULL || copy == NULL) {
        free(copy);
        nn_fail(s->err, NN_memory, "not enough memory for the fields");
        s->refused = true;
        return false;
    }
    fields[h->n_fields++] = (npy_field){copy, type, h->record_bytes};
    h->record_bytes += type.bytes;
    return true;
}

/* Fields without a name and of type V are padding. */
static bool is_padding(const char *name, const char *code, npy_header *h)
{
    const bool is = *name == '\0' && code[0] == '|' && code[1] == 'V';
    h->record_bytes += is ? strtoul(code + 2, NULL, 10) : 0;
    return is;
}

static bool add_field(scanner *s, npy_header *h, const char *name, const char *code)
{
    npy_type type;
    char what[100];
    if (is_padding(name, code, h))
        return true;
    if (is_type(code, &type))
        return append_field(s, h, name, type);
    snprintf(what, sizeof what, "field '%.60s' %s", name, strchr(code, 'O') == NULL ? "has " : "");
    unknown_type(what, code, s->err);
    s->refused = true;
    return false;
}

/* Takes ('name', '<f8'). */
static bool take_field(scanner *s, npy_header *h, char *name, size_t size)
{
    char code[NPY_CODE_SIZE] = "";
    if (!take(s, "(") || !take_name(s, name, size) || !take(s, ","))
        return false;
    if (is_next(s, '['))
        return refuse(s, name, "is itself a record; give each of its fields a field of its own");
    if (!take_quoted(s, code, sizeof code))
        return false;
    if (take(s, ",") && !is_next(s, ')'))
        return refuse(s, name,
                      "holds an array in each record; give each of its columns a field of its own, or save "
                      "one matrix of numbers");
    return take(s, ")") && add_field(s, h, name, code);
}

/* Takes [('a', '<f8'), ('b', '<i4')]. */
static bool take_fields(scanner *s, npy_header *h)
{
    const size_t size = 2 * (size_t)(s->end - s->at) + 4;
    char *name = malloc(size);
    bool good = name != NULL && take(s, "[");
    while (good && !take(s, "]"))
        good = take_field(s, h, name, size) && (take(s, ",") || is_next(s, ']'));
    free(name);
    h->records = true;
    return good;
}

/* ---- the header ---- */

static bool take_type(scanner *s, npy_header *h)
{
    if (is_next(s, '['))
        return take_fields(s, h);
    if (!take_quoted(s, h->code, sizeof h->code))
        return false;
    s->refused = !is_type(h->code, &h->type);
    if (s->refused)
        unknown_type("", h->code, s->err);
    return !s->refused;
}

static bool take_entry(scanner *s, npy_header *h)
{
    char key[20];
    if (!take_quoted(s, key, sizeof key) || !take(s, ":"))
        return false;
    if (strcmp(key, "descr") == 0)
        return !h->has_type && (h->has_type = take_type(s, h));
    if (strcmp(key, "fortran_order") == 0)
        return h->has_order = take_order(s, h);
    return strcmp(key, "shape") == 0 && !h->has_shape && (h->has_shape = take_shape(s, h));
}

static nn_status parse_dictionary(scanner *s, npy_header *h)
{
    bool good = take(s, "{");
    while (good && !take(s, "}"))
        good = take_entry(s, h) && (take(s, ",") || is_next(s, '}'));
    if (good && h->has_type && h->has_order && h->has_shape)
        return NN_ok;
    return s->refused ? s->err->status
                      : nn_fail(s->err, NN_data, "the header of the array cannot be understood at byte %zu",
                                (size_t)(s->at - s->start));
}

nn_status array_npy_header(const char *content, size_t size, npy_header *h, nn_error *err)
{
    static const char magic[] = "\x93NUMPY";
    const unsigned char *u = (const unsigned char *)content;
    *h = (npy_header){0};
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
    scanner s = {.at = content + before, .start = content, .end = content + h->data, .latin = u[6] < 3, .err = err};
    return parse_dictionary(&s, h);
}

void array_npy_free(npy_header *h)
{
    for (size_t i = 0; i < h->n_fields; i++)
        free(h->fields[i].name);
    free(h->fields);
    *h = (npy_header){0};
}

nn_status array_npy_check_size(const npy_header *h, size_t rows, size_t columns, size_t size, nn_error *err)
{
    const double needed = (double)rows * (double)columns * (double)(h->records ? h->record_bytes : h->type.bytes);
    const size_t there = size - h->data;
    char what[40] = "records";
    if ((double)there == needed)
        return NN_ok;
    if (!h->records)
        snprintf(what, sizeof what, "elements of '%s'", h->code);
    return nn_fail(err, NN_data, "%s: %zu x %zu %s take %.0f bytes from byte %zu on, but there are %zu",
                   (double)there < needed ? "is cut short" : "has too many bytes", rows, columns, what, needed,
                   h->data + 1, there);
}

/* ---- text ---- */

/* Writes a character as UTF-8. Returns what follows it. */
static char *put_character(uint32_t c, char *to)
{
    if (c < 0x80) {
        *to = (char)c;
        return to + 1;
    }
    const size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint32_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(first[n] | c);
    return to + n;
}

static uint32_t character_at(const unsigned char *p, const npy_type *type)
{
    if (!type->wide)
        return p[0];
    return type->swapped ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                         : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

char *array_npy_text(const npy_type *type, const unsigned char *from, char *to)
{
    for (size_t k = 0; k < type->bytes; k += type->wide ? 4 : 1) {
        const uint32_t c = character_at(from + k, type);
        if (c == 0)
            break;
        if (type->wide && (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
            return NULL;
        if (type->wide)
            to = put_character(c, to);
        else
            *to++ = (char)c;
    }
    *to = '\0';
    return to;
}

static nn_status take_words(const npy_header *h, const array_layout *l, const unsigned char *from, array *out,
                            nn_error *err)
{
    const size_t bytes = h->type.bytes;
    array words = {0};
    nn_status status = array_new_words(l->rows, l->columns, bytes, &words, err);
    for (size_t i = 0; i < l->rows && status == NN_ok; i++) {
        for (size_t j = 0; j < l->columns && status == NN_ok; j++) {
            const size_t at = l->by_column ? j * l->rows + i : i * l->columns + j;
            if (array_npy_text(&h->type, from + at * bytes, words.words[i * l->columns + j]) == NULL)
                status = nn_fail(err, NN_data, "text %zu has an invalid character", at + 1);
        }
    }
    if (status == NN_ok)
        *out = words;
    else
        array_free(&words);
    return status;
}

/* ---- the whole file ---- */

static nn_status check_layout(const npy_header *h, array_layout *l, size_t size, nn_error *err)
{
    if (h->records)
        return nn_fail(err, NN_data,
                       "is an array of records; save it by numpy.save alone, and name it as the one file of the data: "
                       "its fields are then columns");
    nn_status status = array_shape(h->dims, h->n_dims, &l->rows, &l->columns, err);
    if (status != NN_ok)
        return status;
    if (h->by_column && h->n_dims > 2)
        return nn_fail(err, NN_data, "has %zu dimensions in Fortran order; save np.ascontiguousarray of it", h->n_dims);
    l->by_column = h->by_column;
    l->swapped = h->type.swapped;
    l->type = h->type.number;
    return array_npy_check_size(h, l->rows, l->columns, size, err);
}

nn_status array_npy_parse(const char *content, size_t size, array *out, nn_error *err)
{
    npy_header h;
    array_layout l = {0};
    nn_status status = array_npy_header(content, size, &h, err);
    if (status == NN_ok)
        status = check_layout(&h, &l, size, err);
    const unsigned char *from = (const unsigned char *)content + h.data;
    if (status == NN_ok)
        status = h.type.text ? take_words(&h, &l, from, out, err) : array_take(&l, from, out, err);
    array_npy_free(&h);
    return status;
}

nn_status array_read_npy(const char *path, const char *name, array *out, nn_error *err)
{
    (void)name;
    return array_parse_file(path, array_npy_parse, out, err);
}
