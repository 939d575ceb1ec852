/* Comma-separated values (RFC 4180, and what people really write): rows and fields, without meaning. */
#include "data/data_internal.h"

#include <stdlib.h>
#include <string.h>

static const char delimiters[] = ",;\t";

/* The delimiter that the first line has most of, outside quotes. */
static char find_delimiter(const char *text, const char *end)
{
    size_t count[sizeof delimiters - 1] = {0};
    bool quoted = false;
    for (const char *p = text; p < end && (quoted || (*p != '\n' && *p != '\r')); p++) {
        const char *which = *p != '\0' ? strchr(delimiters, *p) : NULL;
        quoted = quoted != (*p == '"');
        if (which != NULL && !quoted) {
            count[which - delimiters]++;
        }
    }
    size_t best = 0;
    for (size_t i = 1; i < sizeof count / sizeof count[0]; i++) {
        best = count[i] > count[best] ? i : best;
    }
    return delimiters[best];
}

static bool is_blank(const csv *c, char x)
{
    return x == ' ' || (x == '\t' && c->delimiter != '\t');
}

/* Steps over one end of line: \n, \r\n or \r. */
static void end_line(csv *c)
{
    c->at += c->at + 1 < c->end && c->at[0] == '\r' && c->at[1] == '\n' ? 2 : 1;
    c->line++;
}

static void skip_blank_lines(csv *c)
{
    for (;;) {
        char *p = c->at;
        while (p < c->end && is_blank(c, *p)) {
            p++;
        }
        if (p == c->end) {
            c->at = p;
            return;
        }
        if (*p != '\n' && *p != '\r') {
            return;
        }
        c->at = p;
        end_line(c);
    }
}

void csv_start(csv *c, char *text, size_t size, char delimiter)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t skip = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    *c = (csv){
        .at = text + skip, .end = text + size, .line = 1, .delimiter = delimiter != 0 ? delimiter : ','};
    skip_blank_lines(c);
    c->delimiter = delimiter != 0 ? delimiter : find_delimiter(c->at, c->end);
}

static void problem(csv *c, int column, const char *words)
{
    if (c->problem == NULL) {
        c->problem = words;
        c->problem_column = column;
    }
}

/* c->at stands at the opening quote. The text moves to the left over the quotes; returns its end. */
static char *take_quoted(csv *c, int column)
{
    char *to = c->at, *p = c->at + 1;
    while (p < c->end && (*p != '"' || (p + 1 < c->end && p[1] == '"'))) {
        p += *p == '"';
        c->line += *p == '\n';
        *to++ = *p++;
    }
    if (p == c->end) {
        problem(c, column, "a quote that is opened here is never closed; close it or remove it");
    } else {
        p++;
    }
    c->at = p;
    return to;
}

/* Takes one field; c->at is then at what ended it. Returns the field; *end is where its NUL goes. */
static char *take_field(csv *c, int column, char **end)
{
    while (c->at < c->end && is_blank(c, *c->at)) {
        c->at++;
    }
    char *start = c->at;
    bool quoted = c->at < c->end && *c->at == '"';
    char *stop = quoted ? take_quoted(c, column) : NULL;
    char *rest = c->at;
    while (c->at < c->end && *c->at != c->delimiter && *c->at != '\n' && *c->at != '\r') {
        if (quoted && !is_blank(c, *c->at)) {
            problem(c, column, "text stands behind a closing quote; write \"\" for a quote inside quotes");
        }
        c->at++;
    }
    if (!quoted) {
        for (stop = c->at; stop > rest && is_blank(c, stop[-1]);) {
            stop--;
        }
    }
    *end = stop;
    return start;
}

static bool row_add(csv_row *row, char *field)
{
    if (row->n == row->capacity) {
        size_t capacity = row->capacity == 0 ? 64 : 2 * row->capacity;
        char **fields = realloc(row->fields, capacity * sizeof *fields);
        if (fields == NULL) {
            return false;
        }
        row->fields = fields;
        row->capacity = capacity;
    }
    row->fields[row->n++] = field;
    return true;
}

bool csv_next(csv *c, csv_row *row)
{
    skip_blank_lines(c);
    row->n = 0;
    row->line = c->line;
    c->problem = NULL;
    bool more = c->at < c->end;
    while (more) {
        char *end;
        if (!row_add(row, take_field(c, (int)row->n + 1, &end))) {
            return false;
        }
        more = c->at < c->end && *c->at == c->delimiter;
        if (more) {
            c->at++;
        } else if (c->at < c->end) {
            end_line(c);
        }
        *end = '\0'; /* last, since it may overwrite what ended the field */
    }
    return true;
}

bool csv_is_header(const loader *l, const csv_row *first, const csv_row *second)
{
    if (l->spec->header >= 0) {
        return l->spec->header == 1;
    }
    size_t n_text = 0;
    for (size_t i = 0; i < first->n; i++) {
        if (!data_field_is_word(first->fields[i])) {
            continue;
        }
        n_text++;
        /* Words over words may be labels; words over numbers are names. */
        if (i < second->n && !data_field_is_word(second->fields[i])) {
            return true;
        }
    }
    return n_text > 0 && n_text == first->n;
}
