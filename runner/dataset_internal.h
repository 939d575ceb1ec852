/* dataset_internal.h - what the files of the dataset module share.
 *
 * The way of a data set: a source (CSV, MATLAB, built in) fills a `data_table` of doubles with the place of
 * every row; missing values are reported or dropped; labels become classes; dataset_store keeps the smallest
 * form and its digest; split_check makes sure that every split that can be asked for exists. */
#ifndef NNGRID_DATASET_INTERNAL_H
#define NNGRID_DATASET_INTERNAL_H

#include "dataset.h"

enum { MAX_CLASSES = 1000, MAX_MISTAKES = 10, EXCERPT_SIZE = 48 };

/* ---- messages ---- */

typedef struct loader {
    const data_spec *spec;
    const char *path; /* of the data file, NULL for a built-in set */
    diagnostics *diags;
    bool regression;
    size_t n_mistakes; /* in the data file; only the first MAX_MISTAKES are shown */
    place first_hidden;
} loader;

/* A mistake in the data file; row 0: of the whole file. Always returns NN_data. */
nn_status data_mistake(loader *l, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A mistake in the `data:` part of the grid that only the data could show. Always returns NN_data. */
nn_status data_spec_mistake(loader *l, place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Always returns NN_memory. */
nn_status data_no_memory(loader *l, const char *what);

/* ---- tables ---- */

/* What was read, before classes are found and the smallest form is chosen. Owns all but the strings, which
 * point into `text` or are constants. */
typedef struct data_table {
    size_t n_rows, capacity, n_inputs, n_targets;
    double *inputs;  /* [n_rows][n_inputs], NaN: missing */
    double *targets; /* [n_rows][n_targets], NaN: missing or a word */
    const char *
        *labels; /* [n_rows] targets as they stand in the file, NULL: missing; or NULL: targets are numbers */
    int8_t *parts;      /* [n_rows] nn_part, or NULL */
    int *lines;         /* [n_rows] where the row stands in the file, or NULL: row i + 1 */
    int *columns;       /* [n_inputs] where the input stands, or NULL: column j + 1 */
    const char **names; /* [n_inputs] or NULL */
    const char *target_name;
    int target_column; /* from 1 */
    char *text;
    size_t n_missing; /* inputs and targets, those of dropped rows included */
    size_t n_dropped;
} data_table;

/* Makes room for one more row in every array that the table has. */
nn_status data_table_grow(data_table *t, bool with_labels, bool with_parts, loader *l);
void data_table_free(data_table *t);
int data_table_line(const data_table *t, size_t row);
int data_table_column(const data_table *t, size_t input);

/* Reports (missing: error), drops or leaves missing inputs; a missing target is an error unless rows are
 * dropped. */
nn_status data_table_missing(data_table *t, loader *l);

/* ---- texts ---- */

/* The whole file, unpacked where it is gzip, with a NUL behind it. */
nn_status data_read_file(loader *l, char **text, size_t *size);
/* Strict finite decimal number; blanks around it are allowed. */
bool data_field_number(const char *text, double *out);
bool data_field_missing(const char *text);
/* A short printable form of a field for messages. Returns out. */
char *data_excerpt(const char *text, char out[EXCERPT_SIZE]);

/* ---- comma-separated values ---- */

/* Fields are unquoted in place and end in NUL. */
typedef struct csv {
    char *at, *end;
    int line;
    char delimiter;
    const char *problem; /* of the last row, or NULL */
    int problem_column;
} csv;

typedef struct csv_row {
    int line;
    size_t n, capacity;
    char **fields;
} csv_row;

/* Starts reading; `text` has a NUL at text[size]. */
void csv_start(csv *c, char *text, size_t size);
/* The next row that is not blank; n is 0 at the end. false: out of memory. */
bool csv_next(csv *c, csv_row *row);

/* What each field of a row is. */
enum { NO_COLUMN = -1 };
typedef struct csv_columns {
    int n;
    char **names;     /* [n] or NULL */
    int target, part; /* fields from 0; part may be NO_COLUMN */
    bool *text;       /* [n] inputs that hold text: reported once, not read */
} csv_columns;

/* Does `first` name the columns of the rows that start with `second` (n 0: there is none)? */
bool csv_is_header(const loader *l, const csv_row *first, const csv_row *second);
/* Finds target and part column; names, n are filled in. */
nn_status csv_roles(loader *l, csv_columns *columns);

/* ---- sources: fill an empty table ---- */

nn_status data_load_csv(loader *l, data_table *t);
nn_status data_load_mat(loader *l, data_table *t);
nn_status data_load_builtin(loader *l, data_table *t);

/* ---- from a table to a dataset ---- */

/* Classes of the labels, sorted and named, into d->data.classes, n_classes, class_names. */
nn_status data_find_classes(loader *l, const data_table *t, dataset *d);
/* The table in its smallest form, names and digest. */
nn_status dataset_store(loader *l, data_table *t, dataset *d);
/* Value of one raw input, and a whole row of them. */
void dataset_row(const nn_data *data, size_t row, double *out);

/* ---- splits ---- */

/* Reports every reason why a split of this dataset cannot be made. */
nn_status split_check(loader *l, const dataset *d);
/* Does the split depend on the repeat? */
bool split_is_random(const dataset *d);
bool split_takes_all(const dataset *d);

/* Fits shift, factor and fill (each [n_inputs], NULL where not wanted) on the given rows alone. `row` is
 * scratch of [n_inputs], `column` of [n_rows]. */
typedef struct scaling {
    double *shift, *factor, *fill;
    double *low, *high, *count; /* scratch [n_inputs] */
    double *row, *column;
} scaling;
void scaling_fit(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s);

#endif
