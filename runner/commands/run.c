/* nngrid run trains the runs that are not trained yet; it can be stopped and resumed at any time. */
#include "base/clock.h"
#include "commands/estimate.h"
#include "commands/screen.h"
#include "commands/shard.h"
#include "commands/show_cells.h"
#include "commands/signals.h"
#include "results/folds.h"
#include "results/reader/select.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

typedef struct progress_view {
    const grid *grid;
    bool terminal, quiet;
    double last_line; /* schedule_progress.seconds at the last plain line */
    bool said_stopping;
} progress_view;

/* ---- progress on stderr: a line that is redrawn on a terminal, else a plain line every half minute ---- */

static const double plain_seconds = 30;
enum { BAR_CELLS = 12, LINE_BYTES = 512 };

static void progress_begin(progress_view *v, const grid *g, bool quiet)
{
    const char *term = getenv("TERM");
    const bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    *v = (progress_view){.grid = g, .quiet = quiet, .terminal = isatty(STDERR_FILENO) && !dumb};
}

/* Writes ", best 0.2312 (lambda 0.1  dropout 0.5)", or nothing before the first run is done. */
static void put_best(const progress_view *v, const schedule_progress *p, char *text, size_t size)
{
    char name[256], value[32];
    text[0] = '\0';
    if (p->best == p->best)
        snprintf(text, size, ", best %s (%s)", text_value(p->best, value, sizeof value),
                 grid_cell_name(v->grid, v->grid->runs[p->best_run].cell, name, sizeof name));
}

static void compose(const progress_view *v, const schedule_progress *p, char *text, size_t size)
{
    char best[320], eta[32];
    const size_t done = p->n_before + p->n_finished;
    const double rate = p->seconds > 0 ? (double)p->n_finished / p->seconds : 0;
    put_best(v, p, best, sizeof best);
    snprintf(text, size, "%3.0f%%  %zu/%zu runs, %.3g/s, %s left%s", floor(100 * schedule_share(p)), done, p->n_total,
             rate, text_seconds(p->left, eta, sizeof eta), best);
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void redraw(const progress_view *v, const schedule_progress *p)
{
    char text[LINE_BYTES], bar[BAR_CELLS + 1];
    const size_t width = terminal_width(), filled = (size_t)(schedule_share(p) * BAR_CELLS);
    for (size_t i = 0; i < BAR_CELLS; i++)
        bar[i] = i < filled ? '=' : '.';
    bar[BAR_CELLS] = '\0';
    compose(v, p, text, sizeof text);
    const size_t room = width > BAR_CELLS + 4 ? width - BAR_CELLS - 4 : 0;
    command_screen_as_is(stderr, true);
    fprintf(stderr, "\r[%s] %.*s\033[K", bar, (int)room, text_in_line(text)); /* \033[K erases the rest of the line */
    command_screen_as_is(stderr, false);
}

static void say_stopping(progress_view *v)
{
    command_screen_as_is(stderr, true);
    fprintf(stderr, "%sstopping: runs in progress end at their next batch, finished runs are kept\n",
            v->terminal ? "\r\033[K" : "");
    command_screen_as_is(stderr, false);
    v->said_stopping = true;
}

static void progress_show(void *view, const schedule_progress *p)
{
    progress_view *v = view;
    char text[LINE_BYTES];
    if (p->stopping && !p->last && !v->said_stopping)
        say_stopping(v);
    if (v->quiet || v->said_stopping)
        return;
    if (v->terminal) {
        redraw(v, p);
        if (p->last)
            putc('\n', stderr);
    } else if (!p->last && p->seconds - v->last_line >= plain_seconds) {
        v->last_line = p->seconds;
        compose(v, p, text, sizeof text);
        fprintf(stderr, "%s\n", text + strspn(text, " "));
    }
}

typedef struct run_options {
    command_source source;
    const char *out;
    int64_t threads;
    double max_seconds; /* NaN: no limit */
    double checkpoint_seconds;
    option_list retry;
    const char *shard;
    bool prune, accept_new_data, accept_arithmetic, retrain, no_checkpoint, quiet;
} run_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(run_options, source.grid), "the grid", true, 0},
    {"out", 'o', OPTION_TEXT, "FILE.h5", offsetof(run_options, out), "results (default: results/NAME.h5)", false, 0},
    {"threads", 'j', OPTION_COUNT, "N", offsetof(run_options, threads), "threads (default: all cores)", false, 1},
    {"max-time", 0, OPTION_SECONDS, "TIME", offsetof(run_options, max_seconds),
     "stops after this time (90s, 30min, 2h, ...), like a first Ctrl-C", false, 0},
    {"checkpoint", 0, OPTION_SECONDS, "TIME", offsetof(run_options, checkpoint_seconds),
     "interval between checkpoints of a run (default: 10min)", false, 0},
    {"no-checkpoint", 0, OPTION_FLAG, NULL, offsetof(run_options, no_checkpoint), "writes no checkpoints", false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(run_options, source.overrides),
     "overrides a setting, or replaces an axis", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(run_options, source.data_root), "also searched for data", false, 0},
    CMD_ENGINE(run_options),
    {"prune", 0, OPTION_FLAG, NULL, offsetof(run_options, prune), "drops inactive runs (not in the grid)", false, 0},
    {"accept-new-data", 0, OPTION_FLAG, NULL, offsetof(run_options, accept_new_data),
     "goes on where data or other files have changed since the last call", false, 0},
    {"accept-arithmetic", 0, OPTION_FLAG, NULL, offsetof(run_options, accept_arithmetic),
     "keeps finished runs of an older arithmetic, and trains the others with today's", false, 0},
    {"retrain", 0, OPTION_FLAG, NULL, offsetof(run_options, retrain),
     "trains finished runs of an older arithmetic again; the file of before stays beside", false, 0},
    {"retry", 0, OPTION_LIST, "STATUS", offsetof(run_options, retry),
     "trains runs of this status again: failed, diverged, or failed,diverged", false, 0},
    {"shard", 0, OPTION_TEXT, "I/N", offsetof(run_options, shard),
     "trains shard I of N of the grid; nngrid merge joins the files", false, 0},
    {"quiet", 'q', OPTION_FLAG, NULL, offsetof(run_options, quiet), "no estimates and no progress", false, 0},
};
static const option_rule rules[] = {
    {"--checkpoint", "--no-checkpoint", NULL, "which writes none"},
    CMD_OLDER_RULE,
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options, N_BEST = 10 };

