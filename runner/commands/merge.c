/* nngrid merge joins the shards of a grid, trained on several machines, into one results file. */
#include "commands/common.h"
#include "results/results.h"
#include <stdlib.h>
#include <string.h>

typedef struct merge_options {
    command_source source;
    option_list files;
    const char *out;
} merge_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(merge_options, source.grid), "the grid", true, 0},
    {NULL, 0, OPTION_LIST, "SHARD.h5...", offsetof(merge_options, files), "results files of its shards", true, 0},
    {"out", 'o', OPTION_TEXT, "OUT.h5", offsetof(merge_options, out), "results (default: results/NAME.h5)", false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(merge_options, source.overrides),
     "overrides a setting, as it was given to run; may be repeated", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(merge_options, source.data_root), "also searched for data", false, 0},
    CMD_ENGINE(merge_options),
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static int tell(const merge_options *o, const merge_report *r, const char *out, const char *program)
{
    char runs[32];
    printf("%s: %zu of %s", out, r->n_runs - r->n_missing, text_count(r->n_runs, "run", runs, sizeof runs));
    printf("; %zu from %s", r->n_added, text_count(o->files.n, "file", runs, sizeof runs));
    if (r->n_twice > 0)
        printf(", %s with the same results in two files", text_count(r->n_twice, "run", runs, sizeof runs));
    printf("\n");
    if (r->n_missing == 0)
        return EXIT_DONE;
    fprintf(stderr, "nngrid: %s %s missing: %s; merge the file that has %s, too, or train %s:\n  ",
            text_count(r->n_missing, "run", runs, sizeof runs), r->n_missing == 1 ? "is" : "are", r->missing,
            r->n_missing == 1 ? "it" : "them", r->n_missing == 1 ? "it" : "them");
    command_print_call(stderr, program, "run", &o->source);
    fputs(" -o ", stderr);
    command_word(stderr, out);
    fputs("\n", stderr);
    return EXIT_STOPPED;
}

static int merge_into(const merge_options *o, const command_job *job, const char *out, const char *program,
                      const char *line)
{
    merge_report report;
    nn_error err;
    const results_options how = {.threads = 1, .command_line = line};
    const nn_status status = results_merge(out, job->grid, job->data, &how, o->files.items, o->files.n, &report, &err);
    return status == NN_ok ? tell(o, &report, out, program) : command_fail(&err);
}

static int merge(int argc, char **argv)
{
    merge_options o = {0};
    command_job job = {0};
    int code = command_options(&command_merge, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_load(&o.source, &job);
    if (code == EXIT_DONE) {
        char *out = o.out != NULL ? strdup(o.out) : command_default_out(job.grid);
        char *program = command_program(argv[0]), *line = command_line(argc, argv);
        const bool ready = out != NULL && program != NULL && line != NULL;
        code = ready ? merge_into(&o, &job, out, program, line)
                     : command_fail(&(nn_error){NN_memory, "not enough memory"});
        free(out);
        free(program);
        free(line);
    }
    command_unload(&job);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_merge = {
    .name = "merge",
    .help = "merges the shards of a grid, trained on several machines, into one results file",
    .more = "Apart from /timing and /provenance the file is the one that a single machine would have\n"
            "written. Files of another grid are refused, and so are two files with different results of one\n"
            "run, and runs of different arithmetics (run --accept-arithmetic). Missing runs are listed; nngrid\n"
            "run trains them.\n"
            "Exit code: 0 complete, 2 usage or grid, 3 data, memory or disk, 75 runs are missing.\n\n"
            "Example, on three machines that share nothing, and then on one:\n"
            "  nngrid run grid.yaml --shard 1/3 -o one.h5       (2/3 -o two.h5, 3/3 -o three.h5)\n"
            "  nngrid merge grid.yaml one.h5 two.h5 three.h5 -o all.h5\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = merge,
};
