/* cmd_schema.h - what the two files of `nngrid schema` share: small pieces of JSON Schema. */
#ifndef NNGRID_CMD_SCHEMA_H
#define NNGRID_CMD_SCHEMA_H

#include "base/json.h"
#include "grid/grid.h"

#define NUMBER_PATTERN "[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"

/* One of `definitions`, as an element or under a key. */
void schema_ref(json *j, const char *key, const char *definition);
/* A number within a range; also as text, which is how YAML 1.1 reads 1e-3. */
void schema_number(json *j, const char *key, nn_range range, bool whole);
/* One of n words, with their help where there is some. */
void schema_words(json *j, const char *key, const char *const *words, const char *const *helps, size_t n);
void schema_text(json *j, const char *key, const char *pattern); /* NULL: any */
/* Open and close {"anyOf": [ and {"type": "array", "items": */
void schema_any(json *j, const char *key);
void schema_end_any(json *j);

/* ---- keys (cmd_schema_keys.c) ---- */

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

/* NULL: there is none of this path. */
const key_schema *schema_key(const char *path);

/* ---- settings (cmd_schema_settings.c) ---- */

/* The definitions setting_NAME (one value), axis_NAME (swept), pattern_NAME (of exclude). */
void schema_define_settings(json *j);
void schema_base(json *j);
void schema_grid(json *j);
void schema_exclude(json *j);
void schema_include(json *j);

#endif
