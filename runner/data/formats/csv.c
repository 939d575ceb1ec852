/* Scans text for rows and fields, and finds out what separates them. */
#include "data/formats/csv.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_blank(const csv *c, char x)
{
    return x == ' ' || (x == '\t' && c->delimiter != '\t');
}

static bool ends_line(char x)
{
    return x == '\n' || x == '\r';
}

/* Does this character separate fields? Among blanks it is one of a run. */
static bool separates(const csv *c, char x)
{
    return x == c->delimiter || (c->delimiter == ' ' && x == '\t');
}

/* ---- counting the fields of a row, without changing it ---- */

static const char *behind_blanks(const csv *c, const char *p)
{
    while (p < c->end && is_blank(c, *p))
        p++;
    return p;
}

/* What follows the quoted text that begins at p; the end of the text where it
 * is not closed. */
static const char *behind_quoted(const csv *c, const char *p)
{
    for (p++; p < c->end; p++) {
        if (*p != '"')
            continue;
        if (p + 1 == c->end || p[1] != '"')
            return p + 1;
        p++;
    }
    return p;
}

/* What ends the field that begins at p: a separator, the end of the line or of
 * the text. */
static const char *end_of_field(const csv *c, const char *p)
{
    p = behind_blanks(c, p);
    if (p < c->end && *p == '"')
        p = behind_quoted(c, p);
    while (p < c->end && !separates(c, *p) && !ends_line(*p))
        p++;
    return p;
}

size_t data_csv_count(const csv *c, const char *p, const char **next)
{
    size_t n = 0;
    bool more = true;
    while (more) {
        p = end_of_field(c, p);
        n++;
        more = p < c->end && separates(c, *p);
        if (more)
            p = c->delimiter == ' ' ? behind_blanks(c, p) : p + 1;
        if (c->delimiter == ' ' && (p == c->end || ends_line(*p)))
            more = false;
    }
    *next = p < c->end ? p + 1 : p;
    return n;
}

/* ---- what separates fields: the candidate under which the first lines are
 * most alike, and look most like numbers ---- */

enum { SAMPLE_ROWS = 20 };

/* In the order in which they are tried; a later one has to be better. */
static const char delimiters[] = ",;\t| ";
static const double weight[] = {1, 1, 1, 0.8, 0.7};

static bool is_digit(char x)
{
    return isdigit((unsigned char)x) != 0;
}

/* Stands the blank at p in a number: before three digits, or before a sign of
 * currency? */
static bool is_blank_in_number(const char *p, const char *end)
{
    const bool three = end - p > 3 && is_digit(p[1]) && is_digit(p[2]) && is_digit(p[3]);
    return (three && (end - p == 4 || !is_digit(p[4]))) || (end - p > 1 && (unsigned char)p[1] >= 0x80);
}

/* May this be a number, in whatever notation? Bytes beyond ASCII may be signs
 * of currency. */
static bool looks_numeric(const char *p, const char *end)
{
    size_t n_digits = 0;
    while (p < end && (*p == ' ' || *p == '"'))
        p++;
    while (p < end && (end[-1] == ' ' || end[-1] == '"'))
        end--;
    for (; p < end; p++) {
        const bool other = (unsigned char)*p >= 0x80 || (*p == ' ' && is_blank_in_number(p, end));
        n_digits += is_digit(*p);
        if (!is_digit(*p) && !other && strchr("+-.,eE%'$", *p) == NULL)
            return false;
    }
    return n_digits > 0;
}

static size_t count_numeric(const csv *c, const char *p, size_t n_fields)
{
    size_t n = 0;
    for (size_t i = 0; i < n_fields; i++) {
        const char *end = end_of_field(c, p = behind_blanks(c, p));
        n += looks_numeric(p, end);
        p = end + (end < c->end);
    }
    return n;
}

static size_t most_frequent(const size_t *counts, size_t n, size_t *how_often)
{
    size_t best = 0;
    *how_often = 0;
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t k = 0; k < n; k++)
            same += counts[k] == counts[i];
        if (same > *how_often || (same == *how_often && counts[i] > best)) {
            *how_often = same;
            best = counts[i];
        }
    }
    return best;
}

