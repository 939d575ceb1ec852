/* cmd_json.h - writes JSON as it comes. A key of NULL is an element of an array. NaN and infinities become
 * null. */
#ifndef NNGRID_CMD_JSON_H
#define NNGRID_CMD_JSON_H

#include <stdbool.h>
#include <stdio.h>

typedef struct json {
    FILE *to;
    int depth;
    bool filled; /* does something stand before in this object or array? */
} json;

void json_open(json *j, const char *key, char bracket);     /* '{' or '[' */
void json_close(json *j, char bracket);                     /* '}' or ']'; the last one ends the line */
void json_text(json *j, const char *key, const char *text); /* NULL: null */
void json_number(json *j, const char *key, double value);
void json_truth(json *j, const char *key, bool value);

#endif
