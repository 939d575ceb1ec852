/* What each key of the grid file takes, beside the settings: their help and their values as JSON Schema. */
#include "commands/schema.h"
#include "grid/reader.h"
#include <string.h>

#define FROM(low)                                                                                            \
    {                                                                                                        \
        low, NN_INF, false, true                                                                             \
    }
#define ABOVE(low)                                                                                           \
    {                                                                                                        \
        low, NN_INF, true, true                                                                              \
    }
#define BETWEEN(low, high)                                                                                   \
    {                                                                                                        \
        low, high, false, false                                                                              \
    }
#define WORDS(list) list, COUNT_OF(list)

static const char *const all_word[] = {"all"}, *const rest_words[] = {"rest"},
                         *const train_words[] = {"all", "rest"}, *const text_word[] = {"text"};

/* Names and `none`. */
static void marks(json *j, const char *const *names, size_t n)
{
    static const char *const none[] = {"none"};
    schema_words(j, NULL, names, NULL, n);
    schema_words(j, NULL, none, NULL, 1);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    schema_words(j, "items", names, NULL, n);
    json_close(j, '}');
}

static void write_parts(json *j)
{
    marks(j, nn_part_names, NN_N_PART);
}

static void write_keep(json *j)
{
    marks(j, nn_keep_names, NN_N_KEEP);
}

static void write_builtin(json *j)
{
    schema_words(j, NULL, builtin_names, NULL, n_builtin_names);
}

/* {NAME: VALUE} with just one property, left open in `properties`. */
static void open_single(json *j, const char *key)
{
    json_open(j, key, '{');
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_number(j, "minProperties", 1);
    json_number(j, "maxProperties", 1);
    json_open(j, "properties", '{');
}

static void close_single(json *j)
{
    json_close(j, '}');
    json_close(j, '}');
}

static void write_per_decade(json *j)
{
    const nn_range range = BETWEEN(1, 1000);
    open_single(j, NULL);
    schema_number(j, "per_decade", range, true);
    close_single(j);
}

/* Epochs and strips are counted. */
static bool is_count(const nn_stop_row *row)
{
    return strcmp(row->parameter, "epochs") == 0 || strcmp(row->parameter, "strips") == 0;
}

/* {patience: {epochs: 20, min_delta: 0.001}} */
static void rule_map(json *j, const nn_stop_row *row)
{
    const nn_range from_0 = FROM(0);
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "properties", '{');
    schema_number(j, row->parameter, row->range, is_count(row));
    if (row->needs & NN_TAKES_MIN_DELTA)
        schema_number(j, "min_delta", from_0, false);
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, row->parameter);
    json_close(j, ']');
    json_close(j, '}');
}

static void target_map(json *j)
{
    open_single(j, NULL);
    for (int i = 0; i < nn_curves.n; i++)
        schema_ref(j, nn_curves.rows[i].name, "number");
    close_single(j);
}

static void write_rules(json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_number(j, "maxItems", NN_MAX_RULES);
    open_single(j, "items");
    for (int i = 0; i < nn_stops.n; i++) {
        json_open(j, nn_stops.rows[i].name, '{');
        json_text(j, "description", nn_stops.rows[i].help);
        json_open(j, "anyOf", '[');
        if (nn_stop_rows[i].needs & NN_TAKES_CURVE) {
            target_map(j);
        } else {
            schema_number(j, NULL, nn_stop_rows[i].range, is_count(&nn_stop_rows[i]));
            rule_map(j, &nn_stop_rows[i]);
        }
        schema_end_any(j);
    }
    close_single(j);
    json_close(j, '}');
}

static void write_success(json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "properties", '{');
    for (int i = 0; i < nn_metrics.n; i++) {
        json_open(j, nn_metrics.rows[i].name, '{');
        json_text(j, "description", nn_metrics.rows[i].help);
        json_open(j, "anyOf", '[');
        schema_ref(j, NULL, "number");
        schema_text(j, NULL, "^ *(<=|>=|!=|<|>|=) *" NUMBER_PATTERN "$");
        schema_end_any(j);
    }
    json_close(j, '}');
    json_close(j, '}');
}

