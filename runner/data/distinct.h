/* distinct.h - the different values of a column, sorted and counted: numbers by size, words by their bytes. */
#ifndef NNGRID_DATA_DISTINCT_H
#define NNGRID_DATA_DISTINCT_H

#include "data/table.h"

/* The values of a column, sorted. At most MAX_CLASSES of them. */
typedef struct data_distinct {
    size_t n;
    bool numbers, too_many;
    double *number;    /* [n] */
    const char **word; /* [n] */
    size_t *count;     /* [n] rows that have it */
} data_distinct;

nn_status data_distinct_new(data_distinct *v, bool numbers, loader *l);
void data_distinct_free(data_distinct *v);
/* `word` is looked at where the values are words. */
void data_distinct_add(data_distinct *v, double number, const char *word);
bool data_distinct_has(const data_distinct *v, double number, const char *word);
size_t data_distinct_find(const data_distinct *v, double number, const char *word);
/* Those of an input; words where it is one-hot and not all of it is numbers. */
nn_status data_distinct_of_input(const data_table *t, size_t input, data_distinct *v, loader *l);

#endif
