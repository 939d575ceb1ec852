/* Grows, joins and frees tables, and handles their missing values. */
#include "data/table.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Resizes an array. Where memory is short the old one stays and *ok becomes false. */
static void *resized(void *old, size_t n, size_t bytes, bool *ok)
{
    bool fits = n == 0 || bytes <= SIZE_MAX / n;
    void *larger = fits ? realloc(old, n * bytes > 0 ? n * bytes : 1) : NULL;
    *ok = *ok && larger != NULL;
    return larger != NULL ? larger : old;
}

nn_status data_table_grow(data_table *t, table_extras with, loader *l)
{
    if (t->n_rows < t->capacity)
        return NN_ok;
    size_t capacity = t->capacity == 0 ? 256 : t->capacity + t->capacity / 2;
    bool ok = true;
    t->inputs = resized(t->inputs, capacity, t->n_inputs * sizeof *t->inputs, &ok);
    t->targets = resized(t->targets, capacity, t->n_targets * sizeof *t->targets, &ok);
    t->lines = resized(t->lines, capacity, sizeof *t->lines, &ok);
    if (with.labels)
        t->labels = resized(t->labels, capacity, sizeof *t->labels, &ok);
    if (t->n_hot > 0)
        t->words = resized(t->words, capacity, t->n_hot * sizeof *t->words, &ok);
    if (with.parts)
        t->parts = resized(t->parts, capacity, sizeof *t->parts, &ok);
    if (with.ids)
        t->ids = resized((void *)t->ids, capacity, sizeof *t->ids, &ok);
    if (!ok)
        return data_no_memory(l, "the rows of the data file");
    t->capacity = capacity;
    return NN_ok;
}

bool data_table_own(data_table *t, char *text)
{
    char **texts = realloc(t->texts, (t->n_texts + 1) * sizeof *texts);
    if (texts == NULL) {
        free(text);
        return false;
    }
    t->texts = texts;
    t->texts[t->n_texts++] = text;
    return true;
}

void data_table_free(data_table *t)
{
    for (size_t i = 0; i < t->n_texts; i++)
        free(t->texts[i]);
    free(t->texts);
    free(t->inputs);
    free(t->bytes);
    free(t->targets);
    free(t->labels);
    free(t->parts);
    free((void *)t->ids);
    free(t->lines);
    free(t->columns);
    free(t->names);
    free(t->target_names);
    free(t->target_columns);
    free(t->hot);
    free(t->words);
    *t = (data_table){0};
}

int data_table_go(const data_table *t, size_t row, bool target, loader *l)
{
    int which = t->n_files - 1;
    while (which > 0 && t->files[which].first > row)
        which--;
    if (which >= 0) {
        const table_file *file = &t->files[which];
        l->path = target && file->target_path != NULL ? file->target_path : file->path;
    }
    return t->lines != NULL ? t->lines[row] : (int)(row - (which > 0 ? t->files[which].first : 0)) + 1;
}

int data_table_column(const data_table *t, size_t input)
{
    return t->columns != NULL ? t->columns[input] : (int)input + 1;
}

/* Gives a table without line numbers its own, which survive joining and dropping rows. False: memory is short. */
static bool number_lines(data_table *t)
{
    if (t->lines != NULL)
        return true;
    t->lines = malloc((t->n_rows + 1) * sizeof *t->lines);
    for (size_t i = 0; t->lines != NULL && i < t->n_rows; i++)
        t->lines[i] = (int)i + 1;
    return t->lines != NULL;
}

/* ---- joining the tables of several files, which must have the same columns ---- */

