/* Writes JSON for programs that read the output of a command. */
#include "base/json.h"
#include "base/setting.h"
#include "base/text.h"
#include <math.h>
#include <stdint.h>

/* Writes a string. Bytes that are not UTF-8, which names of files can have, are taken for Latin-1. */
static void put_text(FILE *to, const char *text)
{
    size_t length;
    putc('"', to);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\')
            fprintf(to, "\\%c", *c);
        else if (*c < 0x20 || (length = text_character((const char *)c, SIZE_MAX)) == 0)
            fprintf(to, "\\u%04x", *c);
        else
            c += fwrite(c, 1, length, to) - 1;
    putc('"', to);
}

/* Writes what precedes a value: comma, line break, indentation, key. */
static void lead(json *j, const char *key)
{
    if (j->filled)
        putc(',', j->to);
    if (j->depth > 0)
        fprintf(j->to, "\n%*s", 2 * j->depth, "");
    if (key != NULL) {
        put_text(j->to, key);
        fputs(": ", j->to);
    }
    j->filled = true;
}

void json_open(json *j, const char *key, char bracket)
{
    lead(j, key);
    putc(bracket, j->to);
    j->depth++;
    j->filled = false;
}

void json_close(json *j, char bracket)
{
    j->depth--;
    if (j->filled)
        fprintf(j->to, "\n%*s", 2 * j->depth, "");
    putc(bracket, j->to);
    j->filled = true;
    if (j->depth == 0)
        putc('\n', j->to);
}

void json_text(json *j, const char *key, const char *text)
{
    lead(j, key);
    if (text == NULL)
        fputs("null", j->to);
    else
        put_text(j->to, text);
}

void json_number(json *j, const char *key, double value)
{
    char text[64];
    lead(j, key);
    if (isfinite(value) && value == floor(value) && fabs(value) < 1e15)
        fprintf(j->to, "%.0f", value);
    else
        fputs(isfinite(value) ? setting_real_format(value, text, sizeof text) : "null", j->to);
}

void json_truth(json *j, const char *key, bool value)
{
    lead(j, key);
    fputs(value ? "true" : "false", j->to);
}

void json_schema_ref(json *j, const char *key, const char *definition)
{
    char text[128];
    snprintf(text, sizeof text, "#/definitions/%s", definition);
    json_open(j, key, '{');
    json_text(j, "$ref", text);
    json_close(j, '}');
}

void json_schema_text(json *j, const char *key, const char *pattern)
{
    json_open(j, key, '{');
    json_text(j, "type", "string");
    if (pattern != NULL)
        json_text(j, "pattern", pattern);
    json_close(j, '}');
}

void json_schema_any(json *j, const char *key)
{
    json_open(j, key, '{');
    json_open(j, "anyOf", '[');
}

void json_schema_end_any(json *j)
{
    json_close(j, ']');
    json_close(j, '}');
}

void json_schema_number(json *j, const char *key, nn_range range, bool whole)
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

void json_schema_words(json *j, const char *key, const char *const *words, const char *const *helps, size_t n)
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
