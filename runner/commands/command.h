/* cmd.h - the commands: each is one row of main's table and one file cmd_<name>.c. Only cmd_* files and main
 * print.
 *
 * A command's function gets the whole command line (argv[0] is the program, argv[1] the command) and returns
 * the exit code. */
#ifndef NNGRID_CMD_H
#define NNGRID_CMD_H

#include "base/json.h"
#include "grid/grid.h"
#include "base/options.h"
#include "results/reader/reader.h"
#include "schedule/schedule.h"
#include "base/text.h"

enum {
    EXIT_done = 0,
    EXIT_some_failed = 1,
    EXIT_usage = 2,
    EXIT_resources = 3, /* data, memory, disk */
    EXIT_stopped = 75
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

extern const command cmd_run, cmd_check, cmd_plan, cmd_show, cmd_status, cmd_export, cmd_compact, cmd_merge,
    cmd_params, cmd_data, cmd_gradcheck, cmd_predict, cmd_evaluate, cmd_schema, cmd_init;

/* ---- common to commands (cmd_common.c) ---- */

/* Exit code that a status means. */
int cmd_exit_code(nn_status status);
/* What says which grid: options that several commands share. */
typedef struct cmd_source {
    const char *grid, *data_root, *engine;
    const char *targets; /* where `grid` is a data file that holds the inputs alone, or NULL */
    option_list overrides;
} cmd_source;

/* Prints "nngrid: message" and returns the exit code. */
int cmd_fail(const nn_error *err);
/* Reads the options after the command's name. 0, or the exit code after a message. */
int cmd_options(const command *c, int argc, char **argv, void *into);
void cmd_help(const command *c, FILE *to);
/* A word as a shell takes it. */
void cmd_word(FILE *to, const char *word);
/* The program as it can be typed again: short where it lies below the current folder; caller frees. */
char *cmd_program(const char *argv0);
/* The command line as it can be typed again; caller frees. */
char *cmd_line(int argc, char **argv);
/* A command for the same grid, as it can be typed: "PROGRAM NAME GRID" with the options that say which grid. */
void cmd_print_call(FILE *to, const char *program, const char *name, const cmd_source *source);
/* Prints a table and frees it. */
int cmd_print_table(text_table *table, FILE *to);
/* Does the terminal understand UTF-8? */
bool cmd_unicode(void);

/* Writes a table; an error of `to` itself is found by cmd_write. */
typedef nn_status cmd_writer(void *context, FILE *to, nn_error *err);
/* To a file, which is then whole, or is left as it was after an error; never onto an HDF5 file or a folder. NULL:
 * standard output. (cmd_output.c) */
nn_status cmd_write(const char *path, cmd_writer *write, void *context, nn_error *err);

/* A grid with its data, keys filled in. */
typedef struct cmd_job {
    grid *grid;
    dataset *data;
} cmd_job;

/* The grid; of a data file one that names it and nothing more, without places to show (cmd_source.c). */
nn_status cmd_read_source(const cmd_source *source, diagnostics *diags, grid **out);
/* Text in the quotes of YAML. */
void cmd_yaml_text(FILE *to, const char *text);

/* Where relative data files are looked for if not beside the grid: --data, else NNGRID_DATA; or NULL. */
const char *cmd_data_root(const cmd_source *source);

/* The instruction set to train with: the best, or that of NNGRID_ISA. */
nn_status cmd_isa(int *isa, nn_error *err);
/* The option --engine. */
#define CMD_ENGINE(options)                                                                                  \
    {                                                                                                        \
        "engine", 0, OPTION_TEXT, "NAME", offsetof(options, source.engine),                                  \
            "arithmetic: fast or reference (nngrid params engine)", false, 0                                 \
    }

/* Reads grid and data and prints all mistakes. 0, or the exit code. */
int cmd_load(const cmd_source *source, cmd_job *out);
void cmd_unload(cmd_job *job);
/* What --retry asks for: statuses, separated by commas, again and again. */
nn_status cmd_retry(const option_list *words, results_options *how, nn_error *err);
/* results/NAME.h5; caller frees. */
char *cmd_default_out(const grid *g);

/* ---- parts of a grid (cmd_shard.c) ---- */

/* "I/N" with 1 <= I <= N; NULL: all of the grid. */
nn_status cmd_read_shard(const char *text, results_options *how, nn_error *err);
/* results/NAME-IofN.h5, since shards may share a folder; without shards the default. Caller frees. */
char *cmd_shard_out(const grid *g, const results_options *how);
/* What is still to be done, once a shard is trained. */
void cmd_print_shard(const char *shard, size_t n_elsewhere, const char *program, const cmd_source *source);

/* ---- estimates (cmd_estimate.c) ---- */

typedef struct estimate {
    results_survey survey;
    thread_choice threads;
    const char *out;
    size_t n_train;             /* runs to train */
    size_t memory, memory_free; /* bytes beyond the data; 0 free: not known */
    double per_second;          /* multiply-adds of one core; 0: nothing to train */
    double seconds;             /* until all is trained; NaN: nothing to train */
} estimate;

/* Looks, estimates and calibrates; writes nothing. `threads` 0: not asked for. */
nn_status estimate_make(const cmd_job *job, const char *out, int threads, const results_options *how,
                        estimate *e, nn_error *err);
/* Does the results file have to be laid out anew, which takes disk? */
bool estimate_writes_file(const estimate *e);
/* NN_ok, or what there is too little of, or not at all, and what to do. */
nn_status estimate_refuse(const cmd_job *job, const estimate *e, nn_error *err);
void estimate_print(const cmd_job *job, const estimate *e, FILE *to);

/* ---- signals (cmd_signals.c) ---- */

/* From now on a first SIGINT, SIGTERM or SIGUSR1, or the end of `seconds` (NaN: never), makes the returned
 * number other than 0, and a second signal ends the process at once. */
const atomic_int *cmd_catch_signals(double seconds);
/* Was it the clock? */
bool cmd_time_over(void);

/* ---- progress (cmd_progress.c) ---- */

typedef struct progress_view {
    const grid *grid;
    double per_second; /* calibrated speed of one core, 0: unknown */
    bool terminal, quiet;
    double last_line; /* p->seconds at which the last plain line was printed */
    bool said_stopping;
} progress_view;

void progress_begin(progress_view *v, const grid *g, double per_second, bool quiet);
void progress_show(void *view, const schedule_progress *p);

/* ---- show (cmd_show_cells.c, cmd_show_compare.c, cmd_show_one.c, cmd_show_settings.c) ---- */

typedef struct show_request {
    const char *by; /* metric or "solved", NULL: the best loss that the file has */
    size_t top;     /* cells shown, of those that have a value; 0: all */
    bool highest;   /* highest first, also where lower is better */
    bool json;
    size_t *best; /* gets the best cell, untouched where none has a value; may be NULL */
} show_request;

/* All on stdout, as text or as JSON. The best cells by the mean of a metric. */
nn_status show_cells(results_reader *r, const show_request *request, nn_error *err);
/* Two cells, "2,5", by a metric. */
nn_status show_comparison(results_reader *r, const char *which, const char *by, bool as_json, nn_error *err);
/* All that is known of one cell, of one run. */
nn_status show_cell(results_reader *r, size_t cell, bool as_json, nn_error *err);
nn_status show_run(results_reader *r, size_t run, bool as_json, nn_error *err);

/* Column `name` of /runs; NULL where there is none (err says why). Caller frees. */
double *show_column(results_reader *r, const char *name, nn_error *err);
/* The value of column `name` of /runs at one run; false where there is none. */
bool show_at(results_reader *r, const char *name, size_t run, double *out);
/* The settings of a run that matter there, as a table on stdout, or into an object of JSON. */
void show_settings(results_reader *r, size_t run, json *j);
/* A value of a column of /runs into JSON: a word for a choice, else a number. */
void show_json(json *j, results_reader *r, const char *name, double value);
/* Text of a value of a column of /runs: a word for a choice, else a number. Returns text. */
char *show_value(results_reader *r, const char *name, double value, char *text, size_t size);

#endif
