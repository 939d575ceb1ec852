/* The settings of stored runs, from their columns and the words of these. */
#include "results/reader/reader_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "64-32", or "none" */
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

/* The 8 bytes of a value as reader_rows gives them, put into their field. False: an unknown word. */
static bool decode(results_reader *r, const char *path, const nn_hyper_row *row, reader_kind kind,
                   uint64_t bits, nn_hyper *h)
{
    void *field = nn_hyper_at(h, row);
    const bool is_real = kind == READER_DOUBLE || kind == READER_FLOAT;
    const char *word =
        row->kind == NN_CHOICE || row->kind == NN_SHAPE ? reader_flag(r, path, (int64_t)bits) : NULL;
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
    }
    return false;
}

/* One setting of all the runs; `values` has room for the rows from the first to the last of them. */
static nn_status read_setting(results_reader *r, const nn_hyper_row *row, const size_t *runs, size_t n,
                              size_t from, size_t n_rows, uint64_t *values, nn_hyper *out, nn_error *err)
{
    char path[128];
    reader_shape shape;
    snprintf(path, sizeof path, "/runs/%s", row->name);
    if (!reader_look(r, path, &shape))
        return NN_ok; /* a setting that is younger than the file */
    nn_status status = shape.n_per_row != 1 || shape.n_rows < from + n_rows
                           ? nn_fail(err, NN_file, "%s: %s is damaged", r->path, path)
                           : reader_rows(r, path, &shape, from, n_rows, values, err);
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!decode(r, path, row, shape.kind, values[runs[i] - from], &out[i]))
            status = nn_fail(err, NN_file,
                             "%s: the %s of run %zu is unknown to this version of nngrid; use the one that "
                             "wrote the file",
                             r->path, row->name, runs[i]);
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
