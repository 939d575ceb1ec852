/* fuzz.c - gives arbitrary bytes to every reader of the program, in one process: no input may end it, and what is read
 * has to be fit for use. Faults of the libraries, which the program bears in a child process (base/shield.h), end this one:
 * fuzz.py tells them from our own.
 *
 * Built for clang's libFuzzer (.github/CONTRIBUTING.md), the environment variable NNGRID_FUZZ names the target. Otherwise
 * the arguments are folders of inputs, each called after its target: fuzz corpus/csv corpus/grid. seeds.py writes them.
 *
 * A new reader is a row of `targets`, with seeds in seeds.py. */
#include "base/json.h"
#include "base/setting.h"
#include "base/text.h"
#include "commands/command.h"
#include "data/dataset.h"
#include "grid/grid.h"
#include "results/reader/export.h"
#include "results/reader/select.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct target target;
struct target {
    const char *name;
    void (*read)(const target *t, const uint8_t *bytes, size_t n);
    const char *file; /* of data: what the bytes are written into */
    bool named;       /* of data: inputs and targets are two arrays X and y of the file */
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static FILE *terminal; /* the real standard error */

/* Ends the program where what was read is not fit to be used. */
static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(terminal, "fuzz: %s\n", what);
    abort();
}

/* ---- what is printed ---- */

static size_t n_said; /* bytes on standard error since the input was given */

static ssize_t count(void *context, const char *from, size_t n)
{
    size_t *sum = context;
    (void)from;
    if (sum != NULL)
        *sum += n;
    return (ssize_t)n;
}

static FILE *counted(size_t *sum)
{
    FILE *f = fopencookie(sum, "w", (cookie_io_functions_t){.write = count});
    must(f != NULL, "no stream");
    return f;
}

/* ---- files, which lie in a folder of this process that is the current one while an input is read ---- */

static char folder[64];

/* A new file each time: HDF5 would take one that is truncated for a file that it has open already. */
static void write_file(const char *name, const void *bytes, size_t n)
{
    unlink(name);
    const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, bytes, n) == (ssize_t)n && close(fd) == 0, "cannot write a file");
}

static void empty_folder(void)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    if (d != NULL)
        closedir(d);
}

static void remove_folder(void)
{
    empty_folder();
    rmdir(folder);
}

static void make_folder(void)
{
    snprintf(folder, sizeof folder, "/dev/shm/nngrid-fuzz-XXXXXX");
    if (mkdtemp(folder) == NULL)
        snprintf(folder, sizeof folder, "/tmp/nngrid-fuzz-XXXXXX");
    must(strncmp(folder, "/dev", 4) == 0 || mkdtemp(folder) != NULL, "cannot make a folder");
    atexit(remove_folder);
}

/* ---- texts: a copy that ends in NUL, so that a sanitizer sees who reads further ---- */

static char *text_of(const uint8_t *bytes, size_t n)
{
    char *text = malloc(n + 1);
    must(text != NULL, "no memory");
    memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}

/* ---- grids ---- */

enum { MOST_RUNS = 2000, MOST_SETS = 8 };

/* Reads the grid with its data, where these are built in, as `check` does. */
static void load_grid(grid *g, diagnostics *diags)
{
    dataset *d = NULL;
    if (g->data.builtin == NULL || g->data.rows > MOST_RUNS || g->n_runs > MOST_RUNS)
        return;
    if (dataset_load(&g->data, g->path, NULL, diags, &d) == NN_ok)
        grid_keys(g, d, NULL, diags);
    dataset_free(d);
}

/* What the grid is resolved to has to be the same grid. */
static void read_back(const grid *g)
{
    diagnostics diags;
    grid *again = NULL;
    char *resolved = grid_resolved_yaml(g);
    must(resolved != NULL, "a grid cannot be resolved");
    diagnostics_init(&diags);
    const nn_status status = grid_read_text("grid.yaml", resolved, NULL, 0, &diags, &again);
    if (status != NN_ok)
        diagnostics_print(&diags, "-", terminal);
    must(status == NN_ok, "a resolved grid is refused");
    must(again->n_runs == g->n_runs && again->n_cells == g->n_cells, "a resolved grid is another one");
    diagnostics_free(&diags);
    grid_free(again);
    free(resolved);
}

