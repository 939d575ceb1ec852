/* dataset.h - what is learned: loads a data set once, describes it, and splits it.
 *
 * Lifecycle: the grid reader fills a data_spec (all places kept for messages); dataset_load reads and checks
 * everything before training; dataset_splitter_new makes one splitter for each thread, and dataset_split
 * gives the nn_split of a repeat: which row is in which part, and scaling and imputation fitted on its
 * training rows alone. */
#ifndef NNGRID_DATA_DATASET_H
#define NNGRID_DATA_DATASET_H

#include "nn.h"
#include "base/diagnostics.h"

typedef enum data_scale { SCALE_NONE, SCALE_MINMAX, SCALE_STANDARDIZE, SCALE_DIVISOR } data_scale;
typedef enum data_missing { MISSING_ERROR, MISSING_MEAN, MISSING_MEDIAN, MISSING_DROP } data_missing;
typedef enum split_kind { SPLIT_DEFAULT, SPLIT_SIZES, SPLIT_ALL, SPLIT_FOLDS, SPLIT_COLUMN } split_kind;
typedef enum size_kind { SIZE_NONE, SIZE_FRACTION, SIZE_COUNT, SIZE_REST } size_kind;

/* How large a part is. */
typedef struct part_size {
    size_kind kind;
    double value; /* fraction in (0, 1], or count */
    place at;
} part_size;

typedef struct split_spec {
    split_kind kind;
    part_size size[NN_N_PART];
    bool stratify, file_order;
    int folds;    /* SPLIT_FOLDS */
    char *column; /* SPLIT_COLUMN */
    place at;
} split_spec;

/* Where rows come from: a file, of which inputs and targets may name arrays; or, where file is NULL, two files
 * that hold one array each. */
typedef struct data_source {
    char *file, *inputs, *targets;
    place at;
} data_source;

/* Columns by name or index. */
typedef struct data_column_list {
    size_t n;
    char **words;
    place at;
} data_column_list;

/* The `data:` part of a grid. Strings are owned. */
typedef struct data_spec {
    char *file;    /* as written; NULL for a built-in set, and where `parts` say it */
    char *builtin; /* xor, moons, circles, spirals, blobs, noisy_sine; NULL for a file */
    char *target;  /* column name, index (from 0; negative from the end), `first`, `last`; NULL: last */
    char *inputs_name, *targets_name; /* {inputs: X, targets: y} of files that hold several arrays, else NULL */
    data_source parts[NN_N_PART];     /* a file for each part; [NN_TRAIN] alone: two files for the whole */
    data_column_list one_hot, ignore;
    bool one_hot_text; /* every column that holds text */
    bool regression, task_given;
    data_scale scale;
    double divisor;
    data_missing missing;
    int64_t rows;      /* built-in sets; 0: default of the set */
    double noise;      /* built-in sets; NAN: default of the set */
    int64_t n_classes; /* blobs and spirals; 0: default */
    uint64_t seed;     /* built-in sets */
    int header;        /* -1: find out, 0: none, 1: there is one */
    split_spec split;
    place at, file_at, target_at;
} data_spec;

void data_spec_init(data_spec *spec); /* defaults */
void data_spec_free(data_spec *spec);
/* Is any file named? */
bool data_spec_has_file(const data_spec *spec);
/* Does this part have a file of its own? */
bool data_spec_has_part(const data_spec *spec, nn_part part);

/* Names of the built-in sets, and whether `name` is regression by nature. */
enum { DATA_N_BUILTIN = 6 };
extern const char *const data_builtin_names[DATA_N_BUILTIN];
bool data_builtin_is_regression(const char *name);

typedef struct dataset {
    nn_data data;
    char *name;         /* names of the files without folders, or the built-in name */
    uint64_t digest;    /* XXH3-64 of the table as float64: the same whatever format it came from,
                         * and however it is split */
    char **input_names; /* [n_inputs] or NULL */
    char **class_names; /* [n_classes] or NULL: labels as they stood in the file */
    char *target_name;  /* or NULL */
    /* The first n_pool rows are dealt out by the split; the others have a part of their own, by a column, by
     * the file that they stand in, or by its header. */
    size_t n_pool, n_fixed[NN_N_PART]; /* n_fixed: how many of the others are in each part */
    int8_t *part_column; /* [n_rows] nn_part of each row, -1 in the pool; NULL where all rows are in the pool */
    size_t n_missing, n_dropped;
    size_t bytes; /* memory held */
    const data_spec *spec;
} dataset;

