/* nngrid schema: the grid file as a JSON Schema, from the tables that read it. Editors complete and check grids by
 * it. */
#include "base/json.h"
#include "base/setting.h"
#include "commands/common.h"
#include "commands/output.h"
#include "grid/sections.h"
#include <string.h>

typedef enum takes {
    TEXT = 1,
    WHOLE = 2,
    NUMBER = 4,
    TRUTH = 8,
    LIST = 16, /* of columns, by name or index */
    WORDS_LIST = 32,
    MAP = 64, /* the keys of the table of this path */
    TIME = 128
} takes;

/* A key by its path: help, and what it takes: any of the bits, a word of the list, or what the function writes. */
typedef struct key_schema {
    const char *path, *help;
    int takes;
    nn_range range;           /* WHOLE, NUMBER */
    const char *const *words; /* ended by n_words */
    size_t n_words;
    void (*write)(json *j); /* elements of anyOf */
} key_schema;

/* ---- The settings as JSON Schema: what one value may be, how they are swept, what excludes cells. ---- */

enum { MOST_CHOICES = 64 };

/* ---- one value ---- */

static void choice(json *j, const nn_hyper_row *row)
{
    const char *words[MOST_CHOICES], *helps[MOST_CHOICES];
    size_t n = 0;
    if (row->automatic) {
        words[n] = "auto";
        helps[n++] = "follows from the other settings";
    }
    for (int i = 0; i < row->choices->n && n < MOST_CHOICES; i++) {
        words[n] = row->choices->rows[i].name;
        helps[n++] = row->choices->rows[i].help;
    }
    json_schema_words(j, NULL, words, helps, n);
}

static void truth(json *j)
{
    static const char *const words[] = {"true", "false"};
    json_open(j, NULL, '{');
    json_text(j, "type", "boolean");
    json_close(j, '}');
    json_schema_words(j, NULL, words, NULL, 2);
}

static void widths(json *j, const nn_hyper_row *row)
{
    json_schema_number(j, NULL, row->range, true);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_number(j, "maxItems", NN_MAX_HIDDEN);
    json_schema_number(j, "items", row->range, true);
    json_close(j, '}');
}

/* Alternatives of one value, within anyOf. */
static void value_of(json *j, const nn_hyper_row *row)
{
    switch (row->kind) {
    case NN_REAL:
        json_schema_number(j, NULL, row->range, false);
        break;
    case NN_COUNT:
        json_schema_number(j, NULL, row->range, true);
        break;
    case NN_CHOICE:
        choice(j, row);
        break;
    case NN_TRUTH:
        truth(j);
        break;
    case NN_SHAPE:
        widths(j, row);
        break;
    }
    if (row->word != NULL)
        json_schema_words(j, NULL, &row->word, NULL, 1);
}

/* "size of a step; default 0.1; matters when optimizer is sgd" */
static void describe(json *j, const nn_hyper_row *row)
{
    char text[400], value[200];
    snprintf(text, sizeof text, "%s; default %s%s%s", row->help,
             setting_format(row, nn_hyper_get(&nn_hyper_defaults, row), value, sizeof value),
             row->matters_when != NULL ? "; matters when " : "", row->matters_when != NULL ? row->matters_when : "");
    json_text(j, "description", text);
}

/* ---- ranges of an axis ---- */

static void ends(json *j, const char *key, const char *definition)
{
    json_open(j, key, '{');
    json_text(j, "type", "array");
    json_number(j, "minItems", 2);
    json_number(j, "maxItems", 2);
    json_schema_ref(j, "items", definition);
    json_close(j, '}');
}

/* {FORM: [from, to], PARTNER: n}; the partner may be left out where it is a step. */
static void range(json *j, const char *form, const char *partner, bool needed, const char *definition)
{
    const nn_range from = {needed ? 2 : 1, NN_INF, false, true};
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    ends(j, form, definition);
    json_schema_number(j, partner, from, true);
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, form);
    if (needed)
        json_text(j, NULL, partner);
    json_close(j, ']');
    json_truth(j, "additionalProperties", false);
    json_close(j, '}');
}

static void ranges(json *j)
{
    json_schema_any(j, "range");
    range(j, "lin", "num", true, "number");
    range(j, "log", "num", true, "above_0");
    range(j, "int", "step", false, "whole");
    json_schema_end_any(j);
}