static void read_grid(const char *yaml, const char *const *sets, size_t n_sets)
{
    diagnostics diags;
    grid *g = NULL;
    diagnostics_init(&diags);
    const nn_status status = grid_read_text("grid.yaml", yaml, sets, n_sets, &diags, &g);
    must((status == NN_ok) == (g != NULL) && (status == NN_ok) == (diags.n_errors == 0), "a grid refused in silence");
    if (g != NULL && g->n_runs <= MOST_RUNS)
        read_back(g);
    if (g != NULL)
        load_grid(g, &diags);
    diagnostics_print(&diags, "nothing was trained", stderr);
    diagnostics_free(&diags);
    grid_free(g);
}

static void one_grid(const target *t, const uint8_t *bytes, size_t n)
{
    (void)t;
    char *yaml = text_of(bytes, n);
    read_grid(yaml, NULL, 0);
    free(yaml);
}

/* The lines are the values of --set. */
static void one_set(const target *t, const uint8_t *bytes, size_t n)
{
    static const char yaml[] = "name: m\nseed: 1\ndata: {builtin: moons, rows: 40, split: {train: 0.5, test: rest}}\n"
                               "base: {hidden: [4, 4], learning_rate: 0.1}\n"
                               "grid: {lambda: [0, 1], dropout: {lin: [0, 0.5], num: 2}}\n";
    const char *sets[MOST_SETS];
    size_t n_sets = 0;
    (void)t;
    char *text = text_of(bytes, n), *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL && n_sets < MOST_SETS;
         line = strtok_r(NULL, "\n", &rest))
        sets[n_sets++] = line;
    read_grid(yaml, sets, n_sets);
    free(text);
}

/* ---- data: four bytes of settings, then the file ---- */

enum { N_SETTING_BYTES = 4 };

/* A list of words for a spec, separated by blanks. */
static data_column_list list_of(const char *words)
{
    data_column_list list = {.words = calloc(4, sizeof *list.words)};
    char *copy = strdup(words), *rest = NULL;
    must(list.words != NULL && copy != NULL, "no memory");
    for (char *w = strtok_r(copy, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest))
        list.words[list.n++] = strdup(w);
    free(copy);
    return list;
}

static void name_files(const target *t, bool pair, data_spec *spec)
{
    spec->file = pair ? NULL : strdup(t->file);
    spec->parts[NN_TRAIN].inputs = pair ? strdup(t->file) : NULL;
    spec->parts[NN_TRAIN].targets = pair ? strdup(t->file) : NULL;
    spec->inputs_name = t->named ? strdup("X") : NULL;
    spec->targets_name = t->named ? strdup("y") : NULL;
}

/* 0, 0, 0, 0 are the defaults. */
static void settings_of(const target *t, const uint8_t b[N_SETTING_BYTES], data_spec *spec)
{
    static const char *const columns[] = {NULL, "first", "0", "-2", "class", "a", "2", NULL};
    data_spec_init(spec);
    name_files(t, strcmp(t->name, "idx") == 0 || (strcmp(t->name, "npy") == 0 && (b[2] & 64) != 0), spec);
    spec->header = (b[0] & 3) == 1 ? 1 : (b[0] & 3) == 2 ? 0 : -1;
    spec->encoding = (data_encoding)((b[0] >> 2 & 7) % (ENCODING_UTF16 + 1));
    spec->decimal = (data_decimal)((b[0] >> 5 & 3) % (DECIMAL_COMMA + 1));
    spec->one_hot_text = (b[0] & 128) != 0;
    spec->missing = (data_missing)(b[1] & 3);
    spec->missing_given = spec->missing != MISSING_ERROR;
    spec->scale = (b[1] & 4) != 0 ? SCALE_STANDARDIZE : SCALE_NONE;
    spec->regression = spec->task_given = (b[1] & 8) != 0;
    spec->split = (split_spec){.kind = (split_kind)(b[1] >> 4 & 3), .stratify = (b[1] & 64) != 0, .folds = 2};
    spec->split.size[NN_TRAIN] = (part_size){.kind = SIZE_FRACTION, .value = 0.5};
    spec->split.size[NN_TEST] = (part_size){.kind = SIZE_REST};
    const char *column = t->named || spec->file == NULL ? NULL : columns[b[2] & 7];
    spec->target = column != NULL ? strdup(column) : NULL;
    spec->missing_words = list_of((b[3] & 1) != 0 ? "NULL #N/A none" : "");
    spec->one_hot = list_of((b[3] & 2) != 0 && !t->named ? "0 b" : "");
    spec->ignore = list_of((b[3] & 4) != 0 && !t->named ? "1" : "");
}

