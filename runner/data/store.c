/* From a table as it was read to the dataset that is kept: one-hot coding, classes, the smallest type that holds
 * every input exactly, and a digest that does not depend on that type. */
#include "data/store.h"
#include "base/file.h"
#include "base/setting.h"
#include "data/classes.h"
#include "data/fit.h"
#include "data/spec.h"
#include "data/text.h"
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- one-hot coding: a categorical column becomes one column of 0 and 1 for each of its categories, in their order
 * ---- */

typedef struct hot_column {
    size_t input; /* its place before coding */
    data_distinct values;
} hot_column;

/* The table's arrays after coding, which has more columns. */
typedef struct widening {
    data_table *t;
    hot_column *hot; /* [t->n_hot] */
    size_t n_inputs;
    double *inputs;
    int *columns;
    const char **names;
} widening;

/* The categories of a column: those that it has, or those of training. */
static nn_status find_values(const data_table *t, size_t which, hot_column *h, loader *l)
{
    h->input = t->hot[which];
    nn_status status = l->model != NULL ? data_new_values(l, t, which, &h->values)
                                        : data_distinct_of_input(t, h->input, &h->values, l);
    for (size_t k = 0; k < h->values.n && h->values.numbers && status == NN_ok; k++)
        if (!data_is_exact(h->values.number[k]))
            status = data_mistake(l, data_table_go(t, 0, false, l), data_table_column(t, h->input),
                                  "this one-hot column has %.0f, beyond 2^53, where whole numbers are no longer told "
                                  "apart; save it as text, or number its categories",
                                  h->values.number[k]);
    if (status == NN_ok && h->values.too_many) {
        return data_mistake(l, data_table_go(t, 0, false, l), data_table_column(t, h->input),
                            "a one-hot column has at most %d categories, this one has more; is it numeric?",
                            MAX_CLASSES);
    }
    return status;
}

/* Fills in column and names of the columns that input j becomes, which begin at `at`. Without a header the index of the
 * column stands for its name, so that the results tell the categories. False: memory is short. */
static bool name_columns(widening *w, size_t at, size_t j, const hot_column *h)
{
    const data_table *t = w->t;
    char index[24];
    snprintf(index, sizeof index, "%d", data_table_column(t, j) - 1);
    const char *column = t->names != NULL ? t->names[j] : index;
    for (size_t k = 0; k < (h != NULL ? h->values.n : 1); k++) {
        char *name = NULL, number[32];
        w->columns[at + k] = data_table_column(t, j);
        const data_distinct *v = h != NULL ? &h->values : NULL;
        const char *value = v == NULL    ? NULL
                            : v->numbers ? setting_real_format(v->number[k], number, sizeof number)
                                         : v->word[k];
        const int n = value != NULL ? asprintf(&name, "%s=%s", column, value) : asprintf(&name, "%s", column);
        if (n < 0 || !data_table_own(w->t, name))
            return false;
        w->names[at + k] = name;
    }
    return true;
}

static void fill_row(const widening *w, size_t row)
{
    const data_table *t = w->t;
    double *to = w->inputs + row * w->n_inputs;
    for (size_t j = 0, which = 0; j < t->n_inputs; j++) {
        const double value = data_table_input(t, row, j);
        if (which == t->n_hot || w->hot[which].input != j) {
            *to++ = value;
            continue;
        }
        const data_distinct *v = &w->hot[which].values;
        size_t at = 0;
        if (!isnan(value))
            data_distinct_find(v, value, data_table_word(t, row, which), &at);
        for (size_t k = 0; k < v->n; k++)
            *to++ = isnan(value) ? NN_NAN : k == at ? 1.0 : 0.0;
        which++;
    }
}

static nn_status widen(widening *w, loader *l)
{
    data_table *t = w->t;
    w->n_inputs = t->n_inputs - t->n_hot;
    for (size_t which = 0; which < t->n_hot; which++)
        w->n_inputs += w->hot[which].values.n;
    const double bytes = (double)w->n_inputs * (double)t->n_rows * sizeof *w->inputs;
    w->inputs = file_fits_memory(bytes) ? malloc(t->n_rows * w->n_inputs * sizeof *w->inputs + 1) : NULL;
    w->columns = malloc(w->n_inputs * sizeof *w->columns + 1);
    w->names = malloc(w->n_inputs * sizeof *w->names + 1);
    if (w->inputs == NULL || w->columns == NULL || w->names == NULL)
        return data_no_memory(l, "the one-hot columns");
    for (size_t j = 0, which = 0, at = 0; j < t->n_inputs; j++) {
        const hot_column *h = which < t->n_hot && w->hot[which].input == j ? &w->hot[which++] : NULL;
        if (!name_columns(w, at, j, h))
            return data_no_memory(l, "the names of one-hot columns");
        at += h != NULL ? h->values.n : 1;
    }
    for (size_t i = 0; i < t->n_rows; i++)
        fill_row(w, i);
    return NN_ok;
}