/* ---- definitions ---- */

typedef char definition_name[80];

static const char *name_of(const char *kind, const nn_hyper_row *row, definition_name name)
{
    snprintf(name, sizeof(definition_name), "%s_%s", kind, row->name);
    return name;
}

static void define_value(json *j, const nn_hyper_row *row)
{
    definition_name name;
    json_open(j, name_of("setting", row, name), '{');
    describe(j, row);
    json_open(j, "anyOf", '[');
    value_of(j, row);
    json_close(j, ']');
    json_close(j, '}');
}

/* A value, a list of values, or a range. A list of widths is several values here. */
static void define_axis(json *j, const nn_hyper_row *row)
{
    definition_name name;
    json_open(j, name_of("axis", row, name), '{');
    describe(j, row);
    json_open(j, "anyOf", '[');
    if (row->kind == NN_SHAPE)
        json_schema_number(j, NULL, row->range, true);
    else
        value_of(j, row);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_number(j, "minItems", 1);
    json_schema_ref(j, "items", name_of("setting", row, name));
    json_close(j, '}');
    if (row->kind != NN_CHOICE && row->kind != NN_TRUTH)
        json_schema_ref(j, NULL, "range");
    json_close(j, ']');
    json_close(j, '}');
}

static void define_pattern(json *j, const nn_hyper_row *row)
{
    definition_name name;
    json_open(j, name_of("pattern", row, name), '{');
    describe(j, row);
    json_open(j, "anyOf", '[');
    value_of(j, row);
    json_schema_text(j, NULL, row->kind == NN_REAL || row->kind == NN_COUNT ? "^ *(<=|>=|!=|<|>|=)" : "^ *(!=|=)");
    json_close(j, ']');
    json_close(j, '}');
}

/* The definitions setting_NAME (one value), axis_NAME (swept), pattern_NAME (of exclude). */
static void schema_define_settings(json *j)
{
    const nn_range any = {-NN_INF, NN_INF, true, true}, above_0 = {0, NN_INF, true, true};
    json_schema_number(j, "number", any, false);
    json_schema_number(j, "above_0", above_0, false);
    json_schema_number(j, "whole", any, true);
    ranges(j);
    for (int i = 0; i < NN_N_HYPER; i++) {
        define_value(j, &nn_hyper_rows[i]);
        define_axis(j, &nn_hyper_rows[i]);
        define_pattern(j, &nn_hyper_rows[i]);
    }
}

/* ---- mappings of settings ---- */

/* The opened object {setting: KIND_setting, ...}; left open for more properties. */
static void open_settings(json *j, const char *key, const char *kind)
{
    definition_name name;
    json_open(j, key, '{');
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "properties", '{');
    for (int i = 0; i < NN_N_HYPER; i++)
        json_schema_ref(j, nn_hyper_rows[i].name, name_of(kind, &nn_hyper_rows[i], name));
}

static void close_settings(json *j)
{
    json_close(j, '}');
    json_close(j, '}');
}

static void schema_base(json *j)
{
    open_settings(j, NULL, "setting");
    for (int i = 0; i < GRID_N_FILE; i++) {
        json_open(j, grid_files[i].name, '{');
        json_text(j, "description", grid_files[i].help);
        json_text(j, "type", "string");
        json_close(j, '}');
    }
    close_settings(j);
}

static void block(json *j, const char *key)
{
    open_settings(j, key, "axis");
    open_settings(j, "zip", "axis");
    json_close(j, '}');
    json_text(j, "description", "axes that go in step: the first values together, the second ones, ...");
    json_close(j, '}');
    close_settings(j);
}

static void list_of(json *j, const char *kind)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    if (kind == NULL) {
        block(j, "items");
    } else {
        open_settings(j, "items", kind);
        close_settings(j);
    }
    json_close(j, '}');
}

static void schema_grid(json *j)
{
    block(j, NULL);
    list_of(j, NULL);
}

static void schema_exclude(json *j)
{
    list_of(j, "pattern");
}

static void schema_include(json *j)
{
    list_of(j, "setting");
}

/* ---- What each key of the grid file takes, beside the settings: their help and their values as JSON Schema. ---- */

