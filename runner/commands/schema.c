/* nngrid schema: writes the grid file as a JSON Schema, from the tables by which the reader reads it. Editors complete and
 * check grids by it. */
#include "base/json.h"
#include "base/setting.h"
#include "commands/common.h"
#include "commands/output.h"
#include "grid/grid.h"
#include <math.h>
#include <string.h>

/* ---- Pieces of a schema: each is an element of an array, or stands under a key. ---- */

#define NUMBER_PATTERN "[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"

/* One of `definitions`. */
static void json_schema_ref(json *j, const char *key, const char *definition)
{
    char text[128];
    snprintf(text, sizeof text, "#/definitions/%s", definition);
    json_open(j, key, '{');
    json_text(j, "$ref", text);
    json_close(j, '}');
}

/* A string; pattern NULL: any. */
static void json_schema_text(json *j, const char *key, const char *pattern)
{
    json_open(j, key, '{');
    json_text(j, "type", "string");
    if (pattern != NULL)
        json_text(j, "pattern", pattern);
    json_close(j, '}');
}

/* Opens {"anyOf": [, which json_schema_end_any closes. */
static void json_schema_any(json *j, const char *key)
{
    json_open(j, key, '{');
    json_open(j, "anyOf", '[');
}

static void json_schema_end_any(json *j)
{
    json_close(j, ']');
    json_close(j, '}');
}

/* A number within a range, or its text, which is how YAML 1.1 reads 1e-3. */
static void json_schema_number(json *j, const char *key, nn_range range, bool whole)
{
    json_schema_any(j, key);
    json_open(j, NULL, '{');
    json_text(j, "type", whole ? "integer" : "number");
    if (isfinite(range.low))
        json_number(j, range.low_open ? "exclusiveMinimum" : "minimum", range.low);
    if (isfinite(range.high))
        json_number(j, range.high_open ? "exclusiveMaximum" : "maximum", range.high);
    json_close(j, '}');
    json_schema_text(j, NULL, "^" NUMBER_PATTERN "$");
    json_schema_end_any(j);
}

/* One of n words, with their help where there is some. */
static void json_schema_words(json *j, const char *key, const char *const *words, const char *const *helps, size_t n)
{
    json_open(j, key, '{');
    json_open(j, "enum", '[');
    for (size_t i = 0; i < n; i++)
        json_text(j, NULL, words[i]);
    json_close(j, ']');
    if (helps != NULL) {
        json_open(j, "enumDescriptions", '[');
        for (size_t i = 0; i < n; i++)
            json_text(j, NULL, helps[i] != NULL ? helps[i] : "");
        json_close(j, ']');
    }
    json_close(j, '}');
}

enum { MOST_CHOICES = 64 };

/* ---- one value of a setting ---- */

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

/* Writes one of the names or a number; or any text, or a run in a results file. */
static void text_of(json *j, const nn_hyper_row *row)
{
    static const char *const keys[] = {"results", "run", "weights"};
    if (row->choices != NULL) {
        choice(j, row);
        json_schema_number(j, NULL, row->range, false);
        return;
    }
    json_open(j, NULL, '{');
    json_text(j, "type", "string");
    json_close(j, '}');
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_open(j, "properties", '{');
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_open(j, keys[i], '{');
        json_close(j, '}');
    }
    json_close(j, '}');
    json_open(j, "required", '[');
    json_text(j, NULL, keys[0]);
    json_text(j, NULL, keys[1]);
    json_close(j, ']');
    json_truth(j, "additionalProperties", false);
    json_close(j, '}');
}

/* Writes what one value of the setting may be: elements of anyOf. */
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
    case NN_TEXT:
        text_of(j, row);
        break;
    }
    if (row->word != NULL)
        json_schema_words(j, NULL, &row->word, NULL, 1);
}

/* Writes a description such as "size of a step; default 0.1; matters when optimizer is sgd". */
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

/* Writes {FORM: [from, to], PARTNER: n}; the partner may be missing unless it is `needed`. */
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
    if (row->kind != NN_CHOICE && row->kind != NN_TRUTH && row->kind != NN_TEXT)
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

/* Writes the definitions setting_NAME (one value), axis_NAME (in grid) and pattern_NAME (in exclude). */
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

/* Opens the object {setting: KIND_setting, ...}; more properties may follow before close_settings. `in_base`: those
 * alone that stand in base. */
static void open_settings(json *j, const char *key, const char *kind, bool in_base)
{
    definition_name name;
    json_open(j, key, '{');
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "properties", '{');
    for (int i = 0; i < NN_N_HYPER; i++)
        if (!in_base || !nn_hyper_rows[i].in_data)
            json_schema_ref(j, nn_hyper_rows[i].name, name_of(kind, &nn_hyper_rows[i], name));
}