/* The state that the functions of this command share. */
typedef struct run_state {
    const run_options *options;
    const command_job *job;
    const estimate *estimate;
    const char *program; /* the program, as it can be called again */
    double began;        /* clock_seconds() at the start of the command */
    const char *line;    /* the command line */
    const char *again;   /* the command that resumes after a stop: see line_again */
    results_options how;
} run_state;

/* Opens the file, trains, and finishes the file. The report counts what was trained, also after a stop. */
static nn_status train(const run_state *s, const atomic_int *stop, schedule_progress *report, nn_error *err)
{
    results_options how = s->how;
    how.threads = s->estimate->threads.threads;
    how.command_line = s->line;
    const grid *g = s->job->grid;
    results *r = NULL;
    results_survey survey;
    progress_view view;
    nn_error later;
    nn_status status = results_open(s->estimate->out, g, s->job->data, &how, &r, &survey, err);
    if (status != NN_ok)
        return status;
    checkpoints *store = NULL;
    status = schedule_checkpoints_new(s->estimate->out, &store, err);
    if (status != NN_ok) {
        results_close(r);
        return status;
    }
    progress_begin(&view, g, s->options->quiet);
    const schedule_options schedule = {.threads = s->estimate->threads.threads,
                                       .per_second = s->estimate->per_second,
                                       .stop = stop,
                                       .progress = progress_show,
                                       .context = &view,
                                       .data_root = command_data_root(&s->options->source),
                                       .store = store};
    status = schedule_run(g, s->job->data, r, &schedule, report, err);
    if (status == NN_ok || status == NN_cancelled) {
        const nn_status finished = results_finish(r, &later);
        if (finished != NN_ok) {
            *err = later;
            status = finished;
        }
    }
    schedule_checkpoints_free(store);
    results_close(r);
    return status;
}

/* Prints how many runs were resumed from checkpoints, and what went wrong with checkpoints. */
static void print_checkpoints(const schedule_progress *p)
{
    char runs[32];
    if (p->n_resumed > 0)
        fprintf(stderr, "%s resumed from %s checkpoint%s\n", text_count(p->n_resumed, "run", runs, sizeof runs),
                p->n_resumed == 1 ? "its" : "their", p->n_resumed == 1 ? "" : "s");
    if (p->n_damaged > 0)
        fprintf(stderr, "warning: %s restarted: the checkpoint could not be used\n",
                text_count(p->n_damaged, "run", runs, sizeof runs));
    if (p->not_kept.status != NN_ok)
        fprintf(stderr, "warning: %s\n", p->not_kept.message);
}