#define FROM(low)                                                                                                      \
    {                                                                                                                  \
        low, NN_INF, false, true                                                                                       \
    }
#define ABOVE(low)                                                                                                     \
    {                                                                                                                  \
        low, NN_INF, true, true                                                                                        \
    }
#define BETWEEN(low, high)                                                                                             \
    {                                                                                                                  \
        low, high, false, false                                                                                        \
    }
#define WORDS(list) list, COUNT_OF(list)

static const char *const all_word[] = {"all"}, *const rest_words[] = {"rest"}, *const train_words[] = {"all", "rest"},
                         *const text_word[] = {"text"};

/* Names and `none`. */
static void marks(json *j, const char *const *names, size_t n)
{
    static const char *const none[] = {"none"};
    json_schema_words(j, NULL, names, NULL, n);
    json_schema_words(j, NULL, none, NULL, 1);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_schema_words(j, "items", names, NULL, n);
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
    json_schema_words(j, NULL, data_builtin_names, NULL, data_n_builtin_names);
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
    json_schema_number(j, "per_decade", range, true);
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
    json_schema_number(j, row->parameter, row->range, is_count(row));
    if (row->needs & NN_TAKES_MIN_DELTA)
        json_schema_number(j, "min_delta", from_0, false);
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
        json_schema_ref(j, nn_curves.rows[i].name, "number");
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
            json_schema_number(j, NULL, nn_stop_rows[i].range, is_count(&nn_stop_rows[i]));
            rule_map(j, &nn_stop_rows[i]);
        }
        json_schema_end_any(j);
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
        json_schema_ref(j, NULL, "number");
        json_schema_text(j, NULL, "^ *(<=|>=|!=|<|>|=) *" NUMBER_PATTERN "$");
        json_schema_end_any(j);
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
     .words = WORDS(grid_diagnose_words)},
    {"data.file",
     "path, relative to this file or below --data DIR; or the files of the parts, or of inputs and targets",
     .takes = TEXT | MAP},
    {"data.builtin", "a set that nngrid makes", .write = write_builtin},
    {"data.target", "column by name or index, first or last; or the arrays of a file", .takes = TEXT | WHOLE | MAP,
     .range = {-NN_INF, NN_INF, true, true}},
    {"data.task", "default: classification", .words = WORDS(grid_task_words)},
    {"data.scale", "of the inputs, fitted on the training rows; or a divisor", .takes = NUMBER, .range = ABOVE(0),
     .words = WORDS(grid_scale_words)},
    {"data.missing", "what becomes of missing inputs; default error", .words = WORDS(grid_missing_words)},
    {"data.split", "which rows train, validate and test", .takes = MAP, .words = WORDS(all_word)},
    {"data.one_hot", "columns that become one column of 0 and 1 for each of their values; text: all that hold words",
     .takes = TEXT | WHOLE | LIST, .range = {-NN_INF, NN_INF, true, true}, .words = WORDS(text_word)},
    {"data.ignore", "columns that are left out", .takes = TEXT | WHOLE | LIST, .range = {-NN_INF, NN_INF, true, true}},
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
    {"data.split.order", "random, or rows as they stand in the file", .words = WORDS(grid_order_words)},
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
     .words = WORDS(grid_mode_words)},
    {"stop.rules", "each one key and its value, such as {patience: 20}", .write = write_rules},
    {"stop.strip", "epochs of a strip, which rules such as gl look at; default 5", .takes = WHOLE,
     .range = BETWEEN(1, 1e6)},
    {"record.every", "epochs between evaluations; default 1", .takes = WHOLE, .range = BETWEEN(1, 1e9),
     .write = write_per_decade},
    {"record.per_decade", "evaluations at epochs round(10^(i/n))", .takes = WHOLE, .range = BETWEEN(1, 1000)},
    {"record.parts", "which parts are evaluated; default: all that there are", .write = write_parts},
    {"record.weights", "which weights are kept; default best and final", .write = write_keep},
    {"record.gradient", "norms of the full-batch gradient, and dead and saturated units at the end", .takes = TRUTH},
    {"limits.per_run", "longest time of a run, such as 30min", .takes = TIME},
    {"limits.diverge", "a loss above this many times the first is divergence; default 1e4", .takes = NUMBER,
     .range = ABOVE(1)},
};

