/* json.h - writes JSON piece by piece. A key of NULL makes an element of an array. NaN and infinities become null. */
#ifndef NNGRID_BASE_JSON_H
#define NNGRID_BASE_JSON_H

#include "nn_tables.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct json {
    FILE *to;
    int depth;
    bool filled; /* the object or array that is open has a value already */
} json;

void json_open(json *j, const char *key, char bracket);     /* bracket: '{' or '[' */
void json_close(json *j, char bracket);                     /* bracket: '}' or ']'; the outermost one ends the line */
void json_text(json *j, const char *key, const char *text); /* NULL: null */
void json_number(json *j, const char *key, double value);
void json_truth(json *j, const char *key, bool value);
#define NUMBER_PATTERN "[-+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)?"

/* One of `definitions`, as an element or under a key. */
void json_schema_ref(json *j, const char *key, const char *definition);
/* A number within a range; also as text, which is how YAML 1.1 reads 1e-3. */
void json_schema_number(json *j, const char *key, nn_range range, bool whole);
/* One of n words, with their help where there is some. */
void json_schema_words(json *j, const char *key, const char *const *words, const char *const *helps, size_t n);
void json_schema_text(json *j, const char *key, const char *pattern); /* NULL: any */
/* Open and close {"anyOf": [ and {"type": "array", "items": */
void json_schema_any(json *j, const char *key);
void json_schema_end_any(json *j);

#endif
