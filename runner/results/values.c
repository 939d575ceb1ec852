/* Reads, writes and compares the values of a field. */
#include "results/values.h"
#include "results/disk.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

static nn_status read_rows(const layout *l, int fd, const char *path, const field *f, size_t first, size_t n, void *out,
                           nn_error *err)
{
    h5_file *h5 = l->look != NULL ? l->look->h5 : NULL;
    if (n * f->row_n == 0)
        return NN_ok;
    if (f->offset > 0 || h5 == NULL)
        return results_disk_read(fd, path, out, n * field_row_bytes(f), f->offset + first * field_row_bytes(f), err);
    const bool read = f->n_dims == 0 ? h5_read(h5, f->path, f->type, 1, out)
                                     : h5_read_rows(h5, f->path, first, n, f->type, n * f->row_n, out);
    return read ? NN_ok
                : nn_fail(err, NN_file, "%s: cannot read %s; move it away, or choose another -o", path, f->path);
}

nn_status results_values_read(const layout *l, int fd, const char *path, const field *f, void *out, nn_error *err)
{
    return read_rows(l, fd, path, f, 0, f->row_n > 0 ? f->n / f->row_n : 0, out, err);
}

nn_status results_values_row(const layout *l, int fd, const char *path, const field *f, size_t run, void *out,
                             nn_error *err)
{
    return read_rows(l, fd, path, f, f->net == NO_NET ? run : l->slot[run], 1, out, err);
}

/* Bytes and integers are widened in place, from the last to the first. */
static void widen(h5_type type, size_t n, double *values)
{
    const unsigned char *bytes = (const unsigned char *)values;
    int32_t whole;
    for (size_t i = n; i-- > 0;)
        if (type == H5_U8) {
            values[i] = bytes[i];
        } else if (type == H5_I32) {
            memcpy(&whole, bytes + i * sizeof whole, sizeof whole);
            values[i] = whole;
        }
}

nn_status results_values_numbers(const layout *l, int fd, const char *path, const field *f, double *out, nn_error *err)
{
    const nn_status status = results_values_read(l, fd, path, f, out, err);
    if (status == NN_ok)
        widen(f->type, f->n, out);
    return status;
}

/* ---- comparing ---- */

/* A value as the readers show it: a word where the column has words. */
static const char *value_text(const field *f, const void *value, char *text, size_t size)
{
    int64_t whole = 0;
    double real = 0;
    if (f->type == H5_F64 || f->type == H5_F32) {
        real = f->type == H5_F64 ? *(const double *)value : (double)*(const float *)value;
        snprintf(text, size, "%.9g", real);
        return text;
    }
    if (f->type == H5_U64) {
        snprintf(text, size, "%016" PRIx64, *(const uint64_t *)value);
        return text;
    }
    whole = f->type == H5_I64   ? *(const int64_t *)value
            : f->type == H5_I32 ? *(const int32_t *)value
            : f->type == H5_I8  ? *(const int8_t *)value
                                : *(const uint8_t *)value;
    if (f->flags != NULL && whole >= 0 && whole < f->flags->n)
        snprintf(text, size, "%.40s", f->flags->rows[whole].name);
    else
        snprintf(text, size, "%" PRId64, whole);
    return text;
}

/* Notes the first value of a column that differs. */
static void note(const layout *l, const field *f, size_t first, size_t n, const unsigned char *there,
                 const unsigned char *wanted)
{
    results_differences *found = l->look->found;
    char is[64], should[64], where[96] = "";
    const size_t bytes = h5_type_bytes(f->type), used = strlen(found->what);
    size_t at = 0;
    if (l->look->differs[f - l->fields])
        return;
    l->look->differs[f - l->fields] = true;
    found->n++;
    while (at + 1 < n && memcmp(there + at * bytes, wanted + at * bytes, bytes) == 0)
        at++;
    if (f->n_dims > 0)
        snprintf(where, sizeof where, " in %.60s %zu", l->fields[f->dims[0]].name, first + at / f->row_n);
    if (used + 300 < sizeof found->what) {
        found->n_named++;
        snprintf(found->what + used, sizeof found->what - used, "%s%.120s%s is %s and not %s", used > 0 ? "; " : "",
                 f->path, where, value_text(f, there + at * bytes, is, sizeof is),
                 value_text(f, wanted + at * bytes, should, sizeof should));
    }
}

static nn_status compare_rows(const layout *l, int fd, const char *path, const field *f, size_t first, size_t n,
                              const void *wanted, nn_error *err)
{
    const size_t bytes = n * field_row_bytes(f);
    void *there = malloc(bytes + 1);
    nn_status status = there == NULL ? nn_fail(err, NN_memory, "not enough memory for the column %s", f->path)
                                     : read_rows(l, fd, path, f, first, n, there, err);
    if (status == NN_ok && memcmp(there, wanted, bytes) != 0)
        note(l, f, first, n * f->row_n, there, wanted);
    free(there);
    return status;
}

/* ---- writing ---- */

static nn_status write_rows(const layout *l, int fd, const char *path, const field *f, size_t first, size_t n,
                            const void *values, nn_error *err)
{
    if (n * f->row_n == 0)
        return NN_ok;
    if (l->look != NULL)
        return compare_rows(l, fd, path, f, first, n, values, err);
    return results_disk_write(fd, path, values, n * field_row_bytes(f), f->offset + first * field_row_bytes(f), err);
}

nn_status results_values_write(const layout *l, int fd, const char *path, const field *f, const void *values,
                               nn_error *err)
{
    return write_rows(l, fd, path, f, 0, f->row_n > 0 ? f->n / f->row_n : 0, values, err);
}

nn_status results_values_write_row(const layout *l, int fd, const char *path, const field *f, size_t row,
                                   const void *values, nn_error *err)
{
    return write_rows(l, fd, path, f, row, 1, values, err);
}