/* How well the delimiter of c suits the rows at c->at: 0 not at all. *n_usual
 * is how many fields most of them have. */
static double suits(const csv *c, size_t *n_usual)
{
    size_t counts[SAMPLE_ROWS], n = 0, n_same, n_fields = 0, n_numeric = 0;
    for (const char *p = c->at, *next; p < c->end && n < SAMPLE_ROWS; p = next) {
        p = behind_blanks(c, p);
        if (p == c->end || ends_line(*p)) {
            next = p + (p < c->end);
            continue;
        }
        counts[n] = data_csv_count(c, p, &next);
        n_fields += counts[n];
        n_numeric += count_numeric(c, p, counts[n]);
        n++;
    }
    *n_usual = most_frequent(counts, n, &n_same);
    if (*n_usual < 2)
        return 0;
    return (double)n_same / (double)n * (0.1 + (double)n_numeric / (double)n_fields);
}

static void find_delimiter(csv *c)
{
    double best = 0;
    char found = ',';
    size_t n_usual = 0;
    for (size_t i = 0; delimiters[i] != '\0'; i++) {
        csv trial = *c;
        trial.delimiter = delimiters[i];
        const double how_well = weight[i] * suits(&trial, &n_usual);
        if (how_well > best * (1 + 1e-9)) {
            c->n_usual = n_usual;
            best = how_well;
            found = delimiters[i];
        }
    }
    c->delimiter = found;
}

/* ---- lines ---- */

/* Steps over one end of line: \n, \r\n or \r. */
static void end_line(csv *c)
{
    c->at += c->at + 1 < c->end && c->at[0] == '\r' && c->at[1] == '\n' ? 2 : 1;
    c->line++;
}

static void skip_line(csv *c)
{
    while (c->at < c->end && !ends_line(*c->at))
        c->at++;
    if (c->at < c->end)
        end_line(c);
}

static void skip_blank_lines(csv *c)
{
    for (;;) {
        char *p = c->at;
        while (p < c->end && is_blank(c, *p))
            p++;
        if (p == c->end) {
            c->at = p;
            return;
        }
        if (!ends_line(*p))
            return;
        c->at = p;
        end_line(c);
    }
}

/* Takes a line "sep=;", which Excel writes and understands. Returns the
 * delimiter, or 0. */
static char take_sep_line(csv *c)
{
    const char *p = c->at + (*c->at == '"');
    if (c->end - p < 5 || strncasecmp(p, "sep=", 4) != 0 || ends_line(p[4]))
        return 0;
    const char delimiter = p[4];
    p += 5;
    p += p < c->end && *p == '"';
    if (p < c->end && !ends_line(*p))
        return 0;
    skip_line(c);
    skip_blank_lines(c);
    return delimiter;
}

/* Is the line at p a row whose first field is an error of Excel, such as #N/A,
 * and no comment? */
static bool is_excel_error(const char *p, const char *end)
{
    static const char *const words[] = {"#N/A", "#NA", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i]);
        if ((size_t)(end - p) > n && strncmp(p, words[i], n) == 0 && strchr(",;\t| \"", p[n]) != NULL)
            return true;
    }
    return false;
}

static void take_notes(csv *c)
{
    c->notes = c->notes_end = c->at;
    c->notes_line = c->line;
    while (c->at < c->end && *c->at == '#' && !is_excel_error(c->at, c->end)) {
        skip_line(c);
        c->notes_end = c->at;
        skip_blank_lines(c);
    }
}

void data_csv_start(csv *c, char *text, size_t size, char delimiter)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    const size_t skip = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    enum { END_OF_DOS = 0x1a };
    size -= size > 0 && text[size - 1] == END_OF_DOS;
    text[size] = '\0';
    *c = (csv){.at = text + skip, .end = text + size, .line = 1, .delimiter = delimiter != 0 ? delimiter : ','};
    skip_blank_lines(c);
    const char said = take_sep_line(c);
    take_notes(c);
    c->delimiter = said != 0 ? said : c->delimiter;
    if ((said == 0 && delimiter == 0) || suits(c, &c->n_usual) <= 0)
        find_delimiter(c);
}