/* Gives the table the wider arrays and leaves the old ones, to be freed, to w. */
static void swap_arrays(widening *w)
{
    data_table *t = w->t;
    double *inputs = t->inputs;
    int *columns = t->columns;
    const char **names = t->names;
    t->inputs = w->inputs;
    t->columns = w->columns;
    t->names = w->names;
    w->names = names;
    w->inputs = inputs;
    w->columns = columns;
    free(t->bytes);
    t->bytes = NULL;
    t->n_inputs = w->n_inputs;
}

static nn_status code_one_hot(data_table *t, loader *l)
{
    nn_status status = NN_ok;
    if (t->n_hot == 0)
        return NN_ok;
    widening w = {.t = t, .hot = calloc(t->n_hot, sizeof *w.hot)};
    if (w.hot == NULL)
        return data_no_memory(l, "the one-hot columns");
    for (size_t which = 0; which < t->n_hot && status == NN_ok; which++)
        status = find_values(t, which, &w.hot[which], l);
    if (status == NN_ok)
        status = widen(&w, l);
    if (status == NN_ok)
        swap_arrays(&w);
    for (size_t which = 0; which < t->n_hot; which++)
        data_distinct_free(&w.hot[which].values);
    free(w.hot);
    free(w.inputs);
    free(w.columns);
    free((void *)w.names);
    return status;
}

/* ---- the smallest type ---- */

static const size_t type_bytes[] = {[NN_UINT8] = 1, [NN_FLOAT32] = 4, [NN_FLOAT64] = 8};

static nn_type smallest_type(const data_table *t)
{
    const double *x = t->inputs;
    const size_t n = t->bytes != NULL ? 0 : t->n_rows * t->n_inputs;
    bool bytes = true, floats = true;
    for (size_t i = 0; i < n && floats; i++) {
        bool byte = x[i] >= 0.0 && x[i] <= 255.0 && x[i] == rint(x[i]);
        bool exact = isnan(x[i]) || (fabs(x[i]) <= (double)3.4e38f && (double)(float)x[i] == x[i]);
        bytes = bytes && byte;
        floats = floats && exact;
    }
    return !floats ? NN_FLOAT64 : bytes ? NN_UINT8 : NN_FLOAT32;
}

/* Takes the inputs out of the table as that type. NULL: memory is short. */
static void *take_inputs(data_table *t, nn_type type)
{
    size_t n = t->n_rows * t->n_inputs;
    if (t->bytes != NULL) {
        uint8_t *taken = t->bytes;
        t->bytes = NULL;
        return taken;
    }
    if (type == NN_FLOAT64) {
        double *fitted = realloc(t->inputs, n * sizeof *fitted);
        if (fitted != NULL)
            t->inputs = fitted;
        double *taken = t->inputs;
        t->inputs = NULL;
        return taken;
    }
    void *out = malloc(n * type_bytes[type]);
    for (size_t i = 0; out != NULL && i < n; i++)
        if (type == NN_UINT8)
            ((uint8_t *)out)[i] = (uint8_t)t->inputs[i];
        else
            ((float *)out)[i] = (float)t->inputs[i];
    return out;
}

/* ---- the digest ---- */

void dataset_row(const nn_data *data, size_t row, double *out)
{
    const size_t n = data->n_inputs, from = row * n;
    switch (data->input_type) {
    case NN_UINT8:
        for (size_t j = 0; j < n; j++)
            out[j] = ((const uint8_t *)data->inputs)[from + j];
        break;
    case NN_FLOAT32:
        for (size_t j = 0; j < n; j++)
            out[j] = (double)((const float *)data->inputs)[from + j];
        break;
    case NN_FLOAT64:
        memcpy(out, (const double *)data->inputs + from, n * sizeof *out);
        break;
    }
}

static void digest_count(XXH3_state_t *state, uint64_t count)
{
    uint64_t little = htole64(count);
    XXH3_64bits_update(state, &little, sizeof little);
}

/* Digests numbers as little-endian float64, with one NaN and one zero. */
static void digest_reals(XXH3_state_t *state, const double *values, size_t n)
{
    enum { BLOCK = 256 };
    uint64_t block[BLOCK];
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t size = n - i < BLOCK ? n - i : BLOCK;
        for (size_t j = 0; j < size; j++) {
            const double value = values[i + j] + 0.0; /* -0 becomes 0 */
            uint64_t bits;
            memcpy(&bits, &value, sizeof bits);
            block[j] = htole64(value != value ? UINT64_C(0x7ff8000000000000) : bits);
        }
        XXH3_64bits_update(state, block, size * sizeof *block);
    }
}

