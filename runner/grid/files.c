/* The key data.file: one file, two (inputs and targets), or those of the parts. */
#include "grid/reader.h"
#include <stdlib.h>

/* ---- one source ---- */

static void read_source_file(reader *r, const node *value)
{
    want_copy(r, value, "file", &r->source->file);
}

static void read_source_inputs(reader *r, const node *value)
{
    want_copy(r, value, "inputs", &r->source->inputs);
}

static void read_source_targets(reader *r, const node *value)
{
    want_copy(r, value, "targets", &r->source->targets);
}

static const key_row source_rows[] = {
    {"file", read_source_file}, {"inputs", read_source_inputs}, {"targets", read_source_targets}};
#define SOURCE_EXAMPLE "{inputs: X.npy, targets: y.npy}"
const key_table train_file_keys = {"data.file.train", SOURCE_EXAMPLE, COUNT_OF(source_rows), source_rows},
                validation_file_keys = {"data.file.validation", SOURCE_EXAMPLE, COUNT_OF(source_rows),
                                        source_rows},
                test_file_keys = {"data.file.test", SOURCE_EXAMPLE, COUNT_OF(source_rows), source_rows};

static void check_source(reader *r, const node *value, const data_source *source)
{
    if ((source->inputs == NULL) != (source->targets == NULL))
        mistake(r, value, "inputs and targets go together, such as " SOURCE_EXAMPLE);
    else if (source->file == NULL && source->inputs == NULL)
        mistake(r, value, "a file is wanted here, or " SOURCE_EXAMPLE);
}

/* A path, or a mapping. */
static void read_part(reader *r, const node *value, nn_part part, const key_table *keys)
{
    const size_t before = r->d->n_errors;
    r->source = &r->g->data.parts[part];
    r->source->at = place_in(r, value);
    if (value->kind != NODE_MAP)
        want_copy(r, value, nn_part_names[part], &r->source->file);
    else if (read_keys(r, keys, value) && r->d->n_errors == before)
        check_source(r, value, r->source);
}

static void read_train_file(reader *r, const node *value)
{
    read_part(r, value, NN_TRAIN, &train_file_keys);
}

static void read_validation_file(reader *r, const node *value)
{
    read_part(r, value, NN_VALIDATION, &validation_file_keys);
}

static void read_test_file(reader *r, const node *value)
{
    read_part(r, value, NN_TEST, &test_file_keys);
}

/* ---- the whole ---- */

/* inputs and targets of the whole stand as those of the training part. */
static void read_inputs(reader *r, const node *value)
{
    want_copy(r, value, "inputs", &r->g->data.parts[NN_TRAIN].inputs);
}

static void read_targets(reader *r, const node *value)
{
    want_copy(r, value, "targets", &r->g->data.parts[NN_TRAIN].targets);
}

static const key_row file_rows[] = {{"inputs", read_inputs},
                               {"targets", read_targets},
                               {"train", read_train_file},
                               {"validation", read_validation_file},
                               {"test", read_test_file}};
const key_table file_keys = {"data.file", "file: data.csv", COUNT_OF(file_rows), file_rows};

static void check_files(reader *r, const node *value)
{
    const data_spec *data = &r->g->data;
    const bool pair = node_get(value, "inputs", NULL) != NULL || node_get(value, "targets", NULL) != NULL;
    const bool parts = data_spec_has_part(data, NN_VALIDATION) || data_spec_has_part(data, NN_TEST) ||
                       node_get(value, "train", NULL) != NULL;
    if (pair && parts)
        mistake(r, value,
                "file takes inputs and targets, or files of the parts; inputs and targets of a part go "
                "below it: train: " SOURCE_EXAMPLE);
    else if (parts && !data_spec_has_part(data, NN_TRAIN))
        mistake(r, value, "the parts need train: a file with the rows to train on");
    else
        check_source(r, value, &data->parts[NN_TRAIN]);
}

void read_file(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    r->g->data.file_at = r->g->data.parts[NN_TRAIN].at = place_in(r, value);
    if (value->kind != NODE_MAP)
        want_copy(r, value, "file", &r->g->data.file);
    else if (read_keys(r, &file_keys, value) && r->d->n_errors == before)
        check_files(r, value);
}
