/* table.h - tables as read: growth, joining, missing values. */
#ifndef NNGRID_DATA_TABLE_H
#define NNGRID_DATA_TABLE_H

#include "data/message.h"

/* Rows that came from one file (or two). */
typedef struct table_file {
    size_t first; /* row */
    const char *path, *target_path;
} table_file;

enum { IN_POOL = -1, NO_COLUMN = -1 };

/* What was read, before classes are found and the smallest form is chosen. Owns all but the strings, which
 * point into `texts` or are constants. */
typedef struct data_table {
    size_t n_rows, capacity, n_inputs, n_targets;
    double *inputs;      /* [n_rows][n_inputs], NaN: missing; NULL where there are bytes */
    uint8_t *bytes;      /* [n_rows][n_inputs], or NULL */
    double *targets;     /* [n_rows][n_targets], NaN: missing or a word */
    const char **labels; /* [n_rows] targets as they stand in the file, NULL: missing; or NULL: targets are numbers */
    int8_t *parts;       /* [n_rows] nn_part or IN_POOL; or NULL: all in the pool */
    int *lines;          /* [n_rows] where the row stands in its file, or NULL: row i + 1 */
    int *columns;        /* [n_inputs] where the input stands, or NULL: column j + 1 */
    const char **names;  /* [n_inputs] or NULL */
    const char *target_name;
    int target_column;  /* from 1 */
    size_t n_hot, *hot; /* [n_hot] inputs that become one column for each of their values */
    const char **words; /* [n_rows][n_hot] their fields, NULL: missing; or NULL: `inputs` has all of them */
    size_t n_texts;
    char **texts;     /* what strings point into */
    size_t n_missing; /* inputs and targets, those of dropped rows included */
    size_t n_dropped;
    int n_files;
    table_file files[NN_N_PART];
} data_table;

/* Makes room for one more row in every array that the table has. */
nn_status data_table_grow(data_table *t, bool with_labels, bool with_parts, loader *l);
void data_table_free(data_table *t);
/* Takes over a block that strings point into; false (and it is freed): no memory. */
bool data_table_own(data_table *t, char *text);
/* Line of a row; the loader's path becomes that of its inputs or targets. */
int data_table_go(const data_table *t, size_t row, bool target, loader *l);
int data_table_column(const data_table *t, size_t input);
static inline double data_table_input(const data_table *t, size_t row, size_t input)
{
    const size_t at = row * t->n_inputs + input;
    return t->bytes != NULL ? (double)t->bytes[at] : t->inputs[at];
}
/* Field of a one-hot column, NULL: missing, or the values are numbers. */
static inline const char *data_table_word(const data_table *t, size_t row, size_t which)
{
    return t->words != NULL ? t->words[row * t->n_hot + which] : NULL;
}

/* Reports (missing: error), drops or leaves missing inputs; a missing target is an error unless rows are
 * dropped. */
nn_status data_table_missing(data_table *t, loader *l);

#endif
