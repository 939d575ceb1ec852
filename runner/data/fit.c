/* Fits new data to a trained network: finds which column is which input, and gives inputs, categories, labels and
 * targets the form that they had in training. */
#include "data/fit.h"
#include "data/columns.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- roles by name: where the network and the file have names, the order of columns does not matter ---- */

/* Is `input` a one-hot input of the column `name`, such as "colour=red" of "colour"? *value is then its category,
 * else NULL. */
static bool is_value_of(const char *input, const char *name, const char **value)
{
    const size_t length = strlen(name);
    const bool is = strncmp(input, name, length) == 0 && input[length] == '=';
    *value = is ? input + length + 1 : NULL;
    return is;
}

static bool is_listed(const data_column_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->words[i], name) == 0)
            return true;
    return false;
}

/* How many targets are known by name, and the name of the k-th. */
static size_t n_named_targets(const data_model *m)
{
    return m->target_names != NULL ? m->n_target_names : m->target_name != NULL ? 1 : 0;
}

static const char *target_name(const data_model *m, size_t k)
{
    return m->target_names != NULL ? m->target_names[k] : m->target_name;
}

static bool is_target(const data_model *m, const char *name)
{
    for (size_t k = 0; k < n_named_targets(m); k++)
        if (strcmp(target_name(m, k), name) == 0)
            return true;
    return false;
}

/* Finds the role of a column. False: neither the network nor the spec knows its name. */
static bool role_of(const loader *l, const char *name, column_role *role)
{
    const data_model *m = l->model;
    const split_spec *split = &l->spec->split;
    const char *value;
    bool exact = false, hot = false;
    for (size_t j = 0; j < m->n_inputs; j++) {
        exact = exact || strcmp(m->input_names[j], name) == 0;
        hot = hot || is_value_of(m->input_names[j], name, &value);
    }
    const bool target = is_target(m, name);
    const bool known = exact || hot || target || is_listed(&l->spec->ignore, name) ||
                       (split->kind == SPLIT_COLUMN && strcmp(split->column, name) == 0);
    *role = exact ? ROLE_INPUT : hot ? ROLE_ONE_HOT : target && m->with_target ? ROLE_TARGET : ROLE_IGNORED;
    return known;
}

/* The column that an input was made of, for messages: "colour" of "colour=red". */
static const char *column_of(const loader *l, size_t input, char name[EXCERPT_SIZE])
{
    const char *whole = l->model->input_names[input];
    const bool hot = l->spec->one_hot.n > 0 || l->spec->one_hot_text;
    const size_t length = strcspn(whole, "=");
    char *cut = hot && whole[length] == '=' ? strndup(whole, length) : NULL;
    data_excerpt(cut != NULL ? cut : whole, name);
    free(cut);
    return name;
}

/* Was the input made of the same column as the one before it? */
static bool same_column_again(const loader *l, size_t input)
{
    char one[EXCERPT_SIZE], before[EXCERPT_SIZE];
    return input > 0 && strcmp(column_of(l, input, one), column_of(l, input - 1, before)) == 0;
}

