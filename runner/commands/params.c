/* nngrid params prints every table of the program, straight from the tables of core, and of results for folds. */
#include "base/json.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "commands/common.h"
#include "results/folds.h"
#include <string.h>

typedef struct params_options {
    bool json;
    const char *what;
} params_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "NAME", offsetof(params_options, what),
     "a setting or a list (activation, loss, metric, ...)", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(params_options, json), "as JSON", false, 0},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

enum { N_LISTS = 14 };
static const nn_choices *const lists[N_LISTS] = {
    &nn_activations, &nn_losses, &nn_reductions, &nn_inits,    &nn_optimizers, &nn_schedules, &nn_gradients,
    &nn_precisions,  &nn_stops,  &nn_curves,     &nn_measures, &nn_metrics,    &nn_engines,   &nn_isas};

/* Says what the values of a setting are. Texts are the name of a file, or choices beside numbers (data.scale). */
static const char *kind_of(const nn_hyper_row *row)
{
    static const char *const names[] = {[NN_REAL] = "number",   [NN_COUNT] = "integer",        [NN_CHOICE] = "choice",
                                        [NN_TRUTH] = "boolean", [NN_SHAPE] = "list of widths", [NN_TEXT] = "file"};
    return row->kind == NN_TEXT && row->choices != NULL ? "choice or number" : names[row->kind];
}

/* Writes the values that a setting may have: choices, or a range, or a range and the word that stands for 0. */
static char *values_of(const nn_hyper_row *row, char *text, size_t size)
{
    char range[64];
    if (row->choices != NULL) {
        size_t used = (size_t)snprintf(text, size, "%s", row->automatic ? "auto" : "");
        for (int i = 0; i < row->choices->n && used < size; i++)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "", row->choices->rows[i].name);
        if (row->kind == NN_TEXT && used < size)
            snprintf(text + used, size - used, " or %s", setting_range_format(&row->range, range, sizeof range));
        return text;
    }
    if (row->kind == NN_TEXT) {
        snprintf(text, size, "a file");
        return text;
    }
    if (row->kind == NN_TRUTH) {
        snprintf(text, size, "true false");
        return text;
    }
    setting_range_format(&row->range, range, sizeof range);
    snprintf(text, size, "%s%s%s", row->word != NULL ? row->word : "", row->word != NULL ? " or " : "", range);
    return text;
}

static char *default_of(const nn_hyper_row *row, char *text, size_t size)
{
    if (row->automatic)
        snprintf(text, size, "auto");
    else
        setting_format(row, nn_hyper_get(&nn_hyper_defaults, row), text, size);
    return text;
}

static void add_setting(text_table *t, const nn_hyper_row *row)
{
    char text[512];
    text_table_add(t, row->name);
    text_table_add(t, default_of(row, text, sizeof text));
    text_table_add(t, row->choices != NULL && !row->of_data ? "see the list" : values_of(row, text, sizeof text));
    text_table_add(t, row->matters_when != NULL ? row->matters_when : "always");
    text_table_add(t, row->help);
}

static void print_settings(void)
{
    text_table t;
    text_table_begin(&t, "setting", "default", "values", "applies when", "meaning");
    for (int i = 0; i < NN_N_HYPER; i++)
        add_setting(&t, &nn_hyper_rows[i]);
    command_print_table(&t, stdout);
}

/* A list, and for metrics those of folds behind the ones that a run has. */
static int length_of(const nn_choices *list)
{
    return list->n + (list == &nn_metrics ? results_folds_metrics.n : 0);
}

static const nn_name *entry_of(const nn_choices *list, int i)
{
    return i < list->n ? &list->rows[i] : &results_folds_metrics.rows[i - list->n];
}

/* Which values of a metric are better. */
static const char *better_of(int i)
{
    return nn_direction_names[i < NN_N_METRIC ? nn_metric_rows[i].better : results_folds_better(i - NN_N_METRIC)];
}

static void print_list(const nn_choices *list)
{
    text_table t;
    if (list == &nn_metrics)
        text_table_begin(&t, list->what, "better", "meaning");
    else
        text_table_begin(&t, list->what, "meaning");
    for (int i = 0; i < length_of(list); i++) {
        text_table_add(&t, entry_of(list, i)->name);
        if (list == &nn_metrics)
            text_table_add(&t, better_of(i));
        text_table_add(&t, entry_of(list, i)->help);
    }
    command_print_table(&t, stdout);
}

