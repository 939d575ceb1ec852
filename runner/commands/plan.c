/* nngrid plan shows what run would do; it trains and writes nothing. */
#include "base/json.h"
#include "base/setting.h"
#include "commands/estimate.h"
#include "commands/screen.h"
#include "commands/shard.h"
#include <stdlib.h>
#include <string.h>

typedef struct plan_options {
    command_source source;
    const char *out, *shard;
    int64_t threads;
    option_list retry;
    bool prune, accept_new_data, accept_arithmetic, retrain, json;
} plan_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "GRID.yaml", offsetof(plan_options, source.grid), "the grid", true, 0},
    {"out", 'o', OPTION_TEXT, "FILE.h5", offsetof(plan_options, out), "results (default: results/NAME.h5)", false, 0},
    {"threads", 'j', OPTION_COUNT, "N", offsetof(plan_options, threads), "threads (default: all cores)", false, 1},
    {"set", 0, OPTION_LIST, "KEY=VALUE", offsetof(plan_options, source.overrides),
     "overrides a setting, or replaces an axis", false, 0},
    CMD_ENGINE(plan_options),
    {"data", 0, OPTION_TEXT, "DIR", offsetof(plan_options, source.data_root), "also searched for data", false, 0},
    {"prune", 0, OPTION_FLAG, NULL, offsetof(plan_options, prune), "plans for run --prune", false, 0},
    {"accept-new-data", 0, OPTION_FLAG, NULL, offsetof(plan_options, accept_new_data),
     "plans for run --accept-new-data", false, 0},
    {"accept-arithmetic", 0, OPTION_FLAG, NULL, offsetof(plan_options, accept_arithmetic),
     "plans for run --accept-arithmetic", false, 0},
    {"retrain", 0, OPTION_FLAG, NULL, offsetof(plan_options, retrain), "plans for run --retrain", false, 0},
    {"retry", 0, OPTION_LIST, "STATUS", offsetof(plan_options, retry), "plans for run --retry STATUS", false, 0},
    {"shard", 0, OPTION_TEXT, "I/N", offsetof(plan_options, shard), "plans for run --shard I/N", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(plan_options, json), "as JSON", false, 0},
};
static const option_rule rules[] = {
    CMD_OLDER_RULE,
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* Writes value i of an axis as text. */
static char *grid_axis_value(const grid_axis *axis, size_t i, char *text, size_t size)
{
    /* The values are an array of the setting's C type, whose size follows from its kind. */
    static const size_t sizes[] = {sizeof(nn_real_value),  sizeof(nn_count_value), sizeof(nn_choice_value),
                                   sizeof(nn_truth_value), sizeof(nn_shape_value), sizeof(nn_text_value)};
    return setting_format(axis->row, (const char *)axis->values + i * sizes[axis->row->kind], text, size);
}

static void print_axes(const grid *g)
{
    enum { MANY = 12 };
    for (size_t a = 0; a < g->n_axes; a++) {
        const grid_axis *axis = &g->axes[a];
        char text[256];
        printf("  %-16s %3zu:", axis->row->name, axis->n_values);
        for (size_t i = 0; i < axis->n_values; i++) {
            if (axis->n_values > MANY && i == MANY / 2) {
                i = axis->n_values - MANY / 2;
                printf(" ...");
            }
            printf(" %s", grid_axis_value(axis, i, text, sizeof text));
        }
        printf("\n");
    }
}

static void print_classes(const dataset *d)
{
    enum { MANY = 12 };
    if (d->class_names == NULL)
        return;
    printf("classes ");
    for (size_t i = 0; i < d->data.n_classes && i < MANY; i++) {
        putchar(' ');
        command_screen_text(stdout, d->class_names[i]);
    }
    printf("%s\n", d->data.n_classes > MANY ? " ..." : "");
}

static void print_plan(const command_job *job, const estimate *e)
{
    const grid *g = job->grid;
    char cells[32], repeats[32], folds[32];
    if (g->question != NULL)
        printf("%s\n\n", g->question);
    print_axes(g);
    printf("%s%s x %s", g->n_axes > 0 ? "\n" : "", text_count(g->n_cells, "cell", cells, sizeof cells),
           text_count(g->repeats, "repeat", repeats, sizeof repeats));
    if (g->folds > 1)
        printf(" x %s", text_count(g->folds, "fold", folds, sizeof folds));
    printf(" = %zu runs\n\n", g->n_runs);
    command_print_estimate(job, e, stdout);
    print_classes(job->data);
}

static void json_axes(json *j, const grid *g)
{
    char text[256];
    json_open(j, "axes", '{');
    for (size_t a = 0; a < g->n_axes; a++) {
        json_open(j, g->axes[a].row->name, '[');
        for (size_t i = 0; i < g->axes[a].n_values; i++) {
            const char *value = grid_axis_value(&g->axes[a], i, text, sizeof text);
            const nn_kind kind = g->axes[a].row->kind;
            char *end = text;
            const double number = kind == NN_REAL || kind == NN_COUNT ? strtod(value, &end) : 0;
            if (kind == NN_TRUTH)
                json_truth(j, NULL, strcmp(value, "true") == 0);
            else if (end != text && *end == '\0')
                json_number(j, NULL, number);
            else
                json_text(j, NULL, value);
        }
        json_close(j, ']');
    }
    json_close(j, '}');
}

static void json_data(json *j, const dataset *d)
{
    size_t n[NN_N_PART];
    dataset_part_sizes(d, NULL, 0, n);
    json_open(j, "data", '{');
    json_text(j, "name", d->name);
    json_number(j, "rows", (double)d->data.n_rows);
    json_number(j, "inputs", (double)d->data.n_inputs);
    json_number(j, "classes", (double)d->data.n_classes);
    json_number(j, "targets", (double)d->data.n_targets);
    for (int part = 0; part < NN_N_PART; part++)
        json_number(j, nn_part_names[part], (double)n[part]);
    json_close(j, '}');
}

static void print_json(const command_job *job, const estimate *e)
{
    const grid *g = job->grid;
    const results_survey *s = &e->survey;
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"cells", (double)g->n_cells},
                   {"repeats", (double)g->repeats},
                   {"folds", (double)g->folds},
                   {"runs", (double)g->n_runs},
                   {"to_train", (double)e->n_train},
                   {"done", (double)s->n_finished},
                   {"failed", (double)s->n_failed},
                   {"damaged", (double)s->n_damaged},
                   {"changed_columns", (double)s->differs.n},
                   {"recorded_otherwise", (double)s->n_recorded_otherwise},
                   {"recomputed", (double)s->n_recomputed},
                   {"older_arithmetic", (double)s->n_older},
                   {"retrained", (double)s->n_replaced},
                   {"inactive", (double)s->n_inactive},
                   {"pruned", (double)s->n_pruned},
                   {"left_to_other_shards", (double)s->n_elsewhere},
                   {"threads", (double)e->threads.threads},
                   {"seconds", e->n_train > 0 ? e->seconds : 0},
                   {"seconds_low", e->n_train > 0 ? e->range.low : 0},
                   {"seconds_high", e->n_train > 0 ? e->range.high : 0},
                   {"memory_bytes", (double)(e->memory + job->data->bytes)},
                   {"disk_bytes", (double)s->bytes}};
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_text(&j, "name", g->name);
    json_text(&j, "question", g->question);
    json_text(&j, "file", e->out);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_number(&j, numbers[i].name, numbers[i].value);
    json_axes(&j, g);
    json_data(&j, job->data);
    json_close(&j, '}');
}

