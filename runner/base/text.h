/* text.h - formats numbers, curves and tables for people. Nothing here prints, which only commands do. */
#ifndef NNGRID_BASE_TEXT_H
#define NNGRID_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* All of these write into `text` and return it. */
char *text_bytes(double bytes, char *text, size_t size);               /* "34 MB" */
char *text_seconds(double seconds, char *text, size_t size);           /* "2 min 5 s"; "?" for NaN */
char *text_speed(double per_second, char *text, size_t size);          /* "1.2 G" */
char *text_value(double value, char *text, size_t size);               /* 4 significant digits; "-" for NaN */
char *text_count(size_t n, const char *noun, char *text, size_t size); /* "1 run", "2 runs" */

/* The bytes of the UTF-8 character at s, which has n > 0 bytes; 0 if there is none. */
size_t text_character(const char *s, size_t n);

/* Makes n bytes fit for a terminal: control characters, of one byte or (U+0080 to U+009F) of two, become "?" and a dot; line
 * ends and tabs stay. `last` is the byte before them, 0 at the beginning; returns their last. */
char text_plain(char *bytes, size_t n, char last);
/* The same for a text within a line: line ends and tabs become "?", too. Returns the text. */
char *text_in_line(char *text);

/* Names are compared without regard to case and separators (_ - . and blanks): `learningRate` is `learning_rate`. */
bool text_is_separator(char c);
bool text_same_name(const char *a, const char *b);
/* How many bytes of the name the whole word stands for; 0: the name does not begin with it. */
size_t text_begins(const char *name, const char *word);

/* Draws a curve in one line of n_cells characters, blank for NaN: block characters (3 bytes each) with `unicode`,
 * else ASCII. `size` must be at least 3 * n_cells + 1. */
char *text_sparkline(const double *values, size_t n, size_t n_cells, bool unicode, char *text, size_t size);

/* A table is filled cell by cell, row after row. The first row is the header. */
typedef struct text_table {
    size_t n_columns, n_cells, capacity;
    char **cells;
    bool failed; /* memory was short, and the table is not complete */
} text_table;

void text_table_init(text_table *t, size_t n_columns);
/* Begins a table with its headings, one for each column: text_table_begin(&t, "class", "rows", "F1"). */
#define text_table_begin(t, ...)                                                                                       \
    text_table_head(t, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
void text_table_head(text_table *t, const char *const *headings, size_t n);
void text_table_free(text_table *t);
void text_table_add(text_table *t, const char *text);
/* The whole table as text, with numbers aligned to the right, all else to the left, and two blanks between columns.
 * The caller frees it. NULL: memory was short. */
char *text_table_text(const text_table *t);

#endif
