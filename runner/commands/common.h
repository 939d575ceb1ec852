/* common.h - does what every command begins and ends with: reading its options, loading a grid with its data, messages
 * and exit codes. */
#ifndef NNGRID_COMMANDS_COMMON_H
#define NNGRID_COMMANDS_COMMON_H

#include "base/text.h"
#include "commands/command.h"
#include "grid/grid.h"
#include "results/options.h"
#include <stdio.h>

/* Returns the exit code of a status. */
int command_exit_code(nn_status status);
/* The options that say which grid to load; several commands share them. */
typedef struct command_source {
    const char *grid, *data_root, *engine;
    const char *targets; /* the file of the targets if `grid` is a data file of inputs alone, else NULL */
    option_list overrides;
} command_source;

/* Prints "nngrid: message" and returns the exit code. */
int command_fail(const nn_error *err);
/* Reads the options after the command's name. Returns EXIT_DONE, or the exit code after a message. */
int command_options(const command *c, int argc, char **argv, void *into);
void command_help(const command *c, FILE *to);
/* Writes a word, quoted where a shell would need it. */
void command_word(FILE *to, const char *word);
/* Returns the program as it can be typed again, relative if it is below the current folder; the caller frees it. */
char *command_program(const char *argv0);
/* Returns the command line as it can be typed again; the caller frees it. */
char *command_line(int argc, char **argv);
/* Writes "PROGRAM NAME GRID", with the options that say which grid, as it can be typed. */
void command_print_call(FILE *to, const char *program, const char *name, const command_source *source);
/* Prints a table and frees it. Returns the exit code. */
int command_print_table(text_table *table, FILE *to);
/* Tells whether the locale says that the terminal shows UTF-8. */
bool command_unicode(void);

/* A grid with its data; the keys of its runs are filled in. */
typedef struct command_job {
    grid *grid;
    dataset *data;
} command_job;

/* Returns the folder for data files that are not beside the grid: --data, else NNGRID_DATA, else NULL. */
const char *command_data_root(const command_source *source);

/* Chooses the instruction set to train with: that of NNGRID_ISA, else the best of this CPU. */
nn_status command_isa(int *isa, nn_error *err);
/* The row of the option --engine. */
#define CMD_ENGINE(options)                                                                                            \
    {                                                                                                                  \
        "engine", 0, OPTION_TEXT, "NAME", offsetof(options, source.engine),                                            \
            "arithmetic: fast or reference (nngrid params engine)", false, 0                                           \
    }

/* Reads grid and data and prints all mistakes. Returns EXIT_DONE, or the exit code. */
int command_load(const command_source *source, command_job *out);
void command_unload(command_job *job);
/* Reads the values of --retry, each a list of statuses separated by commas, into `how`. */
nn_status command_retry(const option_list *words, results_options *how, nn_error *err);
/* What --accept-arithmetic and --retrain say, which exclude each other. */
older_runs command_older(bool accept, bool retrain);
#define CMD_OLDER_RULE                                                                                                 \
    {                                                                                                                  \
        "--accept-arithmetic", "--retrain", NULL, "one keeps runs, the other trains them again"                        \
    }
/* Returns results/NAME.h5; the caller frees it. */
char *command_default_out(const grid *g);

#endif