static void digest_content(XXH3_state_t *state, const dataset *d, double *row)
{
    const nn_data *data = &d->data;
    digest_count(state, data->n_rows);
    digest_count(state, data->n_inputs);
    digest_count(state, data->n_classes);
    digest_count(state, data->n_targets);
    for (size_t i = 0; i < data->n_rows; i++) {
        dataset_row(data, i, row);
        digest_reals(state, row, data->n_inputs);
    }
    for (size_t i = 0; i < data->n_rows && data->classes != NULL; i++)
        digest_count(state, (uint64_t)data->classes[i]);
    if (data->targets != NULL)
        digest_reals(state, data->targets, data->n_rows * data->n_targets);
    for (size_t c = 0; c < data->n_classes; c++)
        XXH3_64bits_update(state, d->class_names[c], strlen(d->class_names[c]) + 1);
}

static nn_status digest(loader *l, dataset *d)
{
    XXH3_state_t *state = XXH3_createState();
    double *row = malloc(d->data.n_inputs * sizeof *row);
    nn_status status = NN_ok;
    if (state == NULL || row == NULL) {
        status = data_no_memory(l, "the digest");
    } else {
        XXH3_64bits_reset(state);
        digest_content(state, d, row);
        d->digest = XXH3_64bits_digest(state);
    }
    XXH3_freeState(state);
    free(row);
    return status;
}

/* ---- the dataset ---- */

/* Copies n names; NULL stays NULL. False: memory is short. */
static bool copy_names(const char *const *names, size_t n, char ***out)
{
    if (names == NULL)
        return true;
    *out = calloc(n, sizeof **out);
    for (size_t j = 0; *out != NULL && j < n; j++) {
        (*out)[j] = strdup(names[j]);
        if ((*out)[j] == NULL)
            return false;
    }
    return *out != NULL;
}

static bool store_names(const data_table *t, dataset *d)
{
    d->target_name = t->target_name != NULL ? strdup(t->target_name) : NULL;
    if (t->target_name != NULL && d->target_name == NULL)
        return false;
    return copy_names(t->names, t->n_inputs, &d->input_names) &&
           copy_names(t->target_names, d->n_target_names, &d->target_names);
}

static bool store_ids(const data_table *t, dataset *d)
{
    d->id_name = t->id_name != NULL ? strdup(t->id_name) : NULL;
    return (t->id_name == NULL || d->id_name != NULL) && copy_names(t->ids, t->n_rows, &d->ids);
}

static size_t bytes_held(const dataset *d)
{
    const nn_data *data = &d->data;
    size_t targets = data->classes != NULL ? sizeof *data->classes : data->n_targets * sizeof *data->targets;
    return data->n_rows * (data->n_inputs * type_bytes[data->input_type] + targets + (d->part_column != NULL ? 1 : 0));
}

static nn_status store(loader *l, data_table *t, dataset *d)
{
    nn_data *data = &d->data;
    data->n_rows = t->n_rows;
    data->n_inputs = t->n_inputs;
    d->n_missing = t->n_missing;
    d->n_dropped = t->n_dropped;
    nn_status status = l->regression ? NN_ok : data_find_classes(l, t, d);
    if (status != NN_ok)
        return status;
    data->input_type = smallest_type(t);
    data->inputs = take_inputs(t, data->input_type);
    if (data->inputs == NULL || !store_names(t, d) || !store_ids(t, d))
        return data_no_memory(l, "the data");
    if (l->regression) {
        data->n_targets = t->n_targets;
        data->targets = t->targets;
        t->targets = NULL;
    }
    d->part_column = t->parts;
    t->parts = NULL;
    while (d->n_pool < data->n_rows && (d->part_column == NULL || d->part_column[d->n_pool] == IN_POOL))
        d->n_pool++;
    for (size_t i = d->n_pool; i < data->n_rows; i++)
        d->n_fixed[d->part_column[i]]++;
    d->bytes = bytes_held(d);
    return digest(l, d);
}

nn_status data_keep(loader *l, data_table *t, dataset *d)
{
    nn_status status = data_table_missing(t, l);
    d->n_target_names = t->target_names != NULL ? t->n_targets : 0; /* of targets of 1 of m, one is left */
    if (status == NN_ok)
        status = code_one_hot(t, l);
    if (status == NN_ok && l->model != NULL)
        status = data_new_arrange(l, t);
    if (status == NN_ok && !l->regression && t->n_targets > 1)
        status = data_table_one_of_m(t, l);
    return status == NN_ok ? store(l, t, d) : status;
}

void dataset_free(dataset *d)
{
    if (d == NULL)
        return;
    /* nn_data points to constants, but the dataset owns them. */
    free((void *)d->data.inputs);
    free((void *)d->data.classes);
    free((void *)d->data.targets);
    data_free_names(d->input_names, d->data.n_inputs);
    data_free_names(d->class_names, d->data.n_classes);
    free(d->target_name);
    data_free_names(d->target_names, d->n_target_names);
    data_free_names(d->ids, d->data.n_rows);
    free(d->id_name);
    for (size_t i = 0; i < d->n_files; i++)
        free(d->files[i].name);
    free(d->part_column);
    free(d->given);
    free(d->name);
    free(d);
}
