/* The face of a results file by rows. Values are read from the file at each call; names and texts are kept. */
#include "results/reader/reader.h"
#include "base/setting.h"
#include "results/names.h"
#include "results/reader/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

enum { ROWS_ANY, ROWS_OF_RUNS, ROWS_OF_CELLS };

/* What the rows of a dataset are. */
static int rows_of(const char *path)
{
    static const char *const of_runs[] = {PATH_RUNS "/", PATH_CURVES "/", PATH_STOPS "/", PATH_TIMING "/",
                                          PATH_DATA_SPLITS};
    if (strncmp(path, PATH_CELLS "/", sizeof PATH_CELLS) == 0)
        return ROWS_OF_CELLS;
    for (size_t i = 0; i < sizeof of_runs / sizeof *of_runs; i++)
        if (strncmp(path, of_runs[i], strlen(of_runs[i])) == 0 && strcmp(path, PATH_CURVES_EPOCH) != 0)
            return ROWS_OF_RUNS;
    return ROWS_ANY;
}

/* How many of the n rows of a dataset are shown. */
static size_t reader_visible(const results_reader *r, const char *path, size_t n)
{
    switch (rows_of(path)) {
    case ROWS_OF_RUNS:
        return r->n_runs;
    case ROWS_OF_CELLS:
        return r->n_cells;
    default:
        return n;
    }
}

/* Finds a dataset of so many dimensions, whose rows are as many as there are runs, or cells. NN_file: there is none. */
static nn_status look(results_reader *r, const char *path, int fewest, int most, h5_place *out, nn_error *err)
{
    const int kind = rows_of(path);
    const size_t rows = kind == ROWS_OF_CELLS ? r->file.n_cells : r->file.n_runs;
    if (!h5_look(r->file.h5, path, out) || out->n_dims < fewest || out->n_dims > most)
        return reader_file_damaged(&r->file, path, err);
    if (out->n_dims > 0 && kind != ROWS_ANY && out->dims[0] != rows)
        return nn_fail(err, NN_file, "%s: %s has %zu values for %zu %s; the file is damaged", r->file.path, path,
                       out->dims[0], rows, kind == ROWS_OF_CELLS ? "cells" : "runs");
    return NN_ok;
}

void reader_show_inactive(results_reader *r)
{
    r->n_runs = r->file.n_runs;
    r->n_cells = r->file.n_cells;
}

bool reader_is_active(const results_reader *r, size_t run)
{
    return run < r->file.active_runs;
}

size_t reader_n_inactive(const results_reader *r)
{
    return r->file.n_runs - r->file.active_runs;
}

/* ---- values that are indices ---- */

typedef struct index_column {
    const char *path;
    double least, most;
} index_column;

/* Says which value is wrong. `values` has room for all runs. */
static nn_status check_index(results_reader *r, const index_column *c, int32_t *values, nn_error *err)
{
    h5_place found;
    const nn_status status = look(r, c->path, 1, 1, &found, err);
    if (status != NN_ok)
        return status;
    if (!h5_read(r->file.h5, c->path, H5_I32, r->file.n_runs, values))
        return reader_file_damaged(&r->file, c->path, err);
    for (size_t i = 0; i < r->file.n_runs; i++)
        if (values[i] < c->least || values[i] > c->most)
            return nn_fail(
                err, NN_file,
                "%s: %s of run %zu is %d, which is not in [%.0f, %.0f]; the file is damaged: nngrid run with "
                "its grid trains such runs again",
                r->file.path, c->path, i, (int)values[i], c->least, c->most);
    return NN_ok;
}

/* Checks the columns by whose values others are found; older files may lack the last ones. */
static nn_status check_indices(results_reader *r, nn_error *err)
{
    h5_place splits = {0};
    const bool has_splits = h5_look(r->file.h5, PATH_DATA_SPLIT, &splits) && splits.n_dims == 2;
    const index_column indices[] = {{PATH_RUNS_STATUS, 0, NN_N_RUN_STATUS - 1},
                                    {PATH_RUNS_CELL, 0, (double)r->file.n_cells - 1},
                                    {PATH_RUNS_REPEAT, 0, INT32_MAX},
                                    {PATH_RUNS_FOLD, 0, INT32_MAX},
                                    {PATH_DATA_SPLITS, -1, has_splits ? (double)splits.dims[0] - 1 : INT32_MAX}};
    int32_t *values = malloc((r->file.n_runs + 1) * sizeof *values);
    nn_status status = values != NULL ? NN_ok : nn_fail(err, NN_memory, "not enough memory to read %s", r->file.path);
    for (size_t i = 0; i < sizeof indices / sizeof *indices && status == NN_ok; i++)
        if (i < 2 || h5_has(r->file.h5, indices[i].path))
            status = check_index(r, &indices[i], values, err);
    free(values);
    return status;
}

