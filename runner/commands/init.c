/* nngrid init writes a first grid for a data file or a built-in set, with settings that suit the data. */
#include "base/file.h"
#include "base/pipe.h"
#include "base/setting.h"
#include "commands/output.h"
#include "commands/source.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A draft is what the grid is written from. */
typedef struct draft {
    const data_summary *s;
    const data_spec *spec;
    const char *out;
    char *name, *file, *targets; /* as written in the grid */
    bool *ignored;               /* [s->n_inputs] */
    size_t n_ignored, n_words;   /* n_words: categorical inputs that are kept */
} draft;

/* ---- ignored columns ---- */

/* Finds the columns that the grid should ignore; false: out of memory. */
static bool init_ignore(draft *d)
{
    const data_summary *s = d->s;
    d->ignored = calloc(s->n_inputs + 1, sizeof *d->ignored);
    for (size_t j = 0; d->ignored != NULL && j < s->n_inputs; j++) {
        d->ignored[j] = s->n_inputs > 1 && s->inputs[j].ignore;
        d->n_ignored += d->ignored[j];
        d->n_words += !d->ignored[j] && s->inputs[j].kind == DATA_WORDS;
    }
    return d->ignored != NULL;
}

/* ---- the data section ---- */

/* Writes a line "  key: value" with its comment, or without one if it is NULL. */
static void line(FILE *to, const char *key, const char *value, const char *comment)
{
    char text[160];
    snprintf(text, sizeof text, "  %s: %s", key, value);
    fprintf(to, comment != NULL ? "%-34s # %s\n" : "%s\n", text, comment);
}

/* Writes "  key: [a, b]". */
static void write_list(const data_column_list *list, const char *key, FILE *to)
{
    fprintf(to, "  %s: [", key);
    for (size_t i = 0; i < list->n; i++) {
        fputs(i > 0 ? ", " : "", to);
        command_yaml_text(to, list->words[i]);
    }
    fputs("]\n", to);
}

/* Writes how the text is read: what was asked for, and what was guessed. */
static void write_text_keys(const draft *d, FILE *to)
{
    const data_spec *spec = d->spec;
    const data_guess *guess = &d->s->guess;
    const int header = spec->header >= 0 ? spec->header : guess->header;
    const data_decimal decimal = spec->decimal != DECIMAL_ANY ? spec->decimal : guess->decimal;
    if (spec->encoding != ENCODING_ANY)
        line(to, "encoding", grid_word("data.encoding", (int)spec->encoding), NULL);
    if (header >= 0)
        line(to, "header", header ? "true" : "false", spec->header >= 0 ? NULL : "guessed; the file cannot tell");
    if (decimal != DECIMAL_ANY)
        line(to, "decimal", grid_word("data.decimal", (int)decimal), spec->decimal != DECIMAL_ANY ? NULL : "guessed");
    if (guess->units)
        line(to, "accept", "[units]", "signs of percent and currency are left out");
    if (spec->missing_words.n > 0)
        write_list(&spec->missing_words, "missing_words", to);
}

static void write_file(const draft *d, FILE *to)
{
    if (d->spec->builtin != NULL) {
        line(to, "builtin", d->spec->builtin, "a built-in data set; nngrid-grid(5) lists them");
        return;
    }
    fputs(d->targets != NULL ? "  file: {inputs: " : "  file: ", to);
    command_yaml_text(to, d->file);
    if (d->targets != NULL) {
        fputs(", targets: ", to);
        command_yaml_text(to, d->targets);
        putc('}', to);
    }
    fputs("\n", to);
    write_text_keys(d, to);
}

/* Writes the name and count of a class inside a comment, where a control character could end the line. */
static void write_class(const draft *d, size_t c, FILE *to)
{
    for (const char *p = d->s->class_names[c]; *p != '\0'; p++)
        putc((unsigned char)*p < ' ' ? '?' : *p, to);
    fprintf(to, " (%zu)", d->s->class_counts[c]);
}