/* Whoever trains takes classes and targets as they are. */
static void look_at(const dataset *d)
{
    const nn_data *data = &d->data;
    must(data->n_rows > 0 && data->n_inputs > 0, "data without rows or inputs");
    must((data->classes != NULL) != (data->targets != NULL), "data with neither classes nor targets");
    for (size_t i = 0; data->classes != NULL && i < data->n_rows; i++)
        must(data->classes[i] >= 0 && (size_t)data->classes[i] < data->n_classes, "a class out of range");
    for (size_t i = 0; data->targets != NULL && i < data->n_rows * data->n_targets; i++)
        must(isfinite(data->targets[i]), "a target that is no number");
}

static void split(const dataset *d, const data_spec *spec)
{
    nn_error err;
    splitter *s = NULL;
    const data_variant v = data_variant_of(spec);
    if (data_splitter_new(d, &s, &err) != NN_ok)
        return;
    const nn_split *parts = data_splitter_get(s, &v, 1, 0, 0);
    for (int p = 0; p < NN_N_PART; p++)
        for (size_t i = 0; i < parts->n[p]; i++)
            must(parts->rows[p][i] < d->data.n_rows, "a row out of range");
    data_splitter_free(s);
}

static void describe(const data_spec *spec, const dataset *d)
{
    diagnostics diags;
    data_summary *summary = NULL;
    diagnostics_init(&diags);
    const nn_status status = dataset_describe(spec, "grid.yaml", NULL, &diags, &summary);
    must(d == NULL || status == NN_ok, "data that load cannot be described");
    diagnostics_print(&diags, "-", stderr);
    diagnostics_free(&diags);
    if (summary != NULL)
        data_summary_free(summary);
}

static void one_data(const target *t, const uint8_t *bytes, size_t n)
{
    data_spec spec;
    diagnostics diags;
    dataset *d = NULL;
    if (n < N_SETTING_BYTES)
        return;
    settings_of(t, bytes, &spec);
    write_file(t->file, bytes + N_SETTING_BYTES, n - N_SETTING_BYTES);
    diagnostics_init(&diags);
    const nn_status status = dataset_load(&spec, "grid.yaml", NULL, &diags, &d);
    must((status == NN_ok) == (d != NULL) && (status == NN_ok) == (diags.n_errors == 0), "data refused in silence");
    diagnostics_print(&diags, "nothing was trained", stderr);
    if (d != NULL) {
        look_at(d);
        split(d, &spec);
    }
    describe(&spec, d);
    dataset_free(d);
    diagnostics_free(&diags);
    data_spec_free(&spec);
    unlink(t->file);
}

/* ---- whole commands: the first byte chooses one, and the others are the file that it reads ---- */

enum { MOST_WORDS = 10 };
typedef struct call {
    const command *command;
    const char *file, *words[MOST_WORDS];
} call;

#define NET                                                                                                            \
    "name: y\ndata: {builtin: xor%s}\nbase: {hidden: [2], epochs: 2, output: tanh, loss: mse, batch_size: 2%s}\n%s"
static const struct {
    const char *file, *data, *base, *grid;
} grids[] = {
    {"grid.yaml", "", "",
     "grid: {learning_rate: [0.1, 0.5], hidden: [[2], [3]]}\nrepeats: 2\n"
     "stop: {mode: observe, rules: [{patience_train: 5}, {target: {train_loss: 0.1}}]}\n"
     "record: {weights: [best, final]}\n"},
    {"other.yaml", "", "", "grid: {learning_rate: [0.1, 0.7], hidden: [[2], [3]]}\nrepeats: 2\n"},
    {"weights.yaml", "", ", init_file: given.h5", ""},
    {"theta.yaml", "", ", init_file: given.mat", ""},
    {"order.yaml", "", ", order_file: given.h5", ""},
    {"order-mat.yaml", "", ", order_file: given.mat", ""},
    {"order-npy.yaml", "", ", order_file: given.npy", ""},
    {"split.yaml", ", split: {file: given.h5}", "", ""},
    {"split-npy.yaml", ", split: {file: given.npy}", "", ""},
    {"split-mat.yaml", ", split: {file: given.mat}", "", ""},
    {"start.yaml", "", "", "grid: {init_file: [{results: given.h5, run: 0}]}\n"},
};

