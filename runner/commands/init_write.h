/* cmd_init.h - the two files of `nngrid init`. */
#ifndef NNGRID_CMD_INIT_H
#define NNGRID_CMD_INIT_H

#include "commands/command.h"

/* What the grid is written from. */
typedef struct draft {
    const data_summary *s;
    const data_spec *spec;
    const char *out;
    char *name, *file, *targets; /* as the grid names them */
    bool *ignored;               /* [s->n_inputs] */
    size_t n_ignored, n_words;   /* n_words: inputs of words that are kept */
} draft;

/* Finds the columns that had better be left out; false: no memory. */
bool init_ignore(draft *d);
/* A cmd_writer of a draft. */
nn_status init_write(void *draft, FILE *to, nn_error *err);

#endif
