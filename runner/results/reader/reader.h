/* reader.h - reads a results file alone, without its grid, by rows: for commands.
 *
 * This folder opens results files that exist. It may use h5, base and core, and of results the layout's constants and
 * the locks. Life cycle: results_reader_open -> columns, rows, texts, in any order -> results_reader_close. The file
 * may be live: a column is read anew at each call, and who needs whole rows reads `status` first, since it is written
 * last.
 *
 * Read first: file.h (what it means to be a results file), reader.c, stored.h (the same file by keys and bytes, for a
 * grid that resumes). Upon these: model.h (a network), outlook.h (how far a grid is), export.h (CSV). */
#ifndef NNGRID_RESULTS_READER_READER_H
#define NNGRID_RESULTS_READER_READER_H

#include "nn.h"

typedef struct results_reader results_reader;

/* NN_file: it is no results file, or damaged: values by which others are found are out of range, say. */
nn_status results_reader_open(const char *path, results_reader **out, nn_error *err);
/* For who resumes: such values may be out of range, since rows that have them are trained again. */
nn_status reader_open_unchecked(const char *path, results_reader **out, nn_error *err);
void results_reader_close(results_reader *r);

/* Inactive rows, which are no longer in the grid, stand behind the others in each column; they are hidden until
 * reader_show_inactive. */
size_t reader_n_runs(const results_reader *r);
size_t reader_n_cells(const results_reader *r);
size_t reader_n_inactive(const results_reader *r); /* inactive runs, hidden or not */
void reader_show_inactive(results_reader *r);
bool reader_is_active(const results_reader *r, size_t run);

/* Names of the settings that the grid varies. */
size_t reader_n_axes(const results_reader *r);
const char *reader_axis(const results_reader *r, size_t axis);

/* A text attribute of a group or dataset (names.h), or "state" of "/"; NULL: there is none. Owned by the reader. */
const char *reader_text(results_reader *r, const char *group, const char *attribute);

/* Names of the datasets of a group in the order of creation; h5_texts_free frees them. */
nn_status reader_names(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err);

/* A column of one dimension as doubles ("/runs/best_validation_loss"). The caller frees *out. */
nn_status reader_column(results_reader *r, const char *path, double **out, size_t *n, nn_error *err);
/* The same of a column with one value for each run, such as those of /runs and of a rule of /stops; else NN_file. */
nn_status reader_run_column(results_reader *r, const char *path, double **out, nn_error *err);
/* The column `name` of /runs, which the caller frees; NULL and an error if there is none. */
double *reader_runs(results_reader *r, const char *name, nn_error *err);
/* The value of such a column at one row. */
nn_status reader_value(results_reader *r, const char *path, size_t row, double *out, nn_error *err);
/* Row `row` of a dataset of two dimensions, as doubles. The caller frees *out. */
nn_status reader_row(results_reader *r, const char *path, size_t row, double **out, size_t *n, nn_error *err);

/* The word by which a column of codes knows a text: blanks, which separate words, and percent signs become %20 and %25.
 * Returns `word`. */
enum { READER_WORD_BYTES = 3 * NN_TEXT_BYTES };
const char *reader_word_of_text(const char *text, char word[READER_WORD_BYTES]);

/* The settings of n runs; those that the file does not have get their defaults. NN_file: it is damaged, or has a word
 * that this version does not know. */
nn_status reader_settings(results_reader *r, const size_t *runs, size_t n, nn_hyper *out, nn_error *err);

/* Names of what a group holds, in the order of creation; h5_texts_free frees them. No such group: n 0. */
nn_status reader_groups(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err);

/* The number that an attribute has; NaN: there is none. */
double reader_number(results_reader *r, const char *group, const char *attribute);

/* ---- exact values, some rows at a time ---- */

typedef enum reader_kind {
    READER_INTEGER,  /* int64_t */
    READER_UNSIGNED, /* uint64_t: keys */
    READER_TRUTH,    /* uint64_t, 0 or 1 */
    READER_FLOAT,    /* a double that is stored as a float */
    READER_DOUBLE
} reader_kind;

typedef struct reader_shape {
    reader_kind kind;
    size_t n_rows, n_per_row; /* the first dimension is that of rows */
} reader_shape;

/* False: there is no such dataset, or it has no dimensions. */
bool reader_look(results_reader *r, const char *path, reader_shape *out);
/* How many rows has a dataset, which may be too many or too few? False: there is none. */
bool reader_length(results_reader *r, const char *path, size_t *rows);
/* Reads rows [from, from + n) of a dataset of this shape into out[n][n_per_row], 8 bytes each, of its kind. */
nn_status reader_rows(results_reader *r, const char *path, const reader_shape *shape, size_t from, size_t n, void *out,
                      nn_error *err);

/* The word of a code of an integer column of choices; NULL: it is no such column. */
const char *reader_flag(results_reader *r, const char *path, int64_t code);

#endif
