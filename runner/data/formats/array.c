/* Converts the elements of files to arrays, whatever type, byte order and layout they have. */
#include "data/formats/array.h"
#include "base/file.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void array_free(array *a)
{
    free(a->numbers);
    free(a->bytes);
    free(a->words);
    free(a->text);
    *a = (array){0};
}

size_t array_type_bytes(array_type type)
{
    static const size_t bytes[ARRAY_N_TYPE] = {1, 1, 2, 2, 4, 4, 8, 8, 2, 4, 8};
    return bytes[type];
}

nn_status array_shape(const uint64_t *dims, size_t n_dims, size_t *rows, size_t *columns, nn_error *err)
{
    uint64_t n = 1, across = 1;
    for (size_t i = 0; i < n_dims; i++) {
        if (dims[i] == 0)
            return nn_fail(err, NN_data, "has no element: dimension %zu is 0", i + 1);
        if (dims[i] > (UINT64_C(1) << 48) / n)
            return nn_fail(err, NN_data, "has over 10^14 elements by its header, which is damaged");
        n *= dims[i];
        across *= i > 0 ? dims[i] : 1;
    }
    if (n_dims == 0)
        return nn_fail(err, NN_data, "is a single number, not an array");
    if (dims[0] > INT32_MAX || across > INT32_MAX) {
        return nn_fail(err, NN_data, "is %llu x %llu by its header; more than %d rows or columns are not supported",
                       (unsigned long long)dims[0], (unsigned long long)across, INT32_MAX);
    }
    *rows = (size_t)dims[0];
    *columns = (size_t)across;
    return NN_ok;
}

/* One element in the byte order of this machine. */
static const void *element(const array_layout *l, const unsigned char *from, size_t bytes, unsigned char turned[8])
{
    for (size_t i = 0; l->swapped && i < bytes; i++)
        turned[i] = from[bytes - 1 - i];
    return l->swapped ? turned : from;
}

/* A number of IEEE 754-2008 binary16: a sign, 5 bits of exponent, 10 bits of fraction. */
static double half(const void *p)
{
    uint16_t bits;
    memcpy(&bits, p, sizeof bits);
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    const double size = exponent == 31  ? (fraction == 0 ? NN_INF : NN_NAN)
                        : exponent == 0 ? ldexp(fraction, -24)
                                        : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 != 0 ? -size : size;
}

#define NUMBER(TYPE, C_TYPE)                                                                                           \
    case TYPE: {                                                                                                       \
        C_TYPE value;                                                                                                  \
        memcpy(&value, p, sizeof value);                                                                               \
        return (double)value;                                                                                          \
    }

double array_number(array_type type, const void *p)
{
    switch (type) {
        NUMBER(ARRAY_I8, int8_t)
        NUMBER(ARRAY_U8, uint8_t)
        NUMBER(ARRAY_I16, int16_t)
        NUMBER(ARRAY_U16, uint16_t)
        NUMBER(ARRAY_I32, int32_t)
        NUMBER(ARRAY_U32, uint32_t)
        NUMBER(ARRAY_I64, int64_t)
        NUMBER(ARRAY_U64, uint64_t)
        NUMBER(ARRAY_F32, float)
        NUMBER(ARRAY_F64, double)
    case ARRAY_F16:
        return half(p);
    default:
        return NN_NAN;
    }
}
#undef NUMBER

/* Integers beyond 2^53 are no doubles. */
size_t array_number_text(array_type type, bool swapped, const void *from, char text[ARRAY_NUMBER_TEXT])
{
    const array_layout l = {.type = type, .swapped = swapped};
    unsigned char turned[8];
    const void *p = element(&l, from, array_type_bytes(type), turned);
    uint64_t whole = 0;
    if (type == ARRAY_I64 || type == ARRAY_U64)
        memcpy(&whole, p, sizeof whole);
    const double value = array_number(type, p);
    text[0] = '\0';
    return isnan(value)        ? 0
           : type == ARRAY_I64 ? (size_t)snprintf(text, ARRAY_NUMBER_TEXT, "%" PRId64, (int64_t)whole)
           : type == ARRAY_U64 ? (size_t)snprintf(text, ARRAY_NUMBER_TEXT, "%" PRIu64, whole)
                               : (size_t)snprintf(text, ARRAY_NUMBER_TEXT, "%.17g", value);
}

/* The index of element (row, column) in the file. */
static size_t place_of(const array_layout *l, size_t row, size_t column)
{
    return l->by_column ? column * l->rows + row : row * l->columns + column;
}

static nn_status take_bytes(const array_layout *l, const uint8_t *from, array *out, nn_error *err)
{
    uint8_t *bytes = malloc(l->rows * l->columns);
    if (bytes == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu x %zu bytes", l->rows, l->columns);
    for (size_t i = 0; i < l->rows; i++)
        for (size_t j = 0; j < l->columns; j++)
            bytes[i * l->columns + j] = from[place_of(l, i, j)];
    *out = (array){.rows = l->rows, .columns = l->columns, .bytes = bytes};
    return NN_ok;
}

nn_status array_take(const array_layout *l, const void *from, array *out, nn_error *err)
{
    const size_t bytes = array_type_bytes(l->type);
    const unsigned char *p = from;
    unsigned char turned[8];
    if (l->type == ARRAY_U8)
        return take_bytes(l, from, out, err);
    const double needed = (double)l->rows * (double)l->columns * sizeof(double);
    double *numbers = file_fits_memory(needed) ? malloc(l->rows * l->columns * sizeof *numbers) : NULL;
    if (numbers == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu x %zu numbers", l->rows, l->columns);
    for (size_t i = 0; i < l->rows; i++) {
        for (size_t j = 0; j < l->columns; j++) {
            const void *here = element(l, p + bytes * place_of(l, i, j), bytes, turned);
            numbers[i * l->columns + j] = array_number(l->type, here);
        }
    }
    *out = (array){.rows = l->rows, .columns = l->columns, .numbers = numbers};
    return NN_ok;
}

nn_status array_new_words(size_t rows, size_t columns, size_t bytes, array *out, nn_error *err)
{
    const size_t n = rows * columns;
    const double needed = (double)n * ((double)bytes + 1.0 + sizeof(char *));
    const bool fits = file_fits_memory(needed);
    char **words = fits ? malloc(n * sizeof *words) : NULL;
    char *text = fits ? calloc(n, bytes + 1) : NULL;
    if (words == NULL || text == NULL) {
        free(words);
        free(text);
        return nn_fail(err, NN_memory, "not enough memory for %zu texts", n);
    }
    for (size_t i = 0; i < n; i++)
        words[i] = text + i * (bytes + 1);
    *out = (array){.rows = rows, .columns = columns, .words = words, .text = text, .word_bytes = bytes + 1};
    return NN_ok;
}

nn_status array_parse_file(const char *path,
                           nn_status (*parse)(const char *content, size_t size, array *out, nn_error *err), array *out,
                           nn_error *err)
{
    char *content = NULL;
    size_t size = 0;
    nn_status status = file_read(path, &content, &size, err);
    if (status == NN_ok)
        status = parse(content, size, out, err);
    free(content);
    return status;
}
