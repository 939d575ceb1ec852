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
        else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
            fprintf(to, "\\u%04x", *++c);
        else if (*c < 0x20 || *c == 0x7f || (length = text_character((const char *)c, SIZE_MAX)) == 0)
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
    if (j->one_line && j->filled)
        putc(' ', j->to);
    else if (j->depth > 0 && !j->one_line)
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
    if (j->filled && !j->one_line)
        fprintf(j->to, "\n%*s", 2 * j->depth, "");
    putc(bracket, j->to);
    j->one_line = false;
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

void json_measured(json *j, const char *key, double value)
{
    if (isinf(value))
        json_text(j, key, value > 0 ? "Infinity" : "-Infinity");
    else
        json_number(j, key, value);
}

void json_truth(json *j, const char *key, bool value)
{
    lead(j, key);
    fputs(value ? "true" : "false", j->to);
}
