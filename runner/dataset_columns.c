/* What the columns of a CSV file mean: header, target, part. */
#include "dataset_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_text(const char *field)
{
    double ignored;
    return !data_field_missing(field) && !data_field_number(field, &ignored);
}

bool csv_is_header(const loader *l, const csv_row *first, const csv_row *second)
{
    if (l->spec->header >= 0) {
        return l->spec->header == 1;
    }
    size_t n_text = 0;
    for (size_t i = 0; i < first->n; i++) {
        if (!is_text(first->fields[i])) {
            continue;
        }
        n_text++;
        /* Words over words may be labels; words over numbers are names. */
        if (i < second->n && !is_text(second->fields[i])) {
            return true;
        }
    }
    return n_text > 0 && n_text == first->n;
}

/* Whole number that reads as a column index; a negative one counts from the end. */
static bool column_index(const char *word, int n, long *out)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (end == word || *end != '\0') {
        return false;
    }
    *out = value < 0 && value >= -n ? value + n : value;
    return true;
}

/* "a, b, c, ... (30 columns)" */
static const char *list_columns(const csv_columns *columns, char *text, size_t size)
{
    size_t used = 0;
    char shown[EXCERPT_SIZE];
    text[0] = '\0';
    for (int i = 0; i < columns->n; i++) {
        if (used + 2 * EXCERPT_SIZE > size) {
            snprintf(text + used, size - used, ", ... (%d columns)", columns->n);
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 data_excerpt(columns->names[i], shown));
    }
    return text;
}

static nn_status unknown_column(loader *l, const csv_columns *columns, const char *word, place at)
{
    char shown[EXCERPT_SIZE], list[360];
    data_excerpt(word, shown);
    if (columns->names == NULL) {
        return data_spec_mistake(
            l, at, "%s has no header, so that no column is called '%s'; give its index (0 to %d)", l->path,
            shown, columns->n - 1);
    }
    const char *near = nearest_name(word, (const char *const *)columns->names, (size_t)columns->n);
    list_columns(columns, list, sizeof list);
    if (near != NULL) {
        return data_spec_mistake(l, at, "%s has no column '%s'; did you mean '%s'? (%s)", l->path, shown,
                                 near, list);
    }
    return data_spec_mistake(l, at, "%s has no column '%s'; it has: %s", l->path, shown, list);
}

/* A name of the header first, then an index. */
static nn_status find_column(loader *l, const csv_columns *columns, const char *word, place at, int *out)
{
    int found = NO_COLUMN;
    for (int i = 0; columns->names != NULL && i < columns->n; i++) {
        if (strcmp(columns->names[i], word) != 0) {
            continue;
        }
        if (found != NO_COLUMN) {
            return data_spec_mistake(l, at, "%s has two columns called '%s'; give the index, %d or %d",
                                     l->path, word, found, i);
        }
        found = i;
    }
    long index = found;
    if (found == NO_COLUMN && !column_index(word, columns->n, &index)) {
        return unknown_column(l, columns, word, at);
    }
    if (index < 0 || index >= columns->n) {
        return data_spec_mistake(l, at,
                                 "%s has no column %s; it has %d columns: 0 to %d, or -1 to -%d from the end",
                                 l->path, word, columns->n, columns->n - 1, columns->n);
    }
    *out = (int)index;
    return NN_ok;
}

static bool is_named(const csv_columns *columns, const char *word)
{
    for (int i = 0; columns->names != NULL && i < columns->n; i++) {
        if (strcmp(columns->names[i], word) == 0) {
            return true;
        }
    }
    return false;
}

/* `first` and `last` step over the part column. */
static nn_status find_target(loader *l, csv_columns *columns)
{
    const char *word = l->spec->target != NULL ? l->spec->target : "last";
    bool first = strcmp(word, "first") == 0, last = strcmp(word, "last") == 0;
    if ((!first && !last) || (l->spec->target != NULL && is_named(columns, word))) {
        return find_column(l, columns, word, l->spec->target_at, &columns->target);
    }
    int step = first ? 1 : -1;
    columns->target = first ? 0 : columns->n - 1;
    columns->target += columns->target == columns->part ? step : 0;
    return NN_ok;
}

nn_status csv_roles(loader *l, csv_columns *columns)
{
    const split_spec *split = &l->spec->split;
    columns->part = NO_COLUMN;
    nn_status part = NN_ok;
    if (split->kind == SPLIT_COLUMN) {
        part = find_column(l, columns, split->column, split->at, &columns->part);
    }
    int used = columns->part == NO_COLUMN ? 1 : 2;
    if (columns->n <= used) {
        return data_mistake(
            l, 0, 0,
            "has %d column%s; a target and at least one input are needed (fields are separated by "
            "a comma, a semicolon or a tab)",
            columns->n, columns->n == 1 ? "" : "s");
    }
    nn_status target = find_target(l, columns);
    if (target == NN_ok && columns->target == columns->part) {
        return data_spec_mistake(l, split->at,
                                 "the column of the split is the target; it must be another one");
    }
    return target != NN_ok ? target : part;
}
