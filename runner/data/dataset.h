/* dataset.h - loads a dataset once, describes it, and splits it. The folder may use h5, base and core.
 *
 * Life cycle: the grid reader fills a data_spec, in which places are kept for error messages; dataset_load reads and
 * checks everything before training; data_splitter_new makes a splitter for each thread; data_splitter_get gives the
 * nn_split of a repeat, which says which row is in which part and holds the scaling and imputation that are fitted on
 * the training rows alone.
 *
 * Read first: load.c (from files to a dataset), table.h (what all formats are read into), splitter.c. The readers of
 * formats are in formats/, whose tour is formats/array.h. */
#ifndef NNGRID_DATA_DATASET_H
#define NNGRID_DATA_DATASET_H

#include "nn.h"
#include "base/diagnostics.h"

typedef enum data_scale { SCALE_NONE, SCALE_MINMAX, SCALE_STANDARDIZE, SCALE_DIVISOR } data_scale;
typedef enum data_missing { MISSING_ERROR, MISSING_MEAN, MISSING_MEDIAN, MISSING_DROP } data_missing;
typedef enum data_encoding { /* ANY: UTF-8, or UTF-16 with a byte order mark */
                             ENCODING_ANY,
                             ENCODING_UTF8,
                             ENCODING_LATIN1,
                             ENCODING_WINDOWS,
                             ENCODING_UTF16
} data_encoding;
typedef enum data_decimal { DECIMAL_ANY, DECIMAL_POINT, DECIMAL_COMMA } data_decimal;
typedef enum split_kind { SPLIT_DEFAULT, SPLIT_SIZES, SPLIT_ALL, SPLIT_FOLDS, SPLIT_COLUMN, SPLIT_FILE } split_kind;
typedef enum size_kind { SIZE_NONE, SIZE_FRACTION, SIZE_COUNT, SIZE_REST } size_kind;

/* The size of a part. */
typedef struct part_size {
    size_kind kind;
    double value; /* a fraction in (0, 1], or a number of rows */
    place at;
} part_size;

typedef struct split_spec {
    split_kind kind;
    part_size size[NN_N_PART];
    bool stratify, file_order;
    int folds;    /* SPLIT_FOLDS; of SPLIT_FILE: its splits are folds, these of each repeat one behind the other */
    char *column; /* SPLIT_COLUMN */
    char *file;   /* SPLIT_FILE */
    place at;
} split_spec;

/* Where rows come from: one file, in which inputs and targets may name arrays; or, where file is NULL, the two files
 * inputs and targets, which hold one array each. */
typedef struct data_source {
    char *file, *inputs, *targets;
    place at;
} data_source;

/* A list of columns, each by its name or index. */
typedef struct data_column_list {
    size_t n;
    char **words;
    place at;
} data_column_list;

/* The warnings of data that load without a mistake (advice.c), each with its name in `accept`, which silences it. */
typedef enum data_advice {
    DATA_UNSCALED,
    DATA_TARGET_SCALE,
    DATA_TARGET_COLUMN,
    DATA_MISSING_CODES,
    DATA_IDENTIFIERS,
    DATA_RARE_CLASSES,
    DATA_AMOUNTS,
    DATA_UNITS,
    DATA_PRECISION,
    DATA_N_ADVICE
} data_advice;
extern const char *const data_advice_names[DATA_N_ADVICE];

/* A value that stands for missing in a column, or in all inputs. */
typedef struct data_missing_value {
    char *column; /* name or index; NULL: every input */
    double value;
    place at;
} data_missing_value;

/* What the runs of the grid do with the numbers. */
typedef struct data_use {
    double divisor; /* inputs go into float32 divided by this alone in some runs; 0: in none */
    bool float32;   /* some runs compute in float32 */
    bool fitted;    /* some runs scale inputs by what is fitted */
} data_use;

