/* The face of a results file by rows. Values are read from the file at each call; names and texts are kept. */
#include "results/reader/reader.h"
#include "results/names.h"
#include "results/reader/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- inactive rows ---- */

/* How many of the n rows of a dataset are shown. */
static size_t reader_visible(const results_reader *r, const char *path, size_t n)
{
    static const char *const of_runs[] = {PATH_RUNS "/", PATH_CURVES "/", PATH_STOPS "/", PATH_TIMING "/",
                                          PATH_DATA_SPLITS};
    if (strncmp(path, PATH_CELLS "/", sizeof PATH_CELLS) == 0)
        return n == r->file.n_cells ? r->n_cells : n;
    if (n != r->file.n_runs || strcmp(path, PATH_CURVES_EPOCH) == 0)
        return n;
    for (size_t i = 0; i < sizeof of_runs / sizeof *of_runs; i++)
        if (strncmp(path, of_runs[i], strlen(of_runs[i])) == 0)
            return r->n_runs;
    return n;
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

/* ---- lifecycle ---- */

nn_status results_reader_open(const char *path, results_reader **out, nn_error *err)
{
    results_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return nn_fail(err, NN_memory, "not enough memory to read %s", path);
    const nn_status status = reader_file_open(path, false, &r->file, err);
    if (status != NN_ok) {
        results_reader_close(r);
        return status;
    }
    r->n_runs = r->file.active_runs;
    r->n_cells = r->file.active_cells;
    r->axes = h5_read_texts(r->file.h5, PATH_GRID, ATTR_AXES, &r->n_axes);
    if (r->axes == NULL)
        r->n_axes = 0;
    *out = r;
    return NN_ok;
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
    h5_place found;
    snprintf(path, sizeof path, "%s/%s", strcmp(group, "/") == 0 ? "" : group, name);
    if (!h5_look(r->file.h5, path, &found) || found.n_dims != 0 || !h5_read(r->file.h5, path, -1, H5_I64, &code))
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

/* Reads rows [from, from + rows) of a dataset, or a scalar, as doubles. */
static nn_status read_numbers(results_reader *r, const h5_place *place, const char *path, size_t from, size_t rows,
                              double **out, size_t *n_out, nn_error *err)
{
    const size_t n = place->n_dims == 0 ? 1 : place->dims[0] == 0 ? 0 : rows * (place->n / place->dims[0]);
    double *values = malloc((n + 1) * sizeof *values);
    if (values == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu numbers of %s", n, path);
    if (place->n_dims == 0 ? !h5_read(r->file.h5, path, -1, H5_F64, values)
                           : !h5_read_rows(r->file.h5, path, from, rows, H5_F64, values)) {
        free(values);
        return nn_fail(err, NN_file, "%s: cannot read %s", r->file.path, path);
    }
    *out = values;
    *n_out = n;
    return NN_ok;
}

nn_status reader_column(results_reader *r, const char *path, double **out, size_t *n, nn_error *err)
{
    h5_place found;
    if (!h5_look(r->file.h5, path, &found) || found.n_dims > 1)
        return nn_fail(err, NN_file, "%s: there is no column %s", r->file.path, path);
    return read_numbers(r, &found, path, 0, reader_visible(r, path, found.n), out, n, err);
}

nn_status reader_run_column(results_reader *r, const char *path, double **out, nn_error *err)
{
    size_t n = 0;
    nn_status status = reader_column(r, path, out, &n, err);
    if (status != NN_ok || n == reader_n_runs(r))
        return status;
    free(*out);
    *out = NULL;
    return nn_fail(err, NN_file, "%s has %zu values for %zu runs: the file is damaged", path, n, reader_n_runs(r));
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
    if (!h5_look(r->file.h5, path, &found) || found.n_dims < 2)
        return nn_fail(err, NN_file, "%s: there is no table %s", r->file.path, path);
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
    if (!h5_look(r->file.h5, path, &found) || found.n_dims < 1)
        return false;
    *out = (reader_shape){kind_of(found.type), reader_visible(r, path, found.dims[0]), 1};
    for (int d = 1; d < found.n_dims; d++)
        out->n_per_row *= found.dims[d];
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
    if (h5_read_rows(r->file.h5, path, from, n, types[shape->kind], out))
        return NN_ok;
    return nn_fail(err, NN_file, "%s: cannot read rows %zu to %zu of %s; the file is damaged", r->file.path, from,
                   from + n - 1, path);
}

nn_status reader_value(results_reader *r, const char *path, size_t row, double *out, nn_error *err)
{
    reader_shape shape;
    double value;
    if (!reader_look(r, path, &shape) || shape.n_per_row != 1)
        return nn_fail(err, NN_file, "%s: there is no column %s", r->file.path, path);
    if (row >= shape.n_rows || !h5_read_rows(r->file.h5, path, row, 1, H5_F64, &value))
        return nn_fail(err, NN_file, "%s: %s has no row %zu; the file is damaged", r->file.path, path, row);
    *out = value;
    return NN_ok;
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

/* Reads the widths of a shape such as "64-32", or "none". */
static nn_shape parse_shape(const char *word)
{
    nn_shape shape = {0};
    while (*word != '\0' && shape.n < NN_MAX_HIDDEN) {
        char *end = NULL;
        word += strcspn(word, "0123456789");
        if (*word == '\0')
            break;
        shape.width[shape.n++] = (int32_t)strtol(word, &end, 10);
        word = end;
    }
    return shape;
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
        return is_real;
    case NN_COUNT:
        *(nn_count_value *)field = (int64_t)bits;
        return !is_real;
    case NN_TRUTH:
        *(nn_truth_value *)field = bits != 0;
        return !is_real;
    case NN_CHOICE:
        *(nn_choice_value *)field = word == NULL ? -1 : nn_choice_find(row->choices, word);
        return word != NULL && *(nn_choice_value *)field >= 0;
    case NN_SHAPE:
        if (word != NULL)
            *(nn_shape_value *)field = parse_shape(word);
        return word != NULL;
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
    if (!reader_look(r, path, &shape))
        return NN_ok; /* the setting is newer than the file */
    nn_status status = shape.n_per_row != 1 || shape.n_rows < from + n_rows
                           ? nn_fail(err, NN_file, "%s: %s is damaged", r->file.path, path)
                           : reader_rows(r, path, &shape, from, n_rows, values, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!decode(r, path, row, shape.kind, values[runs[i] - from], &out[i]))
            status = nn_fail(err, NN_file,
                             "%s: the %s of run %zu is unknown to this version of nngrid; use the one that "
                             "wrote the file",
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
