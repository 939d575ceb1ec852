/* The section `data`: fills a data_spec, with the places that later messages point at. */
#include "grid_internal.h"
#include "setting.h"
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void read_file(reader *r, const node *value)
{
    r->g->data.file_at = value->at;
    want_copy(r, value, "file", &r->g->data.file);
}

static void read_builtin(reader *r, const node *value)
{
    int which;
    if (!want_choice(r, value, "built-in set", builtin_names, (int)n_builtin_names, &which))
        return;
    r->g->data.file_at = value->at;
    want_copy(r, value, "builtin", &r->g->data.builtin);
    if (!r->g->data.task_given)
        r->g->data.regression = builtin_is_regression(builtin_names[which]);
}

static void read_inputs_name(reader *r, const node *value)
{
    want_copy(r, value, "inputs", &r->g->data.inputs_name);
}

static void read_targets_name(reader *r, const node *value)
{
    want_copy(r, value, "targets", &r->g->data.targets_name);
}

/* A column, or {inputs: X, targets: y}. */
static void read_target(reader *r, const node *value)
{
    static const key_row rows[] = {{"inputs", read_inputs_name}, {"targets", read_targets_name}};
    r->g->data.target_at = value->at;
    if (value->kind != NODE_MAP)
        want_copy(r, value, "target", &r->g->data.target);
    else if (read_keys(r, "target", value, rows, COUNT_OF(rows)) && value->n < 2)
        mistake(r, value, "target takes both: {inputs: X, targets: y}");
}

static void read_task(reader *r, const node *value)
{
    static const char *const tasks[] = {"classification", "regression"};
    int task;
    if (!want_choice(r, value, "task", tasks, 2, &task))
        return;
    r->g->data.regression = task == 1;
    r->g->data.task_given = true;
}

/* A word of data_scale, or a divisor. */
static void read_scale(reader *r, const node *value)
{
    static const char *const scales[] = {"none", "minmax", "standardize"};
    const char *text;
    double divisor;
    int scale;
    if (!want_text(r, value, "scale", &text))
        return;
    if (parse_real(text, &divisor)) {
        if (divisor == 0)
            mistake(r, value, "scale 0: inputs cannot be divided by 0");
        r->g->data.scale = SCALE_DIVISOR;
        r->g->data.divisor = divisor;
    } else if (want_choice(r, value, "scale", scales, (int)COUNT_OF(scales), &scale)) {
        r->g->data.scale = (data_scale)scale;
    }
}

static void read_missing(reader *r, const node *value)
{
    static const char *const ways[] = {"error", "mean", "median", "drop"};
    int way;
    if (want_choice(r, value, "missing", ways, (int)COUNT_OF(ways), &way))
        r->g->data.missing = (data_missing)way;
}

static void read_rows(reader *r, const node *value)
{
    want_count(r, value, "rows", 2, 100000000, &r->g->data.rows);
}

static void read_noise(reader *r, const node *value)
{
    want_real(r, value, "noise", (nn_range){0, HUGE_VAL, false, true}, &r->g->data.noise);
}

static void read_classes(reader *r, const node *value)
{
    want_count(r, value, "classes", 2, 1000, &r->g->data.n_classes);
}

static void read_data_seed(reader *r, const node *value)
{
    int64_t seed;
    if (want_count(r, value, "seed", 0, INT64_MAX, &seed))
        r->g->data.seed = (uint64_t)seed;
}

static void read_header(reader *r, const node *value)
{
    bool header;
    if (want_truth(r, value, "header", &header))
        r->g->data.header = header;
}

/* ---- split ---- */

