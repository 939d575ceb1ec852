/* The form in which data stays: the smallest that holds every input exactly, and a digest that does not
 * depend on it. */
#include "data/store.h"
#include "data/classes.h"
#include "data/scale.h"
#include "data/spec.h"
#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

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

/* Takes the inputs out of the table. NULL: no memory. */
static void *take_inputs(data_table *t, nn_type type)
{
    static const size_t bytes[] = {[NN_UINT8] = 1, [NN_FLOAT32] = 4, [NN_FLOAT64] = 8};
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
    void *out = malloc(n * bytes[type]);
    for (size_t i = 0; out != NULL && i < n; i++)
        if (type == NN_UINT8)
            ((uint8_t *)out)[i] = (uint8_t)t->inputs[i];
        else
            ((float *)out)[i] = (float)t->inputs[i];
    return out;
}

static void digest_count(XXH3_state_t *state, uint64_t count)
{
    uint64_t little = htole64(count);
    XXH3_64bits_update(state, &little, sizeof little);
}

/* As little-endian float64, with one NaN and one zero. */
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

static bool store_names(const data_table *t, dataset *d)
{
    d->target_name = t->target_name != NULL ? strdup(t->target_name) : NULL;
    if (t->target_name != NULL && d->target_name == NULL)
        return false;
    if (t->names == NULL)
        return true;
    d->input_names = calloc(t->n_inputs, sizeof *d->input_names);
    for (size_t j = 0; d->input_names != NULL && j < t->n_inputs; j++) {
        d->input_names[j] = strdup(t->names[j]);
        if (d->input_names[j] == NULL)
            return false;
    }
    return d->input_names != NULL;
}

static size_t bytes_held(const dataset *d)
{
    static const size_t bytes[] = {[NN_UINT8] = 1, [NN_FLOAT32] = 4, [NN_FLOAT64] = 8};
    const nn_data *data = &d->data;
    size_t targets = data->classes != NULL ? sizeof *data->classes : data->n_targets * sizeof *data->targets;
    return data->n_rows * (data->n_inputs * bytes[data->input_type] + targets + (d->part_column != NULL ? 1 : 0));
}

nn_status dataset_store(loader *l, data_table *t, dataset *d)
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
    if (data->inputs == NULL || !store_names(t, d))
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

void dataset_free(dataset *d)
{
    if (d == NULL)
        return;
    /* nn_data is a read-only view; the dataset owns what it points to. */
    free((void *)d->data.inputs);
    free((void *)d->data.classes);
    free((void *)d->data.targets);
    data_free_names(d->input_names, d->data.n_inputs);
    data_free_names(d->class_names, d->data.n_classes);
    free(d->target_name);
    free(d->part_column);
    free(d->name);
    free(d);
}
