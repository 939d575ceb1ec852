/* nngrid evaluate scores a stored network, on the parts of its own data or on new data. */
#include "base/json.h"
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/model.h"
#include "commands/scores.h"
#include <stdlib.h>
#include <string.h>

typedef struct evaluate_options {
    model_request model;
    const char *data, *targets, *data_root, *part;
    bool json;
} evaluate_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(evaluate_options, model.file), "the results file", true, 0},
    {NULL, 0, OPTION_TEXT, "DATA", offsetof(evaluate_options, data),
     "new data, targets included (default: the data of the grid)", false, 0},
    MODEL_OPTIONS(evaluate_options),
    {"targets", 0, OPTION_TEXT, "FILE", offsetof(evaluate_options, targets),
     "the targets, if DATA holds only the inputs (IDX, .npy)", false, 0},
    {"part", 0, OPTION_TEXT, "PART", offsetof(evaluate_options, part),
     "the part shown in detail (default: test, else validation, else train)", false, 0},
    {"data", 0, OPTION_TEXT, "DIR", offsetof(evaluate_options, data_root), "also searched for data", false, 0},
    {"json", 0, OPTION_FLAG, NULL, offsetof(evaluate_options, json), "all results, as JSON", false, 0},
};
static const option_rule rules[] = {
    MODEL_RULE,
    {"DATA", "--data --part", NULL, "new data form one part"},
    {"--targets", NULL, "DATA", "with the inputs alone"},
    {"--json", "--part", NULL, "JSON shows every part"},
    {NULL, NULL, NULL, NULL},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* The findings are one evaluation for each part that has rows. */
typedef struct findings {
    size_t n;
    const char *name[NN_N_PART];
    evaluation of[NN_N_PART];
} findings;

static bool is_classification(const model_job *m)
{
    return m->model->class_names != NULL;
}

/* ---- as text ---- */

static void add_number(text_table *table, double value)
{
    char text[64];
    text_table_add(table, text_value(value, text, sizeof text));
}

static void add_count(text_table *table, size_t n)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", n);
    text_table_add(table, text);
}

/* Prints one line of scores for each part. */
static void print_parts(const model_job *m, const findings *f)
{
    static const char *const classes[] = {"part", "rows", "loss", "accuracy", "precision", "recall", "F1"},
                             *const values[] = {"part", "rows", "loss", "RMSE", "MAE", "R^2"};
    const bool classify = is_classification(m);
    const size_t n = classify ? sizeof classes / sizeof *classes : sizeof values / sizeof *values;
    text_table table;
    text_table_head(&table, classify ? classes : values, n);
    for (size_t i = 0; i < f->n; i++) {
        const evaluation *e = &f->of[i];
        const double of_classes[] = {e->loss, e->accuracy, e->macro.precision, e->macro.recall, e->macro.f1},
                     of_values[] = {e->loss, e->all.rmse, e->all.mae, e->all.r2};
        text_table_add(&table, f->name[i]);
        add_count(&table, e->n_rows);
        for (size_t k = 0; k < n - 2; k++)
            add_number(&table, classify ? of_classes[k] : of_values[k]);
    }
    command_print_table(&table, stdout);
}

/* Prints what the outputs say as probabilities and as ranks. */
static void print_probabilities(const findings *f)
{
    text_table table;
    text_table_begin(&table, "part", "log-likelihood", "Brier", "AUC", "calibration");
    for (size_t i = 0; i < f->n; i++) {
        const nn_quality *q = &f->of[i].quality;
        text_table_add(&table, f->name[i]);
        add_number(&table, q->log_likelihood);
        add_number(&table, q->brier);
        add_number(&table, q->auc);
        add_number(&table, q->calibration);
    }
    printf("\n");
    command_print_table(&table, stdout);
}

static void print_confusion(const model_job *m, const evaluation *e)
{
    text_table table;
    text_table_init(&table, e->n_classes + 1);
    text_table_add(&table, "");
    for (size_t c = 0; c < e->n_classes; c++)
        text_table_add(&table, m->model->class_names[c]);
    for (size_t c = 0; c < e->n_classes; c++) {
        text_table_add(&table, m->model->class_names[c]);
        for (size_t k = 0; k < e->n_classes; k++)
            add_count(&table, e->confusion[c * e->n_classes + k]);
    }
    command_print_table(&table, stdout);
}

