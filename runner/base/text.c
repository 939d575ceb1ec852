/* Formats numbers, curves and tables. */
#include "base/text.h"
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a number with a prefix of its unit. */
static char *with_prefix(double value, const char *unit, char *text, size_t size)
{
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    size_t i = 0;
    while (value >= 999.5 && i + 1 < sizeof prefixes / sizeof *prefixes) {
        value /= 1000;
        i++;
    }
    snprintf(text, size, "%.*f %s%s", value < 9.95 && i > 0 ? 1 : 0, value, prefixes[i], unit);
    return text;
}

char *text_bytes(double bytes, char *text, size_t size)
{
    return with_prefix(bytes, "B", text, size);
}

char *text_speed(double per_second, char *text, size_t size)
{
    return with_prefix(per_second, "", text, size);
}

char *text_seconds(double seconds, char *text, size_t size)
{
    if (!(seconds >= 0) || seconds > 1e12) {
        snprintf(text, size, "?");
        return text;
    }
    const long long s = (long long)(seconds + 0.5);
    if (seconds < 0.0995)
        snprintf(text, size, "%.0f ms", 1000 * seconds);
    else if (seconds < 9.95)
        snprintf(text, size, "%.1f s", seconds);
    else if (s < 60)
        snprintf(text, size, "%lld s", s);
    else if (s < 3600)
        snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
    else if (s < 48 * 3600)
        snprintf(text, size, "%lld h %lld min", s / 3600, s % 3600 / 60);
    else
        snprintf(text, size, "%lld d %lld h", s / 86400, s % 86400 / 3600);
    return text;
}

char *text_value(double value, char *text, size_t size)
{
    if (value != value)
        snprintf(text, size, "-");
    else if (fabs(value) >= 1e4 && fabs(value) < 1e15 && value == floor(value))
        snprintf(text, size, "%.0f", value);
    else
        snprintf(text, size, "%.4g", value);
    return text;
}

char *text_count(size_t n, const char *noun, char *text, size_t size)
{
    const size_t length = strlen(noun);
    const char *plural = length > 0 && noun[length - 1] == 's' ? "es" : "s";
    snprintf(text, size, "%zu %s%s", n, noun, n == 1 ? "" : plural);
    return text;
}