static const call given_calls[] = {
    {&command_check, "given.h5", {"weights.yaml"}},    {&command_check, "given.mat", {"theta.yaml"}},
    {&command_check, "given.h5", {"order.yaml"}},      {&command_check, "given.mat", {"order-mat.yaml"}},
    {&command_check, "given.npy", {"order-npy.yaml"}}, {&command_check, "given.h5", {"split.yaml"}},
    {&command_check, "given.npy", {"split-npy.yaml"}}, {&command_check, "given.mat", {"split-mat.yaml"}},
};

#define RESULTS "given.h5"
static const call results_calls[] = {
    {&command_status, RESULTS, {RESULTS}},
    {&command_status, RESULTS, {RESULTS, "--json"}},
    {&command_show, RESULTS, {RESULTS}},
    {&command_show, RESULTS, {RESULTS, "--cell", "0"}},
    {&command_show, RESULTS, {RESULTS, "--run", "1"}},
    {&command_show, RESULTS, {RESULTS, "--json"}},
    {&command_show, RESULTS, {RESULTS, "--compare", "0,1"}},
    {&command_show, RESULTS, {RESULTS, "--importance"}},
    {&command_show, RESULTS, {RESULTS, "--stops"}},
    {&command_cells, RESULTS, {RESULTS}},
    {&command_cells, RESULTS, {RESULTS, "--json"}},
    {&command_export, RESULTS, {RESULTS}},
    {&command_export, RESULTS, {RESULTS, "--what", "cells"}},
    {&command_export, RESULTS, {RESULTS, "--what", "curves"}},
    {&command_export, RESULTS, {RESULTS, "--what", "stops", "--inactive"}},
    {&command_evaluate, RESULTS, {RESULTS, "--run", "0"}},
    {&command_predict, RESULTS, {RESULTS, "new.csv", "--run", "0"}},
    {&command_predict, RESULTS, {RESULTS, "new.csv", "--run", "1", "--weights", "final"}},
    {&command_compact, RESULTS, {RESULTS, "-o", "out.h5"}},
    {&command_merge, RESULTS, {"grid.yaml", RESULTS, "-o", "out.h5"}},
    {&command_plan, RESULTS, {"grid.yaml", "-o", RESULTS}},
    {&command_run, RESULTS, {"grid.yaml", "-q", "-j", "1", "-o", RESULTS}},
    {&command_run, RESULTS, {"other.yaml", "-q", "-j", "1", "-o", RESULTS}},
    {&command_check, RESULTS, {"start.yaml"}},
    {&command_check, RESULTS, {"split.yaml"}},
};

static int run(const command *c, const char *const *words)
{
    char *argv[MOST_WORDS + 3] = {(char *)(uintptr_t) "nngrid", (char *)(uintptr_t)c->name};
    int argc = 2;
    for (; argc - 2 < MOST_WORDS && words[argc - 2] != NULL; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 2];
    n_said = 0;
    const int code = c->run(argc, argv);
    fflush(stdout);
    return code;
}

static void make_call(const call *c, const uint8_t *bytes, size_t n)
{
    write_file(c->file, bytes, n);
    const int code = run(c->command, c->words);
    must(code == EXIT_DONE || code == EXIT_USAGE || code == EXIT_RESOURCES || code == EXIT_STOPPED, "an odd exit code");
    must(code == EXIT_DONE || n_said > 0, "a failure in silence");
    unlink(c->file);
    unlink("out.h5");
}

static void one_given(const target *t, const uint8_t *bytes, size_t n)
{
    (void)t;
    if (n > 0)
        make_call(&given_calls[bytes[0] % (sizeof given_calls / sizeof *given_calls)], bytes + 1, n - 1);
}

static void one_results(const target *t, const uint8_t *bytes, size_t n)
{
    (void)t;
    if (n > 0)
        make_call(&results_calls[bytes[0] % (sizeof results_calls / sizeof *results_calls)], bytes + 1, n - 1);
}

