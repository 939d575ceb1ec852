/* Collects the distinct values of a column in a sorted array. */
#include "data/distinct.h"
#include "data/text.h"
#include <stdlib.h>
#include <string.h>

nn_status data_distinct_new(data_distinct *v, bool numbers, loader *l)
{
    *v = (data_distinct){.numbers = numbers,
                         .number = malloc(MAX_CLASSES * sizeof *v->number),
                         .word = malloc(MAX_CLASSES * sizeof *v->word),
                         .count = malloc(MAX_CLASSES * sizeof *v->count)};
    if (v->number != NULL && v->word != NULL && v->count != NULL)
        return NN_ok;
    data_distinct_free(v);
    return data_no_memory(l, "the values of a column");
}

void data_distinct_free(data_distinct *v)
{
    free(v->number);
    free((void *)v->word);
    free(v->count);
    *v = (data_distinct){0};
}

static int compare(const data_distinct *v, double number, const char *word, size_t with)
{
    return v->numbers ? (number > v->number[with]) - (number < v->number[with]) : strcmp(word, v->word[with]);
}

/* The index of a value, or the index at which it would be inserted. */
static size_t find(const data_distinct *v, double number, const char *word, bool *found)
{
    size_t low = 0, high = v->n;
    *found = false;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = compare(v, number, word, middle);
        if (order == 0) {
            *found = true;
            return middle;
        }
        low = order > 0 ? middle + 1 : low;
        high = order > 0 ? high : middle;
    }
    return low;
}

bool data_distinct_find(const data_distinct *v, double number, const char *word, size_t *at)
{
    bool found;
    *at = find(v, number, word, &found);
    return found;
}

void data_distinct_add(data_distinct *v, double number, const char *word)
{
    bool found;
    const size_t at = find(v, number, word, &found), after = v->n - at;
    if (found) {
        v->count[at]++;
        return;
    }
    if (v->n == MAX_CLASSES) {
        v->too_many = true;
        return;
    }
    memmove(v->number + at + 1, v->number + at, after * sizeof *v->number);
    memmove(v->word + at + 1, v->word + at, after * sizeof *v->word);
    memmove(v->count + at + 1, v->count + at, after * sizeof *v->count);
    v->number[at] = number;
    v->word[at] = word;
    v->count[at] = 1;
    v->n++;
}

/* Which of the categorical inputs this input is; n_hot if it is numeric. */
static size_t which_hot(const data_table *t, size_t input)
{
    size_t which = 0;
    while (which < t->n_hot && t->hot[which] != input)
        which++;
    return which;
}

/* Are all values of the categorical input numbers that can be told apart? */
static bool all_numbers(const data_table *t, size_t which)
{
    for (size_t i = 0; i < t->n_rows && which < t->n_hot && t->words != NULL; i++) {
        const char *word = data_table_word(t, i, which);
        if (word != NULL && (data_field_is_word(word) || !data_is_exact(data_table_input(t, i, t->hot[which]))))
            return false;
    }
    return true;
}

nn_status data_distinct_of_input(const data_table *t, size_t input, data_distinct *v, loader *l)
{
    const size_t which = which_hot(t, input);
    nn_status status = data_distinct_new(v, all_numbers(t, which), l);
    for (size_t i = 0; i < t->n_rows && status == NN_ok && !v->too_many; i++) {
        const double value = data_table_input(t, i, input);
        if (!isnan(value))
            data_distinct_add(v, value, which < t->n_hot ? data_table_word(t, i, which) : NULL);
    }
    return status;
}

bool data_labels_are_numbers(const data_table *t)
{
    for (size_t i = 0; i < t->n_rows && t->labels != NULL; i++)
        if (t->labels[i] != NULL && (isnan(t->targets[i]) || !data_is_exact(t->targets[i])))
            return false;
    return true;
}

nn_status data_distinct_of_targets(const data_table *t, data_distinct *v, loader *l)
{
    nn_status status = data_distinct_new(v, data_labels_are_numbers(t), l);
    for (size_t i = 0; i < t->n_rows && status == NN_ok; i++) {
        const bool missing = t->labels != NULL ? t->labels[i] == NULL : isnan(t->targets[i]);
        if (!missing)
            data_distinct_add(v, t->targets[i], t->labels != NULL ? t->labels[i] : NULL);
    }
    return status;
}
