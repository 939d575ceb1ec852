/* Reads the arrays of NumPy, IDX, MATLAB and HDF5 files into a table. */
#include "data/formats/load_arrays.h"
#include "base/file.h"
#include "base/setting.h"
#include "data/encoding.h"
#include "data/fit.h"
#include "data/formats/format.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct arrays {
    array x, y, part, id;        /* inputs, targets, parts of the rows, what tells them apart */
    const char *x_name, *y_name; /* for messages */
    data_columns columns;        /* of x */
} arrays;

/* ---- reading ---- */

/* Passes the error of a reader on to the loader. */
static nn_status relay(loader *l, const nn_error *err, place at)
{
    if (err->status == NN_memory)
        return data_no_memory(l, "an array of the data file");
    if (err->status == NN_usage)
        return data_spec_mistake(l, at.line > 0 ? at : l->at, "%s %s", l->path, err->message);
    return data_mistake(l, 0, 0, "%s", err->message);
}

/* Reads one array; `at` is where the grid names it. */
static nn_status read_array(loader *l, const data_format *format, const char *name, place at, array *out)
{
    nn_error err;
    const char *path = data_opened(l, l->path);
    nn_status status =
        format->apart ? array_read_apart(format->read, path, name, out, &err) : format->read(path, name, out, &err);
    return status == NN_ok ? status : relay(l, &err, at);
}

/* Reads X and y by name, and the array that gives the part of each row. */
static nn_status read_named(loader *l, const data_source *source, arrays *a)
{
    const split_spec *split = &l->spec->split;
    a->x_name = source->inputs != NULL ? source->inputs : "X";
    a->y_name = source->targets != NULL ? source->targets : "y";
    nn_status status = read_array(l, l->format, a->x_name, l->spec->target_at, &a->x);
    if (status == NN_ok && data_wants_target(l))
        status = read_array(l, l->format, a->y_name, l->spec->target_at, &a->y);
    if (status == NN_ok && split->kind == SPLIT_COLUMN)
        status = read_array(l, l->format, split->column, split->at, &a->part);
    if (status == NN_ok && l->model != NULL && l->model->id != NULL)
        status = read_array(l, l->format, l->model->id, l->at, &a->id);
    return status;
}

static nn_status no_column_of_parts(loader *l)
{
    if (l->spec->split.kind != SPLIT_COLUMN)
        return NN_ok;
    return data_spec_mistake(l, l->spec->split.at,
                             "a column of `split` needs a table, but here each file holds one array");
}

/* Reads one file for the inputs and another for the targets. */
static nn_status read_pair(loader *l, const data_table *t, arrays *a)
{
    const char *x_path = l->path, *y_path = t->files[0].target_path;
    a->x_name = file_base(x_path);
    a->y_name = file_base(y_path);
    nn_status status = no_column_of_parts(l);
    if (status == NN_ok)
        status = read_array(l, l->format, NULL, l->at, &a->x);
    l->path = y_path;
    if (status == NN_ok)
        status = read_array(l, l->target_format, NULL, l->at, &a->y);
    l->path = x_path;
    return status;
}

/* ---- one matrix ---- */

/* Copies some columns into an array of their own. */
static nn_status take_columns(loader *l, const array *x, const int *columns, size_t n_columns, array *out)
{
    double *numbers = malloc((x->rows * n_columns + 1) * sizeof *numbers);
    if (numbers == NULL)
        return data_no_memory(l, "a column of the data");
    for (size_t i = 0; i < x->rows * n_columns; i++) {
        const size_t at = i / n_columns * x->columns + (size_t)columns[i % n_columns];
        numbers[i] = x->bytes != NULL ? (double)x->bytes[at] : x->numbers[at];
    }
    *out = (array){.rows = x->rows, .columns = n_columns, .numbers = numbers};
    return NN_ok;
}

static nn_status check_holds_numbers(loader *l, const arrays *a)
{
    if (a->x.words == NULL)
        return NN_ok;
    return data_mistake(l, 0, 0, "%s holds text, but inputs must be numeric", a->x_name);
}

static nn_status find_roles(loader *l, arrays *a, bool with_target)
{
    nn_status status = check_holds_numbers(l, a);
    a->columns.n = (int)a->x.columns;
    if (status != NN_ok)
        return status;
    return l->model != NULL ? data_new_roles(l, &a->columns, with_target) : data_roles(l, &a->columns, with_target);
}

