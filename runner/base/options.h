/* options.h - a command's options are a table: it yields parsing, --help and suggestions.
 *
 * Each row names a field of the command's own struct by its offset. Texts point into argv. */
#ifndef NNGRID_BASE_OPTIONS_H
#define NNGRID_BASE_OPTIONS_H

#include "nn.h"

/* FLAG: bool. TEXT: const char *. COUNT: int64_t, at least `low`. SECONDS: double, above 0, given with a unit
 * ("2h"). LIST: option_list, may be given again and again. */
typedef enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_COUNT, OPTION_SECONDS, OPTION_LIST } option_kind;

typedef struct option_list {
    size_t n;
    const char **items;
} option_list;

/* An argument without dashes ("GRID.yaml") has letter 0 and name NULL: it is of kind TEXT, in the order of
 * the table; the last one may be a LIST. */
typedef struct option_row {
    const char *name; /* "data", without dashes */
    char letter;      /* 'o', or 0 */
    option_kind kind;
    const char *value; /* what stands for its value in --help: "FILE.h5" */
    size_t offset;
    const char *help;
    bool required; /* an argument that must be there */
    int64_t low;   /* COUNT */
} option_row;

/* What stands between options of a command. They are written as they are typed, arguments as in --help, with blanks
 * in between: {"--cell", .excludes = "--compare --top", .why = "..."}. A table of rules ends in an empty one. */
typedef struct option_rule {
    const char *option, *excludes, *needs, *why;
} option_rule;

/* Reads argv[0..argc-1] (what follows the command's name) into the struct `into`, which holds the defaults. Mistakes
 * are NN_usage with a suggestion; one is a value that is given twice, or what a rule (NULL: none) excludes. Free with
 * options_free, also after an error. */
nn_status options_parse(const option_row *rows, size_t n_rows, const option_rule *rules, int argc, char **argv,
                        void *into, nn_error *err);
void options_free(const option_row *rows, size_t n_rows, void *into);

/* "-o, --out FILE.h5" or "GRID.yaml". Returns text. */
char *option_usage(const option_row *row, char *text, size_t size);

#endif