/* ---- lifecycle ---- */

static nn_status open_reader(const char *path, bool checked, results_reader **out, nn_error *err)
{
    results_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return nn_fail(err, NN_memory, "not enough memory to read %s", path);
    nn_status status = reader_file_open(path, false, &r->file, err);
    reader_show_inactive(r);
    if (status == NN_ok && checked)
        status = check_indices(r, err);
    if (status != NN_ok) {
        results_reader_close(r);
        return status;
    }
    r->n_runs = r->file.active_runs;
    r->n_cells = r->file.active_cells;
    r->older = reader_is_older(r->file.h5);
    r->axes = h5_read_texts(r->file.h5, PATH_GRID, ATTR_AXES, &r->n_axes);
    if (r->axes == NULL)
        r->n_axes = 0;
    *out = r;
    return NN_ok;
}

nn_status results_reader_open(const char *path, results_reader **out, nn_error *err)
{
    return open_reader(path, true, out, err);
}

nn_status reader_open_unchecked(const char *path, results_reader **out, nn_error *err)
{
    return open_reader(path, false, out, err);
}

static void free_flags(flag_words *f)
{
    free(f->path);
    free(f->codes);
    free(f->meanings);
    free(f->words);
}

void results_reader_close(results_reader *r)
{
    if (r == NULL)
        return;
    h5_texts_free(r->axes, r->n_axes);
    h5_texts_free(r->texts, r->n_texts);
    for (size_t i = 0; i < r->n_flags; i++)
        free_flags(&r->flags[i]);
    free(r->flags);
    reader_counts_free(&r->counts);
    reader_file_close(&r->file);
    free(r);
}

size_t reader_n_runs(const results_reader *r)
{
    return r->n_runs;
}

size_t reader_n_cells(const results_reader *r)
{
    return r->n_cells;
}

size_t reader_n_axes(const results_reader *r)
{
    return r->n_axes;
}

const char *reader_axis(const results_reader *r, size_t axis)
{
    return axis < r->n_axes ? r->axes[axis] : NULL;
}

/* ---- texts ---- */

/* The word of a dataset of a single code, such as /state, which is a dataset since it changes. */
static const char *scalar_word(results_reader *r, const char *group, const char *name)
{
    char path[256];
    int64_t code = 0;
    snprintf(path, sizeof path, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);
    if (!h5_has(r->file.h5, path) || !h5_read(r->file.h5, path, H5_I64, 1, &code))
        return NULL;
    return reader_flag(r, path, code);
}

const char *reader_text(results_reader *r, const char *group, const char *attribute)
{
    char *text = h5_read_text(r->file.h5, group, attribute);
    if (text == NULL)
        return scalar_word(r, group, attribute);
    for (size_t i = 0; i < r->n_texts; i++)
        if (strcmp(r->texts[i], text) == 0) {
            free(text);
            return r->texts[i];
        }
    char **texts = realloc(r->texts, (r->n_texts + 1) * sizeof *texts);
    if (texts == NULL) {
        free(text);
        return NULL;
    }
    r->texts = texts;
    return texts[r->n_texts++] = text;
}

nn_status reader_names(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err)
{
    size_t found = 0;
    char **list = h5_names(r->file.h5, group, true, &found);
    if (list == NULL)
        return nn_fail(err, NN_file, "%s: there is no group %s", r->file.path, group);
    *names = list;
    *n = found;
    return NN_ok;
}

/* ---- numbers ---- */

/* Renews rows [from, from + rows) of an accuracy of an older program, n values, from the errors. */
static nn_status recount(results_reader *r, const char *path, size_t from, size_t rows, size_t n, double *values,
                         nn_error *err)
{
    char of[128];
    nn_part part;
    if (!r->older || !reader_error_path(path, of, sizeof of, &part) || !h5_has(r->file.h5, of))
        return NN_ok;
    double *errors = malloc((n + 1) * sizeof *errors);
    nn_status status =
        errors == NULL ? nn_fail(err, NN_memory, "not enough memory for %zu numbers of %s", n, of) : NN_ok;
    if (status == NN_ok && !h5_read_rows(r->file.h5, of, from, rows, H5_F64, n, errors))
        status = reader_file_damaged(&r->file, of, err);
    if (status == NN_ok && r->counts.split == NULL)
        status = reader_counts_read(r->file.h5, r->file.n_runs, &r->counts, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!isnan(values[i]))
            values[i] = nn_accuracy(errors[i], reader_counts_of(&r->counts, from + i * rows / n, part));
    free(errors);
    return status;
}