static void read_size(reader *r, const node *value, nn_part part)
{
    part_size *size = &r->g->data.split.size[part];
    const char *text;
    int64_t count;
    double fraction;
    size->at = value->at;
    r->g->data.split.kind = SPLIT_SIZES;
    if (!want_text(r, value, nn_part_names[part], &text))
        return;
    if (strcmp(text, "rest") == 0)
        size->kind = SIZE_REST;
    else if (strcmp(text, "all") == 0 && part == NN_TRAIN)
        r->g->data.split.kind = SPLIT_ALL;
    else if (strchr(text, '.') == NULL && parse_count(text, &count) && count >= 0)
        *size = (part_size){SIZE_COUNT, (double)count, value->at};
    else if (parse_real(text, &fraction) && fraction >= 0 && fraction <= 1)
        *size = (part_size){SIZE_FRACTION, fraction, value->at};
    else
        mistake(r, value, "%s takes a fraction in [0, 1], a number of rows, or rest; not '%s'",
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
    want_truth(r, value, "stratify", &r->g->data.split.stratify);
}

static void read_order(reader *r, const node *value)
{
    static const char *const orders[] = {"random", "file"};
    int order;
    if (want_choice(r, value, "order", orders, 2, &order))
        r->g->data.split.file_order = order == 1;
}

static void read_folds(reader *r, const node *value)
{
    int64_t folds;
    if (!want_count(r, value, "folds", 2, 1000, &folds))
        return;
    r->g->data.split.kind = SPLIT_FOLDS;
    r->g->data.split.folds = (int)folds;
    r->g->folds = (uint32_t)folds;
}

static void read_column(reader *r, const node *value)
{
    r->g->data.split.kind = SPLIT_COLUMN;
    want_copy(r, value, "column", &r->g->data.split.column);
}

/* Only one way to split can be meant. */
static void check_split(reader *r, const node *value)
{
    const bool sizes = node_get(value, "train", NULL) != NULL ||
                       node_get(value, "validation", NULL) != NULL || node_get(value, "test", NULL) != NULL;
    const int ways =
        sizes + (node_get(value, "folds", NULL) != NULL) + (node_get(value, "column", NULL) != NULL);
    if (ways > 1)
        mistake(r, value, "split takes one of: sizes of train, validation and test; folds; column");
    if (sizes && node_get(value, "train", NULL) == NULL)
        mistake(r, value, "split needs train: a fraction, a number of rows, rest, or all");
    int rest = 0;
    for (int part = 0; part < NN_N_PART; part++)
        rest += r->g->data.split.size[part].kind == SIZE_REST;
    if (rest > 1)
        mistake(r, value, "only one part of a split can be the rest");
}

static void read_split(reader *r, const node *value)
{
    static const key_row rows[] = {{"train", read_train},  {"validation", read_validation},
                                   {"test", read_test},    {"stratify", read_stratify},
                                   {"order", read_order},  {"folds", read_folds},
                                   {"column", read_column}};
    r->g->data.split.at = value->at;
    if (value->kind == NODE_SCALAR && strcmp(value->text, "all") == 0)
        r->g->data.split.kind = SPLIT_ALL;
    else if (read_keys(r, "split", value, rows, COUNT_OF(rows)))
        check_split(r, value);
}

void read_data(reader *r, const node *value)
{
    static const key_row rows[] = {
        {"file", read_file},   {"builtin", read_builtin}, {"target", read_target},  {"task", read_task},
        {"scale", read_scale}, {"missing", read_missing}, {"split", read_split},    {"rows", read_rows},
        {"noise", read_noise}, {"classes", read_classes}, {"seed", read_data_seed}, {"header", read_header}};
    data_spec *data = &r->g->data;
    data->at = value->at;
    if (!read_keys(r, "data", value, rows, COUNT_OF(rows)))
        return;
    const bool tried = node_get(value, "file", NULL) != NULL || node_get(value, "builtin", NULL) != NULL;
    if (data->file == NULL && data->builtin == NULL && !tried)
        mistake(r, value, "data needs a file or a built-in set: {file: data.csv} or {builtin: xor}");
    if (data->file != NULL && data->builtin != NULL)
        mistake(r, value, "data takes a file or a built-in set, not both");
    static const char *const made[] = {"rows", "noise", "classes", "seed"};
    for (size_t i = 0; i < COUNT_OF(made) && data->file != NULL && data->builtin == NULL; i++)
        if (node_get(value, made[i], NULL) != NULL)
            mistake(r, node_get(value, made[i], NULL), "%s goes with a built-in set, not with a file",
                    made[i]);
}
