/* options.h - parses a command line by a table of options, from which --help and suggestions are made too.
 *
 * Each row of the table names a field of the command's own struct by its offset. Texts point into argv. */
#ifndef NNGRID_BASE_OPTIONS_H
#define NNGRID_BASE_OPTIONS_H

#include "nn.h"

/* The type of the field. FLAG: bool. TEXT: const char *. COUNT: int64_t, at least `low`. SECONDS: double above 0,
 * given with a unit ("2h"). LIST: option_list, which may be given several times. */
typedef enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_COUNT, OPTION_SECONDS, OPTION_LIST } option_kind;

typedef struct option_list {
    size_t n;
    const char **items;
} option_list;

/* An argument without dashes ("GRID.yaml") has letter 0 and name NULL. It is of kind TEXT, and the last one may be a
 * LIST. Such arguments are taken in the order of the table. */
typedef struct option_row {
    const char *name; /* "data", without dashes */
    char letter;      /* 'o', or 0 */
    option_kind kind;
    const char *value; /* the name of its value in --help: "FILE.h5" */
    size_t offset;
    const char *help;
    bool required; /* of an argument: it must be given */
    int64_t low;   /* of a COUNT */
} option_row;

/* Which options exclude or need each other. Options are written as they are typed, arguments as in --help, separated
 * by blanks: {"--cell", .excludes = "--compare --top", .why = "..."}. A table of rules ends in an empty one. */
typedef struct option_rule {
    const char *option, *excludes, *needs, *why;
} option_rule;

/* Parses argv, which begins after the name of the command, into the struct `into`, which holds the defaults. An
 * option that is unknown, given twice or against a rule is NN_usage; `rules` may be NULL. Free with options_free,
 * also after an error. */
nn_status options_parse(const option_row *rows, size_t n_rows, const option_rule *rules, int argc, char **argv,
                        void *into, nn_error *err);
void options_free(const option_row *rows, size_t n_rows, void *into);

/* Writes "-o, --out FILE.h5" or "GRID.yaml". Returns text. */
char *option_usage(const option_row *row, char *text, size_t size);

#endif