static void make_grids(void)
{
    char text[1024];
    for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
        const int n = snprintf(text, sizeof text, NET, grids[i].data, grids[i].base, grids[i].grid);
        write_file(grids[i].file, text, (size_t)n);
    }
    write_file("new.csv", "0,1\n1,1\n", 8);
}

/* ---- words of the command line on a sound results file ---- */

static results_reader *whole; /* opened when it is first needed */

static results_reader *open_whole(void)
{
    static const char *const words[MOST_WORDS] = {"grid.yaml", "-q", "-j", "1", "-o", "whole.h5"};
    nn_error err;
    if (whole == NULL) {
        must(run(&command_run, words) == EXIT_DONE, "the grid was not trained");
        must(results_reader_open("whole.h5", &whole, &err) == NN_ok, "the results cannot be read");
    }
    return whole;
}

static void one_where(const target *t, const uint8_t *bytes, size_t n)
{
    static const char *const tables[] = {"runs", "cells", "curves", "stops"};
    nn_error err;
    size_t cell;
    bool keep[16];
    (void)t;
    if (n == 0)
        return;
    results_reader *r = open_whole();
    char *text = text_of(bytes + 1, n - 1);
    const export_request request = {.what = tables[bytes[0] >> 2 & 3],
                                    .columns = (bytes[0] & 3) == 2 ? text : NULL,
                                    .where = (bytes[0] & 3) == 3 ? text : NULL,
                                    .run = -1};
    if ((bytes[0] & 3) == 0)
        reader_select_where(r, text, "--where", keep, &err);
    else if ((bytes[0] & 3) == 1)
        must(reader_select_cell(r, text, "--cell", &cell, &err) != NN_ok || cell < reader_n_cells(r), "no such cell");
    else
        results_export(r, &request, stdout, &err);
    free(text);
}

/* The arguments end in NUL or a line's end; only options are read, and nothing is done. */
static void one_options(const target *t, const uint8_t *bytes, size_t n)
{
    static const command *const all[] = {&command_run,     &command_show,     &command_export, &command_cells,
                                         &command_predict, &command_evaluate, &command_merge,  &command_data,
                                         &command_init,    &command_plan};
    char *argv[MOST_WORDS];
    _Alignas(max_align_t) unsigned char into[1024] = {0};
    int argc = 0;
    nn_error err;
    (void)t;
    if (n == 0)
        return;
    const command *c = all[bytes[0] % (sizeof all / sizeof *all)];
    char *text = text_of(bytes + 1, n - 1), *rest = NULL;
    for (char *w = strtok_r(text, "\n", &rest); w != NULL && argc < MOST_WORDS; w = strtok_r(NULL, "\n", &rest))
        argv[argc++] = w;
    options_parse(c->options, c->n_options, c->rules, argc, argv, into, &err);
    options_free(c->options, c->n_options, into);
    free(text);
}

/* ---- what is shown ---- */

static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* The filter before the terminal sees pieces of any length. */
static void filter(char *text, size_t n, size_t piece)
{
    char last = 0;
    for (size_t at = 0; at < n; at += piece)
        last = text_plain(text + at, n - at < piece ? n - at : piece, last);
    for (size_t i = 0; i < n; i++)
        must(!is_control((unsigned char)text[i]), "a control character reaches the terminal");
}

static void draw(const uint8_t *bytes, size_t n)
{
    double values[64] = {0};
    char picture[3 * 20 + 1];
    memcpy(values, bytes, n < sizeof values ? n : sizeof values);
    text_sparkline(values, n / sizeof *values < 64 ? n / sizeof *values : 64, 20, n % 2 == 0, picture, sizeof picture);
    text_value(values[0], picture, sizeof picture);
    text_seconds(values[0], picture, sizeof picture);
    text_bytes(values[0], picture, sizeof picture);
    text_speed(values[0], picture, sizeof picture);
    setting_real_format(values[0], picture, sizeof picture);
}

static void one_shown(const target *t, const uint8_t *bytes, size_t n)
{
    (void)t;
    if (n == 0)
        return;
    json j = {.to = stdout};
    char *text = text_of(bytes + 1, n - 1);
    text_table table;
    json_text(&j, NULL, text);
    text_table_init(&table, 1 + bytes[0] % 3);
    for (int i = 0; i < 6; i++)
        text_table_add(&table, text + (n - 1) * (size_t)i / 6);
    free(text_table_text(&table));
    text_table_free(&table);
    filter(text, n - 1, 1 + bytes[0] % 16);
    text_in_line(text);
    must(strpbrk(text, "\n\t") == NULL, "a text does not stay in its line");
    free(text);
    draw(bytes, n);
}