/* Leaves out lines that begin with # and are no rows. */
static void skip_comments(csv *c)
{
    const char *next;
    while (c->n_usual > 0 && c->at < c->end && *c->at == '#' && !is_excel_error(c->at, c->end) &&
           data_csv_count(c, c->at, &next) != c->n_usual) {
        c->first_comment = c->n_comments++ == 0 ? c->line : c->first_comment;
        skip_line(c);
        skip_blank_lines(c);
    }
}

/* ---- rows and fields ---- */

/* Remembers the first problem of a row. */
static void problem(csv *c, int column, const char *words)
{
    if (c->problem == NULL) {
        c->problem = words;
        c->problem_column = column;
    }
}

/* Takes a field whose opening quote is at c->at. Its text moves over the
 * quotes. Returns the end of the text. */
static char *take_quoted(csv *c, int column)
{
    char *to = c->at, *p = c->at + 1;
    while (p < c->end && (*p != '"' || (p + 1 < c->end && p[1] == '"'))) {
        p += *p == '"';
        c->line += *p == '\n';
        *to++ = *p++;
    }
    if (p == c->end)
        problem(c, column, "the quote that opens here is never closed; close it or remove it");
    else
        p++;
    c->at = p;
    return to;
}

/* What ends the field that goes on at p: a separator, the end of the line or of
 * the text. */
static char *field_end(const csv *c, char *p)
{
    const char *end = c->end;
    const char delimiter = c->delimiter, other = delimiter == ' ' ? '\t' : delimiter;
    while (p < end && *p != delimiter && *p != '\n' && *p != '\r' && *p != other)
        p++;
    return p;
}

/* Steps to what ends a quoted field, with only blanks on the way. */
static void leave_quoted(csv *c, int column)
{
    char *end = field_end(c, c->at);
    for (; c->at < end; c->at++)
        if (!is_blank(c, *c->at))
            problem(c, column,
                    "there is text after a closing quote; write \"\" for a quote "
                    "inside quotes");
}

/* Takes one field and leaves c->at at what ends it. Returns the field; its NUL
 * belongs at *end. */
static char *take_field(csv *c, int column, char **end)
{
    while (c->at < c->end && is_blank(c, *c->at))
        c->at++;
    char *start = c->at;
    if (start < c->end && *start == '"') {
        *end = take_quoted(c, column);
        leave_quoted(c, column);
        return start;
    }
    char *stop = c->at = field_end(c, start);
    while (stop > start && is_blank(c, stop[-1]))
        stop--;
    *end = stop;
    return start;
}

static bool row_add(csv_row *row, char *field)
{
    if (row->n == row->capacity) {
        size_t capacity = row->capacity == 0 ? 64 : 2 * row->capacity;
        char **fields = realloc(row->fields, capacity * sizeof *fields);
        if (fields == NULL)
            return false;
        row->fields = fields;
        row->capacity = capacity;
    }
    row->fields[row->n++] = field;
    return true;
}

/* Steps over what separates two fields. Returns whether there is another one. */
static bool step_on(csv *c)
{
    bool more = c->at < c->end && separates(c, *c->at);
    if (more && c->delimiter != ' ') {
        c->at++;
    } else if (more) {
        c->at += behind_blanks(c, c->at) - c->at;
        more = c->at < c->end && !ends_line(*c->at);
    }
    if (!more && c->at < c->end)
        end_line(c);
    return more;
}

void data_csv_trim(csv_row *row, size_t n_columns)
{
    while (n_columns > 0 && row->n > n_columns && *row->fields[row->n - 1] == '\0')
        row->n--;
}

bool data_csv_next(csv *c, csv_row *row)
{
    skip_blank_lines(c);
    skip_comments(c);
    row->n = 0;
    row->line = c->line;
    c->problem = NULL;
    bool more = c->at < c->end;
    while (more) {
        char *end;
        if (!row_add(row, take_field(c, (int)row->n + 1, &end)))
            return false;
        more = step_on(c);
        *end = '\0'; /* last, since it may overwrite the delimiter */
    }
    data_csv_trim(row, c->n_columns);
    return true;
}
