/* command.h - the commands of nngrid, one file each: commands/NAME.c defines command_NAME, a row of main's table.
 * Commands may use every other folder, and they alone print or choose an exit code.
 *
 * Life cycle: main finds the command and calls run(argc, argv), where argv[1] is its name. It fills a struct of its own
 * from the options (command_options), mostly loads a grid with its data (command_load), prints results to stdout and
 * messages to stderr, frees everything, and returns an exit code.
 *
 * To add a command: write commands/NAME.c after the pattern of check.c, declare command_NAME below, list it in main.c,
 * describe it in man/nngrid.1 (a test compares its synopsis with --help), and add cases in tests/cli.
 *
 * Read first: check.c (the shortest command), common.h (what all of them share), run.c (the longest way). */
#ifndef NNGRID_COMMANDS_COMMAND_H
#define NNGRID_COMMANDS_COMMAND_H

#include "base/options.h"

enum {
    EXIT_DONE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,     /* the command line or the grid is wrong */
    EXIT_RESOURCES = 3, /* the data cannot be used, or memory or disk do not suffice */
    EXIT_STOPPED = 75   /* EX_TEMPFAIL: the same command resumes */
};

typedef struct command {
    const char *name;
    const char *help; /* one line, without a full stop */
    const char *more; /* paragraphs of --help; ends in examples */
    const option_row *options;
    size_t n_options;
    const option_rule *rules; /* or NULL */
    int (*run)(int argc, char **argv);
} command;

extern const command command_run, command_check, command_plan, command_show, command_status, command_export,
    command_compact, command_merge, command_params, command_data, command_gradcheck, command_predict, command_evaluate,
    command_schema, command_init, command_cells;

#endif