static void print_classes(const model_job *m, const evaluation *e)
{
    text_table table;
    text_table_begin(&table, "class", "rows", "precision", "recall", "F1");
    for (size_t c = 0; c <= e->n_classes; c++) {
        const evaluation_class *class = c < e->n_classes ? &e->classes[c] : &e->macro;
        text_table_add(&table, c < e->n_classes ? m->model->class_names[c] : "macro average");
        add_count(&table, class->n_true);
        add_number(&table, class->precision);
        add_number(&table, class->recall);
        add_number(&table, class->f1);
    }
    command_print_table(&table, stdout);
}

static void print_targets(const model_job *m, const evaluation *e)
{
    char name[200];
    text_table table;
    text_table_begin(&table, "target", "RMSE", "MAE", "R^2");
    for (size_t k = 0; k < e->n_targets; k++) {
        text_table_add(&table, command_model_output_name(m, k, name, sizeof name));
        add_number(&table, e->targets[k].rmse);
        add_number(&table, e->targets[k].mae);
        add_number(&table, e->targets[k].r2);
    }
    command_print_table(&table, stdout);
}

static void print_findings(const model_job *m, const findings *f, size_t shown)
{
    const evaluation *e = &f->of[shown];
    char name[200];
    printf("run %zu, %s weights, %s %s, loss %s; data %s\n\n", m->model->run, nn_keep_names[m->model->keep],
           nn_network_name(&m->model->net, name, sizeof name), is_classification(m) ? "classification" : "regression",
           nn_losses.rows[m->model->hyper.loss].name, m->data->name);
    print_parts(m, f);
    if (is_classification(m)) {
        print_probabilities(f);
        printf("\n%s: confusion matrix (rows: true class, columns: predicted class)\n\n", f->name[shown]);
        print_confusion(m, e);
        printf("\n");
        print_classes(m, e);
    } else if (e->n_targets > 1) {
        printf("\n%s: scores of each target\n\n", f->name[shown]);
        print_targets(m, e);
    }
}

/* ---- as JSON ---- */

static void json_class(json *j, const char *key, const evaluation_class *class, bool counts)
{
    json_open(j, key, '{');
    if (counts)
        json_number(j, "rows", (double)class->n_true);
    json_number(j, "precision", class->precision);
    json_number(j, "recall", class->recall);
    json_number(j, "f1", class->f1);
    json_close(j, '}');
}

static void json_classes(json *j, const model_job *m, const evaluation *e)
{
    json_number(j, "accuracy", e->accuracy);
    json_measured(j, "log_likelihood", e->quality.log_likelihood);
    json_number(j, "brier", e->quality.brier);
    json_number(j, "auc", e->quality.auc);
    json_number(j, "calibration", e->quality.calibration);
    json_class(j, "macro", &e->macro, false);
    json_open(j, "confusion", '[');
    for (size_t c = 0; c < e->n_classes; c++) {
        json_open(j, NULL, '[');
        for (size_t k = 0; k < e->n_classes; k++)
            json_number(j, NULL, (double)e->confusion[c * e->n_classes + k]);
        json_close(j, ']');
    }
    json_close(j, ']');
    json_open(j, "classes", '{');
    for (size_t c = 0; c < e->n_classes; c++)
        json_class(j, m->model->class_names[c], &e->classes[c], true);
    json_close(j, '}');
}

static void json_target(json *j, const evaluation_target *t)
{
    json_measured(j, "rmse", t->rmse);
    json_measured(j, "mae", t->mae);
    json_measured(j, "r2", t->r2);
}

static void json_targets(json *j, const model_job *m, const evaluation *e)
{
    char name[200];
    json_target(j, &e->all);
    json_open(j, "targets", '{');
    for (size_t k = 0; k < e->n_targets; k++) {
        json_open(j, command_model_output_name(m, k, name, sizeof name), '{');
        json_target(j, &e->targets[k]);
        json_close(j, '}');
    }
    json_close(j, '}');
}

