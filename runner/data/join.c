/* Joins the tables of several files, which must have the same columns. */
#include "data/join.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>

/* Bytes become doubles. */
static nn_status data_table_widen(data_table *t, loader *l)
{
    const size_t n = t->n_rows * t->n_inputs;
    if (t->bytes == NULL)
        return NN_ok;
    t->inputs = file_fits_memory((double)n * sizeof *t->inputs) ? malloc(n * sizeof *t->inputs + 1) : NULL;
    if (t->inputs == NULL)
        return data_no_memory(l, "the data");
    for (size_t i = 0; i < n; i++)
        t->inputs[i] = t->bytes[i];
    free(t->bytes);
    t->bytes = NULL;
    return NN_ok;
}

/* ---- are they alike? ---- */

static nn_status check_counts(const data_table *t, const data_table *more, loader *l)
{
    const char *first = file_base(t->files[0].path);
    if (more->n_inputs != t->n_inputs) {
        return data_mistake(l, 0, 0, "has %zu inputs, %s has %zu; the files must have the same columns", more->n_inputs,
                            first, t->n_inputs);
    }
    if (more->n_targets != t->n_targets) {
        return data_mistake(l, 0, 0, "has %zu targets, %s has %zu; the files must have the same columns",
                            more->n_targets, first, t->n_targets);
    }
    if (more->n_hot != t->n_hot || (t->n_hot > 0 && memcmp(more->hot, t->hot, t->n_hot * sizeof *t->hot) != 0))
        return data_mistake(l, 0, 0, "other columns hold text than in %s; name them all in `one_hot`", first);
    return NN_ok;
}

/* Columns are taken by their order: names that differ there are a mistake in one of the files. */
static nn_status check_names(const data_table *t, const data_table *more, loader *l)
{
    for (size_t j = 0; j < t->n_inputs && t->names != NULL && more->names != NULL; j++) {
        char here[EXCERPT_SIZE], there[EXCERPT_SIZE];
        if (strcmp(t->names[j], more->names[j]) != 0) {
            return data_mistake(l, 1, data_table_column(more, j),
                                "column '%s' stands where %s has '%s'; the files must have the same columns in "
                                "the same order",
                                data_excerpt(more->names[j], here), file_base(t->files[0].path),
                                data_excerpt(t->names[j], there));
        }
    }
    return NN_ok;
}

/* Labels as text beside labels as numbers: where the text is numbers, numbers are enough. */
static nn_status drop_labels(data_table *t, loader *l)
{
    for (size_t i = 0; i < t->n_rows && t->labels != NULL; i++) {
        if (t->labels[i] != NULL && isnan(t->targets[i])) {
            char shown[EXCERPT_SIZE];
            return data_mistake(l, data_table_go(t, i, true, l), t->target_column,
                                "the label '%s' is a word; in another file the labels are numbers",
                                data_excerpt(t->labels[i], shown));
        }
    }
    free(t->labels);
    t->labels = NULL;
    return NN_ok;
}

static nn_status make_alike(data_table *t, data_table *more, loader *l)
{
    nn_status status = check_counts(t, more, l);
    if (status == NN_ok)
        status = check_names(t, more, l);
    if (status == NN_ok && (t->bytes == NULL) != (more->bytes == NULL))
        status = data_table_widen(t->bytes != NULL ? t : more, l);
    if (status == NN_ok && (t->labels == NULL) != (more->labels == NULL))
        status = drop_labels(t->labels != NULL ? t : more, l);
    /* Without words the inputs have all values: what words there are must be numbers. */
    if (status == NN_ok && (t->words == NULL) != (more->words == NULL))
        status = data_mistake(l, 0, 0, "holds numbers where another file holds text (one_hot)");
    return status;
}

/* ---- joining ---- */

/* The array with n items more, of `bytes` each; both arrays are there, or neither. No memory: *ok is false. */
static void *joined(void *items, const void *more, size_t bytes, size_t n_rows, size_t n, bool *ok)
{
    char *larger = items != NULL && n * bytes > 0 ? realloc(items, (n_rows + n) * bytes) : items;
    *ok = *ok && (items == NULL || larger != NULL);
    if (larger == NULL || n * bytes == 0)
        return items;
    memcpy(larger + n_rows * bytes, more, n * bytes);
    return larger;
}

static bool number_lines(data_table *t)
{
    t->lines = t->lines != NULL ? t->lines : calloc(t->n_rows + 1, sizeof *t->lines);
    for (size_t i = 0; t->lines != NULL && i < t->n_rows && t->lines[i] == 0; i++)
        t->lines[i] = (int)i + 1;
    return t->lines != NULL;
}

static bool append_arrays(data_table *t, const data_table *more)
{
    const size_t n = more->n_rows, rows = t->n_rows;
    bool ok = true;
    t->inputs = joined(t->inputs, more->inputs, t->n_inputs * sizeof *t->inputs, rows, n, &ok);
    t->bytes = joined(t->bytes, more->bytes, t->n_inputs, rows, n, &ok);
    t->targets = joined(t->targets, more->targets, t->n_targets * sizeof *t->targets, rows, n, &ok);
    t->labels = joined((void *)t->labels, more->labels, sizeof *t->labels, rows, n, &ok);
    t->words = joined((void *)t->words, more->words, t->n_hot * sizeof *t->words, rows, n, &ok);
    t->parts = joined(t->parts, more->parts, sizeof *t->parts, rows, n, &ok);
    t->lines = joined(t->lines, more->lines, sizeof *t->lines, rows, n, &ok);
    return ok;
}

/* The strings of `more` live on in t. */
static bool take_texts(data_table *t, data_table *more)
{
    while (more->n_texts > 0)
        if (!data_table_own(t, more->texts[--more->n_texts]))
            return false;
    return true;
}

nn_status data_table_append(data_table *t, data_table *more, loader *l)
{
    nn_status status = make_alike(t, more, l);
    if (status != NN_ok)
        return status;
    if (!number_lines(t) || !number_lines(more) || !append_arrays(t, more) || !take_texts(t, more))
        return data_no_memory(l, "the rows of all files");
    t->files[t->n_files] = more->files[0];
    t->files[t->n_files++].first = t->n_rows;
    t->n_rows += more->n_rows;
    t->capacity = t->n_rows;
    return NN_ok;
}
