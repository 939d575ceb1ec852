/* Makes the values missing that the grid says stand for missing ones. */
#include "data/codes.h"
#include "base/suggest.h"
#include "data/columns.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The inputs of a table, in which words are looked up. Headerless new data have the inputs of training in their order,
 * with those names, and the indices that they had there: with or without a target before them. */
typedef struct inputs {
    const data_table *table;
    const char *const *names; /* [n] or NULL */
    const int *columns;       /* [n] from 0, in the training data; NULL: those of the table */
    size_t n;
} inputs;

static bool is_name(const inputs *in, const char *word)
{
    for (size_t j = 0; in->names != NULL && j < in->n; j++)
        if (strcmp(in->names[j], word) == 0)
            return true;
    return false;
}

/* Is it the input that `word` names: by its name or, if no input is called so, by the index of its column in the file? */
static bool is_input(const inputs *in, size_t j, const char *word)
{
    char index[24];
    if (is_name(in, word))
        return strcmp(in->names[j], word) == 0;
    snprintf(index, sizeof index, "%d", in->columns != NULL ? in->columns[j] : data_table_column(in->table, j) - 1);
    return strcmp(index, word) == 0;
}

/* New data have the columns of the training data by name, in any order and without some: an index means nothing there. */
static bool is_lost(const inputs *in, const data_missing_value *code, const loader *l)
{
    return l->model != NULL && l->model->input_names != NULL && code->column != NULL && !is_name(in, code->column) &&
           strspn(code->column, "0123456789") == strlen(code->column);
}

/* Fills the columns that the inputs had in training data without a header, from the roles that these had. */
static nn_status find_trained(loader *l, int *trained)
{
    const data_spec *spec = l->spec;
    const bool apart = spec->targets_name != NULL || spec->parts[NN_TRAIN].targets != NULL;
    const int n_targets = apart ? 0 : spec->targets.n > 0 ? (int)spec->targets.n : 1, n = (int)l->model->n_inputs;
    data_columns whole = {.n = n + (int)spec->ignore.n + n_targets + (!apart && spec->split.kind == SPLIT_COLUMN)};
    const nn_status status = data_roles(l, &whole, !apart);
    for (int i = 0, found = 0; i < whole.n && found < n && status == NN_ok; i++)
        if (whole.role[i] <= ROLE_ONE_HOT)
            trained[found++] = i;
    data_columns_free(&whole);
    return status;
}

static void make_missing(data_table *t, size_t j, double value)
{
    size_t which = 0;
    while (which < t->n_hot && t->hot[which] != j)
        which++;
    for (size_t i = 0; i < t->n_rows; i++) {
        double *x = &t->inputs[i * t->n_inputs + j];
        double number = *x;
        const char *word = which < t->n_hot ? data_table_word(t, i, which) : NULL;
        if (word != NULL && !data_field_number(word, &number))
            continue;
        if (!(number == value))
            continue;
        *x = NN_NAN;
        if (word != NULL)
            t->words[i * t->n_hot + which] = NULL;
    }
}

static nn_status unknown_input(const inputs *in, const data_missing_value *code, loader *l)
{
    const char *near = in->names != NULL ? suggest_nearest(code->column, in->names, in->n) : NULL;
    char shown[EXCERPT_SIZE];
    if (l->model != NULL) /* new data may lack what is not used */
        return NN_ok;
    return data_spec_mistake(l, code->at, "missing_values: '%s' is no input column%s%s%s",
                             data_excerpt(code->column, shown), near != NULL ? "; did you mean '" : "",
                             near != NULL ? near : "", near != NULL ? "'?" : "");
}

static nn_status apply(const inputs *in, const data_missing_value *code, data_table *t, loader *l)
{
    bool found = false;
    if (is_lost(in, code, l))
        return data_spec_mistake(l, code->at,
                                 "missing_values: the index %s tells no column of new data; say its name in the grid "
                                 "and run it once more, which trains nothing anew",
                                 code->column);
    for (size_t j = 0; j < in->n; j++)
        if (code->column == NULL || is_input(in, j, code->column)) {
            make_missing(t, j, code->value);
            found = true;
        }
    return found ? NN_ok : unknown_input(in, code, l);
}

static nn_status apply_all(const inputs *in, data_table *t, loader *l)
{
    nn_status status = NN_ok;
    for (size_t i = 0; i < l->spec->n_missing_values && status != NN_memory; i++) {
        const nn_status one = apply(in, &l->spec->missing_values[i], t, l);
        status = one != NN_ok ? one : status;
    }
    return status;
}

nn_status data_codes_apply(data_table *t, loader *l)
{
    if (l->spec->n_missing_values == 0)
        return NN_ok;
    nn_status status = data_table_widen(t, l);
    const data_model *m = l->model;
    inputs in = {.table = t, .names = (const char *const *)t->names, .n = t->n_inputs};
    if (status != NN_ok || m == NULL || t->names != NULL || t->n_inputs != m->n_inputs)
        return status == NN_ok ? apply_all(&in, t, l) : status;
    int *trained = malloc((t->n_inputs + 1) * sizeof *trained);
    if (trained == NULL)
        return data_no_memory(l, "the columns of the data file");
    in.names = m->input_names;
    in.columns = m->input_names == NULL ? trained : NULL;
    status = in.columns == NULL ? NN_ok : find_trained(l, trained);
    if (status == NN_ok)
        status = apply_all(&in, t, l);
    free(trained);
    return status;
}
