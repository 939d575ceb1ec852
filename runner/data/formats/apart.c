/* Reads an array in a child process, since a damaged file can crash the library that reads it. */
#include "base/file.h"
#include "base/shield.h"
#include "data/formats/array.h"
#include <stdlib.h>

typedef struct reading {
    array_reader *reader;
    const char *path, *name;
    array found, *out;
} reading;

static size_t n_values(const array *a)
{
    return a->rows * a->columns;
}

/* ---- in the child ---- */

static nn_status read_there(void *context, nn_error *err)
{
    reading *r = context;
    return r->reader(r->path, r->name, &r->found, err);
}

/* The pointers of the array tell only which of the three follows. */
static bool send_array(void *context, int to)
{
    const array *a = &((const reading *)context)->found;
    if (!file_put(to, a, sizeof *a))
        return false;
    if (a->numbers != NULL)
        return file_put(to, a->numbers, n_values(a) * sizeof *a->numbers);
    return a->bytes != NULL ? file_put(to, a->bytes, n_values(a)) : file_put(to, a->text, n_values(a) * a->word_bytes);
}

/* ---- in this process ---- */

static nn_status no_room(const array *a, nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory for %zu x %zu values", a->rows, a->columns);
}

static nn_status take_words(int from, const array *shape, array *a, nn_error *err)
{
    const nn_status status = array_new_words(shape->rows, shape->columns, shape->word_bytes - 1, a, err);
    if (status != NN_ok)
        return status;
    return shield_get(from, a->text, n_values(a) * a->word_bytes) ? NN_ok : NN_file;
}

static nn_status take_bytes(int from, array *a, nn_error *err)
{
    a->bytes = malloc(n_values(a));
    if (a->bytes == NULL)
        return no_room(a, err);
    return shield_get(from, a->bytes, n_values(a)) ? NN_ok : NN_file;
}

static nn_status take_numbers(int from, array *a, nn_error *err)
{
    const size_t bytes = n_values(a) * sizeof *a->numbers;
    a->numbers = file_fits_memory((double)bytes) ? malloc(bytes) : NULL;
    if (a->numbers == NULL)
        return no_room(a, err);
    return shield_get(from, a->numbers, bytes) ? NN_ok : NN_file;
}

static nn_status take_array(void *context, int from, nn_error *err)
{
    array shape, *out = ((const reading *)context)->out;
    if (!shield_get(from, &shape, sizeof shape))
        return NN_file;
    array a = {.rows = shape.rows, .columns = shape.columns};
    const nn_status status = shape.words != NULL   ? take_words(from, &shape, &a, err)
                             : shape.bytes != NULL ? take_bytes(from, &a, err)
                                                   : take_numbers(from, &a, err);
    if (status == NN_ok)
        *out = a;
    else
        array_free(&a);
    return status;
}

nn_status array_read_apart(array_reader *reader, const char *path, const char *name, array *out, nn_error *err)
{
    reading r = {.reader = reader, .path = path, .name = name, .out = out};
    const shield_job job = {read_there, send_array, take_array, &r};
    nn_status status = file_check_kind(path, err);
    if (status == NN_ok)
        status = shield_run(path, &job, err);
    array_free(&r.found); /* empty, unless the job was done in this process, as in tests/fuzz */
    return status;
}