/* The `data:` section of a grid. Strings are owned. */
typedef struct data_spec {
    char *file;               /* as written; NULL for a built-in dataset and where `parts` names the files */
    char *builtin;            /* a name of data_builtin_names; NULL for a file */
    char *target;             /* column name, index (from 0; negative from the end), `first`, `last`; NULL: last */
    data_column_list targets; /* two columns or more, in the order of the outputs; else `target` */
    char *inputs_name, *targets_name; /* {inputs: X, targets: y} of files that hold several arrays, else NULL */
    data_source parts[NN_N_PART];     /* a file for each part; where only [NN_TRAIN] is set, all rows */
    data_column_list one_hot, ignore;
    bool one_hot_text; /* `one_hot: text`: all columns of text are categorical */
    bool regression, task_given;
    data_scale scale;
    bool scale_given, target_scale_given; /* even as none */
    data_scale target_scale;              /* of the targets of a regression; no divisor */
    double divisor;
    data_use use;
    bool noisy; /* do some runs replace labels? Then each repeat has a split of its own in results */
    data_missing missing;
    bool sweeps_missing; /* data.missing is an axis of the grid */
    bool missing_given;  /* is there a key missing_values, even an empty one? */
    size_t n_missing_values;
    data_missing_value *missing_values; /* [n_missing_values] */
    bool accept[DATA_N_ADVICE];         /* warnings that are silenced */
    int64_t rows;                       /* of a built-in dataset; 0: its default */
    double noise;                       /* of a built-in dataset; NaN: its default */
    int64_t n_classes;                  /* of blobs and spirals; 0: the default */
    int64_t n_bits;                     /* of parity, and, or; 0: the default */
    uint64_t seed;                      /* of a built-in dataset */
    int header;                         /* does the first line name the columns? -1: find out */
    data_encoding encoding;             /* of text files */
    data_decimal decimal;               /* of numbers in text files; ANY: find out */
    data_column_list missing_words;     /* fields of text files that are missing values, besides the usual ones */
    split_spec split;
    place at, file_at, target_at, target_scale_at;
} data_spec;

void data_spec_init(data_spec *spec); /* sets the defaults */
void data_spec_free(data_spec *spec);
/* Does the spec name any file? */
bool data_spec_has_file(const data_spec *spec);
/* Does this part have a file of its own? */
bool data_spec_has_part(const data_spec *spec, nn_part part);

/* The names of the built-in datasets; whether the task of one is regression, and whether it is a truth table, whose
 * rows all train by default. */
enum { DATA_N_BUILTIN = 9, DATA_MOST_BITS = 16 };
extern const char *const data_builtin_names[DATA_N_BUILTIN];
bool data_builtin_is_regression(const char *name);
bool data_builtin_is_table(const char *name);

/* A file that a dataset was read from. */
typedef struct data_file {
    char *name;      /* its path, as it was found */
    uint64_t digest; /* XXH3-64 of its bytes */
} data_file;

typedef struct dataset {
    nn_data data;
    char *name;      /* the names of the files without folders, or that of the built-in dataset */
    uint64_t digest; /* XXH3-64 of the table as float64, which does not depend on its format or split */
    size_t n_files;  /* inputs and targets may have files of their own */
    data_file files[2 * NN_N_PART];
    char **input_names; /* [n_inputs] or NULL */
    char **class_names; /* [n_classes] labels as they are in the file; NULL for regression */
    char *target_name;  /* of a single target, or NULL */
    size_t n_target_names;
    char **target_names; /* [n_target_names] of several targets, or NULL */
    /* The split deals out the first n_pool rows. The part of all others is given by a column, by their file or by its
     * header. */
    size_t n_pool, n_fixed[NN_N_PART]; /* n_fixed: how many of these others each part has */
    int8_t *part_column; /* [n_rows] nn_part of each row, -1 in the pool; NULL where the pool has all rows */
    /* SPLIT_FILE: the splits of the file, of which repeats beyond the last take the first ones again. */
    size_t n_given, most_given[NN_N_PART]; /* how many; the most rows that a part has */
    int8_t *given;                         /* [n_given][n_rows] nn_part of each row, -1 in none */
    size_t n_missing, n_dropped;
    char **ids;    /* [n_rows] of new data: the fields of data_model.id, as they are in the file; else NULL */
    char *id_name; /* the name of that column, or NULL */
    size_t bytes;  /* memory held */
    const data_spec *spec;
} dataset;

