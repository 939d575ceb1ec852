/* distinct.h - the distinct values of a column, sorted and counted: numbers by value, text by its bytes. */
#ifndef NNGRID_DATA_DISTINCT_H
#define NNGRID_DATA_DISTINCT_H

#include "data/table.h"

/* At most MAX_CLASSES values. */
typedef struct data_distinct {
    size_t n;
    bool numbers;      /* else the values are text */
    bool too_many;     /* the column has more values than are kept */
    double *number;    /* [n] */
    const char **word; /* [n] */
    size_t *count;     /* [n] rows with this value */
} data_distinct;

nn_status data_distinct_new(data_distinct *v, bool numbers, loader *l);
void data_distinct_free(data_distinct *v);
/* Adds or counts a value: `word` where the values are text, else `number`. */
void data_distinct_add(data_distinct *v, double number, const char *word);
/* Is it one of them? *at is then which one. */
bool data_distinct_find(const data_distinct *v, double number, const char *word, size_t *at);
/* The distinct values of an input: text where the input is categorical and not all of its values are numbers. */
nn_status data_distinct_of_input(const data_table *t, size_t input, data_distinct *v, loader *l);
/* Are all labels that are not missing numbers that can be told apart? */
bool data_labels_are_numbers(const data_table *t);
/* The distinct values of a single target, numbers if all of its labels are. */
nn_status data_distinct_of_targets(const data_table *t, data_distinct *v, loader *l);

#endif
