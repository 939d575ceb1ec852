/* Makes the values missing that the grid says stand for missing ones. */
#include "data/codes.h"
#include "base/suggest.h"
#include "data/text.h"
#include <stdio.h>
#include <string.h>

/* Is it the input that `word` names, by its name or by the index of its column in the file? */
static bool is_input(const data_table *t, size_t j, const char *word)
{
    char index[24];
    snprintf(index, sizeof index, "%d", data_table_column(t, j) - 1);
    return (t->names != NULL && strcmp(t->names[j], word) == 0) || strcmp(index, word) == 0;
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
