/* reader.h - reads a results file alone, without its grid: what `show` works from.
 *
 * The file may be live (another process is training): columns are read anew at each call and `status` first.
 */
#ifndef NNGRID_RESULTS_READER_READER_H
#define NNGRID_RESULTS_READER_READER_H

#include "nn.h"

typedef struct results_reader results_reader;

nn_status results_reader_open(const char *path, results_reader **out, nn_error *err);
void results_reader_close(results_reader *r);

/* Rows that have left the grid stand behind the others in every column; they are hidden until they are asked
 * for. */
size_t reader_n_runs(const results_reader *r);
size_t reader_n_cells(const results_reader *r);
size_t reader_n_inactive(const results_reader *r); /* runs that have left the grid, hidden or not */
void reader_show_inactive(results_reader *r);
bool reader_is_active(const results_reader *r, size_t run);

/* Names of the swept settings (attribute /grid axes). */
size_t reader_n_axes(const results_reader *r);
const char *reader_axis(const results_reader *r, size_t axis);

/* A text attribute such as "/", "state" or "/grid", "yaml"; NULL where there is none. Owned by the reader. */
const char *reader_text(results_reader *r, const char *group, const char *attribute);

/* Names of the datasets of a group ("/runs") in creation order. */
nn_status reader_names(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err);

/* A one-dimensional column as doubles ("/runs/best_validation_loss"), or row `row` of a two-dimensional one
 * ("/curves/train_loss"). Caller frees *out. */
nn_status reader_column(results_reader *r, const char *path, double **out, size_t *n, nn_error *err);
/* The value of a one-dimensional column at one row. */
nn_status reader_value(results_reader *r, const char *path, size_t row, double *out, nn_error *err);
nn_status reader_row(results_reader *r, const char *path, size_t row, double **out, size_t *n, nn_error *err);

/* The settings of n runs; those that the file does not say have their default. NN_file: a word that this
 * version does not know, or a damaged file. */
nn_status reader_settings(results_reader *r, const size_t *runs, size_t n, nn_hyper *out, nn_error *err);

/* Names of the groups in a group ("/stops"), in creation order; reader_names_free frees them. None: n 0. */
nn_status reader_groups(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err);

/* Number of an attribute ("/provenance", "threads"); NaN where there is none. */
double reader_number(results_reader *r, const char *group, const char *attribute);

/* ---- exact values, some rows at a time: for what must not lose a bit, or not hold a whole column ---- */

typedef enum reader_kind {
    READER_INTEGER,  /* int64_t */
    READER_UNSIGNED, /* uint64_t: keys */
    READER_TRUTH,    /* uint64_t, 0 or 1 */
    READER_FLOAT,    /* double that was stored as a float */
    READER_DOUBLE
} reader_kind;

typedef struct reader_shape {
    reader_kind kind;
    size_t n_rows, n_per_row; /* rows are the first dimension */
} reader_shape;

/* False: no such dataset, or one without dimensions. */
bool reader_look(results_reader *r, const char *path, reader_shape *out);
/* Rows [from, from + n) of a dataset of this shape into out[n][n_per_row], 8 bytes each, of its kind. */
nn_status reader_rows(results_reader *r, const char *path, const reader_shape *shape, size_t from, size_t n, void *out,
                      nn_error *err);

/* Word of a code of an integer column of choices (flag_values, flag_meanings), or NULL if it is no such
 * column. */
const char *reader_flag(results_reader *r, const char *path, int64_t code);

#endif