/* Reads, checks and digests. Relative files are looked up beside `grid_path`, then below `data_root` (may be
 * NULL). Mistakes go to `diags` with status NN_data and path, row and column. The spec must outlive the
 * dataset. */
nn_status dataset_load(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                       dataset **out);
void dataset_free(dataset *d);

/* ---- new data for a network that is there ---- */

/* What a trained network takes. */
typedef struct data_model {
    size_t n_inputs, n_outputs, n_classes;
    const char *const *input_names; /* [n_inputs] or NULL; of a one-hot column "colour=red" */
    const char *const *class_names; /* [n_classes], or NULL: regression, and n_outputs is that of the targets */
    const char *target_name;        /* or NULL */
    bool with_target;               /* the targets are wanted too; else they need not be there */
} data_model;

/* Reads `spec->file` (and of `spec->parts[NN_TRAIN]` the pair) as the spec of the training data says, in any format,
 * for the model: columns are found by name where both have names, else by place, words become the one-hot columns
 * and labels the classes that training had. Without targets, classes and targets are 0. All rows are in the pool.
 */
nn_status dataset_load_new(const data_spec *spec, const data_model *model, diagnostics *diags, dataset **out);

/* ---- what is in a data file ---- */

typedef enum data_kind { DATA_WHOLE, DATA_REAL, DATA_WORDS } data_kind;

/* A column as it stands in the file. */
typedef struct data_values {
    char *name; /* or NULL */
    int column; /* from 1 */
    data_kind kind;
    size_t n, n_missing;
    double low, high, mean; /* of the numbers */
    size_t n_words;         /* different ones */
    char *words;            /* the first of them, or NULL */
} data_values;

typedef struct data_summary {
    char *files; /* names and formats; empty for a built-in set */
    size_t n_rows, n_inputs, n_targets;
    data_values *inputs;       /* [n_inputs] */
    data_values target;        /* all targets together */
    size_t n_missing, n_words; /* missing inputs; inputs that hold words */
    bool regression;           /* as the spec says, else what the targets look like */
    data_missing missing;      /* what the grid must say for these data to load */
    size_t n_classes;
    char **class_names;   /* [n_classes] */
    size_t *class_counts; /* [n_classes] rows */
    bool has_parts;       /* by files, header or column */
    size_t n_part[NN_N_PART];
    uint64_t digest; /* with words one-hot, missing values and task as above */
    size_t bytes;    /* memory then held */
} data_summary;

/* Reads what the spec names and finds out what it is; nothing that is missing is a mistake. */
nn_status dataset_describe(const data_spec *spec, const char *grid_path, const char *data_root, diagnostics *diags,
                           data_summary **out);
void data_summary_free(data_summary *s);

/* Different splits that `repeats` repeats use: 1 when the split does not depend on the repeat. For folds:
 * folds times that. */
size_t dataset_n_splits(const dataset *d, uint32_t repeats);
/* Which of them a run uses. */
size_t dataset_split_index(const dataset *d, uint32_t repeat, uint32_t fold);

/* Sizes of the parts, the same for every repeat (folds: of the given fold). */
void dataset_part_sizes(const dataset *d, uint32_t fold, size_t n[NN_N_PART]);

/* A splitter holds the buffers of one nn_split and remembers the last one asked for. One for each thread. */
typedef struct splitter splitter;
nn_status data_splitter_new(const dataset *d, splitter **out, nn_error *err);
void data_splitter_free(splitter *s);
/* Split of (seed, repeat, fold); valid until the next call. Stream: nn_stream_key(seed, repeat,
 * NN_FOR_SPLIT). */
const nn_split *data_splitter_get(splitter *s, uint64_t seed, uint32_t repeat, uint32_t fold);

/* Starting weights from a file (base: {init_file: ...}): a name in .mat is MATLAB's, with Theta1, Theta2, ... [out][1+in], bias
 * first; any other HDF5, with W1 [in][out], b1 [out], W2, ..., or each with a dimension of repeats before. *out gets *sets
 * times [n_params] in core's order, one for all repeats or one for each; the caller frees. Shape mismatches and missing
 * arrays are errors that name both shapes. */
nn_status data_weights_load(const char *path, const nn_network *net, size_t *sets, double **out, nn_error *err);

/* The path that `file` of a grid stands for: absolute, beside the grid, or below the data root. Caller frees.
 */
char *data_path(const char *file, const char *grid_path, const char *data_root);

#endif