/* NULL: there is none of this path. */
static const key_schema *schema_key(const char *path)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    return NULL;
}

/* ---- small pieces ---- */

/* ---- mappings ---- */

static void write_map(json *j, const char *path);

static void write_columns(json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_open(j, "items", '{');
    json_open(j, "type", '[');
    json_text(j, NULL, "string");
    json_text(j, NULL, "integer");
    json_close(j, ']');
    json_close(j, '}');
    json_close(j, '}');
}

/* Elements of anyOf. */
static void write_alternatives(json *j, const key_schema *k)
{
    if (k->words != NULL)
        json_schema_words(j, NULL, k->words, NULL, k->n_words);
    if (k->takes & (WHOLE | NUMBER))
        json_schema_number(j, NULL, k->range, (k->takes & WHOLE) != 0);
    if (k->takes & TEXT)
        json_schema_text(j, NULL, NULL);
    if (k->takes & TIME)
        json_schema_text(j, NULL, "^ *[0-9.]+ *(s|min|h|d) *$");
    if (k->takes & TRUTH) {
        static const char *const words[] = {"true", "false"};
        json_open(j, NULL, '{');
        json_text(j, "type", "boolean");
        json_close(j, '}');
        json_schema_words(j, NULL, words, NULL, 2);
    }
    if (k->takes & LIST)
        write_columns(j);
    if (k->takes & MAP)
        write_map(j, k->path);
    if (k->write != NULL)
        k->write(j);
}

/* The keys of one mapping, each with what it takes. */
static void write_properties(json *j, const char *of)
{
    const char *path, *name;
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "properties", '{');
    for (size_t i = 0; grid_key(i, &path, &name); i++) {
        char whole[128];
        if (strcmp(path, of) != 0)
            continue;
        snprintf(whole, sizeof whole, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
        const key_schema *k = schema_key(whole);
        json_open(j, name, '{');
        if (k != NULL) {
            json_text(j, "description", k->help);
            json_open(j, "anyOf", '[');
            write_alternatives(j, k);
            json_close(j, ']');
        }
        json_close(j, '}');
    }
    json_close(j, '}');
}

static void write_map(json *j, const char *path)
{
    json_open(j, NULL, '{');
    write_properties(j, path);
    json_close(j, '}');
}

/* ---- the command ---- */

static nn_status write_schema(void *context, FILE *to, nn_error *err)
{
    json j = {.to = to};
    (void)context;
    (void)err;
    json_open(&j, NULL, '{');
    json_text(&j, "$schema", "http://json-schema.org/draft-07/schema#");
    json_text(&j, "title", "grid of nngrid");
    json_text(&j, "description", "a grid of neural networks to train: nngrid run GRID.yaml");
    write_properties(&j, "");
    json_open(&j, "required", '[');
    json_text(&j, NULL, "data");
    json_close(&j, ']');
    json_open(&j, "definitions", '{');
    schema_define_settings(&j);
    json_close(&j, '}');
    json_close(&j, '}');
    return NN_ok;
}

typedef struct schema_options {
    const char *out;
} schema_options;

static const option_row options[] = {
    {"out", 'o', OPTION_TEXT, "FILE.json", offsetof(schema_options, out), "where to (standard output)", false, 0},
};

enum { N_OPTIONS = sizeof options / sizeof *options };

static int schema(int argc, char **argv)
{
    schema_options o = {0};
    nn_error err;
    const int code = command_options(&command_schema, argc, argv, &o);
    if (code != EXIT_done)
        return code;
    const nn_status status = command_write(o.out, write_schema, NULL, &err);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_done : command_fail(&err);
}

const command command_schema = {
    .name = "schema",
    .help = "writes a JSON Schema of the grid file, by which editors complete and check grids",
    .more = "In VS Code with the YAML extension (or any editor with yaml-language-server), as the first line "
            "of a "
            "grid:\n"
            "  # yaml-language-server: $schema=nngrid.schema.json\n"
            "What only the data can show, and which settings matter together, nngrid check knows.\n\n"
            "Examples:\n"
            "  nngrid schema -o nngrid.schema.json\n"
            "  nngrid schema | jq .properties\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = schema,
};
