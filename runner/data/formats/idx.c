/* Reads IDX, the format of MNIST. A file has two zero bytes, a code for the type, the number of dimensions, the
 * dimensions as big-endian 32-bit numbers, and the elements, also big-endian. Source:
 * http://yann.lecun.com/exdb/mnist/ */
#include "data/formats/array.h"
#include <stdio.h>
#include <stdlib.h>

enum { MAX_DIMS = 8 };

static bool idx_type(unsigned code, array_type *type)
{
    static const struct {
        unsigned code;
        array_type type;
    } types[] = {{0x08, ARRAY_U8},  {0x09, ARRAY_I8},  {0x0b, ARRAY_I16},
                 {0x0c, ARRAY_I32}, {0x0d, ARRAY_F32}, {0x0e, ARRAY_F64}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].code == code) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

/* Writes the dimensions: "10000 x 28 x 28". */
static const char *dims_text(const uint64_t *dims, size_t n, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%llu", i > 0 ? " x " : "", (unsigned long long)dims[i]);
    return text;
}

static nn_status parse(const char *file, size_t size, array *out, nn_error *err)
{
    const unsigned char *content = (const unsigned char *)file;
    array_layout l = {.swapped = true};
    uint64_t dims[MAX_DIMS];
    char shape[128];
    if (size < 4 || content[0] != 0 || content[1] != 0 || !idx_type(content[2], &l.type)) {
        return nn_fail(err, NN_data,
                       "is not an IDX file: it does not begin with 0, 0, a type (8, 9, 11 to 14) and "
                       "the number of dimensions");
    }
    const size_t n_dims = content[3], header = 4 + 4 * n_dims;
    if (n_dims < 1 || n_dims > MAX_DIMS || size < header)
        return nn_fail(err, NN_data, "byte 4: the header gives %zu dimensions; it is damaged or cut short", n_dims);
    for (size_t i = 0; i < n_dims; i++) {
        const unsigned char *p = content + 4 + 4 * i;
        dims[i] = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 | (uint64_t)p[2] << 8 | p[3];
    }
    nn_status status = array_shape(dims, n_dims, &l.rows, &l.columns, err);
    if (status != NN_ok)
        return status;
    const double needed = (double)l.rows * (double)l.columns * (double)array_type_bytes(l.type);
    if ((double)(size - header) != needed) {
        return nn_fail(err, NN_data, "%s: %s elements take %.0f bytes from byte %zu on, but there are %zu",
                       (double)(size - header) < needed ? "is cut short" : "has too many bytes",
                       dims_text(dims, n_dims, shape, sizeof shape), needed, header + 1, size - header);
    }
    return array_take(&l, content + header, out, err);
}

nn_status array_read_idx(const char *path, const char *name, array *out, nn_error *err)
{
    (void)name;
    return array_parse_file(path, parse, out, err);
}