static void close_settings(json *j)
{
    json_close(j, '}');
    json_close(j, '}');
}

static void schema_base(json *j)
{
    open_settings(j, NULL, "setting", true);
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
    open_settings(j, key, "axis", false);
    open_settings(j, "zip", "axis", false);
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
        open_settings(j, "items", kind, false);
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

/* ---- rules and conditions ---- */

/* Opens an object that must have exactly one of the properties that follow, until close_single. */
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

/* Is the parameter of the rule a whole number? */
static bool is_count(const nn_stop_row *row)
{
    return strcmp(row->parameter, "epochs") == 0 || strcmp(row->parameter, "strips") == 0;
}

/* Writes the mapping in {patience: {epochs: 20, min_delta: 0.001}}. */
static void rule_map(json *j, const nn_stop_row *row)
{
    const nn_range from_0 = {0, NN_INF, false, true};
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

static void schema_rules(json *j)
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

static void schema_conditions(json *j)
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

/* ---- the keys of the grid file ---- */

static void write_map(json *j, const key_table *table);

static void schema_time(json *j)
{
    json_schema_text(j, NULL, "^ *[0-9.]+ *(s|min|h|d) *$");
}

static void schema_columns(json *j)
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

/* Writes what KEY_CHOICES takes beside one word: `none`, or a list of words. */
static void choices(json *j, const key_row *row)
{
    static const char *const none[] = {"none"};
    json_schema_words(j, NULL, none, NULL, 1);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_schema_words(j, "items", row->words, NULL, row->n_words);
    json_close(j, '}');
}

static void number_list(json *j)
{
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_schema_ref(j, "items", "number");
    json_close(j, '}');
}

/* Writes what missing_values takes: numbers, or numbers by column. */
static void schema_codes(json *j)
{
    const nn_range any = {-NN_INF, NN_INF, true, true};
    json_schema_number(j, NULL, any, false);
    number_list(j);
    json_open(j, NULL, '{');
    json_text(j, "type", "object");
    json_open(j, "additionalProperties", '{');
    json_open(j, "anyOf", '[');
    json_schema_number(j, NULL, any, false);
    number_list(j);
    json_close(j, ']');
    json_close(j, '}');
    json_close(j, '}');
}

/* Kinds that alone say what a value may be, whatever else is in the row. */
static const struct {
    int kind;
    void (*write)(json *j);
} kinds[] = {
    {KEY_TRUTH, truth},           {KEY_TIME, schema_time},   {KEY_COLUMNS, schema_columns},
    {KEY_SETTINGS, schema_base},  {KEY_AXES, schema_grid},   {KEY_PATTERNS, schema_exclude},
    {KEY_POINTS, schema_include}, {KEY_RULES, schema_rules}, {KEY_CONDITIONS, schema_conditions},
    {KEY_CODES, schema_codes},
};

/* Writes what the key takes: elements of anyOf. */
static void write_alternatives(json *j, const key_row *row)
{
    const nn_range any = {-NN_INF, NN_INF, true, true};
    const bool column = (row->kinds & (KEY_COLUMN | KEY_COLUMNS)) != 0;
    if (row->n_words > 0)
        json_schema_words(j, NULL, row->words, NULL, row->n_words);
    if (column || row->kinds & (KEY_COUNT | KEY_REAL))
        json_schema_number(j, NULL, column ? any : row->range, column || row->kinds & KEY_COUNT);
    if (column || row->kinds & KEY_TEXT)
        json_schema_text(j, NULL, NULL);
    if (row->kinds & KEY_CHOICES)
        choices(j, row);
    if (row->kinds & KEY_MAP)
        write_map(j, row->table);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (row->kinds & kinds[i].kind)
            kinds[i].write(j);
}

/* Writes the keys of a mapping, each with its help and what it takes. */
static void write_keys(json *j, const key_table *table)
{
    json_text(j, "type", "object");
    json_truth(j, "additionalProperties", false);
    json_open(j, "required", '[');
    for (size_t i = 0; i < table->n; i++)
        if (table->rows[i].required)
            json_text(j, NULL, table->rows[i].name);
    json_close(j, ']');
    json_open(j, "properties", '{');
    for (size_t i = 0; i < table->n; i++) {
        json_open(j, table->rows[i].name, '{');
        json_text(j, "description", table->rows[i].help);
        json_open(j, "anyOf", '[');
        write_alternatives(j, &table->rows[i]);
        json_schema_end_any(j);
    }
    json_close(j, '}');
}

static void write_map(json *j, const key_table *table)
{
    json_open(j, NULL, '{');
    write_keys(j, table);
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
    write_keys(&j, &grid_root);
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
    if (code != EXIT_DONE)
        return code;
    const nn_status status = command_write(o.out, write_schema, NULL, &err);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
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
