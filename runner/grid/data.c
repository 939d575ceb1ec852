/* The section `data`: fills a data_spec, with the places that later messages point at. */
#include "grid/data.h"
#include "base/setting.h"
#include "grid/sections.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdlib.h>
#include <string.h>

/* ---- The section data.split: how large the parts are, folds, or a column that says which row is where. ---- */

const char *const grid_order_words[2] = {"random", "file"};

static split_spec *split_of(reader *r)
{
    return &r->g->data.split;
}

/* Without a point a number counts rows: 1 is one row, 1.0 is all of them. */
static bool read_part_size(const char *text, part_size *size)
{
    int64_t count;
    double fraction;
    if (strcmp(text, "rest") == 0)
        size->kind = SIZE_REST;
    else if (strchr(text, '.') == NULL && setting_parse_count(text, &count) && count >= 0)
        *size = (part_size){SIZE_COUNT, (double)count, size->at};
    else if (setting_parse_real(text, &fraction) && fraction >= 0 && fraction <= 1)
        *size = (part_size){SIZE_FRACTION, fraction, size->at};
    else
        return false;
    return true;
}

static void read_size(reader *r, const node *value, nn_part part)
{
    part_size *size = &split_of(r)->size[part];
    const char *text;
    size->at = grid_place_in(r, value);
    if (part == NN_TRAIN && value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        split_of(r)->kind = SPLIT_ALL;
    else if (grid_want_text(r, value, nn_part_names[part], &text) && !read_part_size(text, size))
        grid_mistake(r, value, "%s takes a fraction in [0, 1], a number of rows, or rest; not '%.60s'",
                     nn_part_names[part], text);
}

static void read_train(reader *r, const node *value)
{
    read_size(r, value, NN_TRAIN);
}

static void read_validation(reader *r, const node *value)
{
    read_size(r, value, NN_VALIDATION);
}

static void read_test(reader *r, const node *value)
{
    read_size(r, value, NN_TEST);
}

static void read_stratify(reader *r, const node *value)
{
    grid_want_truth(r, value, "stratify", &split_of(r)->stratify);
}

static void read_order(reader *r, const node *value)
{
    int order;
    if (grid_want_choice(r, value, "order", grid_order_words, COUNT_OF(grid_order_words), &order))
        split_of(r)->file_order = order == 1;
}

static void read_folds(reader *r, const node *value)
{
    int64_t folds = 2;
    grid_want_count(r, value, "folds", 2, 1000, &folds);
    split_of(r)->folds = (int)folds;
}

static void read_column(reader *r, const node *value)
{
    grid_want_copy(r, value, "column", &split_of(r)->column);
}

static const key_row split_rows[] = {
    {"train", read_train}, {"validation", read_validation}, {"test", read_test},    {"stratify", read_stratify},
    {"order", read_order}, {"folds", read_folds},           {"column", read_column}};
const key_table grid_split_keys = {"data.split", "split: {train: 0.6, validation: 0.2, test: 0.2}",
                                   COUNT_OF(split_rows), split_rows};

static int count_sizes(const split_spec *s, size_kind kind)
{
    int n = 0;
    for (int part = 0; part < NN_N_PART; part++)
        n += s->size[part].kind == kind;
    return n;
}

/* Only one way to split can be meant; which one follows from what was given. */
static void conclude(reader *r, const node *value)
{
    split_spec *s = split_of(r);
    const bool all = s->kind == SPLIT_ALL, sizes = count_sizes(s, SIZE_NONE) < NN_N_PART;
    if ((all || sizes) + (s->folds > 0) + (s->column != NULL) > 1)
        grid_mistake(r, value, "split takes one of: sizes of train, validation and test; folds; column");
    else if (all && sizes)
        grid_mistake(r, value, "train: all leaves no row for another part; say train: rest");
    else if (sizes && s->size[NN_TRAIN].kind == SIZE_NONE)
        grid_mistake(r, value, "split needs train: a fraction, a number of rows, rest, or all");
    else if (count_sizes(s, SIZE_REST) > 1)
        grid_mistake(r, value, "only one part of a split can be the rest");
    if (s->folds > 0)
        s->kind = SPLIT_FOLDS;
    else if (s->column != NULL)
        s->kind = SPLIT_COLUMN;
    else if (sizes)
        s->kind = SPLIT_SIZES;
    r->g->folds = s->folds > 0 ? (uint32_t)s->folds : 1;
}

static void read_split(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    split_of(r)->at = grid_place_in(r, value);
    if (value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        split_of(r)->kind = SPLIT_ALL;
    else if (grid_read_keys(r, &grid_split_keys, value) && r->d->n_errors == before)
        conclude(r, value);
}

/* ---- The key data.file: one file, two (inputs and targets), or those of the parts. ---- */

/* ---- one source ---- */

static void read_source_file(reader *r, const node *value)
{
    grid_want_copy(r, value, "file", &r->source->file);
}

static void read_source_inputs(reader *r, const node *value)
{
    grid_want_copy(r, value, "inputs", &r->source->inputs);
}

static void read_source_targets(reader *r, const node *value)
{
    grid_want_copy(r, value, "targets", &r->source->targets);
}

static const key_row source_rows[] = {
    {"file", read_source_file}, {"inputs", read_source_inputs}, {"targets", read_source_targets}};
#define SOURCE_EXAMPLE "{inputs: X.npy, targets: y.npy}"
const key_table grid_train_file_keys = {"data.file.train", SOURCE_EXAMPLE, COUNT_OF(source_rows), source_rows},
                grid_validation_file_keys = {"data.file.validation", SOURCE_EXAMPLE, COUNT_OF(source_rows),
                                             source_rows},
                grid_test_file_keys = {"data.file.test", SOURCE_EXAMPLE, COUNT_OF(source_rows), source_rows};

static void check_source(reader *r, const node *value, const data_source *source)
{
    if ((source->inputs == NULL) != (source->targets == NULL))
        grid_mistake(r, value, "inputs and targets go together, such as " SOURCE_EXAMPLE);
    else if (source->file == NULL && source->inputs == NULL)
        grid_mistake(r, value, "a file is wanted here, or " SOURCE_EXAMPLE);
}

/* A path, or a mapping. */
static void read_part(reader *r, const node *value, nn_part part, const key_table *keys)
{
    const size_t before = r->d->n_errors;
    r->source = &r->g->data.parts[part];
    r->source->at = grid_place_in(r, value);
    if (value->kind != NODE_MAP)
        grid_want_copy(r, value, nn_part_names[part], &r->source->file);
    else if (grid_read_keys(r, keys, value) && r->d->n_errors == before)
        check_source(r, value, r->source);
}

static void read_train_file(reader *r, const node *value)
{
    read_part(r, value, NN_TRAIN, &grid_train_file_keys);
}

static void read_validation_file(reader *r, const node *value)
{
    read_part(r, value, NN_VALIDATION, &grid_validation_file_keys);
}

static void read_test_file(reader *r, const node *value)
{
    read_part(r, value, NN_TEST, &grid_test_file_keys);
}

/* ---- the whole ---- */

/* inputs and targets of the whole stand as those of the training part. */
static void read_inputs(reader *r, const node *value)
{
    grid_want_copy(r, value, "inputs", &r->g->data.parts[NN_TRAIN].inputs);
}

static void read_targets(reader *r, const node *value)
{
    grid_want_copy(r, value, "targets", &r->g->data.parts[NN_TRAIN].targets);
}

static const key_row file_rows[] = {{"inputs", read_inputs},
                                    {"targets", read_targets},
                                    {"train", read_train_file},
                                    {"validation", read_validation_file},
                                    {"test", read_test_file}};
const key_table grid_file_keys = {"data.file", "file: data.csv", COUNT_OF(file_rows), file_rows};

static void check_files(reader *r, const node *value)
{
    const data_spec *data = &r->g->data;
    const bool pair = yaml_get(value, "inputs", NULL) != NULL || yaml_get(value, "targets", NULL) != NULL;
    const bool parts = data_spec_has_part(data, NN_VALIDATION) || data_spec_has_part(data, NN_TEST) ||
                       yaml_get(value, "train", NULL) != NULL;
    if (pair && parts)
        grid_mistake(r, value,
                     "file takes inputs and targets, or files of the parts; inputs and targets of a part go "
                     "below it: train: " SOURCE_EXAMPLE);
    else if (parts && !data_spec_has_part(data, NN_TRAIN))
        grid_mistake(r, value, "the parts need train: a file with the rows to train on");
    else
        check_source(r, value, &data->parts[NN_TRAIN]);
}

static void read_file(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    r->g->data.file_at = r->g->data.parts[NN_TRAIN].at = grid_place_in(r, value);
    if (value->kind != NODE_MAP)
        grid_want_copy(r, value, "file", &r->g->data.file);
    else if (grid_read_keys(r, &grid_file_keys, value) && r->d->n_errors == before)
        check_files(r, value);
}

const char *const grid_task_words[2] = {"classification", "regression"};
const char *const grid_scale_words[3] = {
    [SCALE_NONE] = "none", [SCALE_MINMAX] = "minmax", [SCALE_STANDARDIZE] = "standardize"};
const char *const grid_missing_words[4] = {
    [MISSING_ERROR] = "error", [MISSING_MEAN] = "mean", [MISSING_MEDIAN] = "median", [MISSING_DROP] = "drop"};

static void read_builtin(reader *r, const node *value)
{
    int which;
    r->g->data.file_at = grid_place_in(r, value);
    if (grid_want_copy(r, value, "builtin", &r->g->data.builtin))
        grid_want_choice(r, value, "built-in set", data_builtin_names, (int)data_n_builtin_names, &which);
}

static void read_inputs_name(reader *r, const node *value)
{
    grid_want_copy(r, value, "inputs", &r->g->data.inputs_name);
}

static void read_targets_name(reader *r, const node *value)
{
    grid_want_copy(r, value, "targets", &r->g->data.targets_name);
}

static const key_row target_rows[] = {{"inputs", read_inputs_name}, {"targets", read_targets_name}};
const key_table grid_target_keys = {"data.target", "target: {inputs: X, targets: y}", COUNT_OF(target_rows),
                                    target_rows};

/* A column, or {inputs: X, targets: y}. */
static void read_target(reader *r, const node *value)
{
    data_spec *data = &r->g->data;
    const size_t before = r->d->n_errors;
    data->target_at = grid_place_in(r, value);
    if (value->kind != NODE_MAP)
        grid_want_copy(r, value, "target", &data->target);
    else if (grid_read_keys(r, &grid_target_keys, value) && r->d->n_errors == before &&
             (data->inputs_name == NULL || data->targets_name == NULL))
        grid_mistake(r, value, "target takes both, such as target: {inputs: X, targets: y}");
}

static void read_task(reader *r, const node *value)
{
    int task;
    if (!grid_want_choice(r, value, "task", grid_task_words, COUNT_OF(grid_task_words), &task))
        return;
    r->g->data.regression = task == 1;
    r->g->data.task_given = true;
}

/* A word of data_scale, or a divisor. */
static void read_scale(reader *r, const node *value)
{
    const nn_range above_0 = {0, HUGE_VAL, true, true};
    double divisor;
    int scale;
    if (value->kind == NODE_SCALAR && setting_parse_real(value->text, &divisor)) {
        r->g->data.scale = SCALE_DIVISOR;
        grid_want_real(r, value, "scale", above_0, &r->g->data.divisor);
    } else if (grid_want_choice(r, value, "scale", grid_scale_words, COUNT_OF(grid_scale_words), &scale)) {
        r->g->data.scale = (data_scale)scale;
    }
}

static void read_missing(reader *r, const node *value)
{
    int way;
    if (grid_want_choice(r, value, "missing", grid_missing_words, COUNT_OF(grid_missing_words), &way))
        r->g->data.missing = (data_missing)way;
}

static void read_rows(reader *r, const node *value)
{
    grid_want_count(r, value, "rows", 2, 100000000, &r->g->data.rows);
}

static void read_noise(reader *r, const node *value)
{
    grid_want_real(r, value, "noise", (nn_range){0, HUGE_VAL, false, true}, &r->g->data.noise);
}

static void read_classes(reader *r, const node *value)
{
    grid_want_count(r, value, "classes", 2, 1000, &r->g->data.n_classes);
}

static void read_data_seed(reader *r, const node *value)
{
    int64_t seed;
    if (grid_want_count(r, value, "seed", 0, INT64_MAX, &seed))
        r->g->data.seed = (uint64_t)seed;
}

static void read_header(reader *r, const node *value)
{
    bool header;
    if (grid_want_truth(r, value, "header", &header))
        r->g->data.header = header;
}

/* One column, or a list of them, by name or index. */
static void read_columns(reader *r, const node *value, const char *what, data_column_list *list)
{
    const bool one = value->kind == NODE_SCALAR;
    list->at = grid_place_in(r, value);
    if (!one && !grid_want_list(r, value, what, "[sex, month]"))
        return;
    for (size_t i = 0; i < (one ? 1 : value->n); i++) {
        char *word = NULL;
        char **words = grid_want_copy(r, one ? value : value->items[i], what, &word)
                           ? grid_grow(r, list->words, list->n, sizeof *words)
                           : NULL;
        if (words == NULL) {
            free(word);
            return;
        }
        list->words = words;
        list->words[list->n++] = word;
    }
}

/* ---- the section ---- */

static void read_one_hot(reader *r, const node *value)
{
    data_spec *data = &r->g->data;
    data->one_hot_text = value->kind == NODE_SCALAR && value->plain && strcmp(value->text, "text") == 0;
    if (!data->one_hot_text)
        read_columns(r, value, "one_hot", &data->one_hot);
}

static void read_ignore(reader *r, const node *value)
{
    read_columns(r, value, "ignore", &r->g->data.ignore);
}

static const key_row data_rows[] = {{"one_hot", read_one_hot}, {"ignore", read_ignore},   {"file", read_file},
                                    {"builtin", read_builtin}, {"target", read_target},   {"task", read_task},
                                    {"scale", read_scale},     {"missing", read_missing}, {"split", read_split},
                                    {"rows", read_rows},       {"noise", read_noise},     {"classes", read_classes},
                                    {"seed", read_data_seed},  {"header", read_header}};
const key_table grid_data_keys = {"data", "data: {file: digits.csv} or data: {builtin: xor}", COUNT_OF(data_rows),
                                  data_rows};

/* Keys that say how a built-in set is made. */
static void check_made(reader *r, const node *map)
{
    static const char *const made[] = {"rows", "noise", "classes", "seed"};
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        const node *value = yaml_get(map, made[i], NULL);
        if (value != NULL)
            grid_mistake(r, value, "%s goes with a built-in set, not with a file", made[i]);
    }
}

void grid_read_data(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    data_spec *data = &r->g->data;
    data->at = grid_place_in(r, value);
    if (!grid_read_keys(r, &grid_data_keys, value))
        return;
    if (data->builtin != NULL && !data->task_given)
        data->regression = data_builtin_is_regression(data->builtin);
    if (!data_spec_has_file(data) && data->builtin == NULL && r->d->n_errors == before)
        grid_mistake(r, value, "data needs a file or a built-in set, such as %s", grid_data_keys.example);
    else if (data_spec_has_file(data) && data->builtin != NULL)
        grid_mistake(r, value, "data takes a file or a built-in set, not both");
    else if (data_spec_has_file(data))
        check_made(r, value);
}