/* Reads one matrix, of which one column is the target and another may be the part. */
static nn_status read_matrix(loader *l, arrays *a)
{
    a->x_name = a->y_name = "the matrix";
    nn_status status = read_array(l, l->format, NULL, l->at, &a->x);
    if (status == NN_ok && data_wants_target(l) && (a->x.columns == 1 || strcmp(l->format->name, "IDX") == 0)) {
        return data_spec_mistake(l, l->at,
                                 "%s holds one array; name a file for the inputs and one for the targets, "
                                 "file: {inputs: X.npy, targets: y.npy}",
                                 l->path);
    }
    if (status == NN_ok)
        status = find_roles(l, a, true);
    if (status == NN_ok && a->columns.n_targets > 0)
        status = take_columns(l, &a->x, a->columns.targets, a->columns.n_targets, &a->y);
    if (status == NN_ok && a->columns.part != NO_COLUMN)
        status = take_columns(l, &a->x, &a->columns.part, 1, &a->part);
    if (status == NN_ok && a->columns.id != NO_COLUMN)
        status = take_columns(l, &a->x, &a->columns.id, 1, &a->id);
    return status;
}

/* ---- checks ---- */

static nn_status check_rows(loader *l, const data_table *t, arrays *a)
{
    array *y = &a->y;
    if (!data_wants_target(l))
        return NN_ok;
    if (y->rows == 1 && y->columns == a->x.rows) {
        y->rows = y->columns; /* a row vector of targets */
        y->columns = 1;
    }
    if (y->rows == a->x.rows && (a->part.rows == 0 || a->part.rows * a->part.columns == y->rows))
        return NN_ok;
    const bool target = y->rows != a->x.rows;
    const place at = l->spec->target_at.line > 0 && t->files[0].target_path == NULL ? l->spec->target_at : l->at;
    const size_t labels = y->rows == 1 ? y->columns : y->rows;
    if (target && labels == a->x.columns && labels > 1)
        return data_spec_mistake(l, at,
                                 "%s: %s has %zu rows and %zu columns, %s has %zu values; it seems transposed, with "
                                 "an example in each column: save its transpose",
                                 l->path, a->x_name, a->x.rows, a->x.columns, a->y_name, labels);
    return data_spec_mistake(l, at, "%s: %s has %zu rows, %s has %zu; both must have one row for each example", l->path,
                             a->x_name, a->x.rows, target ? a->y_name : l->spec->split.column,
                             target ? y->rows : a->part.rows);
}

static nn_status check_finite(loader *l, const array *a, const char *name)
{
    size_t first = 0, n = 0;
    char all[64] = "";
    for (size_t i = 0; a->numbers != NULL && i < a->rows * a->columns; i++)
        if (isinf(a->numbers[i])) {
            first = n == 0 ? i : first;
            n++;
        }
    if (n > 1)
        snprintf(all, sizeof all, ", and %zu in all", n);
    if (n > 0)
        data_mistake(l, (int)(first / a->columns) + 1, (int)(first % a->columns) + 1,
                     "%s holds an infinite number here%s", name, all);
    return NN_ok;
}

/* ---- into the table ---- */

static nn_status put_inputs(loader *l, arrays *a, data_table *t)
{
    t->n_rows = t->capacity = a->x.rows;
    t->inputs = a->x.numbers;
    t->bytes = a->x.bytes;
    a->x.numbers = NULL;
    a->x.bytes = NULL;
    return data_keep_inputs(l, &a->columns, t);
}

/* Bytes of other encodings cannot be told apart, and would make outputs that no program can read. */
static nn_status check_words(loader *l, const array *y)
{
    for (size_t i = 0; i < y->rows; i++) {
        const char *word = y->words[i];
        const size_t odd = data_find_odd(word, strlen(word));
        if (word[odd] != '\0')
            return data_mistake(l, (int)i + 1, 1, "the byte 0x%02X is no UTF-8; save the labels as text in UTF-8",
                                (unsigned)(unsigned char)word[odd]);
    }
    return NN_ok;
}

/* Text becomes labels. Labels that are numbers are targets too, as in a text file. */
static nn_status put_words(loader *l, array *y, data_table *t)
{
    if (check_words(l, y) != NN_ok)
        return NN_data;
    t->labels = malloc(y->rows * sizeof *t->labels);
    t->targets = malloc(y->rows * sizeof *t->targets);
    if (t->labels == NULL || t->targets == NULL || !data_table_own(t, y->text))
        return data_no_memory(l, "the labels");
    y->text = NULL;
    for (size_t i = 0; i < y->rows; i++) {
        double value = NN_NAN;
        t->labels[i] = data_field_missing(y->words[i]) ? NULL : y->words[i];
        t->targets[i] = data_field_number(y->words[i], &value) ? value : NN_NAN;
    }
    return NN_ok;
}