/* Reads, checks and digests a dataset. A relative path is looked up beside `grid_path`, then below `data_root` (may
 * be NULL). Errors go to `diags` with status NN_data, path, row and column. The spec must outlive the dataset. */
nn_status dataset_load(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                       dataset **out);
void dataset_free(dataset *d);

/* ---- new data for a trained network ---- */

/* What a trained network takes and gives. */
typedef struct data_model {
    size_t n_inputs, n_outputs, n_classes;
    const char *const *input_names; /* [n_inputs] or NULL; "colour=red" for a one-hot input */
    const char *const *class_names; /* [n_classes]; NULL for regression, where n_outputs counts the targets */
    const char *target_name;        /* of a single target, or NULL */
    size_t n_target_names;
    const char *const *target_names; /* [n_target_names] of several targets, or NULL */
    bool with_target;                /* targets are wanted too; else the data need have none */
    const char *id;                  /* the column, by name or index, whose fields tell the rows apart; NULL: none */
} data_model;

/* Reads `spec->file`, or the pair of files in `spec->parts[NN_TRAIN]`, in any format and by the spec of the training
 * data. Columns are found by name where both have names, else by position; categories become the one-hot inputs, and
 * labels the classes, of training. Columns of names that the network does not know are left out with a warning. Without
 * targets, classes and targets are 0. All rows are in the pool. */
nn_status dataset_load_new(const data_spec *spec, const data_model *model, diagnostics *diags, dataset **out);

/* ---- what data files hold ---- */

/* Numeric and whole, numeric, or categorical (text). */
typedef enum data_kind { DATA_WHOLE, DATA_REAL, DATA_WORDS } data_kind;

/* A column as it is in the file. */
typedef struct data_values {
    char *name; /* or NULL */
    int column; /* from 1 */
    data_kind kind;
    size_t n, n_missing;
    double low, high, mean; /* of a numeric column */
    size_t n_words;         /* categories of a categorical column */
    char *words;            /* a list of the first ones, or NULL */
    bool ignore;            /* the column is better ignored: a date, an identifier, or the target itself */
    double missing_code;    /* the value that may stand for missing, or NaN */
} data_values;

/* What was guessed of a text file. */
typedef struct data_guess {
    int header; /* is the first line the header? -1: nothing was guessed */
    data_decimal decimal;
    bool units; /* numbers with signs of percent or currency */
} data_guess;

typedef struct data_summary {
    char *files; /* names and formats; empty for a built-in dataset */
    size_t n_rows, n_inputs, n_targets;
    data_values *inputs;       /* [n_inputs] */
    data_values target;        /* all targets together */
    size_t n_missing, n_words; /* missing inputs; categorical inputs */
    bool regression;           /* by the spec, else by the targets */
    data_missing missing;      /* the value of `missing` with which these data load */
    size_t n_classes;
    char **class_names;   /* [n_classes] */
    size_t *class_counts; /* [n_classes] rows */
    bool has_parts;       /* files, header or a column give the parts */
    size_t n_part[NN_N_PART];
    data_guess guess;
    uint64_t digest; /* of the dataset when it is loaded with these settings */
    size_t bytes;    /* the memory that it then takes */
} data_summary;

/* Reads what the spec names and finds out what it holds. Missing values are not reported as errors. */
nn_status dataset_describe(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                           data_summary **out);
void data_summary_free(data_summary *s);

/* ---- splits ---- */

