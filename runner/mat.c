/* libmatio, kept silent: its messages would stand without place or remedy. */
#include "mat.h"

#include <errno.h>
#include <matio.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct mat_file {
    mat_t *mat;
    char *path;
    double bytes; /* of the file */
};

static void say_nothing(int level, char *message)
{
    (void)level;
    (void)message;
}

nn_status mat_open(const char *path, mat_file **out, nn_error *err)
{
    FILE *probe = fopen(path, "rb");
    if (probe == NULL) {
        return nn_fail(err, NN_file, "%s: cannot be read: %s", path, strerror(errno));
    }
    struct stat st = {0};
    fstat(fileno(probe), &st);
    fclose(probe);
    Mat_LogInitFunc("nngrid", say_nothing);
    mat_file *m = calloc(1, sizeof *m);
    char *copy = strdup(path);
    if (m == NULL || copy == NULL) {
        free(m);
        free(copy);
        return nn_fail(err, NN_memory, "%s: not enough memory", path);
    }
    m->path = copy;
    m->bytes = (double)st.st_size;
    m->mat = Mat_Open(path, MAT_ACC_RDONLY);
    if (m->mat == NULL) {
        mat_close(m);
        return nn_fail(err, NN_file, "%s: is no MATLAB file, or a damaged one", path);
    }
    *out = m;
    return NN_ok;
}

void mat_close(mat_file *m)
{
    if (m == NULL) {
        return;
    }
    if (m->mat != NULL) {
        Mat_Close(m->mat);
    }
    free(m->path);
    free(m);
}

bool mat_has(mat_file *m, const char *name)
{
    matvar_t *v = Mat_VarReadInfo(m->mat, name);
    Mat_VarFree(v);
    return v != NULL;
}

/* Appends a name with what no name may hold as '?': a damaged file can have anything there. */
static size_t append_name(char *text, size_t size, const char *name)
{
    size_t n = (size_t)snprintf(text, size, "%.30s", name);
    for (size_t i = 0; i < n; i++) {
        bool plain = text[i] > ' ' && text[i] <= '~';
        text[i] = plain ? text[i] : '?';
    }
    return n;
}

/* "X, y" */
static const char *list_names(mat_file *m, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    Mat_Rewind(m->mat);
    for (matvar_t *v; used + 40 < size && (v = Mat_VarReadNextInfo(m->mat)) != NULL;) {
        if (v->name != NULL) {
            used += (size_t)snprintf(text + used, size - used, "%s", used > 0 ? ", " : "");
            used += append_name(text + used, size - used, v->name);
        }
        Mat_VarFree(v);
    }
    return used > 0 ? text : "nothing that can be read";
}

#define CONVERT(matlab_class, type)                                                                          \
    case matlab_class:                                                                                       \
        for (size_t i = 0; i < n; i++) {                                                                     \
            to[i % rows * columns + i / rows] = (double)((const type *)from)[i];                             \
        }                                                                                                    \
        return true

/* Column by column to row by row. false: not a class of numbers. */
static bool convert(enum matio_classes class_type, const void *from, size_t rows, size_t columns, double *to)
{
    size_t n = rows * columns;
    switch (class_type) {
        CONVERT(MAT_C_DOUBLE, double);
        CONVERT(MAT_C_SINGLE, float);
        CONVERT(MAT_C_INT8, int8_t);
        CONVERT(MAT_C_UINT8, uint8_t);
        CONVERT(MAT_C_INT16, int16_t);
        CONVERT(MAT_C_UINT16, uint16_t);
        CONVERT(MAT_C_INT32, int32_t);
        CONVERT(MAT_C_UINT32, uint32_t);
        CONVERT(MAT_C_INT64, int64_t);
        CONVERT(MAT_C_UINT64, uint64_t);
    default:
        return false;
    }
}
#undef CONVERT

static bool is_number_class(const matvar_t *v)
{
    return v->class_type >= MAT_C_DOUBLE && v->class_type <= MAT_C_UINT64;
}

/* Bytes that an element of the class takes. */
static size_t element_bytes(enum matio_classes class_type)
{
    return Mat_SizeOfClass((int)class_type);
}

static bool shape_is_good(const mat_file *m, const matvar_t *v, nn_error *err)
{
    if (!is_number_class(v) || v->isComplex) {
        nn_fail(err, NN_data, "%s: %s is not a full matrix of real numbers", m->path, v->name);
        return false;
    }
    if (v->rank != 2 || v->dims == NULL) {
        nn_fail(err, NN_data, "%s: %s has %d dimensions; a matrix has 2", m->path, v->name, v->rank);
        return false;
    }
    size_t rows = v->dims[0], columns = v->dims[1];
    if (rows == 0 || columns == 0) {
        nn_fail(err, NN_data, "%s: %s is empty", m->path, v->name);
        return false;
    }
    /* zlib packs at most 1032 to 1: no file holds more than that, and no damaged size makes us ask for it. */
    if (rows > INT32_MAX || columns > INT32_MAX || (double)rows * (double)columns > 1100.0 * m->bytes) {
        nn_fail(err, NN_data, "%s: %s is said to be %zu x %zu; the file is damaged", m->path, v->name, rows,
                columns);
        return false;
    }
    return true;
}

nn_status mat_read(mat_file *m, const char *name, double **out, size_t *rows, size_t *columns, nn_error *err)
{
    char names[300];
    double *values = NULL;
    nn_status status = NN_ok;
    matvar_t *v = Mat_VarReadInfo(m->mat, name);
    if (v == NULL) {
        return nn_fail(err, NN_data, "%s: has no array '%s'; it has: %s", m->path, name,
                       list_names(m, names, sizeof names));
    }
    if (!shape_is_good(m, v, err)) {
        status = NN_data;
        goto done;
    }
    size_t n = v->dims[0] * v->dims[1];
    if (Mat_VarReadDataAll(m->mat, v) != 0 || v->data == NULL ||
        v->nbytes != n * element_bytes(v->class_type)) {
        status = nn_fail(err, NN_data, "%s: %s is damaged or cut short", m->path, name);
        goto done;
    }
    values = malloc(n * sizeof *values);
    if (values == NULL) {
        status = nn_fail(err, NN_memory, "%s: not enough memory for %s", m->path, name);
        goto done;
    }
    convert(v->class_type, v->data, v->dims[0], v->dims[1], values);
    *rows = v->dims[0];
    *columns = v->dims[1];
    *out = values;
done:
    Mat_VarFree(v);
    return status;
}