static void print_json(const model_job *m, const findings *f)
{
    json j = {.to = stdout};
    json_open(&j, NULL, '{');
    json_number(&j, "run", (double)m->model->run);
    json_text(&j, "weights", nn_keep_names[m->model->keep]);
    json_text(&j, "loss", nn_losses.rows[m->model->hyper.loss].name);
    json_text(&j, "data", m->data->name);
    json_open(&j, "parts", '{');
    for (size_t i = 0; i < f->n; i++) {
        const evaluation *e = &f->of[i];
        json_open(&j, f->name[i], '{');
        json_number(&j, "rows", (double)e->n_rows);
        json_measured(&j, "loss", e->loss);
        if (is_classification(m))
            json_classes(&j, m, e);
        else
            json_targets(&j, m, e);
        json_close(&j, '}');
    }
    json_close(&j, '}');
    json_close(&j, '}');
}

/* ---- the command ---- */

static nn_status find_out(const model_job *m, bool is_new, findings *f, nn_error *err)
{
    nn_status status = NN_ok;
    for (int p = 0; p < NN_N_PART && status == NN_ok; p++) {
        if (m->split.n[p] == 0)
            continue;
        f->name[f->n] = is_new ? "new data" : nn_part_names[p];
        status = command_scores(&m->job, m->model->weights, (nn_part)p, m->workspace, &f->of[f->n++], err);
    }
    return status;
}

/* Chooses the part that is shown in detail: the one named, else the last that has rows. */
static nn_status choose_part(const findings *f, const char *word, size_t *shown, nn_error *err)
{
    char names[64] = "";
    size_t used = 0;
    *shown = f->n - 1;
    for (size_t i = 0; i < f->n && word != NULL; i++)
        if (strcmp(f->name[i], word) == 0)
            *shown = i;
        else
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "", f->name[i]);
    if (word == NULL || strcmp(f->name[*shown], word) == 0)
        return NN_ok;
    return nn_fail(err, NN_usage, "--part takes a part that has rows (%s), not '%s'", names, word);
}

static int evaluate_all(const model_job *m, const evaluate_options *o)
{
    nn_error err;
    findings f = {0};
    size_t shown = 0;
    nn_status status = find_out(m, o->data != NULL, &f, &err);
    if (status == NN_ok)
        status = choose_part(&f, o->part, &shown, &err);
    if (status == NN_ok && o->json)
        print_json(m, &f);
    else if (status == NN_ok)
        print_findings(m, &f, shown);
    for (size_t i = 0; i < f.n; i++)
        command_scores_free(&f.of[i]);
    return status == NN_ok ? EXIT_DONE : command_fail(&err);
}

static int evaluate(int argc, char **argv)
{
    evaluate_options o = {0};
    model_job m;
    int code = command_options(&command_evaluate, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.model.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    code = command_model_open(&command_evaluate, &o.model, &m);
    if (code == EXIT_DONE)
        code = o.data != NULL ? command_model_load_new(&m, o.data, o.targets, true)
                              : command_model_load_own(&m, o.data_root);
    if (code == EXIT_DONE)
        code = evaluate_all(&m, &o);
    command_model_close(&m);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_evaluate = {
    .name = "evaluate",
    .help = "evaluates the network of a run: confusion matrix, precision, recall, F1; or RMSE, MAE, R^2",
    .more =
        "Evaluates each part of the run's own split, or new data. The rows of the confusion matrix are\n"
        "true classes, its columns predicted ones. Of each class: precision = TP/(TP+FP), recall =\n"
        "TP/(TP+FN) and F1, their harmonic mean; each is 0 where its denominator is. Those of a part are\n"
        "macro averages, plain means over the classes that occur in the part or are predicted there.\n"
        "The log-likelihood is the mean over rows of ln p(true class); Brier: the mean over rows of the sum\n"
        "over classes of (p - 1[true])^2; AUC: the area under the ROC curve, one class against the rest,\n"
        "macro; calibration: the expected error over 15 equal bins of the largest probability. All but AUC\n"
        "need outputs that are probabilities: softmax, or one sigmoid unit.\n\n"
        "Examples:\n"
        "  nngrid evaluate results/iris.h5 --run 17\n"
        "  nngrid evaluate results/iris.h5 --cell hidden=[8],lambda=0\n"
        "  nngrid evaluate results/iris.h5 --run 17 new.csv --json\n"
        "  nngrid evaluate results/mnist.h5 --run 0 t10k-images-idx3-ubyte.gz --targets t10k-labels-idx1-ubyte.gz\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = evaluate,
};
