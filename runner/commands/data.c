/* nngrid data shows what is in a data file, or in the data of a grid, before anything is trained. */
#include "base/json.h"
#include "base/setting.h"
#include "commands/screen.h"
#include "commands/source.h"
#include <stdlib.h>
#include <string.h>

typedef struct data_options {
    command_source source; /* source.grid is a data file or a grid */
    bool all, json;
} data_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "FILE", offsetof(data_options, source.grid),
     "a data file, - for standard input, or a grid (.yaml)", true, 0},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(data_options, source.overrides),
     "sets how the file is read, such as data.target=first; may be repeated", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(data_options, source.data_root), "also searched for data", false, 0},
    {"all", 0, OPTION_FLAG, NULL, offsetof(data_options, all), "shows every column and class, however many", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(data_options, json), "as JSON", false, 0},
};
enum { N_OPTIONS = sizeof options / sizeof *options, FEW_COLUMNS = 20, FEW_CLASSES = 20 };

/* ---- as text ---- */

static const char *const kind_words[] = {
    [DATA_WHOLE] = "integer", [DATA_REAL] = "numeric", [DATA_WORDS] = "categorical"};

/* Writes the kind and range of a column, such as "integer from 0 to 16". */
static char *range_text(const data_values *v, char *text, size_t size)
{
    char low[40], high[40];
    if (v->kind == DATA_WORDS || v->n == 0)
        snprintf(text, size, "%s", v->n == 0 ? "no value" : kind_words[v->kind]);
    else
        snprintf(text, size, "%s from %s to %s", kind_words[v->kind], setting_real_format(v->low, low, sizeof low),
                 setting_real_format(v->high, high, sizeof high));
    return text;
}

/* Joins the numeric inputs into the summary of a single column. */
static data_values join_inputs(const data_summary *s)
{
    data_values all = {.low = NN_INF, .high = -NN_INF};
    for (size_t j = 0; j < s->n_inputs; j++) {
        const data_values *v = &s->inputs[j];
        if (v->kind == DATA_WORDS || v->n == 0)
            continue;
        all.kind = v->kind == DATA_REAL ? DATA_REAL : all.kind;
        all.low = v->low < all.low ? v->low : all.low;
        all.high = v->high > all.high ? v->high : all.high;
        all.n += v->n;
    }
    return all;
}

static void print_inputs(const data_summary *s)
{
    const data_values all = join_inputs(s);
    char range[120], inputs[40], targets[40];
    size_t n_constant = 0, n_with_missing = 0;
    for (size_t j = 0; j < s->n_inputs; j++) {
        n_constant += s->inputs[j].n > 0 && s->inputs[j].low == s->inputs[j].high;
        n_with_missing += s->inputs[j].n_missing > 0;
    }
    printf("inputs   %zu", s->n_inputs);
    if (s->n_words > 0)
        printf(", %zu categorical", s->n_words);
    if (all.n > 0)
        printf("; %s", range_text(&all, range, sizeof range));
    if (n_constant > 0)
        printf("; %zu constant", n_constant);
    printf("\nmissing  ");
    if (s->n_missing + s->target.n_missing == 0)
        printf("none\n");
    else
        printf("%zu in %s, %s\n", s->n_missing, text_count(n_with_missing, "input", inputs, sizeof inputs),
               text_count(s->target.n_missing, "target", targets, sizeof targets));
}

static void print_target(const data_summary *s, bool all)
{
    char range[120];
    printf("target   ");
    if (s->target.name != NULL) {
        command_screen_text(stdout, s->target.name);
        printf(", ");
    }
    if (s->regression) {
        printf("%s (regression)\n", range_text(&s->target, range, sizeof range));
        return;
    }
    printf("%zu classes:", s->n_classes);
    for (size_t c = 0; c < s->n_classes && (all || c < FEW_CLASSES); c++) {
        printf("%s ", c > 0 ? "," : "");
        command_screen_text(stdout, s->class_names[c]);
        printf(" (%zu)", s->class_counts[c]);
    }
    printf("%s\n", !all && s->n_classes > FEW_CLASSES ? ", ...; --all shows the rest" : "");
}

static void add_number(text_table *t, double value)
{
    char text[40];
    text_table_add(t, isfinite(value) ? text_value(value, text, sizeof text) : "-");
}

static void print_columns(const data_summary *s, bool all)
{
    const size_t n = all || s->n_inputs <= FEW_COLUMNS ? s->n_inputs : FEW_COLUMNS;
    text_table t;
    char text[40];
    text_table_begin(&t, "column", "name", "kind", "missing", "low", "high", "mean", "categories");
    for (size_t j = 0; j < n; j++) {
        const data_values *v = &s->inputs[j];
        snprintf(text, sizeof text, "%d", v->column - 1);
        text_table_add(&t, text);
        text_table_add(&t, v->name != NULL ? v->name : "-");
        text_table_add(&t, kind_words[v->kind]);
        snprintf(text, sizeof text, "%zu", v->n_missing);
        text_table_add(&t, text);
        add_number(&t, v->low);
        add_number(&t, v->high);
        add_number(&t, v->mean);
        text_table_add(&t, v->words != NULL ? v->words : "-");
    }
    printf("\n");
    command_print_table(&t, stdout);
    if (n < s->n_inputs)
        printf("and %zu more inputs; --all shows them\n", s->n_inputs - n);
}