static void write_target(const draft *d, FILE *to)
{
    enum { FEW = 6 };
    const data_summary *s = d->s;
    if (d->spec->inputs_name != NULL) {
        fputs("  target: {inputs: ", to);
        command_yaml_text(to, d->spec->inputs_name);
        fputs(", targets: ", to);
        command_yaml_text(to, d->spec->targets_name);
        fputs("}\n", to);
    } else if (d->spec->targets.n > 0) {
        write_list(&d->spec->targets, "target", to);
    } else if (d->spec->target != NULL) {
        fputs("  target: ", to);
        command_yaml_text(to, d->spec->target);
        fputs("\n", to);
    } else if (s->target.name != NULL && s->target.column > 0 && d->spec->builtin == NULL) {
        fputs("  # The target is the last column; `target: NAME` chooses another.\n", to);
    }
    fprintf(to, "  task: %-26s # ", s->regression ? "regression" : "classification");
    if (s->regression) {
        char low[40], high[40];
        fprintf(to, "values from %s to %s\n", setting_real_format(s->target.low, low, sizeof low),
                setting_real_format(s->target.high, high, sizeof high));
        line(to, "scale_target", s->target.low < s->target.high && d->spec->builtin == NULL ? "standardize" : "none",
             "losses are then in units of the deviation, errors in those of the target");
        return;
    }
    for (size_t c = 0; c < s->n_classes && c < FEW; c++) {
        fputs(c > 0 ? ", " : "", to);
        write_class(d, c, to);
    }
    fprintf(to, "%s\n", s->n_classes > FEW ? ", ..." : "");
}

static void write_column(const data_values *v, FILE *to)
{
    if (v->name != NULL)
        command_yaml_text(to, v->name);
    else
        fprintf(to, "%d", v->column - 1);
}

static void write_ignored(const draft *d, FILE *to)
{
    const data_column_list *given = &d->spec->ignore;
    const char *separator = "";
    if (d->n_ignored + given->n == 0)
        return;
    if (d->n_ignored > 0)
        fputs("  # Ignored: columns that tell the target, dates, row numbers and identifiers.\n", to);
    fputs("  ignore: [", to);
    for (size_t i = 0; i < given->n; i++, separator = ", ") {
        fputs(separator, to);
        command_yaml_text(to, given->words[i]);
    }
    for (size_t j = 0; j < d->s->n_inputs; j++)
        if (d->ignored[j]) {
            fputs(separator, to);
            write_column(&d->s->inputs[j], to);
            separator = ", ";
        }
    fputs("]\n", to);
}

static void write_one_hot(const draft *d, FILE *to)
{
    const data_column_list *given = &d->spec->one_hot;
    char text[100];
    if (given->n > 0) {
        write_list(given, "one_hot", to);
    } else if (d->n_words > 0) {
        snprintf(text, sizeof text, "%zu categorical column%s: one 0/1 input for each category", d->n_words,
                 d->n_words == 1 ? "" : "s");
        line(to, "one_hot", "text", text);
    }
}

/* Writes the values that may stand for missing. Returns whether there are any. */
static bool write_missing_values(const draft *d, FILE *to)
{
    const char *separator = "  # These numbers lie far from all others of their column; remove what is a true value.\n"
                            "  missing_values: {";
    char code[40];
    for (size_t j = 0; j < d->s->n_inputs; j++) {
        const data_values *v = &d->s->inputs[j];
        if (isnan(v->missing_code) || d->ignored[j])
            continue;
        fputs(separator, to);
        write_column(v, to);
        fprintf(to, ": %s", setting_real_format(v->missing_code, code, sizeof code));
        separator = ", ";
    }
    fputs(separator[0] == ',' ? "}\n" : "", to);
    return separator[0] == ',';
}