static void print_summary(const schedule_progress *p, const char *out)
{
    char time[32], runs[32];
    fprintf(stderr, "trained %s in %s", text_count(p->n_finished, "run", runs, sizeof runs),
            text_seconds(p->seconds, time, sizeof time));
    if (p->n_diverged > 0)
        fprintf(stderr, ", %zu diverged", p->n_diverged);
    if (p->n_failed > 0)
        fprintf(stderr, ", %zu failed (--retry failed trains them again)", p->n_failed);
    fprintf(stderr, "; results in %s\n", out);
}

/* Suggests a second metric to sort by: the error of validation, else of training. The test part is for the end. */
static const char *other_metric(const command_job *job)
{
    size_t n[NN_N_PART];
    dataset_part_sizes(job->data, NULL, 0, n);
    if (n[NN_VALIDATION] == 0 || !job->grid->recording.parts[NN_VALIDATION])
        return nn_metrics.rows[NN_METRIC_final_train_error].name;
    return job->grid->folds > 1 ? results_folds_metrics.rows[FOLDS_error].name
                                : nn_metrics.rows[NN_METRIC_best_validation_error].name;
}

static void print_next(const run_state *s, const char *what)
{
    printf("  ");
    command_word(stdout, s->program);
    printf(" show ");
    command_word(stdout, s->estimate->out);
    printf(" %s", what);
}

/* Prints the best cells and the commands to try next. */
static int print_best(const run_state *s)
{
    nn_error err;
    results_reader *r = NULL;
    size_t best = SIZE_MAX;
    char key[CELL_KEY_BYTES] = "0";
    nn_status status = results_reader_open(s->estimate->out, &r, &err);
    if (status == NN_ok)
        status = command_show_cells(r, &(show_request){.top = N_BEST, .best = &best}, &err);
    if (status == NN_ok && best != SIZE_MAX) /* the key lasts when the grid grows */
        reader_cell_key(r, best, key);
    results_reader_close(r);
    if (status != NN_ok)
        return command_fail(&err);
    if (best == SIZE_MAX)
        return EXIT_DONE; /* no run is done, so there is no cell to show */
    printf("\nnext:\n");
    print_next(s, "--cell");
    printf(" %s\n", key);
    if (s->job->grid->n_cells > 1) {
        print_next(s, "--by");
        printf(" %s\n", other_metric(s->job));
    }
    return EXIT_DONE;
}

static void print_resume(const run_state *s, const schedule_progress *p)
{
    const size_t done = p->n_before + p->n_finished;
    fprintf(stderr, "%s: %zu of %zu runs are in %s; resume with\n  %s\n",
            command_time_over() ? "stopped by --max-time" : "stopped", done, p->n_total, s->estimate->out, s->again);
}

/* Tells whether there is nothing to do, not even columns that somebody changed, or statistics that a killed process did not write. A settled file may be one of
 * a shard, which has stopped without the runs of others. */
static bool complete(const estimate *e)
{
    nn_error err;
    results_reader *r = NULL;
    const results_survey *survey = &e->survey;
    if (!survey->exists || survey->grown || survey->differs.n > 0 || e->n_train > 0 ||
        results_reader_open(e->out, &r, &err) != NN_ok)
        return false;
    const char *state = reader_text(r, "/", "state");
    const bool is =
        state != NULL && (strcmp(state, "complete") == 0 || (survey->settled && strcmp(state, "stopped") == 0));
    results_reader_close(r);
    return is;
}

static void print_nothing(const estimate *e)
{
    char runs[32], change[400];
    const results_survey *s = &e->survey;
    const size_t n = s->n_runs - s->n_elsewhere;
    printf("nothing to train: %s %s %s%s in %s\n", n == 1 ? "the" : "all", text_count(n, "run", runs, sizeof runs),
           s->n_elsewhere > 0 ? "of the shard " : "", n == 1 ? "is" : "are", e->out);
    if (s->settled)
        printf("%zu of them %s of %s; nothing was written; --retrain trains them again\n", s->n_unaccepted,
               s->n_unaccepted == 1 ? "is" : "are",
               results_arithmetic_change(s->oldest_unaccepted, change, sizeof change));
    printf("\n");
}

static int train_and_tell(const run_state *s)
{
    schedule_progress report = {0};
    nn_error err;
    /* Nothing has been written yet, so a signal before this line may simply end the process. */
    const atomic_int *stop = command_catch_signals(s->options->max_seconds - (clock_seconds() - s->began));
    const nn_status status = train(s, stop, &report, &err);
    print_checkpoints(&report);
    if (status == NN_cancelled) {
        print_resume(s, &report);
        return EXIT_STOPPED;
    }
    if (status != NN_ok) {
        command_fail(&err);
        if (report.n_total > 0 && status != NN_data) /* training had begun, and the finished runs are in the file */
            print_resume(s, &report);
        return command_exit_code(status);
    }
    if (!s->options->quiet)
        print_summary(&report, s->estimate->out);
    if (report.n_failed == 0 && s->estimate->survey.n_elsewhere > 0)
        command_print_shard(s->options->shard, s->estimate->survey.n_elsewhere, s->program, &s->options->source);
    const int code = print_best(s);
    return code == EXIT_DONE && report.n_failed > 0 ? EXIT_SOME_FAILED : code;
}

