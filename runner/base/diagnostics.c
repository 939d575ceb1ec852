/* Keeps diagnostics in a list and prints them with their place, source line and caret. */
#include "base/diagnostics.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_AT_MOST = 1000, SHOWN_AT_MOST = 50, LINE_WIDTH = 100 };

void diagnostics_init(diagnostics *d)
{
    *d = (diagnostics){0};
}

void diagnostics_free(diagnostics *d)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < d->n; i++) {
        free(d->items[i].file);
        free(d->items[i].message);
    }
    free(d->items);
    free(d->source_file);
    free(d->source);
    diagnostics_init(d);
}

void diagnostics_source(diagnostics *d, const char *file, const char *text)
{
    free(d->source_file);
    free(d->source);
    d->source_file = strdup(file);
    d->source = strdup(text);
}

static bool same_message(const diagnostic *a, const diagnostic *b)
{
    return a->at.line == b->at.line && a->at.column == b->at.column && strcmp(a->file, b->file) == 0 &&
           strcmp(a->message, b->message) == 0;
}

static bool is_known(const diagnostics *d, const diagnostic *item)
{
    for (size_t i = 0; i < d->n; i++)
        if (same_message(&d->items[i], item))
            return true;
    return false;
}

static bool keep(diagnostics *d, diagnostic item)
{
    const size_t capacity = d->n < d->capacity ? d->capacity : 2 * d->capacity + 8;
    diagnostic *items = d->n < d->capacity ? d->items : realloc(d->items, capacity * sizeof *items);
    if (items == NULL)
        return false;
    d->items = items;
    d->capacity = capacity;
    d->items[d->n++] = item;
    return true;
}

/* Adds an item and takes ownership of its file and message. An item that is already there counts once: a YAML alias
 * can lead to one place twice. Beyond KEPT_AT_MOST, or where memory is short, an item is counted but not kept. */
static void append(diagnostics *d, diagnostic item)
{
    const bool whole = item.file != NULL && item.message != NULL;
    const bool known = whole && is_known(d, &item);
    d->n_errors += !known && item.severity == SEVERITY_ERROR;
    if (known || !whole || d->n >= KEPT_AT_MOST || !keep(d, item)) {
        free(item.file);
        free(item.message);
    }
}

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    return vasprintf(&text, format, args) < 0 ? NULL : text_in_line(text);
}

void diagnostics_add(diagnostics *d, severity how, nn_status status, place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = format_text(format, args);
    va_end(args);
    append(d, (diagnostic){how, status, strdup(d->source_file != NULL ? d->source_file : ""), at, message});
}

void diagnostics_add_file(diagnostics *d, severity how, nn_status status, const char *file, place at,
                          const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *message = format_text(format, args);
    va_end(args);
    append(d, (diagnostic){how, status, strdup(file), at, message});
}

void diagnostics_drop_warnings(diagnostics *d, size_t first, size_t n)
{
    size_t kept = first;
    for (size_t i = first; i < d->n; i++)
        if (i < first + n && d->items[i].severity == SEVERITY_WARNING) {
            free(d->items[i].file);
            free(d->items[i].message);
        } else {
            d->items[kept++] = d->items[i];
        }
    d->n = kept < d->n ? kept : d->n;
}

nn_status diagnostics_status(const diagnostics *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].severity == SEVERITY_ERROR)
            return d->items[i].status;
    return d->n_errors > 0 ? NN_memory : NN_ok;
}

/* ---- printing ---- */

/* Prints one character. Control characters and broken bytes, which could garble a terminal, become question marks. */
static size_t print_character(FILE *to, const char *s, size_t n)
{
    const size_t length = text_character(s, n);
    const unsigned char c = (unsigned char)s[0];
    const bool control = c < ' ' || c == 0x7f || (c == 0xC2 && length == 2 && (unsigned char)s[1] < 0xA0);
    if (length == 0 || control)
        fputc(c == '\t' ? ' ' : '?', to);
    else
        fwrite(s, 1, length, to);
    return length > 0 ? length : 1;
}