/* Settings as texts: each value that is taken has to be written as a text that is taken for the same one. */
static void one_setting(const target *t, const uint8_t *bytes, size_t n)
{
    nn_error err;
    double number;
    int64_t whole_number;
    nn_text value[4] = {0}, again[4] = {0};
    char written[2 * NN_TEXT_BYTES];
    (void)t;
    if (n == 0)
        return;
    const nn_hyper_row *row = &nn_hyper_rows[bytes[0] % NN_N_HYPER];
    char *text = text_of(bytes + 1, n - 1);
    setting_parse_real(text, &number);
    setting_parse_count(text, &whole_number);
    setting_parse_seconds(text, &number);
    if (setting_parse(row, text, value, &err) == NN_ok && row->kind != NN_SHAPE) {
        setting_format(row, value, written, sizeof written);
        must(setting_parse(row, written, again, &err) == NN_ok && memcmp(value, again, sizeof value) == 0,
             "a setting does not read back");
    }
    free(text);
}

/* ---- the targets ---- */

static const target targets[] = {
    {"grid", one_grid, NULL, false},      {"set", one_set, NULL, false},         {"csv", one_data, "data.csv", false},
    {"tsv", one_data, "data.tsv", false}, {"dt", one_data, "data.dt", false},    {"npy", one_data, "data.npy", false},
    {"npz", one_data, "data.npz", true},  {"idx", one_data, "data.idx", false},  {"mat", one_data, "data.mat", true},
    {"h5", one_data, "data.h5", true},    {"given", one_given, NULL, false},     {"results", one_results, NULL, false},
    {"where", one_where, NULL, false},    {"options", one_options, NULL, false}, {"setting", one_setting, NULL, false},
    {"shown", one_shown, NULL, false},
};
static const target *chosen;

static bool choose(const char *name)
{
    chosen = NULL;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(targets[i].name, name) == 0)
            chosen = &targets[i];
    return chosen != NULL;
}

static int home = -1; /* the current folder of the caller, in which libFuzzer keeps its files */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("NNGRID_FUZZ");
    (void)argc;
    (void)argv;
    terminal = stderr;
    stdout = counted(NULL);
    stderr = counted(&n_said);
    setvbuf(stderr, NULL, _IONBF, 0);
    must(choose(name != NULL ? name : "grid"), "NNGRID_FUZZ names no target");
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make_folder();
    must(home >= 0 && chdir(folder) == 0, "cannot enter a folder");
    make_grids();
    return fchdir(home);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    must(chdir(folder) == 0, "cannot enter a folder");
    chosen->read(chosen, bytes, n);
    must(whole != NULL || H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE) == 0, "a file of HDF5 is still open");
    must(fchdir(home) == 0, "cannot leave a folder");
    return 0;
}

#ifndef NN_LIBFUZZER

static uint8_t *read_input(const char *path, size_t *n)
{
    struct stat s;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && fstat(fd, &s) == 0, path);
    uint8_t *bytes = malloc((size_t)s.st_size + 1);
    must(bytes != NULL && read(fd, bytes, (size_t)s.st_size) == s.st_size, path);
    close(fd);
    *n = (size_t)s.st_size;
    return bytes;
}

static void read_one(const char *path)
{
    size_t n = 0;
    uint8_t *bytes = read_input(path, &n);
    LLVMFuzzerTestOneInput(bytes, n);
    free(bytes);
}

static size_t read_all(const char *from)
{
    char path[4096];
    size_t n = 0;
    DIR *d = opendir(from);
    must(d != NULL, from);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", from, e->d_name);
        fprintf(terminal, "%s\n", path); /* where the program ends, the last one is to blame */
        read_one(path);
        n++;
    }
    closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        const char *slash = strrchr(argv[i], '/');
        must(choose(slash != NULL ? slash + 1 : argv[i]), "a folder is not called after a target");
        fprintf(terminal, "%s: %zu inputs read\n", argv[i], read_all(argv[i]));
    }
    results_reader_close(whole);
    return 0;
}

#endif
