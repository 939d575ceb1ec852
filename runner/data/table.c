/* Tables as read: growth, joining, missing values. */
#include "data/table.h"
#include <stdlib.h>
#include <string.h>

/* realloc of an array; on failure the old one stays and *ok is false. */
static void *resized(void *old, size_t n, size_t bytes, bool *ok)
{
    bool fits = n == 0 || bytes <= SIZE_MAX / n;
    void *larger = fits ? realloc(old, n * bytes > 0 ? n * bytes : 1) : NULL;
    *ok = *ok && larger != NULL;
    return larger != NULL ? larger : old;
}

nn_status data_table_grow(data_table *t, bool with_labels, bool with_parts, loader *l)
{
    if (t->n_rows < t->capacity)
        return NN_ok;
    size_t capacity = t->capacity == 0 ? 256 : t->capacity + t->capacity / 2;
    bool ok = true;
    t->inputs = resized(t->inputs, capacity, t->n_inputs * sizeof *t->inputs, &ok);
    t->targets = resized(t->targets, capacity, t->n_targets * sizeof *t->targets, &ok);
    t->lines = resized(t->lines, capacity, sizeof *t->lines, &ok);
    if (with_labels)
        t->labels = resized(t->labels, capacity, sizeof *t->labels, &ok);
    if (t->n_hot > 0)
        t->words = resized(t->words, capacity, t->n_hot * sizeof *t->words, &ok);
    if (with_parts)
        t->parts = resized(t->parts, capacity, sizeof *t->parts, &ok);
    if (!ok)
        return data_no_memory(l, "the rows of the data file");
    t->capacity = capacity;
    return NN_ok;
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
    free(t->lines);
    free(t->columns);
    free(t->names);
    free(t->hot);
    free(t->words);
    *t = (data_table){0};
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

static void report_missing_inputs(const data_table *t, size_t row, loader *l)
{
    const int line = data_table_go(t, row, false, l);
    for (size_t j = 0; j < t->n_inputs; j++) {
        if (!isnan(data_table_input(t, row, j)))
            continue;
        char shown[EXCERPT_SIZE] = "";
        bool named = t->names != NULL;
        data_mistake(l, line, data_table_column(t, j), "a value is missing%s%s%s; %s", named ? " (column '" : "",
                     named ? data_excerpt(t->names[j], shown) : "", named ? "')" : "",
                     l->model != NULL ? "the network was trained without any: put a number there, or leave the row out"
                                      : "say `missing: mean`, `median` or `drop`, or put a number there");
    }
}

/* Moves n items of `bytes` each, of an array that may not be there. */
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
    move_items((void *)t->words, t->n_hot * sizeof *t->words, to, from);
    move_items(t->parts, sizeof *t->parts, to, from);
    move_items(t->lines, sizeof *t->lines, to, from);
}

/* An input without any value cannot be filled in. */
static void check_columns(const data_table *t, loader *l)
{
    for (size_t j = 0; j < t->n_inputs; j++) {
        size_t i = 0;
        while (i < t->n_rows && isnan(data_table_input(t, i, j)))
            i++;
        if (i == t->n_rows) {
            data_mistake(l, data_table_go(t, 0, false, l), data_table_column(t, j),
                         "input column %d has no value in any row; remove it", data_table_column(t, j));
        }
    }
}

/* Line numbers of the rows must survive dropping and joining: a table without them gets them. */
static bool number_rows(data_table *t)
{
    if (t->lines != NULL)
        return true;
    t->lines = malloc(t->n_rows * sizeof *t->lines);
    for (size_t i = 0; t->lines != NULL && i < t->n_rows; i++)
        t->lines[i] = (int)i + 1;
    return t->lines != NULL;
}

/* Keeps the rows without a missing value. Returns how many. */
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

/* Counts the missing values, and reports those that must not be. Returns how many of them are inputs. */
static size_t look_for_missing(data_table *t, loader *l)
{
    const bool drop = l->missing == MISSING_DROP;
    size_t n_inputs_missing = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        size_t in_inputs = missing_inputs(t, i), in_targets = missing_targets(t, i);
        t->n_missing += in_inputs + in_targets;
        n_inputs_missing += in_inputs;
        if (l->missing == MISSING_ERROR && in_inputs > 0)
            report_missing_inputs(t, i, l);
        if (in_targets > 0 && !drop) {
            data_mistake(l, data_table_go(t, i, true, l), t->target_column,
                         "the target is missing, and a target cannot be filled in; say `missing: drop`, or put it "
                         "there");
        }
    }
    return n_inputs_missing;
}

nn_status data_table_missing(data_table *t, loader *l)
{
    const bool drop = l->missing == MISSING_DROP;
    const size_t n_inputs_missing = look_for_missing(t, l);
    if (drop && !number_rows(t))
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
