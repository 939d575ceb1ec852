/* Makes the values missing that the grid says stand for missing ones. */
#include "data/codes.h"
#include "base/suggest.h"
#include "data/text.h"
#include <stdio.h>
#include <string.h>

static bool is_name(const data_table *t, const char *word)
{
    for (size_t j = 0; t->names != NULL && j < t->n_inputs; j++)
        if (strcmp(t->names[j], word) == 0)
            return true;
    return false;
}

/* Is it the input that `word` names: by its name or, if no input is called so, by the index of its column in the file? */
static bool is_input(const data_table *t, size_t j, const char *word)
{
    char index[24];
    if (is_name(t, word))
        return strcmp(t->names[j], word) == 0;
    snprintf(index, sizeof index, "%d", data_table_column(t, j) - 1);
    return strcmp(index, word) == 0;
}

/* New data have the columns of the training data by name, in any order and without some: an index means nothing there. */
static bool is_lost(const data_table *t, const data_missing_value *code, const loader *l)
{
    return l->model != NULL && l->model->input_names != NULL && code->column != NULL && !is_name(t, code->column) &&
           strspn(code->column, "0123456789") == strlen(code->column);
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

static nn_status unknown_input(const data_table *t, const data_missing_value *code, loader *l)
{
    const char *near = t->names != NULL ? suggest_nearest(code->column, t->names, t->n_inputs) : NULL;
    char shown[EXCERPT_SIZE];
    if (l->model != NULL) /* new data may lack what is not used */
        return NN_ok;
    return data_spec_mistake(l, code->at, "missing_values: '%s' is no input column%s%s%s",
                             data_excerpt(code->column, shown), near != NULL ? "; did you mean '" : "",
                             near != NULL ? near : "", near != NULL ? "'?" : "");
}

nn_status data_codes_apply(data_table *t, loader *l)
{
    nn_status status = l->spec->n_missing_values > 0 ? data_table_widen(t, l) : NN_ok;
    for (size_t i = 0; i < l->spec->n_missing_values && status != NN_memory; i++) {
        const data_missing_value *code = &l->spec->missing_values[i];
        size_t found = 0;
        if (is_lost(t, code, l))
            return data_spec_mistake(
                l, code->at,
                "missing_values: the index %s tells no column of new data; say its name in the grid "
                "and run it once more, which trains nothing anew",
                code->column);
        for (size_t j = 0; j < t->n_inputs; j++)
            if (code->column == NULL || is_input(t, j, code->column)) {
                make_missing(t, j, code->value);
                found++;
            }
        if (found == 0)
            status = unknown_input(t, code, l);
    }
    return status;
}