/* Prints one setting in detail. */
static void print_setting(const nn_hyper_row *row)
{
    char text[512];
    printf("%s: %s\n", row->name, row->help);
    printf("kind     %s\n", kind_of(row));
    printf("default  %s\n", default_of(row, text, sizeof text));
    printf("values   %s\n", values_of(row, text, sizeof text));
    printf("applies  %s%s\n", row->matters_when != NULL ? "when " : "always",
           row->matters_when != NULL ? row->matters_when : "");
    if (row->choices != NULL) {
        printf("\n");
        print_list(row->choices);
    }
}

static void json_setting(json *j, const char *key, const nn_hyper_row *row)
{
    char text[512];
    json_open(j, key, '{');
    json_text(j, "name", row->name);
    json_text(j, "kind", kind_of(row));
    json_text(j, "default", default_of(row, text, sizeof text));
    if (row->choices != NULL) {
        json_open(j, "choices", '[');
        for (int i = 0; i < row->choices->n; i++)
            json_text(j, NULL, row->choices->rows[i].name);
        json_close(j, ']');
    }
    if (row->kind == NN_REAL || row->kind == NN_COUNT || row->kind == NN_SHAPE ||
        (row->kind == NN_TEXT && row->choices != NULL)) {
        json_number(j, "low", row->range.low);
        json_truth(j, "low_open", row->range.low_open);
        json_number(j, "high", row->range.high);
        json_truth(j, "high_open", row->range.high_open);
        json_text(j, row->word_value == 0 ? "name_of_zero" : "word", row->word);
    }
    json_text(j, "condition", row->matters_when);
    json_text(j, "help", row->help);
    json_close(j, '}');
}

static void json_list(json *j, const nn_choices *list)
{
    json_open(j, list->what, '[');
    for (int i = 0; i < length_of(list); i++) {
        json_open(j, NULL, '{');
        json_text(j, "name", entry_of(list, i)->name);
        if (list == &nn_metrics)
            json_text(j, "better", better_of(i));
        json_text(j, "help", entry_of(list, i)->help);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void print_json(void)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_open(&j, "settings", '[');
    for (int i = 0; i < NN_N_HYPER; i++)
        json_setting(&j, NULL, &nn_hyper_rows[i]);
    json_close(&j, ']');
    for (size_t i = 0; i < N_LISTS; i++)
        json_list(&j, lists[i]);
    json_close(&j, '}');
}

static void print_all(void)
{
    print_settings();
    for (size_t i = 0; i < N_LISTS; i++) {
        printf("\n");
        print_list(lists[i]);
    }
}

/* Prints one setting or one list; the other is NULL. */
static int print_found(const nn_hyper_row *row, const nn_choices *list, bool as_json)
{
    json j = {.to = stdout};
    if (as_json) {
        json_open(&j, NULL, '{');
        if (row != NULL)
            json_setting(&j, row->name, row);
        else
            json_list(&j, list);
        json_close(&j, '}');
    } else if (row != NULL) {
        print_setting(row);
    } else {
        print_list(list);
    }
    return EXIT_DONE;
}

static int print_one(const char *what, bool as_json)
{
    const char *names[NN_N_HYPER + N_LISTS];
    const nn_hyper_row *row = nn_hyper_find(what);
    size_t n = 0;
    if (row != NULL)
        return print_found(row, NULL, as_json);
    for (int i = 0; i < NN_N_HYPER; i++)
        names[n++] = nn_hyper_rows[i].name;
    for (size_t i = 0; i < N_LISTS; i++) {
        names[n++] = lists[i]->what;
        if (strcmp(lists[i]->what, what) == 0)
            return print_found(NULL, lists[i], as_json);
    }
    const char *near = suggest_meant("key", what, names, n);
    fprintf(stderr, "nngrid params: there is no setting or list '%s'%s%s%s\n", what,
            near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    return EXIT_USAGE;
}

static int params(int argc, char **argv)
{
    params_options o = {0};
    const int code = command_options(&command_params, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    if (o.what != NULL)
        return print_one(o.what, o.json);
    if (o.json)
        print_json();
    else
        print_all();
    return EXIT_DONE;
}

const command command_params = {
    .name = "params",
    .help = "lists settings, activations, losses, initialisers, optimizers, stopping rules, curves and metrics",
    .more = "Examples:\n"
            "  nngrid params\n"
            "  nngrid params momentum\n"
            "  nngrid params metric\n"
            "  nngrid params --json\n",
    .options = options,
    .n_options = N_OPTIONS,
    .run = params,
};