/* Prints the settings that the grid must have, beside the file, for these data to load. */
static void print_hint(const data_summary *s, const data_spec *spec)
{
    const bool task = s->regression && !spec->task_given && spec->builtin == NULL;
    const bool words = s->n_words > 0 && !spec->one_hot_text && spec->one_hot.n == 0;
    const bool missing = s->missing != spec->missing;
    if (!task && !words && !missing)
        return;
    printf("needs   ");
    if (task)
        printf(" task: regression");
    if (words)
        printf("%s one_hot: text", task ? "," : "");
    if (missing)
        printf("%s missing: %s", task || words ? "," : "",
               s->missing == MISSING_DROP ? "drop (or fill in the targets)" : "mean (or median, drop)");
    printf("\n");
}

static void print_summary(const data_summary *s, const data_spec *spec, bool all)
{
    char bytes[40];
    printf("data     %s\nrows     %zu\n", spec->builtin != NULL ? spec->builtin : s->files, s->n_rows);
    print_inputs(s);
    print_target(s, all);
    if (s->has_parts)
        printf("parts    train %zu, validation %zu, test %zu\n", s->n_part[NN_TRAIN], s->n_part[NN_VALIDATION],
               s->n_part[NN_TEST]);
    printf("memory   %s; digest %016llx\n", text_bytes((double)s->bytes, bytes, sizeof bytes),
           (unsigned long long)s->digest);
    print_hint(s, spec);
    print_columns(s, all);
}

/* ---- as JSON ---- */

static void json_column(json *j, const char *key, const data_values *v)
{
    json_open(j, key, '{');
    json_number(j, "column", v->column - 1);
    json_text(j, "name", v->name);
    json_text(j, "kind", kind_words[v->kind]);
    json_number(j, "missing", (double)v->n_missing);
    json_number(j, "low", v->low);
    json_number(j, "high", v->high);
    json_number(j, "mean", v->mean);
    json_number(j, "words", (double)v->n_words);
    json_close(j, '}');
}

static void json_summary(const data_summary *s, const data_spec *spec, const diagnostics *diags)
{
    char digest[20];
    json j = {.to = stdout};
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)s->digest);
    json_open(&j, NULL, '{');
    json_text(&j, "data", spec->builtin != NULL ? spec->builtin : s->files);
    json_number(&j, "rows", (double)s->n_rows);
    json_text(&j, "task", s->regression ? "regression" : "classification");
    json_number(&j, "missing", (double)(s->n_missing + s->target.n_missing));
    json_number(&j, "targets", (double)s->n_targets);
    json_number(&j, "bytes", (double)s->bytes);
    json_text(&j, "digest", digest);
    json_column(&j, "target", &s->target);
    json_open(&j, "classes", '{');
    for (size_t c = 0; c < s->n_classes; c++)
        json_number(&j, s->class_names[c], (double)s->class_counts[c]);
    json_close(&j, '}');
    json_open(&j, "inputs", '[');
    for (size_t i = 0; i < s->n_inputs; i++)
        json_column(&j, NULL, &s->inputs[i]);
    json_close(&j, ']');
    json_open(&j, "warnings", '[');
    for (size_t i = 0; i < diags->n; i++)
        json_text(&j, NULL, diags->items[i].message);
    json_close(&j, ']');
    json_close(&j, '}');
}

/* ---- the command ---- */

static nn_status describe(const data_options *o, diagnostics *diags, grid **g, data_summary **s)
{
    nn_status status = command_read_source(&o->source, diags, g);
    if (status != NN_ok)
        return status;
    return dataset_describe(&(*g)->data, (*g)->path, command_data_root(&o->source), diags, s);
}

static int data(int argc, char **argv)
{
    data_options o = {0};
    diagnostics diags;
    grid *g = NULL;
    data_summary *s = NULL;
    int code = command_options(&command_data, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    diagnostics_init(&diags);
    const nn_status status = describe(&o, &diags, &g, &s);
    if (diags.n > 0)
        diagnostics_print(&diags, "the data cannot be used", stderr);
    if (status == NN_ok && o.json)
        json_summary(s, &g->data, &diags);
    else if (status == NN_ok)
        print_summary(s, &g->data, o.all);
    diagnostics_free(&diags);
    data_summary_free(s);
    grid_free(g);
    options_free(options, N_OPTIONS, &o);
    return command_exit_code(status);
}

const command command_data = {
    .name = "data",
    .help = "shows what is in a data file: format, rows, columns, missing values, classes, ranges",
    .more = "Formats: CSV, TSV, NumPy .npy and .npz, IDX, MATLAB, HDF5, Proben1; text and single-array files\n"
            "may be compressed by gzip. man 5 nngrid-grid has an example of each.\n\n"
            "Examples:\n"
            "  nngrid data digits.csv.gz\n"
            "  nngrid data people.csv --set data.target=income\n"
            "  nngrid data mnist.npz --set 'data.target={inputs: x_train, targets: y_train}'\n"
            "  nngrid data grid.yaml\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = data,
};
