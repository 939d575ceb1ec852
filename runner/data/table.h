/* table.h - a table of rows as it was read from files, before missing values, categories and classes are handled. */
#ifndef NNGRID_DATA_TABLE_H
#define NNGRID_DATA_TABLE_H

#include "data/message.h"

/* The rows that came from one file, or from two: one for inputs, one for targets. */
typedef struct table_file {
    size_t first; /* its first row in the table */
    const char *path, *target_path;
} table_file;

enum { IN_POOL = -1, NO_COLUMN = -1 };

/* The table owns its arrays; the strings in them point into `texts` or are constants. */
typedef struct data_table {
    size_t n_rows, capacity, n_inputs, n_targets;
    double *inputs;            /* [n_rows][n_inputs], NaN where missing; NULL where `bytes` holds the inputs */
    uint8_t *bytes;            /* [n_rows][n_inputs], or NULL */
    double *targets;           /* [n_rows][n_targets], NaN where missing or where the label is text */
    const char **labels;       /* [n_rows] labels as text, NULL where missing; NULL where `targets` holds all labels */
    const char **ids;          /* [n_rows] of new data: the fields of data_model.id; else NULL */
    const char *id_name;       /* or NULL */
    int8_t *parts;             /* [n_rows] nn_part or IN_POOL; NULL where all rows are in the pool */
    int *lines;                /* [n_rows] the line of the row in its file; NULL where row i is line i + 1 */
    int *columns;              /* [n_inputs] the column of the input in its file; NULL where input j is column j + 1 */
    const char **names;        /* [n_inputs] or NULL */
    const char *target_name;   /* of a single target, or NULL */
    const char **target_names; /* [n_targets] of several, or NULL */
    int target_column;         /* from 1; that of the first where there are several */
    int *target_columns;       /* [n_targets] from 1; NULL where target k is column target_column + k */
    size_t n_hot, *hot;        /* [n_hot] the categorical inputs, which will be coded one-hot */
    const char *
        *words; /* [n_rows][n_hot] their fields as text, NULL where missing; NULL where `inputs` holds all values */
    size_t n_texts;
    char **texts;     /* [n_texts] blocks that strings point into */
    size_t n_missing; /* missing inputs and targets, those of dropped rows included */
    size_t n_dropped;
    int n_files;
    table_file files[NN_N_PART];
} data_table;

/* The arrays that only some tables have. */
typedef struct table_extras {
    bool labels, parts, ids;
} table_extras;

/* Makes room for one more row in every array, also in those that the table is to have. */
nn_status data_table_grow(data_table *t, table_extras with, loader *l);
void data_table_free(data_table *t);
/* Appends the rows of `more`, which must have the same columns, and takes its strings. */
nn_status data_table_append(data_table *t, data_table *more, loader *l);
/* Takes ownership of a block that strings point into. False: memory is short, and the block is freed. */
bool data_table_own(data_table *t, char *text);
/* Returns the line of a row, and sets the loader's path to the file of its inputs or of its target, for a message. */
int data_table_go(const data_table *t, size_t row, bool target, loader *l);
int data_table_column(const data_table *t, size_t input);
static inline int data_table_target_column(const data_table *t, size_t k)
{
    return t->target_columns != NULL ? t->target_columns[k] : t->target_column + (int)k;
}
static inline double data_table_input(const data_table *t, size_t row, size_t input)
{
    const size_t at = row * t->n_inputs + input;
    return t->bytes != NULL ? (double)t->bytes[at] : t->inputs[at];
}
/* The field of a categorical column as text; NULL where it is missing, or where all values are numbers. */
static inline const char *data_table_word(const data_table *t, size_t row, size_t which)
{
    return t->words != NULL ? t->words[row * t->n_hot + which] : NULL;
}

/* Turns inputs that are bytes into doubles. */
nn_status data_table_widen(data_table *t, loader *l);
/* Reports missing inputs, drops their rows, or leaves them to imputation, as `missing` says. A missing target is an
 * error unless rows are dropped. */
nn_status data_table_missing(data_table *t, loader *l);

#endif
