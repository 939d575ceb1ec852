/* The settings as JSON Schema: what one value may be, how they are swept, what excludes cells. */
#include "commands/schema.h"
#include "base/setting.h"
#include <string.h>

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
    schema_words(j, NULL, words, helps, n);
}

static void truth(json *j)
{
    static const char *const words[] = {"true", "false"};
    json_open(j, NULL, '{');
    json_text(j, "type", "boolean");
    json_close(j, '}');
    schema_words(j, NULL, words, NULL, 2);
}

static void widths(json *j, const nn_hyper_row *row)
{
    schema_number(j, NULL, row->range, true);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_number(j, "maxItems", NN_MAX_HIDDEN);
    schema_number(j, "items", row->range, true);
    json_close(j, '}');
}

/* Alternatives of one value, within anyOf. */
static void value_of(json *j, const nn_hyper_row *row)
{
    switch (row->kind) {
    case NN_REAL:
        schema_number(j, NULL, row->range, false);
        break;
    case NN_COUNT:
        schema_number(j, NULL, row->range, true);
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
        schema_words(j, NULL, &row->word, NULL, 1);
}

/* "size of a step; default 0.1; matters when optimizer is sgd" */
static void describe(json *j, const nn_hyper_row *row)
{
    char text[400], value[200];
    snprintf(text, sizeof text, "%s; default %s%s%s", row->help,
             setting_format(row, nn_hyper_get(&nn_hyper_defaults, row), value, sizeof value),
             row->matters_when != NULL ? "; matters when " : "",
             row->matters_when != NULL ? row->matters_when : "");
    json_text(j, "description", text);
}

/* ---- ranges of an axis ---- */

static void ends(json *j, const char *key, const char *definition)
{
    json_open(j, key, '{');
    json_text(j, "type", "array");
    json_number(j, "minItems", 2);
    json_number(j, "maxItems", 2);
    schema_ref(j, "items", definition);
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
    schema_number(j, partner, from, true);
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
    schema_any(j, "range");
    range(j, "lin", "num", true, "number");
    range(j, "log", "num", true, "above_0");
    range(j, "int", "step", false, "whole");
    schema_end_any(j);
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
        schema_number(j, NULL, row->range, true);
    else
        value_of(j, row);
    json_open(j, NULL, '{');
    json_text(j, "type", "array");
    json_number(j, "minItems", 1);
    schema_ref(j, "items", name_of("setting", row, name));
    json_close(j, '}');
    if (row->kind != NN_CHOICE && row->kind != NN_TRUTH)
        schema_ref(j, NULL, "range");
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
    schema_text(j, NULL, row->kind == NN_REAL || row->kind == NN_COUNT ? "^ *(<=|>=|!=|<|>|=)" : "^ *(!=|=)");
    json_close(j, ']');
    json_close(j, '}');
}

void schema_define_settings(json *j)
{
    const nn_range any = {-NN_INF, NN_INF, true, true}, above_0 = {0, NN_INF, true, true};
    schema_number(j, "number", any, false);
    schema_number(j, "above_0", above_0, false);
    schema_number(j, "whole", any, true);
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
        schema_ref(j, nn_hyper_rows[i].name, name_of(kind, &nn_hyper_rows[i], name));
}

static void close_settings(json *j)
{
    json_close(j, '}');
    json_close(j, '}');
}

void schema_base(json *j)
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

void schema_grid(json *j)
{
    block(j, NULL);
    list_of(j, NULL);
}

void schema_exclude(json *j)
{
    list_of(j, "pattern");
}

void schema_include(json *j)
{
    list_of(j, "setting");
}