static nn_status check_counts(const data_table *t, const data_table *more, loader *l)
{
    const char *first = file_base(t->files[0].path);
    if (more->n_inputs != t->n_inputs) {
        return data_mistake(l, 0, 0, "has %zu inputs, %s has %zu; the files must have the same columns", more->n_inputs,
                            first, t->n_inputs);
    }
    if (more->n_targets != t->n_targets) {
        return data_mistake(l, 0, 0, "has %zu targets, %s has %zu; the files must have the same columns",
                            more->n_targets, first, t->n_targets);
    }
    if (more->n_hot != t->n_hot || (t->n_hot > 0 && memcmp(more->hot, t->hot, t->n_hot * sizeof *t->hot) != 0))
        return data_mistake(l, 0, 0, "the categorical columns differ from those of %s; name all of them in `one_hot`",
                            first);
    return NN_ok;
}

/* Columns are joined by position, so names that differ are an error in one of the files. */
static nn_status check_names(const data_table *t, const data_table *more, loader *l)
{
    for (size_t j = 0; j < t->n_inputs && t->names != NULL && more->names != NULL; j++) {
        char here[EXCERPT_SIZE], there[EXCERPT_SIZE];
        if (strcmp(t->names[j], more->names[j]) != 0) {
            return data_mistake(l, 1, data_table_column(more, j),
                                "this column is '%s', in %s it is '%s'; the files must have the same columns in "
                                "the same order",
                                data_excerpt(more->names[j], here), file_base(t->files[0].path),
                                data_excerpt(t->names[j], there));
        }
    }
    return NN_ok;
}

nn_status data_table_widen(data_table *t, loader *l)
{
    const size_t n = t->n_rows * t->n_inputs;
    if (t->bytes == NULL)
        return NN_ok;
    t->inputs = file_fits_memory((double)n * sizeof *t->inputs) ? malloc(n * sizeof *t->inputs + 1) : NULL;
    if (t->inputs == NULL)
        return data_no_memory(l, "the data");
    for (size_t i = 0; i < n; i++)
        t->inputs[i] = t->bytes[i];
    free(t->bytes);
    t->bytes = NULL;
    return NN_ok;
}

/* Where one table has labels as text and the other has numbers, the text must be numbers, which are then used. */
static nn_status drop_labels(data_table *t, loader *l)
{
    for (size_t i = 0; i < t->n_rows && t->labels != NULL; i++) {
        if (t->labels[i] != NULL && isnan(t->targets[i])) {
            char shown[EXCERPT_SIZE];
            return data_mistake(l, data_table_go(t, i, true, l), t->target_column,
                                "the label '%s' is text; in another file the labels are numbers",
                                data_excerpt(t->labels[i], shown));
        }
    }
    free(t->labels);
    t->labels = NULL;
    return NN_ok;
}

/* Brings two tables into the same form, or reports why they cannot be joined. */
static nn_status make_alike(data_table *t, data_table *more, loader *l)
{
    nn_status status = check_counts(t, more, l);
    if (status == NN_ok)
        status = check_names(t, more, l);
    if (status == NN_ok && (t->bytes == NULL) != (more->bytes == NULL))
        status = data_table_widen(t->bytes != NULL ? t : more, l);
    if (status == NN_ok && (t->labels == NULL) != (more->labels == NULL))
        status = drop_labels(t->labels != NULL ? t : more, l);
    /* Without words the inputs hold all values, so a table with words cannot be joined to it. */
    if (status == NN_ok && (t->words == NULL) != (more->words == NULL))
        status = data_mistake(l, 0, 0, "has numeric columns where another file has categorical ones (one_hot)");
    return status;
}

/* Appends n items of `bytes` each to an array; either both arrays are there or neither. Memory is short: *ok becomes
 * false. */
static void *joined(void *items, const void *more, size_t bytes, size_t n_rows, size_t n, bool *ok)
{
    char *larger = items != NULL && n * bytes > 0 ? realloc(items, (n_rows + n) * bytes) : items;
    *ok = *ok && (items == NULL || larger != NULL);
    if (larger == NULL || n * bytes == 0)
        return items;
    memcpy(larger + n_rows * bytes, more, n * bytes);
    return larger;
}

