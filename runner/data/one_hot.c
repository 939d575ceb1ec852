/* One-hot coding: a column of words, or of numbers that are names, becomes one column of 0 and 1 for each of
 * its values, in their order (numbers by size, words by their bytes). */
#include "data/one_hot.h"
#include "base/file.h"
#include "data/fit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct hot_column {
    size_t input; /* before */
    data_distinct values;
} hot_column;

static nn_status find_values(const data_table *t, size_t which, hot_column *h, loader *l)
{
    h->input = t->hot[which];
    nn_status status = l->model != NULL ? data_new_values(l, t, which, &h->values)
                                        : data_distinct_of_input(t, h->input, &h->values, l);
    if (status == NN_ok && h->values.too_many) {
        return data_mistake(l, data_table_go(t, 0, false, l), data_table_column(t, h->input),
                            "a one-hot column has at most %d values, this one has more; is it a number?", MAX_CLASSES);
    }
    return status;
}

/* ---- the wider table ---- */

typedef struct widening {
    data_table *t;
    hot_column *hot; /* [t->n_hot] */
    size_t n_inputs;
    double *inputs;
    int *columns;
    const char **names;
} widening;

/* Column and names of what becomes of input j from place `at` on. */
static bool name_columns(widening *w, size_t at, size_t j, const hot_column *h)
{
    const data_table *t = w->t;
    for (size_t k = 0; k < (h != NULL ? h->values.n : 1); k++) {
        w->columns[at + k] = data_table_column(t, j);
        if (t->names == NULL || h == NULL) {
            w->names[at + k] = t->names != NULL ? t->names[j] : NULL;
            continue;
        }
        char *name = NULL;
        const data_distinct *v = &h->values;
        const int n = v->numbers ? asprintf(&name, "%s=%.12g", t->names[j], v->number[k])
                                 : asprintf(&name, "%s=%s", t->names[j], v->word[k]);
        if (n < 0 || !data_table_own(w->t, name))
            return false;
        w->names[at + k] = name;
    }
    return true;
}

static void fill_row(const widening *w, size_t row)
{
    const data_table *t = w->t;
    double *to = w->inputs + row * w->n_inputs;
    for (size_t j = 0, which = 0; j < t->n_inputs; j++) {
        const double value = data_table_input(t, row, j);
        if (which == t->n_hot || w->hot[which].input != j) {
            *to++ = value;
            continue;
        }
        const data_distinct *v = &w->hot[which].values;
        const size_t at = isnan(value) ? 0 : data_distinct_find(v, value, data_table_word(t, row, which));
        for (size_t k = 0; k < v->n; k++)
            *to++ = isnan(value) ? NN_NAN : k == at ? 1.0 : 0.0;
        which++;
    }
}

static nn_status widen(widening *w, loader *l)
{
    data_table *t = w->t;
    w->n_inputs = t->n_inputs - t->n_hot;
    for (size_t which = 0; which < t->n_hot; which++)
        w->n_inputs += w->hot[which].values.n;
    const double bytes = (double)w->n_inputs * (double)t->n_rows * sizeof *w->inputs;
    w->inputs = file_fits_memory(bytes) ? malloc(t->n_rows * w->n_inputs * sizeof *w->inputs + 1) : NULL;
    w->columns = malloc(w->n_inputs * sizeof *w->columns + 1);
    w->names = malloc(w->n_inputs * sizeof *w->names + 1);
    if (w->inputs == NULL || w->columns == NULL || w->names == NULL)
        return data_no_memory(l, "the one-hot columns");
    for (size_t j = 0, which = 0, at = 0; j < t->n_inputs; j++) {
        const hot_column *h = which < t->n_hot && w->hot[which].input == j ? &w->hot[which++] : NULL;
        if (!name_columns(w, at, j, h))
            return data_no_memory(l, "the names of one-hot columns");
        at += h != NULL ? h->values.n : 1;
    }
    for (size_t i = 0; i < t->n_rows; i++)
        fill_row(w, i);
    return NN_ok;
}

/* The table gets the wider arrays; w the old ones, to be freed. */
static void swap_arrays(widening *w)
{
    data_table *t = w->t;
    double *inputs = t->inputs;
    int *columns = t->columns;
    const char **names = t->names;
    t->inputs = w->inputs;
    t->columns = w->columns;
    t->names = names != NULL ? w->names : NULL;
    w->names = names != NULL ? names : w->names;
    w->inputs = inputs;
    w->columns = columns;
    free(t->bytes);
    t->bytes = NULL;
    t->n_inputs = w->n_inputs;
}

nn_status data_table_one_hot(data_table *t, loader *l)
{
    nn_status status = NN_ok;
    if (t->n_hot == 0)
        return NN_ok;
    widening w = {.t = t, .hot = calloc(t->n_hot, sizeof *w.hot)};
    if (w.hot == NULL)
        return data_no_memory(l, "the one-hot columns");
    for (size_t which = 0; which < t->n_hot && status == NN_ok; which++)
        status = find_values(t, which, &w.hot[which], l);
    if (status == NN_ok)
        status = widen(&w, l);
    if (status == NN_ok)
        swap_arrays(&w);
    for (size_t which = 0; which < t->n_hot; which++)
        data_distinct_free(&w.hot[which].values);
    free(w.hot);
    free(w.inputs);
    free(w.columns);
    free((void *)w.names);
    return status;
}
