/* nngrid schema: the grid file as a JSON Schema, from the tables that read it. Editors complete and check grids by
 * it. */
#include "commands/command.h"
#include "commands/schema.h"
#include <string.h>

/* ---- small pieces ---- */

void schema_ref(json *j, const char *key, const char *definition)
{
    char text[128];
    snprintf(text, sizeof text, "#/definitions/%s", definition);
    json_open(j, key, '{');
    json_text(j, "$ref", text);
    json_close(j, '}');
}

void schema_text(json *j, const char *key, const char *pattern)
{
    json_open(j, key, '{');
    json_text(j, "type", "string");
    if (pattern != NULL)
        json_text(j, "pattern", pattern);
    json_close(j, '}');
}

void schema_any(json *j, const char *key)
{
    json_open(j, key, '{');
    json_open(j, "anyOf", '[');
}

void schema_end_any(json *j)
{
    json_close(j, ']');
    json_close(j, '}');
}

void schema_number(json *j, const char *key, nn_range range, bool whole)
{
    schema_any(j, key);
    json_open(j, NULL, '{');
    json_text(j, "type", whole ? "integer" : "number");
    if (isfinite(range.low))
        json_number(j, range.low_open ? "exclusiveMinimum" : "minimum", range.low);
    if (isfinite(range.high))
        json_number(j, range.high_open ? "exclusiveMaximum" : "maximum", range.high);
    json_close(j, '}');
    schema_text(j, NULL, "^" NUMBER_PATTERN "$");
    schema_end_any(j);
}

void schema_words(json *j, const char *key, const char *const *words, const char *const *helps, size_t n)
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
        schema_words(j, NULL, k->words, NULL, k->n_words);
    if (k->takes & (WHOLE | NUMBER))
        schema_number(j, NULL, k->range, (k->takes & WHOLE) != 0);
    if (k->takes & TEXT)
        schema_text(j, NULL, NULL);
    if (k->takes & TIME)
        schema_text(j, NULL, "^ *[0-9.]+ *(s|min|h|d) *$");
    if (k->takes & TRUTH) {
        static const char *const words[] = {"true", "false"};
        json_open(j, NULL, '{');
        json_text(j, "type", "boolean");
        json_close(j, '}');
        schema_words(j, NULL, words, NULL, 2);
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
    {"out", 'o', OPTION_TEXT, "FILE.json", offsetof(schema_options, out), "where to (standard output)", false,
     0},
};

enum { N_OPTIONS = sizeof options / sizeof *options };

static int schema(int argc, char **argv)
{
    schema_options o = {0};
    nn_error err;
    const int code = cmd_options(&cmd_schema, argc, argv, &o);
    if (code != EXIT_done)
        return code;
    const nn_status status = cmd_write(o.out, write_schema, NULL, &err);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_done : cmd_fail(&err);
}

const command cmd_schema = {
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