static bool append_arrays(data_table *t, const data_table *more)
{
    const size_t n = more->n_rows, rows = t->n_rows;
    bool ok = true;
    t->inputs = joined(t->inputs, more->inputs, t->n_inputs * sizeof *t->inputs, rows, n, &ok);
    t->bytes = joined(t->bytes, more->bytes, t->n_inputs, rows, n, &ok);
    t->targets = joined(t->targets, more->targets, t->n_targets * sizeof *t->targets, rows, n, &ok);
    t->labels = joined((void *)t->labels, more->labels, sizeof *t->labels, rows, n, &ok);
    t->words = joined((void *)t->words, more->words, t->n_hot * sizeof *t->words, rows, n, &ok);
    t->parts = joined(t->parts, more->parts, sizeof *t->parts, rows, n, &ok);
    t->lines = joined(t->lines, more->lines, sizeof *t->lines, rows, n, &ok);
    return ok;
}

/* Gives t the strings of `more`. */
static bool take_texts(data_table *t, data_table *more)
{
    while (more->n_texts > 0)
        if (!data_table_own(t, more->texts[--more->n_texts]))
            return false;
    return true;
}

nn_status data_table_append(data_table *t, data_table *more, loader *l)
{
    nn_status status = make_alike(t, more, l);
    if (status != NN_ok)
        return status;
    if (!number_lines(t) || !number_lines(more) || !append_arrays(t, more) || !take_texts(t, more))
        return data_no_memory(l, "the rows of all files");
    t->files[t->n_files] = more->files[0];
    t->files[t->n_files++].first = t->n_rows;
    t->n_rows += more->n_rows;
    t->capacity = t->n_rows;
    return NN_ok;
}

/* ---- missing values ---- */

static size_t missing_inputs(const data_table *t, size_t row)
{
    size_t n = 0;
    for (size_t j = 0; j < t->n_inputs && t->bytes == NULL; j++)
        n += isnan(t->inputs[row * t->n_inputs + j]) ? 1 : 0;
    return n;
}

static size_t missing_targets(const data_table *t, size_t row)
{
    if (t->labels != NULL)
        return t->labels[row] == NULL;
    size_t n = 0;
    for (size_t k = 0; k < t->n_targets; k++)
        n += isnan(t->targets[row * t->n_targets + k]) ? 1 : 0;
    return n;
}

/* Is input j of the row missing? For targets: target j. */
typedef bool is_gone(const data_table *t, size_t row, size_t j);

static bool input_is_gone(const data_table *t, size_t row, size_t j)
{
    return isnan(data_table_input(t, row, j));
}

static bool target_is_gone(const data_table *t, size_t row, size_t k)
{
    return t->labels != NULL ? t->labels[row] == NULL : isnan(t->targets[row * t->n_targets + k]);
}

/* Finds the first row in which a value of the column is missing. Writes ", the first of 3 rows", or nothing where it is the
 * only one. False: none is missing. */
static bool find_gone(const data_table *t, size_t j, is_gone *gone, size_t *first, char more[60])
{
    size_t n = 0;
    for (size_t i = t->n_rows; i-- > 0;)
        if (gone(t, i, j)) {
            *first = i;
            n++;
        }
    more[0] = '\0';
    if (n > 1)
        snprintf(more, 60, ", here first, in %zu rows in all", n);
    return n > 0;
}

static void report_missing_inputs(const data_table *t, loader *l)
{
    for (size_t j = 0; j < t->n_inputs; j++) {
        char shown[EXCERPT_SIZE] = "", more[60];
        const bool named = t->names != NULL;
        size_t row = 0;
        if (!find_gone(t, j, input_is_gone, &row, more))
            continue;
        const int line = data_table_go(t, row, false, l);
        data_mistake(l, line, data_table_column(t, j), "a value is missing%s%s%s%s; %s", named ? " (column '" : "",
                     named ? data_excerpt(t->names[j], shown) : "", named ? "')" : "", more,
                     l->model != NULL
                         ? "the network was trained without missing values: give a number, or remove the row"
                         : "set `missing: mean`, `median` or `drop`, or give a number");
    }
}