/* Every key of grid_key is here; a test looks for the help of each. */
static const key_schema keys[] = {
    {"name", "names the results file, results/NAME.h5; default: that of the grid file", .takes = TEXT},
    {"question", "what the grid is to answer; kept in the results", .takes = TEXT},
    {"seed", "of all random numbers; default 1", .takes = WHOLE, .range = FROM(0)},
    {"repeats", "trainings of each cell, with other splits and starting weights; default 1", .takes = WHOLE,
     .range = BETWEEN(1, 1e7)},
    {"data", "what is learned: a file or a built-in set", .takes = MAP},
    {"base", "one value of each setting", .write = schema_base},
    {"grid", "what is swept: the product of axes, or a list of such products", .write = schema_grid},
    {"exclude", "cells to leave out: patterns of settings", .write = schema_exclude},
    {"include", "single further cells", .write = schema_include},
    {"sample", "this many cells of the grid, chosen by their hash", .takes = WHOLE, .range = BETWEEN(1, 1e7)},
    {"collapse", "one of cells that differ only in settings that do not matter there", .takes = TRUTH},
    {"stop", "stopping rules", .takes = MAP},
    {"record", "what is recorded of each run", .takes = MAP},
    {"limits", "when a run is given up", .takes = MAP},
    {"success", "what counts as solved: conditions on metrics", .write = write_success},
    {"diagnose", "endpoint: what kind of point each run ended at, by its gradient and Hessian",
     .words = WORDS(diagnose_words)},
    {"data.file",
     "path, relative to this file or below --data DIR; or the files of the parts, or of inputs and targets",
     .takes = TEXT | MAP},
    {"data.builtin", "a set that nngrid makes", .write = write_builtin},
    {"data.target", "column by name or index, first or last; or the arrays of a file",
     .takes = TEXT | WHOLE | MAP, .range = {-NN_INF, NN_INF, true, true}},
    {"data.task", "default: classification", .words = WORDS(task_words)},
    {"data.scale", "of the inputs, fitted on the training rows; or a divisor", .takes = NUMBER,
     .range = ABOVE(0), .words = WORDS(scale_words)},
    {"data.missing", "what becomes of missing inputs; default error", .words = WORDS(missing_words)},
    {"data.split", "which rows train, validate and test", .takes = MAP, .words = WORDS(all_word)},
    {"data.one_hot",
     "columns that become one column of 0 and 1 for each of their values; text: all that hold words",
     .takes = TEXT | WHOLE | LIST, .range = {-NN_INF, NN_INF, true, true}, .words = WORDS(text_word)},
    {"data.ignore", "columns that are left out", .takes = TEXT | WHOLE | LIST,
     .range = {-NN_INF, NN_INF, true, true}},
    {"data.rows", "of a built-in set", .takes = WHOLE, .range = BETWEEN(2, 1e8)},
    {"data.noise", "of a built-in set", .takes = NUMBER, .range = FROM(0)},
    {"data.classes", "of a built-in set", .takes = WHOLE, .range = BETWEEN(2, 1000)},
    {"data.seed", "of a built-in set; default 1", .takes = WHOLE, .range = FROM(0)},
    {"data.header", "does the first line name the columns? Default: found out", .takes = TRUTH},
    {"data.target.inputs", "name of the array of inputs", .takes = TEXT},
    {"data.target.targets", "name of the array of targets", .takes = TEXT},
    {"data.split.train", "a fraction, a number of rows, rest, or all", .takes = NUMBER, .range = FROM(0),
     .words = WORDS(train_words)},
    {"data.split.validation", "a fraction, a number of rows, or rest", .takes = NUMBER, .range = FROM(0),
     .words = WORDS(rest_words)},
    {"data.split.test", "a fraction, a number of rows, or rest", .takes = NUMBER, .range = FROM(0),
     .words = WORDS(rest_words)},
    {"data.split.stratify", "the same share of each class in every part", .takes = TRUTH},
    {"data.split.order", "random, or rows as they stand in the file", .words = WORDS(order_words)},
    {"data.split.folds", "cross-validation: this many folds", .takes = WHOLE, .range = BETWEEN(2, 1000)},
    {"data.split.column", "a column that says the part: train, validation, test", .takes = TEXT | WHOLE,
     .range = {-NN_INF, NN_INF, true, true}},
    {"data.file.inputs", "a file of the inputs alone", .takes = TEXT},
    {"data.file.targets", "a file of the targets alone", .takes = TEXT},
    {"data.file.train", "the file of the training rows", .takes = TEXT | MAP},
    {"data.file.validation", "the file of the validation rows", .takes = TEXT | MAP},
    {"data.file.test", "the file of the test rows", .takes = TEXT | MAP},
    {"data.file.train.file", "the file", .takes = TEXT},
    {"data.file.train.inputs", "a file of the inputs, or their array", .takes = TEXT},
    {"data.file.train.targets", "a file of the targets, or their array", .takes = TEXT},
    {"data.file.validation.file", "the file", .takes = TEXT},
    {"data.file.validation.inputs", "a file of the inputs, or their array", .takes = TEXT},
    {"data.file.validation.targets", "a file of the targets, or their array", .takes = TEXT},
    {"data.file.test.file", "the file", .takes = TEXT},
    {"data.file.test.inputs", "a file of the inputs, or their array", .takes = TEXT},
    {"data.file.test.targets", "a file of the targets, or their array", .takes = TEXT},
    {"stop.mode", "observe: train on and record where each rule would have stopped; first: stop at the first",
     .words = WORDS(mode_words)},
    {"stop.rules", "each one key and its value, such as {patience: 20}", .write = write_rules},
    {"stop.strip", "epochs of a strip, which rules such as gl look at; default 5", .takes = WHOLE,
     .range = BETWEEN(1, 1e6)},
    {"record.every", "epochs between evaluations; default 1", .takes = WHOLE, .range = BETWEEN(1, 1e9),
     .write = write_per_decade},
    {"record.per_decade", "evaluations at epochs round(10^(i/n))", .takes = WHOLE, .range = BETWEEN(1, 1000)},
    {"record.parts", "which parts are evaluated; default: all that there are", .write = write_parts},
    {"record.weights", "which weights are kept; default best and final", .write = write_keep},
    {"record.gradient", "norms of the full-batch gradient, and dead and saturated units at the end",
     .takes = TRUTH},
    {"limits.per_run", "longest time of a run, such as 30min", .takes = TIME},
    {"limits.diverge", "a loss above this many times the first is divergence; default 1e4", .takes = NUMBER,
     .range = ABOVE(1)},
};

const key_schema *schema_key(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}