static void write_missing(const draft *d, FILE *to)
{
    const bool coded = write_missing_values(d, to);
    const data_summary *s = d->s;
    char text[120];
    if (s->missing == MISSING_ERROR && coded)
        line(to, "missing", "mean", "or median, or drop");
    if (s->missing == MISSING_ERROR)
        return;
    snprintf(text, sizeof text, "missing values: %zu in the inputs, %zu in the target%s", s->n_missing,
             s->target.n_missing, s->missing == MISSING_DROP ? "; these rows are dropped" : "; or median, or drop");
    line(to, "missing", s->missing == MISSING_DROP ? "drop" : s->missing == MISSING_MEDIAN ? "median" : "mean", text);
}

/* Chooses the scaling: inputs of one unit, such as grey levels, are divided by their largest value, others
 * standardized. */
static void write_scale(const draft *d, FILE *to)
{
    double low = NN_INF, high = -NN_INF;
    bool whole = true;
    char value[40];
    for (size_t j = 0; j < d->s->n_inputs; j++) {
        const data_values *v = &d->s->inputs[j];
        if (d->ignored[j])
            continue;
        whole = whole && v->kind == DATA_WHOLE;
        low = v->low < low ? v->low : low;
        high = v->high > high ? v->high : high;
    }
    if (low >= -1 && high <= 1)
        line(to, "scale", "none", "all inputs lie between -1 and 1; or standardize, minmax");
    else if (whole && low == 0 && d->s->n_inputs >= 16)
        line(to, "scale", setting_real_format(high, value, sizeof value), "inputs are divided by their largest value");
    else
        line(to, "scale", "standardize", "mean 0, standard deviation 1 over the training rows; or minmax, none");
}

static void write_split(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    size_t fewest = s->n_rows;
    for (size_t c = 0; c < s->n_classes; c++)
        fewest = s->class_counts[c] < fewest ? s->class_counts[c] : fewest;
    if (s->has_parts)
        fputs("  # The data assign each row to training, validation or test.\n", to);
    else if (s->n_rows < 10)
        line(to, "split", "all", "few rows: all are used for training");
    else if (!s->regression && fewest >= 5)
        fputs("  split: {train: 0.6, validation: 0.2, test: 0.2, stratify: true}\n", to);
    else
        fputs("  split: {train: 0.6, validation: 0.2, test: 0.2}\n", to);
}

/* ---- the grid ---- */

static void write_top(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    char inputs[40];
    fprintf(to, "# A first grid for these data: %zu rows, %s, ", s->n_rows,
            text_count(s->n_inputs, "input", inputs, sizeof inputs));
    if (s->regression)
        fprintf(to, "%zu target%s (regression).\n", s->n_targets, s->n_targets == 1 ? "" : "s");
    else
        fprintf(to, "%zu classes.\n", s->n_classes);
    fprintf(to, "# nngrid check %s shows mistakes, nngrid plan how long it takes, nngrid run trains it.\n",
            d->out != NULL ? d->out : "grid.yaml");
    fputs("name: ", to);
    command_yaml_text(to, d->name);
    fputs("\nseed: 1\n", to);
    fputs("repeats: 5                         # runs of each cell, with different splits and initial weights\n", to);
}

static void write_settings(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    const bool validated = s->has_parts ? s->n_part[NN_VALIDATION] > 0 : s->n_rows >= 10;
    const char *epochs = s->n_rows > 20000 ? "20" : s->n_rows > 2000 ? "100" : "300";
    fputs("\nbase:                              # settings with one value; nngrid params lists all\n", to);
    line(to, "activation", "relu", NULL);
    line(to, "optimizer", "adam", NULL);
    line(to, "batch_size", s->n_rows < 100 ? "full" : "32", s->n_rows < 100 ? NULL : "or full");
    line(to, "epochs", epochs, "increase it if the loss still falls at the end");
    fputs("\ngrid:                              # swept settings; each combination is a cell\n", to);
    line(to, "hidden", "[[8], [32], [32, 32]]", "widths of the hidden layers; [] for none");
    line(to, "learning_rate", "[0.001, 0.01]", "or {log: [1e-4, 0.1], num: 4}");
    if (validated)
        fputs("\nstop: {rules: [{patience: 20}]}    # only recorded; `mode: first` stops the run there\n", to);
}

