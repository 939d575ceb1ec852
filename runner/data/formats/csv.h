/* csv.h - rows and fields of text: comma-separated values as RFC 4180 has them, and as programs and people write them.
 *
 * Fields are separated by commas, semicolons, tabs, bars or runs of blanks. A first line "sep=;" says by which. Lines that
 * begin with # above the first row are comments, as are later ones that have another number of fields than the rows. */
#ifndef NNGRID_DATA_FORMATS_CSV_H
#define NNGRID_DATA_FORMATS_CSV_H

#include <stdbool.h>
#include <stddef.h>

/* A scanner of the text of a file. Fields are unquoted in place and end in NUL. */
typedef struct csv {
    char *at, *end;
    int line;
    char delimiter;      /* ' ' stands for runs of blanks and tabs */
    const char *problem; /* of the last row, or NULL */
    int problem_column;
    size_t n_usual;   /* fields of most of the first rows: a line that begins with # and has others is a comment */
    size_t n_columns; /* of a whole row, or 0 while that is not known: empty fields behind them are left out */
    char *notes;      /* the comments above the first row: lines from here up to notes_end */
    char *notes_end;
    int notes_line;    /* of the first of them */
    size_t n_comments; /* lines between rows that were left out as comments */
    int first_comment; /* the line of the first of these */
} csv;

typedef struct csv_row {
    int line;
    size_t n, capacity;
    char **fields; /* [n] */
} csv_row;

/* Begins with a text that has a NUL at text[size]. Delimiter 0: it is found out from the first lines. */
void data_csv_start(csv *c, char *text, size_t size, char delimiter);
/* Takes the next row that is not blank; its n is 0 at the end of the text. False: memory is short. */
bool data_csv_next(csv *c, csv_row *row);
/* Takes empty fields behind the last column off a row: some programs end each row in a delimiter. */
void data_csv_trim(csv_row *row, size_t n_columns);
/* How many fields has the row that begins at p? Nothing is changed. *next is where the row after it begins. */
size_t data_csv_count(const csv *c, const char *p, const char **next);

#endif
