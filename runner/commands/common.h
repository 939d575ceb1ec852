/* common.h - what the commands have in common: options, messages, exit codes, reading a grid with its data. */
#ifndef NNGRID_COMMANDS_COMMON_H
#define NNGRID_COMMANDS_COMMON_H

#include "base/text.h"
#include "commands/command.h"
#include "grid/grid.h"
#include "results/options.h"
#include <stdio.h>

/* Exit code that a status means. */
int command_exit_code(nn_status status);
/* What says which grid: options that several commands share. */
typedef struct command_source {
    const char *grid, *data_root, *engine;
    const char *targets; /* where `grid` is a data file that holds the inputs alone, or NULL */
    option_list overrides;
} command_source;

/* Prints "nngrid: message" and returns the exit code. */
int command_fail(const nn_error *err);
/* Reads the options after the command's name. 0, or the exit code after a message. */
int command_options(const command *c, int argc, char **argv, void *into);
void command_help(const command *c, FILE *to);
/* A word as a shell takes it. */
void command_word(FILE *to, const char *word);
/* The program as it can be typed again: short where it lies below the current folder; caller frees. */
char *command_program(const char *argv0);
/* The command line as it can be typed again; caller frees. */
char *command_line(int argc, char **argv);
/* A command for the same grid, as it can be typed: "PROGRAM NAME GRID" with the options that say which grid. */
void command_print_call(FILE *to, const char *program, const char *name, const command_source *source);
/* Prints a table and frees it. */
int command_print_table(text_table *table, FILE *to);
/* Does the terminal understand UTF-8? */
bool command_unicode(void);

/* A grid with its data, keys filled in. */
typedef struct command_job {
    grid *grid;
    dataset *data;
} command_job;

/* Where relative data files are looked for if not beside the grid: --data, else NNGRID_DATA; or NULL. */
const char *command_data_root(const command_source *source);

/* The instruction set to train with: the best, or that of NNGRID_ISA. */
nn_status command_isa(int *isa, nn_error *err);
/* The option --engine. */
#define CMD_ENGINE(options)                                                                                            \
    {                                                                                                                  \
        "engine", 0, OPTION_TEXT, "NAME", offsetof(options, source.engine),                                            \
            "arithmetic: fast or reference (nngrid params engine)", false, 0                                           \
    }

/* Reads grid and data and prints all mistakes. 0, or the exit code. */
int command_load(const command_source *source, command_job *out);
void command_unload(command_job *job);
/* What --retry asks for: statuses, separated by commas, again and again. */
nn_status command_retry(const option_list *words, results_options *how, nn_error *err);
/* results/NAME.h5; caller frees. */
char *command_default_out(const grid *g);

#endif
