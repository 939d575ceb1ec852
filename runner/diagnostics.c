/* Collects mistakes and prints them with their place, the source line and a caret. */
#include "diagnostics.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_AT_MOST = 50, LINE_WIDTH = 100 };

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

static bool is_known(const diagnostics *d, const diagnostic *new)
{
    for (size_t i = 0; i < d->n; i++) {
        const diagnostic *old = &d->items[i];
        if (old->at.line == new->at.line &&
            old->at.column == new->at.column &&strcmp(old->file, new->file) == 0 &&
            strcmp(old->message, new->message) == 0)
            return true;
    }
    return false;
}

/* Takes over file and message. Where memory runs out the diagnostic is lost, but counted. */
static void append(diagnostics *d, diagnostic new)
{
    d->n_errors += new.severity == SEVERITY_ERROR;
    if (new.file != NULL &&new.message != NULL && !is_known(d, &new)) {
        const size_t capacity = d->n < d->capacity ? d->capacity : 2 * d->capacity + 8;
        diagnostic *items = d->n < d->capacity ? d->items : realloc(d->items, capacity * sizeof *items);
        if (items != NULL) {
            d->items = items;
            d->capacity = capacity;
            d->items[d->n++] = new;
            return;
        }
    } else if (new.file != NULL &&new.message != NULL) {
        d->n_errors -= new.severity == SEVERITY_ERROR;
    }
    free(new.file);
    free(new.message);
}

static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    return vasprintf(&text, format, args) < 0 ? NULL : text;
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

nn_status diagnostics_status(const diagnostics *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->items[i].severity == SEVERITY_ERROR)
            return d->items[i].status;
    return d->n_errors > 0 ? NN_memory : NN_ok;
}

/* ---- printing ---- */

static const char *find_line(const char *source, int line, size_t *length)
{
    for (int i = 1; i < line && source != NULL; i++) {
        source = strchr(source, '\n');
        source = source != NULL ? source + 1 : NULL;
    }
    *length = source != NULL ? strcspn(source, "\r\n") : 0;
    return source;
}

static bool starts_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80; /* UTF-8 continuation bytes are 10xxxxxx */
}

/* Prints a line from its `skip`th character on, at most LINE_WIDTH characters, tabs and control characters as
 * one. */
static void print_characters(FILE *to, const char *line, size_t length, int skip)
{
    int character = -1;
    for (size_t i = 0; i < length; i++) {
        character += starts_character(line[i]);
        if (character < skip || character >= skip + LINE_WIDTH)
            continue;
        const unsigned char c = (unsigned char)line[i];
        fputc(c == '\t' ? ' ' : c < ' ' || c == 0x7f ? '?' : c, to);
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
    if (item->file[0] != '\0' && item->at.line > 0 && item->at.column > 0)
        fprintf(to, "%s:%d:%d: ", item->file, item->at.line, item->at.column);
    else if (item->file[0] != '\0' && item->at.line > 0)
        fprintf(to, "%s:%d: ", item->file, item->at.line);
    else if (item->file[0] != '\0' && strncmp(item->message, "--set", 5) != 0)
        fprintf(to, "%s: ", item->file);
    fprintf(to, "%s%s\n", item->severity == SEVERITY_WARNING ? "warning: " : "", item->message);
    print_source(d, item, to);
}

static int by_place(const void *a, const void *b)
{
    const diagnostic *x = *(const diagnostic *const *)a, *y = *(const diagnostic *const *)b;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x < y ? -1 : x > y; /* in the order in which they were found */
}

void diagnostics_print(const diagnostics *d, FILE *to)
{
    const diagnostic **sorted = malloc((d->n + 1) * sizeof *sorted);
    for (size_t i = 0; i < d->n && sorted != NULL; i++)
        sorted[i] = &d->items[i];
    if (sorted != NULL)
        qsort(sorted, d->n, sizeof *sorted, by_place);
    for (size_t i = 0; i < d->n && i < SHOWN_AT_MOST; i++)
        print_one(d, sorted != NULL ? sorted[i] : &d->items[i], to);
    if (d->n > SHOWN_AT_MOST)
        fprintf(to, "... and %zu more\n", d->n - SHOWN_AT_MOST);
    if (d->n_errors > 0)
        fprintf(to, "%zu mistake%s; nothing was trained and nothing written\n", d->n_errors,
                d->n_errors == 1 ? "" : "s");
    free(sorted);
}

/* ---- suggestions ---- */

enum { LONGEST_NAME = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours, each once. */
static size_t distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    size_t rows[3][LONGEST_NAME + 1];
    if (n > LONGEST_NAME || m > LONGEST_NAME)
        return LONGEST_NAME;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *nearest_name(const char *word, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t least_distance = 2 + strlen(word) / 4;
    for (size_t i = 0; i < n; i++) {
        const size_t d = distance(word, names[i]);
        if (d < least_distance) {
            least_distance = d;
            best = names[i];
        }
    }
    return best;
}
