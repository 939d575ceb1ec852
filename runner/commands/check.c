/* nngrid check reads a grid and its data and shows every mistake in them. */
#include "commands/common.h"

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(command_source, grid), "the grid", true, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(command_source, overrides),
     "overrides a setting, or replaces an axis", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(command_source, data_root), "also searched for data", false, 0},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static int check(int argc, char **argv)
{
    command_source source = {0};
    command_job job;
    int code = command_options(&command_check, argc, argv, &source);
    if (code != EXIT_DONE)
        return code;
    code = command_load(&source, &job);
    if (code == EXIT_DONE) {
        char runs[64], cells[64];
        printf("%s: %s in %s, no mistakes\n", source.grid, text_count(job.grid->n_runs, "run", runs, sizeof runs),
               text_count(job.grid->n_cells, "cell", cells, sizeof cells));
        command_unload(&job);
    }
    options_free(options, N_OPTIONS, &source);
    return code;
}

const command command_check = {
    .name = "check",
    .help = "reads a grid and its data and shows every mistake; trains and writes nothing",
    .more = "Exit code: 0 no mistakes, 2 mistakes in the grid, 3 mistakes in the data.\n\n"
            "Example:\n"
            "  nngrid check experiments/xor.yaml\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = check,
};