/* What the runs of a grid may see of one dataset: the settings of the data that can be swept. NULL stands for what the
 * spec says. */
typedef struct data_variant {
    data_scale scale;
    double divisor;          /* 1 unless scale is SCALE_DIVISOR */
    data_scale target_scale; /* no divisor */
    data_missing missing;
    bool drops; /* rows with missing inputs leave the parts after the split; else they left before it, or are filled */
    size_t train_rows; /* of the training part only the first ones train, in one order of the repeat; 0: all */
} data_variant;

data_variant data_variant_of(const data_spec *spec);

/* How many distinct splits `repeats` repeats use: one for each repeat, or 1 where neither the split nor the labels of its
 * training part (data_spec.noisy) depend on the repeat; with folds, that many for each fold. */
size_t dataset_n_splits(const dataset *d, const data_variant *v, uint32_t repeats);
/* The index of the split that a run uses. */
size_t dataset_split_index(const dataset *d, const data_variant *v, uint32_t repeat, uint32_t fold);

/* The sizes of the parts, which do not depend on the repeat. Where dataset_sizes_vary, parts may be smaller. */
void dataset_part_sizes(const dataset *d, const data_variant *v, uint32_t fold, size_t n[NN_N_PART]);
/* Do parts have other sizes from one repeat to the next, since rows are dropped, or a file gives the splits? */
static inline bool dataset_sizes_vary(const dataset *d, const data_variant *v)
{
    return (v->drops && d->n_missing > 0) || d->given != NULL;
}
/* The split of the file that a run has, [n_rows] parts; NULL: no file gives the splits. */
const int8_t *dataset_given_split(const dataset *d, uint32_t repeat, uint32_t fold);
/* Has a split of the variant shift and factor; those of the targets; has it a fill? */
bool dataset_scales(const dataset *d, const data_variant *v);
bool dataset_scales_targets(const dataset *d, const data_variant *v);
bool dataset_fills(const dataset *d, const data_variant *v);

/* Is the input one of those that a categorical column became ("colour=red")? */
bool dataset_is_category(const dataset *d, size_t input);
/* Counts in how many splits no training row has a class, or a category, or all have the same value of an input of numbers
 * in which other rows differ: absent[n_classes + n_inputs]. *n_splits is how many were looked at: those of all repeats, or
 * the first ones where there are very many. */
nn_status dataset_absent(const dataset *d, const data_variant *v, uint64_t seed, uint32_t repeats, size_t *n_splits,
                         size_t *absent, nn_error *err);

/* A splitter holds the buffers of one nn_split, which it keeps until it is asked for another. Each thread has its
 * own. */
typedef struct splitter splitter;
nn_status data_splitter_new(const dataset *d, splitter **out, nn_error *err);
void data_splitter_free(splitter *s);
/* The split of (seed, repeat, fold) as the variant has it, valid until the next call. Its random stream is
 * nn_stream_key(seed, repeat, NN_FOR_SPLIT). Validation and test rows are those of any other train_rows, and the training
 * rows are among those of any larger one. */
const nn_split *data_splitter_get(splitter *s, const data_variant *v, uint64_t seed, uint32_t repeat, uint32_t fold);

/* ---- other files that a grid names ---- */

/* Reads starting weights (base: {init_file: ...}). A .mat file has Theta1, Theta2, ... [out][1 + in], bias first; any
 * other is HDF5 with W1 [in][out], b1 [out], W2, ..., each of which may have a first dimension of repeats. *out is
 * [*sets][n_params] in core's order, with one set for all repeats or one for each; the caller frees it. */
nn_status data_weights_load(const char *path, const nn_network *net, size_t *sets, double **out, nn_error *err);

/* The path of a file that a grid names: absolute, beside the grid, or below the data root; "-" is standard input. The caller
 * frees it. */
char *data_path(const char *file, const char *grid_path, const char *data_root);

#endif
