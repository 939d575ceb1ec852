/* Finds the role of each column by the spec, and makes the inputs of a table of the columns that are inputs. */
#include "data/columns.h"
#include "base/suggest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses a column index; a negative one counts from the end. */
static bool column_index(const char *word, int n, long *out)
{
    char *end;
    long value = strtol(word, &end, 10);
    if (end == word || *end != '\0')
        return false;
    *out = value < 0 && value >= -n ? value + n : value;
    return true;
}

/* Lists the columns in text: "a, b, c, ... (30 columns)". */
static const char *list_columns(const data_columns *columns, char *text, size_t size)
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

static nn_status unknown_column(loader *l, const data_columns *columns, const char *word, place at)
{
    char shown[EXCERPT_SIZE], list[360];
    data_excerpt(word, shown);
    if (columns->names == NULL) {
        return data_spec_mistake(l, at,
                                 "%s has no header, so its columns have no names; give the index of '%s' (0 to %d)",
                                 l->path, shown, columns->n - 1);
    }
    const char *near = suggest_nearest(word, (const char *const *)columns->names, (size_t)columns->n);
    list_columns(columns, list, sizeof list);
    if (near != NULL)
        return data_spec_mistake(l, at, "%s has no column '%s'; did you mean '%s'? (%s)", l->path, shown, near, list);
    return data_spec_mistake(l, at, "%s has no column '%s'; it has: %s", l->path, shown, list);
}

nn_status data_columns_find(loader *l, const data_columns *columns, const char *word, place at, int *out)
{
    int found = NO_COLUMN;
    for (int i = 0; columns->names != NULL && i < columns->n; i++) {
        if (strcmp(columns->names[i], word) != 0)
            continue;
        if (found != NO_COLUMN) {
            return data_spec_mistake(l, at, "%s has two columns called '%s'; give the index, %d or %d", l->path, word,
                                     found, i);
        }
        found = i;
    }
    long index = found;
    if (found == NO_COLUMN && !column_index(word, columns->n, &index))
        return unknown_column(l, columns, word, at);
    if (index < 0 || index >= columns->n) {
        return data_spec_mistake(l, at, "%s has no column %s; it has %d columns: 0 to %d, or -1 to -%d from the end",
                                 l->path, word, columns->n, columns->n - 1, columns->n);
    }
    *out = (int)index;
    return NN_ok;
}

static bool is_named(const data_columns *columns, const char *word)
{
    for (int i = 0; columns->names != NULL && i < columns->n; i++)
        if (strcmp(columns->names[i], word) == 0)
            return true;
    return false;
}

void data_columns_free(data_columns *columns)
{
    free(columns->role);
    free(columns->targets);
    free(columns->given_names);
}

nn_status data_columns_add_target(loader *l, data_columns *columns, int column)
{
    int *targets = realloc(columns->targets, (columns->n_targets + 1) * sizeof *targets);
    if (targets == NULL)
        return data_no_memory(l, "the columns of the data file");
    columns->targets = targets;
    columns->targets[columns->n_targets++] = column;
    return NN_ok;
}

/* Finds the column of a single target. `first` and `last` skip columns that have another role. */
static nn_status find_single(loader *l, const data_columns *columns, int *out)
{
    const char *word = l->spec->target != NULL ? l->spec->target : "last";
    bool first = strcmp(word, "first") == 0, last = strcmp(word, "last") == 0;
    if ((!first && !last) || (l->spec->target != NULL && is_named(columns, word)))
        return data_columns_find(l, columns, word, l->spec->target_at, out);
    int at = first ? 0 : columns->n - 1, step = first ? 1 : -1;
    while (columns->role[at] >= ROLE_PART && at + step >= 0 && at + step < columns->n)
        at += step;
    *out = at;
    return NN_ok;
}

/* Finds the column of the k-th target. */
static nn_status find_target(loader *l, const data_columns *columns, size_t k, int *out)
{
    const data_column_list *list = &l->spec->targets;
    nn_status status =
        list->n == 0 ? find_single(l, columns, out) : data_columns_find(l, columns, list->words[k], list->at, out);
    for (size_t i = 0; i < columns->n_targets && status == NN_ok; i++)
        if (columns->targets[i] == *out)
            status = data_spec_mistake(l, list->at, "target names column %d of %s twice: '%s'", *out, l->path,
                                       list->words[k]);
    return status;
}

/* Gives a column its role; it can have only one. */
static nn_status give_role(loader *l, data_columns *columns, int column, column_role role, place at)
{
    static const char *const words[] = {"an input", "one-hot", "the target", "the column of `split`", "ignored"};
    if (columns->role[column] != ROLE_INPUT && columns->role[column] != role) {
        return data_spec_mistake(l, at, "column %d of %s cannot be %s: it is %s", column, l->path, words[role],
                                 words[columns->role[column]]);
    }
    columns->role[column] = role;
    return NN_ok;
}

static nn_status give_roles(loader *l, data_columns *columns, const data_column_list *list, column_role role)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < list->n; i++) {
        int column = 0;
        nn_status one = data_columns_find(l, columns, list->words[i], list->at, &column);
        if (one == NN_ok)
            one = give_role(l, columns, column, role, list->at);
        status = one != NN_ok ? one : status;
    }
    return status;
}

