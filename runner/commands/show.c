/* nngrid show: looks into a results file, finished or live. */
#include "commands/command.h"
#include "results/reader/model.h"
#include <stdlib.h>
#include <string.h>

typedef struct show_options {
    const char *file, *by, *run, *compare;
    int64_t top, cell;
    bool highest, inactive, json;
} show_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(show_options, file), "the results file", true, 0},
    {"by", 0, OPTION_TEXT, "METRIC", offsetof(show_options, by),
     "sorts cells by this metric, or solved, the best first (best_validation_loss)", false, 0},
    {"highest", 0, OPTION_FLAG, NULL, offsetof(show_options, highest),
     "highest first, also where lower is better", false, 0},
    {"top", 0, OPTION_COUNT, "N", offsetof(show_options, top), "how many cells (10; 0: all)", false, 0},
    {"cell", 0, OPTION_COUNT, "C", offsetof(show_options, cell), "one cell: settings, statistics, runs",
     false, 0},
    {"compare", 0, OPTION_TEXT, "A,B", offsetof(show_options, compare),
     "two cells by --by: the corrected resampled t-test over their pairs of runs", false, 0},
    {"run", 0, OPTION_TEXT, "RUN", offsetof(show_options, run),
     "one run: settings, metrics, curves; its number, or the first digits of its key", false, 0},
    {"inactive", 0, OPTION_FLAG, NULL, offsetof(show_options, inactive),
     "also what has left the grid and is kept", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(show_options, json), "as JSON", false, 0},
};
static const option_rule rules[] = {
    {"--run", "--cell --compare --by --highest --top", NULL, "it shows one run"},
    {"--cell", "--compare --by --highest --top", NULL, "it shows one cell"},
    {"--compare", "--highest --top", NULL, "it shows two cells"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* By its number, which show_run checks, or by its key. */
static nn_status show_run_of(results_reader *r, const char *word, bool as_json, nn_error *err)
{
    size_t run = (size_t)strtoull(word, NULL, 10);
    const bool is_number = *word != '\0' && word[strspn(word, "0123456789")] == '\0';
    const nn_status status = is_number ? NN_ok : results_find_run(r, word, &run, err);
    return status == NN_ok ? show_run(r, run, as_json, err) : status;
}

static nn_status show_what(results_reader *r, const show_options *o, nn_error *err)
{
    if (o->inactive)
        reader_show_inactive(r);
    const show_request request = {.by = o->by, .top = (size_t)o->top, .highest = o->highest, .json = o->json};
    if (o->compare != NULL)
        return show_comparison(r, o->compare, o->by, o->json, err);
    if (o->run != NULL)
        return show_run_of(r, o->run, o->json, err);
    if (o->cell >= 0)
        return show_cell(r, (size_t)o->cell, o->json, err);
    return show_cells(r, &request, err);
}

static int show(int argc, char **argv)
{
    show_options o = {.top = 10, .cell = -1};
    nn_error err;
    results_reader *r = NULL;
    const int code = cmd_options(&cmd_show, argc, argv, &o);
    if (code != EXIT_done)
        return code;
    nn_status status = results_reader_open(o.file, &r, &err);
    if (status == NN_ok)
        status = show_what(r, &o, &err);
    results_reader_close(r);
    options_free(options, N_OPTIONS, &o);
    return status == NN_ok ? EXIT_done : cmd_fail(&err);
}

const command cmd_show = {
    .name = "show",
    .help = "shows the best cells, one cell or one run of a results file; also while it is written",
    .more = "Examples:\n"
            "  nngrid show results/xor.h5\n"
            "  nngrid show results/xor.h5 --by final_train_max_abs_error --top 5\n"
            "  nngrid show results/xor.h5 --cell 3\n"
            "  nngrid show results/digits.h5 --compare 2,5 --by best_test_error\n"
            "  nngrid show results/xor.h5 --run 17\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = show,
};