static void report_missing_targets(const data_table *t, loader *l)
{
    for (size_t k = 0; k < (t->labels != NULL ? 1 : t->n_targets); k++) {
        char more[60];
        size_t row = 0;
        if (!find_gone(t, k, target_is_gone, &row, more))
            continue;
        const int line = data_table_go(t, row, true, l);
        data_mistake(l, line, data_table_target_column(t, k),
                     "the target is missing%s, and targets are not imputed; %s", more,
                     l->spec->sweeps_missing ? "give it, or take the row out of the file (swept, data.missing: drop is "
                                               "about missing inputs alone)"
                                             : "set `missing: drop`, or give the target");
    }
}

/* Moves one item of an array, or nothing where the table does not have the array. */
static void move_items(void *items, size_t bytes, size_t to, size_t from)
{
    if (items != NULL)
        memmove((char *)items + to * bytes, (const char *)items + from * bytes, bytes);
}

static void move_row(data_table *t, size_t to, size_t from)
{
    move_items(t->inputs, t->n_inputs * sizeof *t->inputs, to, from);
    move_items(t->bytes, t->n_inputs, to, from);
    move_items(t->targets, t->n_targets * sizeof *t->targets, to, from);
    move_items((void *)t->labels, sizeof *t->labels, to, from);
    move_items((void *)t->ids, sizeof *t->ids, to, from);
    move_items((void *)t->words, t->n_hot * sizeof *t->words, to, from);
    move_items(t->parts, sizeof *t->parts, to, from);
    move_items(t->lines, sizeof *t->lines, to, from);
}

/* Keeps the rows without missing values. Returns how many these are. */
static size_t drop_rows(data_table *t)
{
    size_t kept = 0;
    int file = 1;
    for (size_t i = 0; i < t->n_rows; i++) {
        while (file < t->n_files && t->files[file].first == i)
            t->files[file++].first = kept;
        if (missing_inputs(t, i) + missing_targets(t, i) == 0)
            move_row(t, kept++, i);
    }
    return kept;
}

/* Reports inputs without any value, which cannot be imputed. */
static void check_columns(const data_table *t, loader *l)
{
    for (size_t j = 0; j < t->n_inputs; j++) {
        size_t i = 0;
        while (i < t->n_rows && isnan(data_table_input(t, i, j)))
            i++;
        if (i == t->n_rows) {
            data_mistake(l, data_table_go(t, 0, false, l), data_table_column(t, j),
                         "input column %d has no value in any row; leave it out with `ignore`",
                         data_table_column(t, j));
        }
    }
}

/* Counts the missing values and reports those that are errors. Returns how many of them are inputs. */
static size_t look_for_missing(data_table *t, loader *l)
{
    size_t n_inputs = 0, n_targets = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        n_inputs += missing_inputs(t, i);
        n_targets += missing_targets(t, i);
    }
    t->n_missing += n_inputs + n_targets;
    if (l->missing == MISSING_ERROR && n_inputs > 0)
        report_missing_inputs(t, l);
    if (l->missing != MISSING_DROP && n_targets > 0)
        report_missing_targets(t, l);
    return n_inputs;
}

nn_status data_table_missing(data_table *t, loader *l)
{
    const bool drop = l->missing == MISSING_DROP;
    const size_t n_inputs_missing = look_for_missing(t, l);
    if (drop && !number_lines(t))
        return data_no_memory(l, "the rows of the data file");
    if (drop) {
        const size_t kept = drop_rows(t);
        t->n_dropped = t->n_rows - kept;
        t->n_rows = kept;
        if (kept == 0)
            return data_mistake(l, 0, 0, "every row has a missing value, so that `missing: drop` leaves none");
    } else if (n_inputs_missing > 0 && l->missing != MISSING_ERROR && l->model == NULL) {
        check_columns(t, l);
    }
    return l->n_mistakes > 0 ? NN_data : NN_ok;
}