static nn_status put_targets(loader *l, arrays *a, data_table *t)
{
    array *y = &a->y;
    t->n_targets = y->columns;
    t->target_column = 1;
    if (a->columns.n_targets > 0 && data_name_targets(l, &a->columns, t) != NN_ok)
        return NN_memory;
    if (y->words != NULL) {
        if (l->regression || y->columns > 1) {
            return data_mistake(l, 0, 0, "%s holds text, but %s", a->y_name,
                                l->regression ? "the targets of a regression are numeric"
                                              : "classification takes one label for each row");
        }
        return put_words(l, y, t);
    }
    const size_t n = y->rows * y->columns;
    t->targets = y->numbers != NULL ? y->numbers : malloc(n * sizeof *t->targets);
    y->numbers = NULL;
    if (t->targets == NULL)
        return data_no_memory(l, "the targets");
    for (size_t i = 0; i < n && y->bytes != NULL; i++)
        t->targets[i] = y->bytes[i];
    return NN_ok;
}

static nn_status put_parts(loader *l, const array *part, data_table *t)
{
    if (part->rows == 0)
        return NN_ok;
    data_repeat bad = {0};
    t->parts = calloc(t->n_rows, sizeof *t->parts);
    if (t->parts == NULL)
        return data_no_memory(l, "the parts of the rows");
    for (size_t i = 0; i < t->n_rows; i++) {
        const double value = part->bytes != NULL ? part->bytes[i] : part->numbers != NULL ? part->numbers[i] : -1;
        if (part->words != NULL ? !data_field_part(part->words[i], &t->parts[i])
                                : value != 0 && value != 1 && value != 2)
            data_repeat_note(l, &bad, (place){(int)i + 1, 1}, "a part is train, validation or test (or 0, 1, 2)",
                             "this is not a part");
        else if (part->words == NULL)
            t->parts[i] = (int8_t)value;
    }
    data_repeat_tell(l, &bad);
    return NN_ok;
}

/* The text of a number of an id: a whole number has no exponent. */
static char *id_text(double value)
{
    char text[40];
    setting_real_format(value, text, sizeof text);
    if (value == rint(value) && fabs(value) < 1e15)
        snprintf(text, sizeof text, "%.0f", value);
    return strdup(isnan(value) ? "" : text);
}

/* Makes text of the array that tells the rows apart. */
static nn_status put_ids(loader *l, array *id, data_table *t)
{
    if (id->rows == 0)
        return NN_ok;
    if (id->rows * id->columns != t->n_rows)
        return data_spec_mistake(l, l->at, "%s: --id %s has %zu values for %zu rows", l->path, l->model->id,
                                 id->rows * id->columns, t->n_rows);
    t->ids = calloc(t->n_rows + 1, sizeof *t->ids);
    if (t->ids == NULL || (id->words != NULL && !data_table_own(t, id->text)))
        return data_no_memory(l, "the ids");
    for (size_t i = 0; i < t->n_rows; i++) {
        char *text = id->words != NULL   ? id->words[i]
                     : id->bytes != NULL ? id_text(id->bytes[i])
                                         : id_text(id->numbers[i]);
        if (text == NULL || (id->words == NULL && !data_table_own(t, text)))
            return data_no_memory(l, "the ids");
        t->ids[i] = text;
    }
    id->text = NULL;
    return NN_ok;
}

static nn_status fill(loader *l, arrays *a, data_table *t)
{
    nn_status status = check_rows(l, t, a);
    if (status == NN_ok && a->columns.role == NULL)
        status = find_roles(l, a, false);
    if (status != NN_ok)
        return status;
    check_finite(l, &a->x, a->x_name);
    l->path = t->files[0].target_path != NULL ? t->files[0].target_path : l->path;
    if (a->columns.n_targets == 0)
        check_finite(l, &a->y, a->y_name);
    status = data_wants_target(l) ? put_targets(l, a, t) : NN_ok;
    l->path = t->files[0].path;
    if (status == NN_ok)
        status = put_inputs(l, a, t);
    if (status == NN_ok)
        status = put_ids(l, &a->id, t);
    return status == NN_ok ? put_parts(l, &a->part, t) : status;
}

/* Gives the table the name of the target, for the results. */
static nn_status name_target(loader *l, const arrays *a, data_table *t)
{
    char *name = strdup(a->y_name);
    if (name == NULL || !data_table_own(t, name))
        return data_no_memory(l, "a name");
    t->target_name = l->format->named ? name : NULL;
    return NN_ok;
}

nn_status data_load_arrays(loader *l, const data_source *source, data_table *t)
{
    arrays a = {.columns = {.part = NO_COLUMN, .id = NO_COLUMN}};
    nn_status status = source->file == NULL ? read_pair(l, t, &a)
                       : l->format->named   ? read_named(l, source, &a)
                                            : read_matrix(l, &a);
    if (status == NN_ok)
        status = fill(l, &a, t);
    if (status == NN_ok)
        status = name_target(l, &a, t);
    array_free(&a.x);
    array_free(&a.y);
    array_free(&a.part);
    array_free(&a.id);
    data_columns_free(&a.columns);
    return status;
}