/* Writes the grid; this is the command_writer of a draft. */
static nn_status init_write(void *context, FILE *to, nn_error *err)
{
    const draft *d = context;
    (void)err;
    write_top(d, to);
    fputs("\ndata:\n", to);
    write_file(d, to);
    write_target(d, to);
    write_ignored(d, to);
    write_one_hot(d, to);
    write_missing(d, to);
    write_scale(d, to);
    write_split(d, to);
    write_settings(d, to);
    return NN_ok;
}

typedef struct init_options {
    command_source source; /* source.grid is the data file */
    const char *builtin, *out;
} init_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "DATA", offsetof(init_options, source.grid), "a data file", false, 0},
    {"out", 'o', OPTION_TEXT, "GRID.yaml", offsetof(init_options, out), "file to write (default: stdout)", false, 0},
    {"targets", 0, OPTION_TEXT, "FILE", offsetof(init_options, source.targets),
     "the targets, if DATA holds only the inputs (IDX, .npy)", false, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(init_options, source.overrides),
     "sets how the data are read, such as data.target=first; may be repeated", false, 0},
    {"builtin", 0, OPTION_TEXT, "SET", offsetof(init_options, builtin), "a built-in set instead of a file", false, 0},
};
static const option_rule rules[] = {
    {"--builtin", "DATA --targets", NULL, "a built-in set has no file"},
    {"--targets", NULL, "DATA", "with the inputs alone"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* ---- names ---- */

/* Returns the path of the data file as the grid, maybe in another folder, must name it; the caller frees it. */
static char *path_for(const char *path, const char *out)
{
    const char *slash = out != NULL ? strrchr(out, '/') : NULL;
    return slash == NULL || path[0] == '/' ? strdup(path) : realpath(path, NULL);
}

/* Returns the name of the grid, such as "iris" for "data/iris.csv.gz"; the caller frees it. */
static char *name_for(const init_options *o)
{
    const char *base = file_base(o->builtin != NULL ? o->builtin : o->source.grid);
    base += strspn(base, ".-");
    const size_t length = strcspn(base, ".");
    return length == 0 || length > 100 ? strdup("grid") : strndup(base, length);
}

static nn_status make_draft(const init_options *o, const data_summary *s, const data_spec *spec, draft *d,
                            nn_error *err)
{
    *d = (draft){.s = s, .spec = spec, .out = o->out, .name = name_for(o)};
    const bool is_file = o->builtin == NULL;
    d->file = is_file ? path_for(o->source.grid, o->out) : NULL;
    d->targets = o->source.targets != NULL ? path_for(o->source.targets, o->out) : NULL;
    const bool good = d->name != NULL && (!is_file || d->file != NULL) &&
                      (o->source.targets == NULL || d->targets != NULL) && init_ignore(d);
    if (!good)
        return nn_fail(err, NN_memory, "not enough memory for a grid");
    if (d->n_ignored == s->n_inputs)
        return nn_fail(
            err, NN_data,
            "%s: no input is left: every column is a date, an identifier or the target itself; nngrid data shows them",
            is_file ? o->source.grid : o->builtin);
    return NN_ok;
}

static void free_draft(draft *d)
{
    free(d->name);
    free(d->file);
    free(d->targets);
    free(d->ignored);
}

/* ---- the command ---- */

/* Refuses --set of anything but how the data are read; the rest is edited in the grid. */
static nn_status check_sets(const option_list *sets, nn_error *err)
{
    static const char *const keys[] = {"data.target",   "data.header",  "data.ignore",
                                       "data.one_hot",  "data.task",    "data.missing",
                                       "data.encoding", "data.decimal", "data.missing_words"};
    for (size_t i = 0; i < sets->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            const size_t n = strlen(keys[k]);
            known = known || (strncmp(sets->items[i], keys[k], n) == 0 && strchr("=.", sets->items[i][n]) != NULL);
        }
        if (!known)
            return nn_fail(err, NN_usage,
                           "--set sets only how the data are read (data.target, header, ignore, one_hot, task, "
                           "missing, missing_words, encoding, decimal), not '%.100s'; edit the grid for the rest",
                           sets->items[i]);
    }
    return NN_ok;
}

static nn_status check_request(const init_options *o, nn_error *err)
{
    const char *data = o->source.grid;
    if (data == NULL && o->builtin == NULL)
        return nn_fail(err, NN_usage, "init takes a data file, or --builtin SET (%s, %s, ...)", data_builtin_names[0],
                       data_builtin_names[1]);
    if (data != NULL && (file_ends(data, ".yaml") || file_ends(data, ".yml")))
        return nn_fail(err, NN_usage, "%s is a grid; init takes a data file", data);
    const char *const files[] = {data, o->source.targets};
    for (size_t i = 0; i < 2; i++)
        if (files[i] != NULL && (strcmp(files[i], "-") == 0 || pipe_is(files[i])))
            return nn_fail(
                err, NN_data,
                "%s is a pipe, and a grid must name a file that can be read again; save the data in one first",
                files[i]);
        else if (files[i] != NULL && access(files[i], R_OK) != 0)
            return nn_fail(err, NN_data, "%s: cannot read it: %s", files[i], strerror(errno));
    if (o->out != NULL && access(o->out, F_OK) == 0)
        return nn_fail(err, NN_usage, "%s exists and is not overwritten; choose another -o", o->out);
    return check_sets(&o->source.overrides, err);
}

static nn_status read_builtin(const init_options *o, diagnostics *diags, grid **g)
{
    char text[200];
    snprintf(text, sizeof text, "data: {builtin: '%.100s'}\n", o->builtin);
    return grid_read_text("--builtin", text, o->source.overrides.items, o->source.overrides.n, diags, g);
}

static nn_status describe(const init_options *o, diagnostics *diags, grid **g, data_summary **s)
{
    nn_status status = o->builtin != NULL ? read_builtin(o, diags, g) : command_read_source(&o->source, diags, g);
    if (status != NN_ok)
        return status;
    (*g)->data.scale_given = (*g)->data.target_scale_given = true; /* the grid will have them */
    return dataset_describe(&(*g)->data, "", NULL, diags, s);
}

static int write_draft(const init_options *o, const data_summary *s, const grid *g)
{
    draft d;
    nn_error err;
    nn_status status = make_draft(o, s, &g->data, &d, &err);
    if (status == NN_ok)
        status = command_write(o->out, init_write, &d, &err);
    free_draft(&d);
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

static int look_and_write(const init_options *o)
{
    diagnostics diags;
    grid *g = NULL;
    data_summary *s = NULL;
    diagnostics_init(&diags);
    const nn_status status = describe(o, &diags, &g, &s);
    if (diags.n > 0)
        diagnostics_print(&diags, "no grid was written", stderr);
    const int code = status == NN_ok ? write_draft(o, s, g) : command_exit_code(status);
    diagnostics_free(&diags);
    data_summary_free(s);
    grid_free(g);
    return code;
}

static int init(int argc, char **argv)
{
    init_options o = {0};
    nn_error err;
    int code = command_options(&command_init, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = check_request(&o, &err) == NN_ok ? look_and_write(&o) : command_fail(&err);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_init = {
    .name = "init",
    .help = "writes a first grid for a data file, with comments that describe the data and the alternatives",
    .more = "Examples:\n"
            "  nngrid init iris.csv -o iris.yaml\n"
            "  nngrid init houses.csv --set data.target=price -o houses.yaml\n"
            "  nngrid init images-idx3-ubyte.gz --targets labels-idx1-ubyte.gz\n"
            "  nngrid init --builtin xor\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = init,
};
