/* nngrid status prints how far a grid is, while it runs or afterwards, from any terminal. */
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/show_data.h"
#include "results/names.h"
#include "results/reader/outlook.h"
#include <time.h>

typedef struct status_options {
    const char *file;
    bool json;
} status_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(status_options, file), "the results file", true, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(status_options, json), "as JSON; dates in seconds since 1970", false, 0},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* ---- as text ---- */

static void print_state(const outlook *o, const char *path)
{
    printf("%s: %s", path, reader_outlook_state_names[o->state]);
    if (o->state == OUTLOOK_RUNNING && o->pid > 0)
        printf(" (pid %lld)", (long long)o->pid);
    if (o->state == OUTLOOK_INTERRUPTED)
        printf(": its process ended unexpectedly; no finished run is lost");
    printf("\n");
}

static void print_runs(const outlook *o)
{
    char runs[32];
    printf("runs     %zu of %s finished:", o->n_runs - o->counts[NN_RUN_pending],
           text_count(o->n_runs, "run", runs, sizeof runs));
    for (int s = NN_RUN_pending + 1; s < nn_run_statuses.n; s++)
        printf(" %zu %s,", o->counts[s], nn_run_statuses.rows[s].name);
    printf(" %zu %s\n", o->counts[NN_RUN_pending], nn_run_statuses.rows[NN_RUN_pending].name);
    if (o->n_inactive > 0)
        printf("inactive %s no longer in the grid (run --prune drops them)\n",
               text_count(o->n_inactive, "run", runs, sizeof runs));
}

static void print_time(const outlook *o)
{
    char so_far[32], left[32], threads[32], sessions[32];
    printf("time     %s", text_seconds(o->elapsed, so_far, sizeof so_far));
    if (o->sessions > 1)
        printf(" in %s", text_count((size_t)o->sessions, "session", sessions, sizeof sessions));
    printf(" on %s", text_count((size_t)o->threads, "thread", threads, sizeof threads));
    if (o->counts[NN_RUN_pending] > 0 && o->seconds_left == o->seconds_left)
        printf(" so far, about %s left", text_seconds(o->seconds_left, left, sizeof left));
    else if (o->counts[NN_RUN_pending] > 0)
        printf(" so far; the time left is known once a run is finished");
    printf("\n");
}

static char *date_text(double date, char *text, size_t size)
{
    const time_t seconds = (time_t)date;
    struct tm local;
    if (!(date > 0) || localtime_r(&seconds, &local) == NULL || strftime(text, size, "%Y-%m-%d %H:%M:%S", &local) == 0)
        snprintf(text, size, "?");
    return text;
}

static void print_dates(const outlook *o)
{
    char first[32], last[32], ago[32];
    const double age = o->now > o->last_write ? o->now - o->last_write : 0;
    printf("written  first %s, last %s (%s ago)\n", date_text(o->started, first, sizeof first),
           date_text(o->last_write, last, sizeof last), text_seconds(age, ago, sizeof ago));
}

static void print_best(results_reader *r, const outlook *o)
{
    char text[128];
    double value;
    if (o->metric == NULL)
        return;
    printf("best     %s %s in run %zu", o->metric, text_value(o->best, text, sizeof text), o->best_run);
    for (size_t a = 0; a < reader_n_axes(r); a++) {
        const char *axis = reader_axis(r, a);
        if (command_show_at(r, axis, o->best_run, &value))
            printf("%s%s %s", a == 0 ? " (" : "  ", axis, command_show_value(r, axis, value, text, sizeof text));
    }
    printf("%s\n", reader_n_axes(r) > 0 ? ")" : "");
}

static void print_all(results_reader *r, const outlook *o, const char *path)
{
    print_state(o, path);
    print_runs(o);
    command_show_arithmetics(r);
    print_time(o);
    print_dates(o);
    print_best(r, o);
    const char *line = reader_text(r, PATH_PROVENANCE, ATTR_COMMAND_LINE);
    if ((o->state == OUTLOOK_STOPPED || o->state == OUTLOOK_INTERRUPTED) && line != NULL && *line != '\0')
        printf("resume with:\n  %s\n", line);
}

/* ---- as JSON ---- */

static void json_best(json *j, results_reader *r, const outlook *o)
{
    double value;
    json_open(j, "best", '{');
    json_text(j, "metric", o->metric);
    json_number(j, "value", o->best);
    json_number(j, "run", (double)o->best_run);
    json_open(j, "settings", '{');
    for (size_t a = 0; a < reader_n_axes(r); a++) {
        const char *axis = reader_axis(r, a);
        if (command_show_at(r, axis, o->best_run, &value))
            command_show_json(j, r, axis, value);
    }
    json_close(j, '}');
    json_close(j, '}');
}

static void print_json(results_reader *r, const outlook *o, const char *path)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "file", path);
    json_text(&j, "state", reader_outlook_state_names[o->state]);
    json_number(&j, "pid", o->state == OUTLOOK_RUNNING && o->pid > 0 ? (double)o->pid : NN_NAN);
    json_number(&j, "runs", (double)o->n_runs);
    for (int s = 0; s < nn_run_statuses.n; s++)
        json_number(&j, nn_run_statuses.rows[s].name, (double)o->counts[s]);
    json_number(&j, "inactive", (double)o->n_inactive);
    json_number(&j, "sessions", (double)o->sessions);
    json_number(&j, "elapsed", o->elapsed);
    json_number(&j, "threads", o->threads);
    json_number(&j, "thread_seconds", o->thread_seconds);
    json_number(&j, "seconds_left", o->seconds_left);
    json_number(&j, "started", o->started);
    json_number(&j, "last_write", o->last_write);
    json_number(&j, "now", o->now);
    if (o->metric != NULL)
        json_best(&j, r, o);
    else
        json_text(&j, "best", NULL);
    json_close(&j, '}');
}

static int status(int argc, char **argv)
{
    status_options o = {0};
    outlook look;
    nn_error err;
    results_reader *r = NULL;
    int code = command_options(&command_status, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    nn_status result = results_reader_open(o.file, &r, &err);
    if (result == NN_ok)
        result = reader_outlook_take(r, o.file, &look, &err);
    if (result == NN_ok)
        (o.json ? print_json : print_all)(r, &look, o.file);
    results_reader_close(r);
    options_free(options, N_OPTIONS, &o);
    return result == NN_ok ? EXIT_DONE : command_fail(&err);
}

const command command_status = {
    .name = "status",
    .help = "shows the progress of a running or stopped grid: done, failed, time left, best so far",
    .more = "Can be called from another terminal while the grid runs. State: running; interrupted (killed,\n"
            "or the machine went down); stopped (by a signal or --max-time); complete. Exit code 0 in every\n"
            "state.\n\n"
            "Examples:\n"
            "  nngrid status results/xor.h5\n"
            "  watch nngrid status results/xor.h5\n"
            "  nngrid status results/xor.h5 --json | jq .seconds_left\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = status,
};