static void print_text(FILE *to, const char *text)
{
    for (size_t n = strlen(text), done = 0; n > 0; text += done, n -= done)
        done = print_character(to, text, n);
}

/* The bytes of the line break at s, or 0. Line breaks are those of YAML, so that its line numbers hold. */
static size_t break_bytes(const char *s)
{
    static const char *const breaks[] = {"\r\n", "\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++)
        if (strncmp(s, breaks[i], strlen(breaks[i])) == 0)
            return strlen(breaks[i]);
    return 0;
}

static const char *find_line(const char *source, int line, size_t *length)
{
    const char *from = source;
    for (const char *s = source;; s++) {
        const size_t end = break_bytes(s);
        if ((end > 0 || *s == '\0') && --line == 0) {
            *length = (size_t)(s - from);
            return from;
        }
        if (*s == '\0')
            return NULL;
        if (end > 0) {
            from = s + end;
            s = from - 1;
        }
    }
}

/* Prints at most LINE_WIDTH characters of a line, without the first `skip` ones. */
static void print_characters(FILE *to, const char *line, size_t length, int skip)
{
    for (int i = 0; length > 0 && i < skip; i++) {
        const size_t n = text_character(line, length);
        line += n > 0 ? n : 1;
        length -= n > 0 ? n : 1;
    }
    for (int i = 0; length > 0 && i < LINE_WIDTH; i++) {
        const size_t n = print_character(to, line, length);
        line += n;
        length -= n;
    }
}

static void print_source(const diagnostics *d, const diagnostic *item, FILE *to)
{
    size_t length;
    if (d->source == NULL || strcmp(item->file, d->source_file) != 0 || item->at.line <= 0)
        return;
    const char *line = find_line(d->source, item->at.line, &length);
    if (line == NULL)
        return;
    const int skip = item->at.column > LINE_WIDTH - 20 ? item->at.column - LINE_WIDTH / 2 : 0;
    fprintf(to, "%5d | ", item->at.line);
    print_characters(to, line, length, skip);
    fprintf(to, "\n      | %*s\n", item->at.column - skip, "^");
}

static void print_one(const diagnostics *d, const diagnostic *item, FILE *to)
{
    print_text(to, item->file);
    if (item->at.line > 0)
        fprintf(to, ":%d", item->at.line);
    if (item->at.line > 0 && item->at.column > 0)
        fprintf(to, ":%d", item->at.column);
    fprintf(to, "%s%s", item->file[0] != '\0' ? ": " : "", item->severity == SEVERITY_WARNING ? "warning: " : "");
    print_text(to, item->message);
    fputc('\n', to);
    print_source(d, item, to);
}

static int by_place(const void *a, const void *b)
{
    const diagnostic *x = *(const diagnostic *const *)a, *y = *(const diagnostic *const *)b;
    const int by_file = strcmp(x->file, y->file);
    if (by_file != 0)
        return by_file;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x < y ? -1 : x > y; /* equal places stay in the order in which they were added */
}

void diagnostics_print(const diagnostics *d, const char *consequence, FILE *to)
{
    const diagnostic **sorted = malloc((d->n + 1) * sizeof *sorted);
    for (size_t i = 0; i < d->n && sorted != NULL; i++)
        sorted[i] = &d->items[i];
    if (sorted != NULL)
        qsort(sorted, d->n, sizeof *sorted, by_place);
    for (size_t i = 0; i < d->n && i < SHOWN_AT_MOST; i++)
        print_one(d, sorted != NULL ? sorted[i] : &d->items[i], to);
    if (d->n > SHOWN_AT_MOST)
        fprintf(to, "... and more: correct these first\n");
    if (d->n_errors > 0)
        fprintf(to, "%zu mistake%s; %s\n", d->n_errors, d->n_errors == 1 ? "" : "s", consequence);
    free(sorted);
}