/* Estimates and trains; the caller has filled in the paths and command lines of `state`. */
static int run_job(run_state state, const char *out)
{
    estimate e;
    nn_error err;
    const run_options *o = state.options;
    const command_job *job = state.job;
    state.estimate = &e;
    if (command_estimate(job, out, (int)o->threads, &state.how, &e, &err) != NN_ok)
        return command_fail(&err);
    if (complete(&e)) {
        print_nothing(&e);
        return print_best(&state);
    }
    if (o->quiet)
        command_print_change(&e, stderr);
    else
        command_print_estimate(job, &e, stderr);
    if (command_refuse_estimate(job, &e, &err) != NN_ok)
        return command_fail(&err);
    return train_and_tell(&state);
}

/* Returns the command line that resumes after a stop; the caller frees it. It has no --retry, whose runs are pending by
 * then and would be reset once more. */
static char *line_again(int argc, char **argv)
{
    static const char word[] = "--retry";
    char **kept = calloc((size_t)argc + 1, sizeof *kept), *line = NULL;
    int n = 0;
    for (int i = 0; kept != NULL && i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            i++; /* skips its value, too */
        else if (strncmp(argv[i], "--retry=", sizeof word) != 0)
            kept[n++] = argv[i];
    if (kept != NULL)
        line = command_line(n, kept);
    free(kept);
    return line;
}

/* Fills in the paths and command lines of `state`, and runs the job. */
static int run_with(run_state state, const char *asked_out)
{
    char *out = asked_out != NULL ? strdup(asked_out) : command_shard_out(state.job->grid, &state.how);
    const bool ready = out != NULL && state.line != NULL && state.again != NULL && state.program != NULL;
    const int code = ready ? run_job(state, out) : command_fail(&(nn_error){NN_memory, "not enough memory"});
    free(out);
    return code;
}

static int run(int argc, char **argv)
{
    run_options o = {.max_seconds = NN_NAN, .checkpoint_seconds = 600};
    const double began = clock_seconds();
    command_job job = {0};
    nn_error err;
    int code = command_options(&command_run, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    results_options how = {
        .prune = o.prune, .accept_new_data = o.accept_new_data, .older = command_older(o.accept_arithmetic, o.retrain)};
    char *line = command_line(argc, argv), *again = line_again(argc, argv), *program = command_program(argv[0]);
    const bool sound = command_retry(&o.retry, &how, &err) == NN_ok && command_read_shard(o.shard, &how, &err) == NN_ok;
    code = sound ? command_load(&o.source, &job) : command_fail(&err);
    if (code == EXIT_DONE) {
        job.grid->checkpoint_seconds = o.no_checkpoint ? 0 : o.checkpoint_seconds;
        code = run_with((run_state){&o, &job, NULL, program, began, line, again, how}, o.out);
    }
    free(program);
    free(again);
    free(line);
    command_unload(&job);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_run = {
    .name = "run",
    .help = "trains a grid on every core; the same command resumes it after a stop",
    .more = "Ctrl-C (or SIGTERM, SIGUSR1, SIGHUP, or the end of --max-time) stops at the next batch and keeps every\n"
            "finished run; a second one (not SIGHUP) quits at once.\n"
            "Finished runs of an older version whose arithmetic was another are kept by --accept-arithmetic and\n"
            "trained again by --retrain; without either nothing is written.\n"
            "Exit code: 0 done, 1 some runs failed, 2 usage or grid, 3 data, memory or disk, 75 stopped.\n\n"
            "Examples:\n"
            "  nngrid run experiments/digits-overfitting.yaml\n"
            "  nngrid run grid.yaml -o /scratch/grid.h5 -j 8 --max-time 2h\n"
            "  nngrid run grid.yaml --set epochs=10 --set data.file=other.csv -o try.h5\n"
            "  nngrid run grid.yaml --set learning_rate=[0.1,0.2] -o two.h5       (an axis, or instead of the grid's)\n"
            "  nngrid run grid.yaml --shard 2/3 -o two.h5       (on the second of three machines; then nngrid merge)\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = run,
};
