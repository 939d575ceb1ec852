/* nngrid export writes a results file as CSV, for spreadsheets and other programs that do not read HDF5. */
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/output.h"
#include "results/reader/export.h"

typedef struct export_options {
    const char *file, *out;
    export_request request;
    bool inactive;
} export_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(export_options, file), "the results file", true, 0},
    {"what", 0, OPTION_TEXT, "TABLE", offsetof(export_options, request.what),
     "runs, cells, curves or stops (default: runs)", false, 0},
    {"out", 'o', OPTION_TEXT, "FILE.csv", offsetof(export_options, out), "file to write (default: stdout)", false, 0},
    {"columns", 0, OPTION_TEXT, "A,B,C", offsetof(export_options, request.columns),
     "these columns, in this order (default: all)", false, 0},
    {"run", 0, OPTION_COUNT, "R", offsetof(export_options, request.run), "only this run (default: all)", false, 0},
    {"cell", 0, OPTION_TEXT, "CELL", offsetof(export_options, request.cell),
     "only this cell, or its runs: its number, the first digits of its key, or settings (lambda=10)", false, 0},
    {"where", 0, OPTION_TEXT, "SETTINGS", offsetof(export_options, request.where),
     "only cells that have these settings, or their runs, such as \"lambda=10, hidden=[32]\"", false, 0},
    {"inactive", 0, OPTION_FLAG, NULL, offsetof(export_options, inactive), "also runs no longer in the grid", false, 0},
};
static const option_rule rules[] = {
    {"--run", "--cell --where", NULL, "it is one run"},
    {"--cell", "--where", NULL, "it is one cell"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

typedef struct table_source {
    results_reader *reader;
    const export_request *request;
} table_source;

static nn_status write_table(void *context, FILE *to, nn_error *err)
{
    const table_source *source = context;
    return results_export(source->reader, source->request, to, err);
}

static void tell_left_out(const export_left_out *left)
{
    char more[40] = "";
    if (left->n > 1)
        snprintf(more, sizeof more, ", as %s %zu more", left->n == 2 ? "is" : "are", left->n - 1);
    if (left->n > 0)
        fprintf(stderr, "nngrid: warning: %s: it is left out%s\n", left->first, more);
}

static int export(int argc, char **argv)
{
    export_options o = {.request = {.what = "runs", .run = -1}};
    nn_error err;
    results_reader *r = NULL;
    int code = command_options(&command_export, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    nn_status status = results_reader_open(o.file, &r, &err);
    if (status == NN_ok) {
        if (o.inactive)
            reader_show_inactive(r);
        export_left_out left = {0};
        table_source source = {r, &o.request};
        o.request.left = &left;
        status = command_write(o.out, write_table, &source, &err);
        if (status == NN_ok)
            tell_left_out(&left);
    }
    results_reader_close(r);
    options_free(options, N_OPTIONS, &o);
    if (status != NN_ok && ferror(stdout))
        return EXIT_RESOURCES; /* main reports it, unless the reader of a pipe has closed it */
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

const command command_export = {
    .name = "export",
    .help = "exports a results file as CSV: runs, cells, curves or stopping rules; also while the grid runs",
    .more = "Choices are written by name, truth values as true and false, missing values as empty fields;\n"
            "numbers read back to the same bits. curves: one line per run and recorded epoch; stops: one\n"
            "line per run and stopping rule.\n\n"
            "Examples:\n"
            "  nngrid export results/xor.h5 -o runs.csv\n"
            "  nngrid export results/xor.h5 --columns cell,learning_rate,momentum,best_train_loss\n"
            "  nngrid export results/xor.h5 --what curves --run 17 --columns train_loss\n"
            "  nngrid export results/xor.h5 --where momentum=0.9\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = export,
};