static int plan_job(const plan_options *o, const command_job *job, const results_options *how, const char *out)
{
    estimate e;
    nn_error err;
    if (command_estimate(job, out, (int)o->threads, how, &e, &err) != NN_ok)
        return command_fail(&err);
    if (o->json)
        print_json(job, &e);
    else
        print_plan(job, &e);
    return command_refuse_estimate(job, &e, &err) == NN_ok ? EXIT_DONE : command_fail(&err);
}

static int plan(int argc, char **argv)
{
    plan_options o = {0};
    command_job job = {0};
    nn_error err;
    int code = command_options(&command_plan, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    results_options how = {
        .prune = o.prune, .accept_new_data = o.accept_new_data, .older = command_older(o.accept_arithmetic, o.retrain)};
    const bool known = command_retry(&o.retry, &how, &err) == NN_ok && command_read_shard(o.shard, &how, &err) == NN_ok;
    code = known ? command_load(&o.source, &job) : command_fail(&err);
    if (code == EXIT_DONE) {
        char *out = o.out != NULL ? strdup(o.out) : command_shard_out(job.grid, &how);
        code = out != NULL ? plan_job(&o, &job, &how, out) : EXIT_RESOURCES;
        free(out);
    }
    command_unload(&job);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_plan = {
    .name = "plan",
    .help = "shows what run would do: axes, runs, time, memory, disk; trains and writes nothing",
    .more = "Exit code: 0, 2 mistakes in the grid, 3 in the data, or too little memory or disk.\n\n"
            "Examples:\n"
            "  nngrid plan experiments/digits-overfitting.yaml\n"
            "  nngrid plan grid.yaml --json\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = plan,
};
