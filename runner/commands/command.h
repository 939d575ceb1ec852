/* command.h - the commands: each is one row of main's table and one file cmd_<name>.c. Only cmd_* files and main
 * print.
 *
 * A command's function gets the whole command line (argv[0] is the program, argv[1] the command) and returns
 * the exit code. */
#ifndef NNGRID_COMMANDS_COMMAND_H
#define NNGRID_COMMANDS_COMMAND_H

#include "base/options.h"

enum {
    EXIT_DONE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_RESOURCES = 3, /* data, memory, disk */
    EXIT_STOPPED = 75
};

typedef struct command {
    const char *name;
    const char *help; /* one line */
    const char *more; /* paragraphs and examples for --help */
    const option_row *options;
    size_t n_options;
    const option_rule *rules; /* or NULL */
    int (*run)(int argc, char **argv);
} command;

extern const command command_run, command_check, command_plan, command_show, command_status, command_export,
    command_compact, command_merge, command_params, command_data, command_gradcheck, command_predict, command_evaluate,
    command_schema, command_init;

#endif
