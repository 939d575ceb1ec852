/* The section `data`: fills a data_spec, with the places that later messages point at. */
#include "grid/reader.h"
#include "base/setting.h"
#include <stdlib.h>
#include <string.h>

const char *const task_words[2] = {"classification", "regression"};
const char *const scale_words[3] = {
    [SCALE_NONE] = "none", [SCALE_MINMAX] = "minmax", [SCALE_STANDARDIZE] = "standardize"};
const char *const missing_words[4] = {
    [MISSING_ERROR] = "error", [MISSING_MEAN] = "mean", [MISSING_MEDIAN] = "median", [MISSING_DROP] = "drop"};

static void read_builtin(reader *r, const node *value)
{
    int which;
    r->g->data.file_at = place_in(r, value);
    if (want_copy(r, value, "builtin", &r->g->data.builtin))
        want_choice(r, value, "built-in set", builtin_names, (int)n_builtin_names, &which);
}

static void read_inputs_name(reader *r, const node *value)
{
    want_copy(r, value, "inputs", &r->g->data.inputs_name);
}

static void read_targets_name(reader *r, const node *value)
{
    want_copy(r, value, "targets", &r->g->data.targets_name);
}

static const key_row target_rows[] = {{"inputs", read_inputs_name}, {"targets", read_targets_name}};
const key_table target_keys = {"data.target", "target: {inputs: X, targets: y}", COUNT_OF(target_rows),
                               target_rows};

/* A column, or {inputs: X, targets: y}. */
static void read_target(reader *r, const node *value)
{
    data_spec *data = &r->g->data;
    const size_t before = r->d->n_errors;
    data->target_at = place_in(r, value);
    if (value->kind != NODE_MAP)
        want_copy(r, value, "target", &data->target);
    else if (read_keys(r, &target_keys, value) && r->d->n_errors == before &&
             (data->inputs_name == NULL || data->targets_name == NULL))
        mistake(r, value, "target takes both, such as target: {inputs: X, targets: y}");
}

static void read_task(reader *r, const node *value)
{
    int task;
    if (!want_choice(r, value, "task", task_words, COUNT_OF(task_words), &task))
        return;
    r->g->data.regression = task == 1;
    r->g->data.task_given = true;
}

/* A word of data_scale, or a divisor. */
static void read_scale(reader *r, const node *value)
{
    const nn_range above_0 = {0, HUGE_VAL, true, true};
    double divisor;
    int scale;
    if (value->kind == NODE_SCALAR && parse_real(value->text, &divisor)) {
        r->g->data.scale = SCALE_DIVISOR;
        want_real(r, value, "scale", above_0, &r->g->data.divisor);
    } else if (want_choice(r, value, "scale", scale_words, COUNT_OF(scale_words), &scale)) {
        r->g->data.scale = (data_scale)scale;
    }
}

static void read_missing(reader *r, const node *value)
{
    int way;
    if (want_choice(r, value, "missing", missing_words, COUNT_OF(missing_words), &way))
        r->g->data.missing = (data_missing)way;
}

static void read_rows(reader *r, const node *value)
{
    want_count(r, value, "rows", 2, 100000000, &r->g->data.rows);
}

static void read_noise(reader *r, const node *value)
{
    want_real(r, value, "noise", (nn_range){0, HUGE_VAL, false, true}, &r->g->data.noise);
}

static void read_classes(reader *r, const node *value)
{
    want_count(r, value, "classes", 2, 1000, &r->g->data.n_classes);
}

static void read_data_seed(reader *r, const node *value)
{
    int64_t seed;
    if (want_count(r, value, "seed", 0, INT64_MAX, &seed))
        r->g->data.seed = (uint64_t)seed;
}

static void read_header(reader *r, const node *value)
{
    bool header;
    if (want_truth(r, value, "header", &header))
        r->g->data.header = header;
}

/* One column, or a list of them, by name or index. */
static void read_columns(reader *r, const node *value, const char *what, data_column_list *list)
{
    const bool one = value->kind == NODE_SCALAR;
    list->at = place_in(r, value);
    if (!one && !want_list(r, value, what, "[sex, month]"))
        return;
    for (size_t i = 0; i < (one ? 1 : value->n); i++) {
        char *word = NULL;
        char **words = want_copy(r, one ? value : value->items[i], what, &word)
                           ? grow(r, list->words, list->n, sizeof *words)
                           : NULL;
        if (words == NULL) {
            free(word);
            return;
        }
        list->words = words;
        list->words[list->n++] = word;
    }
}

/* ---- the section ---- */

static void read_one_hot(reader *r, const node *value)
{
    data_spec *data = &r->g->data;
    data->one_hot_text = value->kind == NODE_SCALAR && value->plain && strcmp(value->text, "text") == 0;
    if (!data->one_hot_text)
        read_columns(r, value, "one_hot", &data->one_hot);
}

static void read_ignore(reader *r, const node *value)
{
    read_columns(r, value, "ignore", &r->g->data.ignore);
}

static const key_row data_rows[] = {
    {"one_hot", read_one_hot}, {"ignore", read_ignore}, {"file", read_file},   {"builtin", read_builtin},
    {"target", read_target},   {"task", read_task},     {"scale", read_scale}, {"missing", read_missing},
    {"split", read_split},     {"rows", read_rows},     {"noise", read_noise}, {"classes", read_classes},
    {"seed", read_data_seed},  {"header", read_header}};
const key_table data_keys = {"data", "data: {file: digits.csv} or data: {builtin: xor}", COUNT_OF(data_rows), data_rows};

/* Keys that say how a built-in set is made. */
static void check_made(reader *r, const node *map)
{
    static const char *const made[] = {"rows", "noise", "classes", "seed"};
    for (size_t i = 0; i < COUNT_OF(made); i++) {
        const node *value = node_get(map, made[i], NULL);
        if (value != NULL)
            mistake(r, value, "%s goes with a built-in set, not with a file", made[i]);
    }
}

void read_data(reader *r, const node *value)
{
    const size_t before = r->d->n_errors;
    data_spec *data = &r->g->data;
    data->at = place_in(r, value);
    if (!read_keys(r, &data_keys, value))
        return;
    if (data->builtin != NULL && !data->task_given)
        data->regression = builtin_is_regression(data->builtin);
    if (!data_spec_has_file(data) && data->builtin == NULL && r->d->n_errors == before)
        mistake(r, value, "data needs a file or a built-in set, such as %s", data_keys.example);
    else if (data_spec_has_file(data) && data->builtin != NULL)
        mistake(r, value, "data takes a file or a built-in set, not both");
    else if (data_spec_has_file(data))
        check_made(r, value);
}