/* Reads rows [from, from + rows) of a dataset, or a scalar, as doubles. */
static nn_status read_numbers(results_reader *r, const h5_place *place, const char *path, size_t from, size_t rows,
                              double **out, size_t *n_out, nn_error *err)
{
    const size_t n = place->n_dims == 0 ? 1 : place->dims[0] == 0 ? 0 : rows * (place->n / place->dims[0]);
    double *values = malloc((n + 1) * sizeof *values);
    if (values == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu numbers of %s", n, path);
    if (place->n_dims == 0 ? !h5_read(r->file.h5, path, H5_F64, 1, values)
                           : !h5_read_rows(r->file.h5, path, from, rows, H5_F64, n, values)) {
        free(values);
        return reader_file_damaged(&r->file, path, err);
    }
    const nn_status status = recount(r, path, from, rows, n, values, err);
    if (status != NN_ok) {
        free(values);
        return status;
    }
    *out = values;
    *n_out = n;
    return NN_ok;
}

nn_status reader_column(results_reader *r, const char *path, double **out, size_t *n, nn_error *err)
{
    h5_place found;
    const nn_status status = look(r, path, 0, 1, &found, err);
    return status != NN_ok ? status : read_numbers(r, &found, path, 0, reader_visible(r, path, found.n), out, n, err);
}

nn_status reader_run_column(results_reader *r, const char *path, double **out, nn_error *err)
{
    size_t n = 0;
    nn_status status = reader_column(r, path, out, &n, err);
    if (status != NN_ok || n == reader_n_runs(r))
        return status;
    free(*out);
    *out = NULL;
    return nn_fail(err, NN_file, "%s: %s has %zu values for %zu runs; the file is damaged", r->file.path, path, n,
                   reader_n_runs(r));
}

double *reader_runs(results_reader *r, const char *name, nn_error *err)
{
    char path[256];
    double *values = NULL;
    snprintf(path, sizeof path, PATH_RUNS "/%s", name);
    return reader_run_column(r, path, &values, err) == NN_ok ? values : NULL;
}

nn_status reader_row(results_reader *r, const char *path, size_t row, double **out, size_t *n, nn_error *err)
{
    h5_place found;
    const nn_status status = look(r, path, 2, H5_MAX_DIMS, &found, err);
    if (status != NN_ok)
        return status;
    if (row >= found.dims[0])
        return nn_fail(err, NN_file, "%s: %s has no row %zu, only 0 to %zu", r->file.path, path, row,
                       found.dims[0] == 0 ? 0 : found.dims[0] - 1);
    return read_numbers(r, &found, path, row, 1, out, n, err);
}

/* ---- words of codes ---- */

static bool cut_words(flag_words *f, size_t n)
{
    f->words = calloc(n + 1, sizeof *f->words);
    char *rest = f->meanings;
    for (size_t i = 0; f->words != NULL && i < n; i++)
        f->words[f->n++] = strsep(&rest, " ");
    return f->words != NULL;
}

/* Reads the codes and words of a column; where only 0 stands for a word ("full"), 0 is the only code. */
static bool read_flags(results_reader *r, const char *path, flag_words *f)
{
    int64_t first = 0;
    size_t n = h5_read_numbers(r->file.h5, path, ATTR_FLAG_VALUES, H5_I64, &first, 1);
    f->path = strdup(path);
    f->meanings = h5_read_text(r->file.h5, path, n > 0 ? ATTR_FLAG_MEANINGS : ATTR_ZERO_MEANS);
    f->codes = calloc(n + 1, sizeof *f->codes);
    if (f->path == NULL || f->codes == NULL)
        return false;
    if (n > 0)
        h5_read_numbers(r->file.h5, path, ATTR_FLAG_VALUES, H5_I64, f->codes, n);
    return f->meanings == NULL || cut_words(f, n > 0 ? n : 1);
}

static const flag_words *flags_of(results_reader *r, const char *path)
{
    flag_words f = {0};
    for (size_t i = 0; i < r->n_flags; i++)
        if (strcmp(r->flags[i].path, path) == 0)
            return &r->flags[i];
    flag_words *flags = realloc(r->flags, (r->n_flags + 1) * sizeof *flags);
    if (flags == NULL)
        return NULL;
    r->flags = flags;
    if (!read_flags(r, path, &f)) {
        free_flags(&f);
        return NULL;
    }
    flags[r->n_flags] = f;
    return &flags[r->n_flags++];
}

const char *reader_flag(results_reader *r, const char *path, int64_t code)
{
    const flag_words *f = flags_of(r, path);
    for (size_t i = 0; f != NULL && i < f->n; i++)
        if (f->codes[i] == code)
            return f->words[i];
    return NULL;
}

/* ---- exact values, single values, and what a group holds ---- */

static reader_kind kind_of(h5_type type)
{
    switch (type) {
    case H5_I64:
    case H5_I32:
    case H5_I8:
        return READER_INTEGER;
    case H5_U64:
        return READER_UNSIGNED;
    case H5_U8:
        return READER_TRUTH; /* nothing else has this type */
    case H5_F32:
        return READER_FLOAT;
    default:
        return READER_DOUBLE;
    }
}

bool reader_look(results_reader *r, const char *path, reader_shape *out)
{
    h5_place found;
    nn_error none;
    if (look(r, path, 1, H5_MAX_DIMS, &found, &none) != NN_ok)
        return false;
    *out = (reader_shape){kind_of(found.type), reader_visible(r, path, found.dims[0]), 1};
    for (int d = 1; d < found.n_dims; d++)
        out->n_per_row *= found.dims[d];
    return true;
}

bool reader_length(results_reader *r, const char *path, size_t *rows)
{
    h5_place found;
    if (!h5_look(r->file.h5, path, &found) || found.n_dims == 0)
        return false;
    *rows = found.dims[0];
    return true;
}

nn_status reader_rows(results_reader *r, const char *path, const reader_shape *shape, size_t from, size_t n, void *out,
                      nn_error *err)
{
    static const h5_type types[] = {[READER_INTEGER] = H5_I64,
                                    [READER_UNSIGNED] = H5_U64,
                                    [READER_TRUTH] = H5_U64,
                                    [READER_FLOAT] = H5_F64,
                                    [READER_DOUBLE] = H5_F64};
    if (!h5_read_rows(r->file.h5, path, from, n, types[shape->kind], n * shape->n_per_row, out))
        return reader_file_damaged(&r->file, path, err);
    return shape->kind == READER_DOUBLE ? recount(r, path, from, n, n * shape->n_per_row, out, err) : NN_ok;
}

nn_status reader_value(results_reader *r, const char *path, size_t row, double *out, nn_error *err)
{
    h5_place found;
    double value;
    const nn_status status = look(r, path, 1, 1, &found, err);
    if (status != NN_ok)
        return status;
    if (row >= reader_visible(r, path, found.n) || !h5_read_rows(r->file.h5, path, row, 1, H5_F64, 1, &value))
        return nn_fail(err, NN_file, "%s: %s has no row %zu; the file is damaged", r->file.path, path, row);
    *out = value;
    return recount(r, path, row, 1, 1, out, err);
}

nn_status reader_groups(results_reader *r, const char *group, char ***names, size_t *n, nn_error *err)
{
    size_t found = 0;
    char **list = h5_has(r->file.h5, group) ? h5_names(r->file.h5, group, false, &found) : calloc(1, sizeof *list);
    if (list == NULL)
        return nn_fail(err, NN_file, "%s: cannot list %s; the file is damaged, or memory is short", r->file.path,
                       group);
    *names = list;
    *n = found;
    return NN_ok;
}

double reader_number(results_reader *r, const char *group, const char *attribute)
{
    double value;
    return h5_read_numbers(r->file.h5, group, attribute, H5_F64, &value, 1) > 0 ? value : NN_NAN;
}

/* ---- the settings of runs, from their columns and the words of these ---- */

/* Reads the widths of a shape such as "64-32", or "none". False: one is out of range. */
static bool parse_shape(const nn_hyper_row *row, const char *word, nn_shape *out)
{
    nn_shape shape = {0};
    bool good = true;
    while (*word != '\0' && shape.n < NN_MAX_HIDDEN && good) {
        char *end = NULL;
        word += strcspn(word, "0123456789");
        if (*word == '\0')
            break;
        const long width = strtol(word, &end, 10);
        good = width <= INT32_MAX && setting_range_holds(&row->range, (double)width);
        shape.width[shape.n++] = good ? (int32_t)width : 0;
        word = end;
    }
    *out = shape;
    return good;
}

const char *reader_word_of_text(const char *text, char word[READER_WORD_BYTES])
{
    char *to = word;
    for (; *text != '\0'; text++)
        if (*text == ' ' || *text == '%')
            to += sprintf(to, "%%%02x", (unsigned)(unsigned char)*text);
        else
            *to++ = *text;
    *to = '\0';
    return word;
}

/* Reads a text from its word; what does not fit is cut off. */
static nn_text parse_text(const char *word)
{
    nn_text out = {{0}};
    for (size_t n = 0; *word != '\0' && n + 1 < sizeof out.text; word++) {
        unsigned code;
        if (*word == '%' && sscanf(word + 1, "%2x", &code) == 1) {
            out.text[n++] = (char)code;
            word += strlen(word) > 2 ? 2 : strlen(word) - 1;
        } else {
            out.text[n++] = *word;
        }
    }
    return out;
}

/* Puts 8 bytes, as reader_rows gives them, into the field of a setting. False: the word is unknown. */
static bool in_range(const nn_hyper_row *row, double value)
{
    return setting_range_holds(&row->range, value) || (row->word != NULL && value == row->word_value);
}

static bool decode(results_reader *r, const char *path, const nn_hyper_row *row, reader_kind kind, uint64_t bits,
                   nn_hyper *h)
{
    void *field = nn_hyper_at(h, row);
    const bool is_real = kind == READER_DOUBLE || kind == READER_FLOAT;
    const bool coded = row->kind == NN_CHOICE || row->kind == NN_SHAPE || row->kind == NN_TEXT;
    const char *word = coded ? reader_flag(r, path, (int64_t)bits) : NULL;
    switch (row->kind) {
    case NN_REAL:
        memcpy(field, &bits, sizeof(nn_real_value));
        return is_real && in_range(row, *(const nn_real_value *)field);
    case NN_COUNT:
        *(nn_count_value *)field = (int64_t)bits;
        return !is_real && in_range(row, (double)(int64_t)bits);
    case NN_TRUTH:
        *(nn_truth_value *)field = bits != 0;
        return !is_real;
    case NN_CHOICE:
        *(nn_choice_value *)field = word == NULL ? -1 : nn_choice_find(row->choices, word);
        return word != NULL && *(nn_choice_value *)field >= 0;
    case NN_SHAPE:
        return word != NULL && parse_shape(row, word, field);
    case NN_TEXT:
        if (word != NULL)
            *(nn_text_value *)field = parse_text(word);
        return word != NULL;
    }
    return false;
}

/* Reads one setting of n runs, which lie among n_rows rows from `from` on; `values` has room for these rows. */
static nn_status read_setting(results_reader *r, const nn_hyper_row *row, const size_t *runs, size_t n, size_t from,
                              size_t n_rows, uint64_t *values, nn_hyper *out, nn_error *err)
{
    char path[128];
    reader_shape shape;
    snprintf(path, sizeof path, PATH_RUNS "/%s", row->name);
    if (!h5_has(r->file.h5, path))
        return NN_ok; /* the setting is newer than the file */
    nn_status status = !reader_look(r, path, &shape) || shape.n_per_row != 1 || shape.n_rows < from + n_rows
                           ? reader_file_damaged(&r->file, path, err)
                           : reader_rows(r, path, &shape, from, n_rows, values, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!decode(r, path, row, shape.kind, values[runs[i] - from], &out[i]))
            status = nn_fail(err, NN_file,
                             "%s: the %s of run %zu is out of range, or unknown to this version of nngrid; use the one "
                             "that wrote the file",
                             r->file.path, row->name, runs[i]);
    return status;
}

nn_status reader_settings(results_reader *r, const size_t *runs, size_t n, nn_hyper *out, nn_error *err)
{
    size_t from = SIZE_MAX, to = 0;
    for (size_t i = 0; i < n; i++) {
        from = runs[i] < from ? runs[i] : from;
        to = runs[i] + 1 > to ? runs[i] + 1 : to;
        out[i] = nn_hyper_defaults;
    }
    if (n == 0)
        return NN_ok;
    uint64_t *values = malloc((to - from) * sizeof *values);
    nn_status status =
        values == NULL ? nn_fail(err, NN_memory, "not enough memory for the settings of %zu runs", n) : NN_ok;
    for (int i = 0; i < NN_N_HYPER && status == NN_ok; i++)
        status = read_setting(r, &nn_hyper_rows[i], runs, n, from, to - from, values, out, err);
    free(values);
    return status;
}
