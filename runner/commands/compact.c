/* nngrid compact makes a smaller copy of a complete results file, for archives. */
#include "base/clock.h"
#include "base/parallel.h"
#include "commands/common.h"
#include "commands/signals.h"
#include "schedule/schedule.h"

typedef struct compact_request {
    const char *file, *out;
    int64_t threads;
} compact_request;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(compact_request, file), "the results file", true, 0},
    {"out", 'o', OPTION_TEXT, "COPY.h5", offsetof(compact_request, out), "copy (default: replaces OUT.h5)", false, 0},
    {"threads", 'j', OPTION_COUNT, "N", offsetof(compact_request, threads), "threads (default: all cores)", false, 1},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static void tell(const compact_request *o, const compact_report *r, double seconds)
{
    char before[32], after[32], time[32];
    text_bytes((double)r->before, before, sizeof before);
    text_bytes((double)r->after, after, sizeof after);
    if (r->compact_already)
        printf("%s is already compact (%s)\n", o->file, before);
    else if (r->kept)
        printf("%s is unchanged: it takes %s, and a compact copy would take %s\n", o->file, before, after);
    else
        printf("%s: %s, %.0f%% of %s, in %s; verified\n", o->out != NULL ? o->out : o->file, after,
               100.0 * (double)r->after / (double)r->before, before, text_seconds(seconds, time, sizeof time));
}

static int compact(int argc, char **argv)
{
    compact_request o = {0};
    compact_report report;
    nn_error err;
    const int code = command_options(&command_compact, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    const double began = clock_seconds();
    const compact_options how = {
        .out = o.out, .threads = schedule_threads((int)o.threads).threads, .stop = command_catch_signals(NN_NAN)};
    nn_status status = parallel_check(how.threads - 1, &err);
    if (status == NN_ok)
        status = results_compact(o.file, &how, &report, &err);
    if (status == NN_ok)
        tell(&o, &report, clock_seconds() - began);
    options_free(options, N_OPTIONS, &o);
    if (status == NN_cancelled) {
        fprintf(stderr, "nngrid: %s\n", err.message);
        return EXIT_STOPPED;
    }
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

const command command_compact = {
    .name = "compact",
    .help = "compresses a complete results file for archiving; every reader still reads it",
    .more = "The copy is read back and compared with the original before it replaces it, so that an\n"
            "interruption leaves one of the two whole. If the grid grows later, nngrid run makes a new file\n"
            "from the compact one.\n\n"
            "Examples:\n"
            "  nngrid compact results/xor.h5\n"
            "  nngrid compact results/xor.h5 -o /archive/xor.h5 -j 4\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = compact,
};
