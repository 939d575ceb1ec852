/* Tables as read: growth, missing values. */
#include "dataset_internal.h"

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
    if (t->n_rows < t->capacity) {
        return NN_ok;
    }
    size_t capacity = t->capacity == 0 ? 256 : t->capacity + t->capacity / 2;
    bool ok = true;
    t->inputs = resized(t->inputs, capacity, t->n_inputs * sizeof *t->inputs, &ok);
    t->targets = resized(t->targets, capacity, t->n_targets * sizeof *t->targets, &ok);
    t->lines = resized(t->lines, capacity, sizeof *t->lines, &ok);
    if (with_labels) {
        t->labels = resized(t->labels, capacity, sizeof *t->labels, &ok);
    }
    if (with_parts) {
        t->parts = resized(t->parts, capacity, sizeof *t->parts, &ok);
    }
    if (!ok) {
        return data_no_memory(l, "the rows of the data file");
    }
    t->capacity = capacity;
    return NN_ok;
}

void data_table_free(data_table *t)
{
    free(t->inputs);
    free(t->targets);
    free(t->labels);
    free(t->parts);
    free(t->lines);
    free(t->columns);
    free(t->names);
    free(t->text);
    *t = (data_table){0};
}

int data_table_line(const data_table *t, size_t row)
{
    return t->lines != NULL ? t->lines[row] : (int)row + 1;
}

int data_table_column(const data_table *t, size_t input)
{
    return t->columns != NULL ? t->columns[input] : (int)input + 1;
}

static size_t missing_inputs(const data_table *t, size_t row)
{
    size_t n = 0;
    for (size_t j = 0; j < t->n_inputs; j++) {
        n += isnan(t->inputs[row * t->n_inputs + j]) ? 1 : 0;
    }
    return n;
}

static size_t missing_targets(const data_table *t, size_t row)
{
    if (t->labels != NULL) {
        return t->labels[row] == NULL;
    }
    size_t n = 0;
    for (size_t k = 0; k < t->n_targets; k++) {
        n += isnan(t->targets[row * t->n_targets + k]) ? 1 : 0;
    }
    return n;
}

static void report_missing_inputs(const data_table *t, size_t row, loader *l)
{
    for (size_t j = 0; j < t->n_inputs; j++) {
        if (!isnan(t->inputs[row * t->n_inputs + j])) {
            continue;
        }
        char shown[EXCERPT_SIZE] = "";
        bool named = t->names != NULL;
        data_mistake(
            l, data_table_line(t, row), data_table_column(t, j),
            "a value is missing%s%s%s; say `missing: mean`, `median` or `drop`, or put a number there",
            named ? " (column '" : "", named ? data_excerpt(t->names[j], shown) : "", named ? "')" : "");
    }
}

static void move_row(data_table *t, size_t to, size_t from)
{
    memmove(t->inputs + to * t->n_inputs, t->inputs + from * t->n_inputs, t->n_inputs * sizeof *t->inputs);
    memmove(t->targets + to * t->n_targets, t->targets + from * t->n_targets,
            t->n_targets * sizeof *t->targets);
    if (t->labels != NULL) {
        t->labels[to] = t->labels[from];
    }
    if (t->parts != NULL) {
        t->parts[to] = t->parts[from];
    }
    if (t->lines != NULL) {
        t->lines[to] = t->lines[from];
    }
}

/* An input without any value cannot be filled in. */
static void check_columns(const data_table *t, loader *l)
{
    for (size_t j = 0; j < t->n_inputs; j++) {
        size_t i = 0;
        while (i < t->n_rows && isnan(t->inputs[i * t->n_inputs + j])) {
            i++;
        }
        if (i == t->n_rows) {
            data_mistake(l, data_table_line(t, 0), data_table_column(t, j),
                         "input column %d has no value in any row; remove it", data_table_column(t, j));
        }
    }
}

/* Line numbers of the rows must survive dropping: a table without them gets them. */
static bool number_rows(data_table *t)
{
    if (t->lines != NULL) {
        return true;
    }
    t->lines = malloc(t->n_rows * sizeof *t->lines);
    for (size_t i = 0; t->lines != NULL && i < t->n_rows; i++) {
        t->lines[i] = (int)i + 1;
    }
    return t->lines != NULL;
}

nn_status data_table_missing(data_table *t, loader *l)
{
    bool drop = l->spec->missing == MISSING_DROP;
    size_t kept = 0, n_inputs_missing = 0;
    if (drop && !number_rows(t)) {
        return data_no_memory(l, "the rows of the data file");
    }
    for (size_t i = 0; i < t->n_rows; i++) {
        size_t in_inputs = missing_inputs(t, i), in_targets = missing_targets(t, i);
        t->n_missing += in_inputs + in_targets;
        n_inputs_missing += in_inputs;
        if (l->spec->missing == MISSING_ERROR && in_inputs > 0) {
            report_missing_inputs(t, i, l);
        }
        if (in_targets > 0 && !drop) {
            data_mistake(
                l, data_table_line(t, i), t->target_column,
                "the target is missing, and a target cannot be filled in; say `missing: drop`, or put it "
                "there");
        }
        if (drop && in_inputs + in_targets == 0) {
            move_row(t, kept++, i);
        }
    }
    if (drop) {
        t->n_dropped = t->n_rows - kept;
        t->n_rows = kept;
        if (kept == 0) {
            return data_mistake(l, 0, 0,
                                "every row has a missing value, so that `missing: drop` leaves none");
        }
    } else if (n_inputs_missing > 0 && l->spec->missing != MISSING_ERROR) {
        check_columns(t, l);
    }
    return l->n_mistakes > 0 ? NN_data : NN_ok;
}