size_t text_character(const char *s, size_t n)
{
    const unsigned char c = (unsigned char)s[0];
    const size_t length = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC2 ? 2 : 0;
    if (length == 0 || length > n || c > 0xF4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)s[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* ---- sparkline ---- */

/* The mean of the finite values that one character shows, the largest number where it is beyond all, or NaN. */
static double mean_of(const double *values, size_t from, size_t to)
{
    double sum = 0, n = 0;
    for (size_t i = from; i < to; i++)
        if (isfinite(values[i])) {
            sum += values[i];
            n++;
        }
    return n > 0 ? fmin(fmax(sum / n, -DBL_MAX), DBL_MAX) : (double)NAN;
}

/* Which of eight marks shows v; the difference of low and high may be larger than any number. */
static int level_of(double v, double low, double high)
{
    return (int)(7.999 * ((v / 2 - low / 2) / (high / 2 - low / 2)));
}

char *text_sparkline(const double *values, size_t n, size_t n_cells, bool unicode, char *text, size_t size)
{
    static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char *const ascii[] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    double low = HUGE_VAL, high = -HUGE_VAL;
    size_t used = 0;
    n_cells = n < n_cells ? n : n_cells;
    for (size_t i = 0; i < n_cells; i++) {
        const double v = mean_of(values, i * n / n_cells, (i + 1) * n / n_cells);
        low = v < low ? v : low;
        high = v > high ? v : high;
    }
    /* Means of equal values differ in their last bits, which must not be drawn as a shape. */
    const bool flat = !(high / 2 - low / 2 > 1e-9 * fmax(fabs(low), fabs(high)) / 2);
    text[0] = '\0';
    for (size_t i = 0; i < n_cells && used + 4 <= size; i++) {
        const double v = mean_of(values, i * n / n_cells, (i + 1) * n / n_cells);
        const int level = v == v && !flat ? level_of(v, low, high) : 0;
        const char *mark = v != v ? " " : (unicode ? blocks[level] : ascii[level]);
        used += (size_t)snprintf(text + used, size - used, "%s", mark);
    }
    return text;
}

/* ---- tables ---- */

void text_table_init(text_table *t, size_t n_columns)
{
    *t = (text_table){.n_columns = n_columns};
}

void text_table_head(text_table *t, const char *const *headings, size_t n)
{
    text_table_init(t, n);
    for (size_t i = 0; i < n; i++)
        text_table_add(t, headings[i]);
}

void text_table_free(text_table *t)
{
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    *t = (text_table){0};
}

/* A second byte behind 0xC2 that makes a control character becomes that of U+00B7, a dot. */
static char plain_byte(char last, char c)
{
    const unsigned char byte = (unsigned char)c;
    if (last == '\xc2' && byte >= 0x80 && byte < 0xa0)
        return '\xb7';
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f ? '?' : c;
}

char text_plain(char *bytes, size_t n, char last)
{
    for (size_t i = 0; i < n; i++)
        last = bytes[i] = plain_byte(last, bytes[i]);
    return last;
}

char *text_in_line(char *text)
{
    text_plain(text, strlen(text), '\0');
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '\n' || *c == '\t' ? '?' : *c;
    return text;
}

void text_table_add(text_table *t, const char *text)
{
    if (t->n_cells == t->capacity) {
        const size_t capacity = t->capacity > 0 ? 2 * t->capacity : 64;
        char **cells = realloc(t->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            t->failed = true;
            return;
        }
        t->cells = cells;
        t->capacity = capacity;
    }
    char *copy = strdup(text);
    if (copy == NULL)
        t->failed = true;
    else
        t->cells[t->n_cells++] = text_in_line(copy);
}

static bool looks_like_number(const char *text)
{
    return isdigit((unsigned char)*text) ||
           ((*text == '-' || *text == '+') && (text[1] == '\0' || isdigit((unsigned char)text[1])));
}

/* The width of a column. *numbers: all its cells below the header are numbers. */
static size_t column_width(const text_table *t, size_t column, bool *numbers)
{
    size_t width = 0;
    *numbers = t->n_cells > t->n_columns;
    for (size_t i = column; i < t->n_cells; i += t->n_columns) {
        const size_t length = strlen(t->cells[i]);
        width = length > width ? length : width;
        if (i >= t->n_columns && *t->cells[i] != '\0' && !looks_like_number(t->cells[i]))
            *numbers = false;
    }
    return width;
}

char *text_table_text(const text_table *t)
{
    const size_t n_rows = t->n_columns > 0 ? t->n_cells / t->n_columns : 0;
    size_t line = 1;
    bool numbers;
    if (t->failed)
        return NULL;
    for (size_t c = 0; c < t->n_columns; c++)
        line += column_width(t, c, &numbers) + 2;
    char *text = malloc(n_rows * line + 1);
    if (text == NULL)
        return NULL;
    text[n_rows * line] = '\0';
    memset(text, ' ', n_rows * line);
    size_t left = 0;
    for (size_t c = 0; c < t->n_columns; c++) {
        const size_t width = column_width(t, c, &numbers);
        for (size_t r = 0; r < n_rows; r++) {
            const char *cell = t->cells[r * t->n_columns + c];
            memcpy(text + r * line + left + (numbers ? width - strlen(cell) : 0), cell, strlen(cell));
        }
        left += width + 2;
    }
    char *end = text; /* removes blanks at the ends of lines */
    for (size_t r = 0; r < n_rows; r++) {
        size_t length = line;
        while (length > 0 && text[r * line + length - 1] == ' ')
            length--;
        memmove(end, text + r * line, length);
        end += length;
        *end++ = '\n';
    }
    *end = '\0';
    return text;
}

/* ---- names: case and separators do not count ---- */

bool text_is_separator(char c)
{
    return c == '_' || c == '-' || c == ' ' || c == '.';
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t text_begins(const char *name, const char *word)
{
    const char *at = name;
    for (;; at++, word++) {
        while (text_is_separator(*word))
            word++;
        while (text_is_separator(*at) && *word != '\0')
            at++;
        if (*word == '\0')
            return (size_t)(at - name);
        if (!same_letter(*at, *word))
            return 0;
    }
}

bool text_same_name(const char *a, const char *b)
{
    const size_t n = text_begins(a, b);
    return n > 0 && a[n + strspn(a + n, "_- .")] == '\0';
}
