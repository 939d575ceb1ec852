/* dataset_internal.h - what the files of the dataset module share.
 *
 * The way of a data set: each file is read by its row of the table of formats (dataset_format.c) into a
 * `data_table` with the place of every row, or is built in; the files of the parts are joined; missing values
 * are reported or dropped; words become columns of 0 and 1 where that is asked for; labels become classes;
 * dataset_store keeps the smallest form and its digest; split_check makes sure that every split that can be
 * asked for exists. */
#ifndef NNGRID_DATASET_INTERNAL_H
#define NNGRID_DATASET_INTERNAL_H

#include "data/formats/array.h"
#include "data/dataset.h"

enum { MAX_CLASSES = 1000, MAX_MISTAKES = 10, EXCERPT_SIZE = 48 };

/* ---- messages ---- */

typedef struct data_format data_format;

typedef struct loader {
    const data_spec *spec;
    const char *grid_path, *data_root;
    const char *path; /* of the data file that is being read or spoken of, NULL for a built-in set */
    const data_format *format;
    const data_format *target_format; /* of the file of the targets, where they have one of their own */
    place at; /* where the grid names it */
    int n_paths;
    char *paths[2 * NN_N_PART]; /* of all files, for messages; owned */
    diagnostics *diags;
    bool regression;
    data_missing missing;    /* what becomes of missing values */
    bool several;            /* the parts have files of their own */
    bool describing;         /* what can be understood is wanted, not what the grid asks for */
    const data_model *model; /* new data for this network, or NULL */
    size_t n_mistakes;       /* in the data file; only the first MAX_MISTAKES are shown */
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
    double *inputs;  /* [n_rows][n_inputs], NaN: missing; NULL where there are bytes */
    uint8_t *bytes;  /* [n_rows][n_inputs], or NULL */
    double *targets; /* [n_rows][n_targets], NaN: missing or a word */
    const char *
        *labels; /* [n_rows] targets as they stand in the file, NULL: missing; or NULL: targets are numbers */
    int8_t *parts;      /* [n_rows] nn_part or IN_POOL; or NULL: all in the pool */
    int *lines;         /* [n_rows] where the row stands in its file, or NULL: row i + 1 */
    int *columns;       /* [n_inputs] where the input stands, or NULL: column j + 1 */
    const char **names; /* [n_inputs] or NULL */
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
/* Bytes become doubles. */
nn_status data_table_widen(data_table *t, loader *l);

/* Appends the rows of `more`, which has the same columns, and leaves it empty. */
nn_status data_table_append(data_table *t, data_table *more, loader *l);

/* Reports (missing: error), drops or leaves missing inputs; a missing target is an error unless rows are
 * dropped. */
nn_status data_table_missing(data_table *t, loader *l);
/* Columns that are to be one-hot become one column for each value. After missing values. */
nn_status data_table_one_hot(data_table *t, loader *l);
/* Targets of which one of m is 1 become the number of that one. */
nn_status data_table_one_of_m(data_table *t, loader *l);
bool data_table_is_one_of_m(const data_table *t);

/* ---- different values ---- */

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

/* ---- fields of text ---- */

/* The whole file into the table's texts, unpacked where it is gzip, with a NUL behind it. */
nn_status data_read_text(loader *l, data_table *t, char **text, size_t *size);
/* Strict finite decimal number; blanks around it are allowed. */
bool data_field_number(const char *text, double *out);
bool data_field_missing(const char *text);
/* train, validation, test, or 0, 1, 2 */
bool data_field_part(const char *text, int8_t *out);
/* Neither a number nor missing. */
bool data_field_is_word(const char *text);
/* A short printable form of a field for messages. Returns out. */
char *data_excerpt(const char *text, char out[EXCERPT_SIZE]);

/* ---- columns ---- */

typedef enum column_role { ROLE_INPUT, ROLE_ONE_HOT, ROLE_TARGET, ROLE_PART, ROLE_IGNORED } column_role;

/* What each column is for. */
typedef struct data_columns {
    int n;
    char **names;      /* [n] or NULL */
    column_role *role; /* [n] */
    int target, part;  /* from 0, or NO_COLUMN */
} data_columns;

/* Finds out the roles; n and names are filled in. with_target: target and part are columns too. The caller
 * frees role. */
nn_status data_roles(loader *l, data_columns *columns, bool with_target);
/* The same of new data for l->model. with_target: a target can be among the columns. */
nn_status data_new_roles(loader *l, data_columns *columns, bool with_target);
/* Number, place and names of the inputs of a table, by the roles. */
nn_status data_name_inputs(loader *l, const data_columns *columns, data_table *t);
/* The same of a table that has all columns as inputs; those that are none are taken out. */
nn_status data_keep_inputs(loader *l, const data_columns *columns, data_table *t);

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

/* Starts reading; `text` has a NUL at text[size]. Delimiter 0: the one that the first line has most of. */
void csv_start(csv *c, char *text, size_t size, char delimiter);
/* The next row that is not blank; n is 0 at the end. false: out of memory. */
bool csv_next(csv *c, csv_row *row);
/* Does `first` name the columns of the rows that start with `second` (n 0: there is none)? */
bool csv_is_header(const loader *l, const csv_row *first, const csv_row *second);

/* ---- formats ---- */

/* A row of the table of formats: what a file is called and recognised by, and what reads it. */
struct data_format {
    const char *name;                                /* "CSV" */
    const char *endings;                             /* ".csv .data", separated by blanks, without .gz */
    bool (*is)(const unsigned char *head, size_t n); /* by its first bytes; NULL: not so */
    nn_status (*load)(loader *l, const data_source *source, data_table *t); /* fills an empty table */
    array_reader *read; /* one array; NULL: a table of text */
    bool apart;         /* read by a library that a damaged file can lead astray */
    bool named;         /* the arrays of a file have names */
};
extern const data_format data_formats[];
extern const size_t n_data_formats;
/* By content, else by name, else CSV. Never NULL. */
const data_format *data_format_of(const char *path);
/* "CSV, TSV, NumPy .npy, ..." */
const char *data_format_list(char *text, size_t size);

/* l->path is the file; source->targets another one where source->file is NULL. */
nn_status data_load_csv(loader *l, const data_source *source, data_table *t);
nn_status data_load_tsv(loader *l, const data_source *source, data_table *t);
nn_status data_load_proben1(loader *l, const data_source *source, data_table *t);
nn_status data_load_arrays(loader *l, const data_source *source, data_table *t);
nn_status data_load_builtin(loader *l, data_table *t);
/* All files of the spec, one behind the other. */
nn_status data_load_files(loader *l, data_table *t);

/* ---- from a table to a dataset ---- */

void data_loader_begin(loader *l, const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags);
/* Says how many mistakes were not shown, and frees. */
void data_loader_end(loader *l);
/* All of the files into the table, and the name. */
nn_status data_read(loader *l, data_table *t, dataset *d);
/* From the table as read to what is kept. */
nn_status data_keep(loader *l, data_table *t, dataset *d);
/* Classes of the labels, sorted and named, into d->data.classes, n_classes, class_names. */
nn_status data_find_classes(loader *l, const data_table *t, dataset *d);
/* The table in its smallest form, names and digest. */
nn_status dataset_store(loader *l, data_table *t, dataset *d);
/* Value of one raw input, and a whole row of them. */
void dataset_row(const nn_data *data, size_t row, double *out);

/* ---- new data for a network ---- */

/* Are targets to be read? */
static inline bool data_wants_target(const loader *l)
{
    return l->model == NULL || l->model->with_target;
}
/* The values that training had of the one-hot input that `name` is; those of the table must be among them. */
nn_status data_new_values(loader *l, const data_table *t, size_t which, data_distinct *v);
/* The inputs in the order of training. */
nn_status data_new_arrange(loader *l, data_table *t);
/* Labels become the classes of training. */
nn_status data_new_classes(loader *l, const data_table *t, dataset *d);

/* ---- splits ---- */

/* Reports every reason why a split of this dataset cannot be made. */
nn_status split_check(loader *l, const dataset *d);
/* Does the split depend on the repeat? */
bool split_is_random(const dataset *d);
bool split_takes_all(const dataset *d);
/* How many rows of the pool each part gets. */
void split_pool_sizes(const dataset *d, uint32_t fold, size_t n[NN_N_PART]);

/* Fits shift, factor and fill (each [n_inputs], NULL where not wanted) on the given rows alone. `row` is
 * scratch of [n_inputs], `column` of [n_rows]. */
typedef struct scaling {
    double *shift, *factor, *fill;
    double *low, *high, *count; /* scratch [n_inputs] */
    double *row, *column;
} scaling;
void scaling_fit(const dataset *d, const uint32_t *rows, size_t n_rows, scaling *s);

#endif
