/* json.h - writes JSON piece by piece. A key of NULL makes an element of an array. NaN becomes null. */
#ifndef NNGRID_BASE_JSON_H
#define NNGRID_BASE_JSON_H

#include "nn_tables.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct json {
    FILE *to;
    int depth;
    bool filled;   /* the object or array that is open has a value already */
    bool one_line; /* set by the caller after json_open: its values stand in one line, until it is closed */
} json;

void json_open(json *j, const char *key, char bracket);     /* bracket: '{' or '[' */
void json_close(json *j, char bracket);                     /* bracket: '}' or ']'; the outermost one ends the line */
void json_text(json *j, const char *key, const char *text); /* NULL: null */
void json_number(json *j, const char *key, double value);
/* A number that was measured: an infinite one, which JSON does not have, is "Infinity" or "-Infinity", the names of
 * ECMAScript, so that it is not taken for one that is missing. */
void json_measured(json *j, const char *key, double value);
void json_truth(json *j, const char *key, bool value);

#endif