static nn_status find_targets(loader *l, data_columns *columns)
{
    const size_t n = l->spec->targets.n > 0 ? l->spec->targets.n : 1;
    nn_status status = NN_ok;
    for (size_t k = 0; k < n && status == NN_ok; k++) {
        int column = 0;
        status = find_target(l, columns, k, &column);
        if (status == NN_ok)
            status = give_role(l, columns, column, ROLE_TARGET, l->spec->target_at);
        if (status == NN_ok)
            status = data_columns_add_target(l, columns, column);
    }
    return status;
}

static nn_status check_enough(loader *l, const data_columns *columns, bool with_target)
{
    for (int i = 0; i < columns->n; i++)
        if (columns->role[i] <= ROLE_ONE_HOT)
            return NN_ok;
    return data_mistake(l, 0, 0,
                        "has %d column%s; %s needed (fields are separated by commas, semicolons, tabs, bars or blanks)",
                        columns->n, columns->n == 1 ? "" : "s",
                        with_target ? "a target and at least one input are" : "at least one input is");
}

nn_status data_roles(loader *l, data_columns *columns, bool with_target)
{
    const data_spec *spec = l->spec;
    nn_status status = NN_ok;
    columns->part = columns->id = NO_COLUMN;
    columns->role = calloc((size_t)columns->n + 1, sizeof *columns->role);
    if (columns->role == NULL)
        return data_no_memory(l, "the columns of the data file");
    columns->role[0] = columns->row_names ? ROLE_IGNORED : ROLE_INPUT;
    nn_status ignored = give_roles(l, columns, &spec->ignore, ROLE_IGNORED);
    if (with_target && spec->split.kind == SPLIT_COLUMN) {
        status = data_columns_find(l, columns, spec->split.column, spec->split.at, &columns->part);
        if (status == NN_ok)
            status = give_role(l, columns, columns->part, ROLE_PART, spec->split.at);
    }
    if (with_target && status == NN_ok && ignored == NN_ok)
        status = find_targets(l, columns);
    nn_status hot = give_roles(l, columns, &spec->one_hot, ROLE_ONE_HOT);
    status = status != NN_ok ? status : ignored != NN_ok ? ignored : hot;
    return status == NN_ok ? check_enough(l, columns, with_target) : status;
}

/* ---- the targets and the inputs of a table ---- */

nn_status data_name_targets(loader *l, const data_columns *columns, data_table *t)
{
    const size_t n = t->n_targets = columns->n_targets;
    t->target_column = n > 0 ? columns->targets[0] + 1 : 0;
    t->target_name = n == 1 && columns->names != NULL ? columns->names[columns->targets[0]] : NULL;
    if (n < 2)
        return NN_ok;
    t->target_columns = malloc(n * sizeof *t->target_columns);
    t->target_names = columns->names != NULL ? malloc(n * sizeof *t->target_names) : NULL;
    if (t->target_columns == NULL || (columns->names != NULL && t->target_names == NULL))
        return data_no_memory(l, "the columns of the data file");
    for (size_t k = 0; k < n; k++) {
        t->target_columns[k] = columns->targets[k] + 1;
        if (t->target_names != NULL)
            t->target_names[k] = columns->names[columns->targets[k]];
    }
    return NN_ok;
}

static bool count_inputs(const data_columns *columns, data_table *t)
{
    t->n_inputs = t->n_hot = 0;
    for (int i = 0; i < columns->n; i++) {
        t->n_inputs += columns->role[i] <= ROLE_ONE_HOT;
        t->n_hot += columns->role[i] == ROLE_ONE_HOT;
    }
    t->columns = malloc(t->n_inputs * sizeof *t->columns + 1);
    t->hot = malloc(t->n_hot * sizeof *t->hot + 1);
    const bool named = columns->names != NULL || columns->given_names != NULL;
    t->names = named ? malloc(t->n_inputs * sizeof *t->names + 1) : NULL;
    return t->columns != NULL && t->hot != NULL && (!named || t->names != NULL);
}

nn_status data_name_inputs(loader *l, const data_columns *columns, data_table *t)
{
    if (!count_inputs(columns, t))
        return data_no_memory(l, "the columns of the data file");
    size_t n = 0, n_hot = 0;
    for (int i = 0; i < columns->n; i++) {
        if (columns->role[i] > ROLE_ONE_HOT)
            continue;
        if (columns->role[i] == ROLE_ONE_HOT)
            t->hot[n_hot++] = n;
        if (t->names != NULL)
            t->names[n] = columns->given_names != NULL ? columns->given_names[i] : columns->names[i];
        t->columns[n++] = i + 1;
    }
    return NN_ok;
}

nn_status data_keep_inputs(loader *l, const data_columns *columns, data_table *t)
{
    nn_status status = data_name_inputs(l, columns, t);
    const size_t n = (size_t)columns->n;
    size_t to = 0;
    for (size_t i = 0; i < t->n_rows && t->n_inputs < n && status == NN_ok; i++) {
        for (size_t j = 0; j < n; j++) {
            if (columns->role[j] > ROLE_ONE_HOT)
                continue;
            if (t->bytes != NULL)
                t->bytes[to++] = t->bytes[i * n + j];
            else
                t->inputs[to++] = t->inputs[i * n + j];
        }
    }
    return status;
}

bool data_columns_are_indices(const data_model *m)
{
    for (size_t j = 0; j < m->n_inputs; j++) {
        const char *name = m->input_names[j];
        const size_t n = strspn(name, "0123456789");
        if (n == 0 || (name[n] != '\0' && name[n] != '='))
            return false;
    }
    return true;
}
