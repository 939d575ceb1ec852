/* Explains why a file is not YAML, at the place where a person would look: the quote that is never closed, not the end of
 * the file where libyaml noticed. */
#include "grid/yaml/problem.h"
#include <string.h>

typedef enum where { AT_PROBLEM, AT_CONTEXT } where;

/* What to say for a message of libyaml, and its context where the message alone is ambiguous. The first row that fits is
 * taken. */
typedef struct problem_row {
    const char *problem, *context; /* parts of libyaml's messages; NULL: any */
    where where;
    const char *words;
} problem_row;

static const char no_key[] = "this line is not `key: value`; a colon and a space are missing";

static const problem_row rows[] = {
    {"violates indentation", NULL, AT_PROBLEM, "a tab cannot indent in YAML; use spaces"},
    {"where an indentation space is expected", NULL, AT_PROBLEM, "a tab cannot indent in YAML; use spaces"},
    {"cannot start any token", NULL, AT_PROBLEM, "a value cannot begin with this character; put it in quotes"},
    {"expected ',' or ']'", NULL, AT_CONTEXT, "this [ has no ] that closes it, or a comma is missing in the list"},
    {"expected ',' or '}'", NULL, AT_CONTEXT, "this { has no } that closes it, or a comma is missing in between"},
    {NULL, "while scanning a quoted scalar", AT_CONTEXT, "this quote is never closed"},
    {"unknown escape character", NULL, AT_PROBLEM,
     "in double quotes a \\ begins an escape; write \\\\, or use single quotes"},
    {"hexdecimal number", NULL, AT_PROBLEM, "in double quotes a \\ begins an escape; write \\\\, or use single quotes"},
    {"could not find expected ':'", NULL, AT_CONTEXT, no_key},
    {"undefined alias", NULL, AT_PROBLEM, "unknown anchor: there is no &name of this name above"},
    {"alphabetic or numeric character", NULL, AT_CONTEXT, "a value cannot begin with this character; put it in quotes"},
    {"expected '-' indicator", NULL, AT_PROBLEM,
     "the next item of the list above begins with `- `; a key after the list is indented less than the `- `"},
    {"block sequence entries are not allowed", NULL, AT_PROBLEM,
     "a list on the line of its key is written [1, 2]; or each `- ` begins a line of its own"},
    {"expected <document start>", NULL, AT_PROBLEM, "the grid ends before this; nothing can follow"},
    {"expected comment or line break", NULL, AT_PROBLEM,
     "a text that begins with | or > goes on in the next line; put it in quotes"},
    {"expected node content", NULL, AT_PROBLEM, "a value is missing here"},
    {"incompatible YAML document", NULL, AT_PROBLEM, "unknown version of YAML; remove the line"},
};

static bool contains(const char *words, const char *part)
{
    return part == NULL || (words != NULL && strstr(words, part) != NULL);
}

/* ---- looking at the text ---- */

/* A line of the text: from its first character to before its line feed. */
typedef struct line {
    const char *text;
    size_t length;
} line;

static line line_at(const char *text, int number)
{
    for (; number > 1 && text != NULL; number--) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return (line){text != NULL ? text : "", text != NULL ? strcspn(text, "\n") : 0};
}

static char character_at(const char *text, place at)
{
    const line l = line_at(text, at.line);
    return at.column >= 1 && (size_t)at.column <= l.length ? l.text[at.column - 1] : '\0';
}

static bool is_blank(line l)
{
    const size_t indent = strspn(l.text, " \t\r");
    return indent >= l.length || l.text[indent] == '#';
}

/* Is there a colon that ends a key before column `end`? */
static bool has_key(line l, size_t end)
{
    for (size_t i = 0; i < l.length && i + 1 < end; i++)
        if (l.text[i] == ':' && (i + 1 == l.length || strchr(" \t\r", l.text[i + 1]) != NULL))
            return true;
    return false;
}

static place first_character(const char *text, int number)
{
    return (place){number, (int)strspn(line_at(text, number).text, " ") + 1};
}

/* ---- problems that need a look at the lines ---- */

/* Does the line before this one lack a key with its value? Then the mistake is there, and *at is set to it. */
static bool is_line_before(const yaml_problem *p, place *at)
{
    int before = p->at.line - 1;
    while (before >= 1 && is_blank(line_at(p->text, before)))
        before--;
    if (before < 1 || has_key(line_at(p->text, before), SIZE_MAX) ||
        line_at(p->text, before).text[strspn(line_at(p->text, before).text, " ")] == '-')
        return false;
    *at = first_character(p->text, before);
    return true;
}

/* libyaml says "mapping values are not allowed" where a line has a second colon, is indented too far, or follows a line
 * without key and value. */
static const char *explain_colon(const yaml_problem *p, place *at)
{
    if (has_key(line_at(p->text, p->at.line), (size_t)p->at.column))
        return "a second `: ` on a line; put the value in quotes, or the second key on a line of its own";
    if (is_line_before(p, at))
        return no_key;
    *at = first_character(p->text, p->at.line);
    return "this line is indented further than the key before it, which has its value already";
}

/* libyaml says "did not find expected key" at a bracket too many, at words after a value, at a line between two
 * indentations, or after a line without key and value. */
static const char *explain_key(const yaml_problem *p, place *at)
{
    const char c = character_at(p->text, p->at);
    if (c == ']' || c == '}')
        return "this closes no bracket or brace";
    if (p->at.column > first_character(p->text, p->at.line).column)
        return "the value ends before this; remove it, or put the whole value in quotes";
    if (is_line_before(p, at))
        return no_key;
    return "this line is indented like no line above it; the keys of one mapping begin in one column";
}

static const char *explain(const yaml_problem *p, place *at)
{
    if (contains(p->problem, "cannot start any token") && character_at(p->text, p->at) == '\t')
        return "a tab cannot indent in YAML; use spaces";
    if (contains(p->problem, "mapping values are not allowed"))
        return explain_colon(p, at);
    if (contains(p->problem, "expected key"))
        return explain_key(p, at);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (contains(p->problem, rows[i].problem) && contains(p->context, rows[i].context)) {
            *at = rows[i].where == AT_CONTEXT && p->context_at.line > 0 ? p->context_at : p->at;
            return rows[i].words;
        }
    return NULL;
}

/* For bytes that are no text libyaml gives only their offset. */
static place place_of_offset(const char *text, size_t offset)
{
    place at = {1, 1};
    for (size_t i = 0; i < offset && text[i] != '\0'; i++) {
        const bool continues = ((unsigned char)text[i] & 0xC0) == 0x80;
        at.column = text[i] == '\n' ? 1 : at.column + !continues;
        at.line += text[i] == '\n';
    }
    return at;
}

void yaml_problem_report(const yaml_problem *p, diagnostics *d)
{
    place at = p->no_text ? place_of_offset(p->text, p->offset) : p->at;
    const char *words =
        p->no_text ? "this is not text: save the grid as UTF-8, without control characters" : explain(p, &at);
    if (words != NULL)
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, at, "%s", words);
    else
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, at, "this is not YAML: %s", p->problem != NULL ? p->problem : "?");
}