/* Lists the columns that the inputs were made of: "a, b, colour, ... (30 inputs)". */
static const char *list_inputs(const loader *l, char *text, size_t size)
{
    char shown[EXCERPT_SIZE];
    size_t used = 0;
    text[0] = '\0';
    for (size_t j = 0; j < l->model->n_inputs; j++) {
        if (same_column_again(l, j))
            continue;
        if (used + 2 * EXCERPT_SIZE > size) {
            snprintf(text + used, size - used, ", ... (%zu inputs)", l->model->n_inputs);
            break;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%s", j > 0 ? ", " : "", column_of(l, j, shown));
    }
    return text;
}

/* Tells which columns are left out since the network does not know them. */
static void tell_unknown(loader *l, const data_columns *columns, const bool *unknown, int n)
{
    enum { FEW = 5 };
    char text[(FEW + 1) * (EXCERPT_SIZE + 8)] = "", shown[EXCERPT_SIZE];
    size_t used = 0;
    for (int i = 0, found = 0; i < columns->n && found <= FEW; i++)
        if (unknown[i]) {
            const char *mark = found > 0 ? ", " : "";
            used += (size_t)(found++ == FEW ? snprintf(text + used, sizeof text - used, "%s... (%d columns)", mark, n)
                                            : snprintf(text + used, sizeof text - used, "%s'%s'", mark,
                                                       data_excerpt(columns->names[i], shown)));
        }
    if (n > 0)
        diagnostics_add_file(l->diags, SEVERITY_WARNING, NN_data, l->path, (place){0, 0},
                             "%s left out, since the network has no such input: %s",
                             n == 1 ? "this column is" : "these columns are", text);
}

/* Gives every column its role, and leaves out those that the network does not know. */
static nn_status find_known(loader *l, data_columns *columns)
{
    bool *unknown = calloc((size_t)columns->n + 1, sizeof *unknown);
    int n = 0;
    if (unknown == NULL)
        return data_no_memory(l, "the columns of the data file");
    for (int i = columns->row_names ? 1 : 0; i < columns->n; i++) {
        unknown[i] = !role_of(l, columns->names[i], &columns->role[i]) && i != columns->id;
        n += unknown[i];
    }
    tell_unknown(l, columns, unknown, n);
    free(unknown);
    return NN_ok;
}

/* Gives every column its role and reports duplicate names. */
static nn_status give_names_roles(loader *l, data_columns *columns)
{
    nn_status status = find_known(l, columns);
    char shown[EXCERPT_SIZE];
    for (int i = columns->row_names ? 1 : 0; i < columns->n; i++) {
        for (int k = 0; k < i && columns->role[i] != ROLE_IGNORED; k++) {
            if (strcmp(columns->names[k], columns->names[i]) == 0) {
                status = data_mistake(l, 0, 0, "columns %d and %d are both called '%s'", k + 1, i + 1,
                                      data_excerpt(columns->names[i], shown));
            }
        }
    }
    return status;
}

/* Does a column of the file hold this input? */
static bool is_there(const data_columns *columns, const char *input)
{
    for (int i = 0; i < columns->n; i++) {
        const char *value;
        if (strcmp(columns->names[i], input) == 0 ||
            (columns->role[i] == ROLE_ONE_HOT && is_value_of(input, columns->names[i], &value)))
            return true;
    }
    return false;
}

/* Lists the targets in the order of training. */
static nn_status find_targets(loader *l, data_columns *columns)
{
    const data_model *m = l->model;
    const size_t n = n_named_targets(m);
    nn_status status = NN_ok;
    char shown[EXCERPT_SIZE];
    for (size_t k = 0; k < n && status != NN_memory; k++) {
        int i = 0;
        while (i < columns->n && (columns->role[i] != ROLE_TARGET || strcmp(columns->names[i], target_name(m, k)) != 0))
            i++;
        if (i < columns->n)
            status = data_columns_add_target(l, columns, i);
        else
            status = data_mistake(l, 0, 0, "has no column '%s', %s that predictions are compared with",
                                  data_excerpt(target_name(m, k), shown), n > 1 ? "a target" : "the target");
    }
    return n > 0 ? status
                 : data_mistake(l, 0, 0, "has no column 'target', the target that predictions are compared with");
}

static nn_status roles_by_name(loader *l, data_columns *columns, bool with_target)
{
    const data_model *m = l->model;
    nn_status status = give_names_roles(l, columns);
    char shown[EXCERPT_SIZE], list[300];
    for (size_t j = 0; j < m->n_inputs; j++) {
        if (!is_there(columns, m->input_names[j]) && !same_column_again(l, j)) {
            status = data_mistake(l, 0, 0, "has no column '%s', an input of the network (inputs: %s)",
                                  column_of(l, j, shown), list_inputs(l, list, sizeof list));
        }
    }
    const nn_status targets = with_target && m->with_target ? find_targets(l, columns) : NN_ok;
    return targets != NN_ok ? targets : status;
}

/* ---- roles by position: the file has all columns that the training data had, or the inputs alone ---- */

static bool has_one_hot(const loader *l)
{
    return l->model->input_names != NULL && (l->spec->one_hot.n > 0 || l->spec->one_hot_text);
}

/* How many columns the inputs were made of. */
static int n_input_columns(const loader *l)
{
    int n = 0;
    for (size_t j = 0; j < l->model->n_inputs; j++)
        n += !has_one_hot(l) || !same_column_again(l, j);
    return n;
}

/* Gives the columns that are inputs, in their order, the names that these had in training, and the role: with one-hot
 * inputs it is the names that tell what each column was. Training data without a header have indices for names. */
static nn_status name_by_position(loader *l, data_columns *columns)
{
    size_t j = 0, size = 0;
    if (!has_one_hot(l))
        return NN_ok;
    for (size_t k = 0; k < l->model->n_inputs; k++)
        size += strlen(l->model->input_names[k]) + 1;
    char *text = l->column_text = malloc(size + 1);
    columns->given_names = calloc((size_t)columns->n + 1, sizeof *columns->given_names);
    if (text == NULL || columns->given_names == NULL)
        return data_no_memory(l, "the columns of the data file");
    for (int i = 0; i < columns->n; i++) {
        if (columns->role[i] > ROLE_ONE_HOT || j == l->model->n_inputs)
            continue;
        const char *input = l->model->input_names[j];
        const size_t length = strcspn(input, "=");
        columns->role[i] = input[length] == '=' ? ROLE_ONE_HOT : ROLE_INPUT;
        columns->given_names[i] = memcpy(text, input, length);
        text[length] = '\0';
        text += length + 1;
        do
            j++;
        while (j < l->model->n_inputs && same_column_again(l, j));
    }
    return NN_ok;
}

static nn_status wrong_number(loader *l, const data_columns *columns, int as_trained, bool with_target)
{
    const int n = n_input_columns(l);
    char text[100] = "";
    if (with_target && l->model->with_target)
        snprintf(text, sizeof text, "with the target%s, as in the training data, it would have %d",
                 l->spec->targets.n > 1 ? "s" : "", as_trained);
    else if (as_trained != n)
        snprintf(text, sizeof text, "give these %d alone, or %d as in the training data", n, as_trained);
    else
        snprintf(text, sizeof text, "give these %d", n);
    return data_mistake(l, 0, 0, "has %d column%s, the network takes %d %s%s; %s", columns->n,
                        columns->n == 1 ? "" : "s", n, has_one_hot(l) ? "column" : "input", n == 1 ? "" : "s", text);
}

/* Makes inputs of all columns but the names of the rows, and the id where it is one column more. */
static nn_status all_inputs(loader *l, data_columns *columns)
{
    columns->role = calloc((size_t)columns->n + 1, sizeof *columns->role);
    if (columns->role == NULL)
        return data_no_memory(l, "the columns of the data file");
    columns->role[0] = columns->row_names ? ROLE_IGNORED : ROLE_INPUT;
    if (columns->id != NO_COLUMN && columns->n - columns->row_names > n_input_columns(l))
        columns->role[columns->id] = ROLE_IGNORED;
    return name_by_position(l, columns);
}

static nn_status roles_by_position(loader *l, data_columns *columns, bool with_target)
{
    const data_model *m = l->model;
    const data_spec *spec = l->spec;
    const int n = n_input_columns(l), n_targets = spec->targets.n > 0 ? (int)spec->targets.n : 1,
              others = (int)spec->ignore.n + columns->row_names + (with_target && spec->split.kind == SPLIT_COLUMN),
              as_trained = n + others + (with_target ? n_targets : 0);
    if (spec->one_hot.n > 0 && m->input_names == NULL)
        return data_mistake(l, 0, 0,
                            "the network has one-hot inputs whose categories its file does not have, as an older "
                            "program wrote it; run the grid once more, which trains nothing anew");
    const int given = columns->n - columns->row_names;
    const bool with_id = columns->id != NO_COLUMN && given == n + 1;
    if (with_id && columns->n == as_trained && columns->id < columns->n - 1)
        diagnostics_add_file(l->diags, SEVERITY_WARNING, NN_data, l->path, (place){0, 0},
                             "column %d is taken for the id of the rows, all others for the inputs", columns->id);
    if ((given == n || with_id) && !(with_target && m->with_target))
        return all_inputs(l, columns);
    if (columns->n != as_trained)
        return wrong_number(l, columns, as_trained, with_target);
    const int id = columns->id;
    nn_status status = data_roles(l, columns, with_target);
    columns->id = id;
    for (int i = 0; i < columns->n && status == NN_ok; i++) {
        const bool kept = columns->role[i] <= ROLE_ONE_HOT || (columns->role[i] == ROLE_TARGET && m->with_target);
        columns->role[i] = kept ? columns->role[i] : ROLE_IGNORED;
    }
    columns->n_targets = m->with_target ? columns->n_targets : 0;
    columns->part = NO_COLUMN;
    return status == NN_ok ? name_by_position(l, columns) : status;
}

nn_status data_new_roles(loader *l, data_columns *columns, bool with_target)
{
    const char *id = l->model->id;
    columns->part = columns->id = NO_COLUMN;
    if (id != NULL && with_target && data_columns_find(l, columns, id, (place){0, 0}, &columns->id) != NN_ok)
        return NN_data;
    if (l->model->input_names == NULL || columns->names == NULL || data_columns_are_indices(l->model))
        return roles_by_position(l, columns, with_target);
    columns->role = calloc((size_t)columns->n + 1, sizeof *columns->role);
    if (columns->role == NULL)
        return data_no_memory(l, "the columns of the data file");
    columns->role[0] = columns->row_names ? ROLE_IGNORED : ROLE_INPUT;
    return roles_by_name(l, columns, with_target);
}

/* ---- categories ---- */

/* Reports values of a categorical column that training did not have. */
static nn_status check_known(loader *l, const data_table *t, size_t which, const data_distinct *v)
{
    const size_t input = t->hot[which];
    char shown[EXCERPT_SIZE], name[EXCERPT_SIZE];
    data_repeat unknown = {0};
    for (size_t i = 0; i < t->n_rows; i++) {
        const char *word = data_table_word(t, i, which);
        const double value = data_table_input(t, i, input);
        size_t at;
        const bool comparable = v->numbers ? word == NULL || !data_field_is_word(word) : word != NULL;
        if (isnan(value) || (comparable && data_distinct_find(v, value, word, &at)))
            continue;
        const int line = data_table_go(t, i, false, l);
        data_repeat_note(l, &unknown, (place){line, data_table_column(t, input)}, "",
                         "'%s' is not a category that column '%s' had in the training data",
                         word != NULL ? data_excerpt(word, shown) : "this", data_excerpt(t->names[input], name));
    }
    data_repeat_tell(l, &unknown);
    return l->n_mistakes > 0 ? NN_data : NN_ok;
}

nn_status data_new_values(loader *l, const data_table *t, size_t which, data_distinct *v)
{
    const data_model *m = l->model;
    const char *name = t->names[t->hot[which]], *word;
    bool numbers = true;
    double number = 0.0;
    for (size_t j = 0; j < m->n_inputs; j++)
        numbers = numbers && (!is_value_of(m->input_names[j], name, &word) ||
                              (data_field_number(word, &number) && data_is_exact(number)));
    nn_status status = data_distinct_new(v, numbers, l);
    for (size_t j = 0; j < m->n_inputs && status == NN_ok; j++) {
        if (is_value_of(m->input_names[j], name, &word)) {
            data_field_number(word, &number);
            data_distinct_add(v, number, word);
        }
    }
    return status == NN_ok ? check_known(l, t, which, v) : status;
}

/* ---- inputs in the order of training ---- */

/* Sets from[j] to the input of the table that is input j of the network. False: one is missing, which the roles
 * exclude. */
static bool find_order(const data_table *t, const data_model *m, size_t *from)
{
    for (size_t j = 0; j < m->n_inputs; j++) {
        size_t i = 0;
        while (i < t->n_inputs && strcmp(t->names[i], m->input_names[j]) != 0)
            i++;
        if (i == t->n_inputs)
            return false;
        from[j] = i;
    }
    return true;
}

static void reorder(data_table *t, const size_t *from, double *row)
{
    const size_t n = t->n_inputs;
    for (size_t i = 0; i < t->n_rows; i++) {
        memcpy(row, t->inputs + i * n, n * sizeof *row);
        for (size_t j = 0; j < n; j++)
            t->inputs[i * n + j] = row[from[j]];
    }
}

nn_status data_new_arrange(loader *l, data_table *t)
{
    const data_model *m = l->model;
    if (t->n_inputs != m->n_inputs) {
        return data_mistake(l, 0, 0, "has %zu input%s, the network takes %zu", t->n_inputs, t->n_inputs == 1 ? "" : "s",
                            m->n_inputs);
    }
    if (t->names == NULL || m->input_names == NULL)
        return NN_ok;
    size_t *from = malloc(m->n_inputs * sizeof *from);
    double *row = malloc(m->n_inputs * sizeof *row);
    nn_status status = NN_ok;
    if (from == NULL || row == NULL) {
        status = data_no_memory(l, "the order of the columns");
    } else if (!find_order(t, m, from)) {
        status = data_mistake(l, 0, 0, "does not have the inputs of the network");
    } else {
        reorder(t, from, row);
        for (size_t j = 0; j < m->n_inputs; j++)
            t->names[j] = m->input_names[j];
    }
    free(from);
    free(row);
    return status;
}

/* ---- classes and targets ---- */

/* The class of a label; n_classes if there is none. Labels that are numbers are compared as numbers where these can be told
 * apart. */
static size_t find_class(const data_model *m, const char *label, double value)
{
    double number;
    for (size_t c = 0; c < m->n_classes; c++) {
        const bool same = label != NULL && strcmp(m->class_names[c], label) == 0;
        if (same || (data_is_exact(value) && data_field_number(m->class_names[c], &number) && number == value))
            return c;
    }
    return m->n_classes;
}

static nn_status name_classes(loader *l, dataset *d)
{
    const data_model *m = l->model;
    d->data.n_classes = m->n_classes;
    d->class_names = calloc(m->n_classes, sizeof *d->class_names);
    for (size_t c = 0; d->class_names != NULL && c < m->n_classes; c++) {
        d->class_names[c] = strdup(m->class_names[c]);
        if (d->class_names[c] == NULL)
            return data_no_memory(l, "the class names");
    }
    return d->class_names != NULL ? NN_ok : data_no_memory(l, "the class names");
}

nn_status data_new_classes(loader *l, const data_table *t, dataset *d)
{
    int32_t *of = calloc(t->n_rows, sizeof *of);
    if (of == NULL)
        return data_no_memory(l, "the classes");
    data_repeat unknown = {0};
    d->data.classes = of;
    for (size_t i = 0; i < t->n_rows && t->n_targets > 0; i++) {
        const char *label = t->labels != NULL ? t->labels[i] : NULL;
        const size_t c = find_class(l->model, label, t->targets[i]);
        char shown[EXCERPT_SIZE], number[32];
        snprintf(number, sizeof number, "%.12g", t->targets[i]);
        if (c == l->model->n_classes) {
            const int line = data_table_go(t, i, true, l);
            data_repeat_note(l, &unknown, (place){line, t->target_column}, "",
                             "'%s' is not one of the %zu classes of the network (%s, %s, ...)",
                             data_excerpt(label != NULL ? label : number, shown), c, l->model->class_names[0],
                             l->model->class_names[1]);
        } else {
            of[i] = (int32_t)c;
        }
    }
    data_repeat_tell(l, &unknown);
    return l->n_mistakes > 0 ? NN_data : name_classes(l, d);
}

nn_status data_fit_targets(loader *l, data_table *t)
{
    const data_model *m = l->model;
    if (!m->with_target) {
        free(t->labels);
        t->labels = NULL;
        free(t->targets);
        t->n_targets = m->class_names != NULL ? 0 : m->n_outputs;
        t->targets = calloc(t->n_rows * t->n_targets + 1, sizeof *t->targets);
        return t->targets != NULL ? NN_ok : data_no_memory(l, "the targets");
    }
    if (m->class_names == NULL && t->n_targets != m->n_outputs) {
        return data_mistake(l, 0, 0, "has %zu target%s, the network %zu output%s", t->n_targets,
                            t->n_targets == 1 ? "" : "s", m->n_outputs, m->n_outputs == 1 ? "" : "s");
    }
    return NN_ok;
}
