/* nngrid predict applies a stored network to new data. */
#include "commands/apart.h"
#include "commands/common.h"
#include "commands/model.h"
#include "commands/output.h"
#include "commands/scores.h"
#include <stdlib.h>
#include <string.h>

typedef struct predict_options {
    model_request model;
    const char *data, *out;
} predict_options;

static const option_row options[] = {
    {NULL, 0, OPTION_TEXT, "OUT.h5", offsetof(predict_options, model.file), "the results file", true, 0},
    {NULL, 0, OPTION_TEXT, "DATA", offsetof(predict_options, data), "new data, in any format; - for standard input",
     true, 0},
    MODEL_OPTIONS(predict_options),
    {"id", 0, OPTION_TEXT, "COLUMN", offsetof(predict_options, model.id),
     "column of DATA, by name or index, that the output begins with", false, 0},
    {"out", 'o', OPTION_TEXT, "FILE.csv", offsetof(predict_options, out), "file to write (default: stdout)", false, 0},
};
static const option_rule rules[] = {MODEL_RULE, {NULL, NULL, NULL, NULL}};
enum { N_OPTIONS = sizeof options / sizeof *options, BLOCK_ROWS = 4096 };

/* Writes a field of CSV, in quotes where it needs them. */
static void put_word(FILE *to, const char *prefix, const char *word)
{
    const bool quoted = word[strcspn(word, ",\"\r\n")] != '\0' || prefix[strcspn(prefix, ",\"\r\n")] != '\0';
    fprintf(to, "%s%s", quoted ? "\"" : "", prefix);
    for (; *word != '\0'; word++) {
        if (*word == '"')
            putc('"', to);
        putc(*word, to);
    }
    if (quoted)
        putc('"', to);
}

/* Tells whether the outputs are probabilities of classes. */
static bool gives_probabilities(const nn_hyper *h)
{
    return h->output == NN_ACTIVATION_softmax || h->output == NN_ACTIVATION_sigmoid;
}

static void put_header(const model_job *m, FILE *to)
{
    const stored_model *model = m->model;
    char text[200];
    if (m->data->ids != NULL) {
        put_word(to, "", m->data->id_name != NULL ? m->data->id_name : "id");
        putc(',', to);
    }
    fputs("row", to);
    if (model->class_names != NULL)
        fputs(",class", to);
    for (size_t c = 0; c < model->n_classes; c++) {
        putc(',', to);
        put_word(to, gives_probabilities(&model->hyper) ? "p_" : "y_", model->class_names[c]);
    }
    for (size_t k = 0; model->class_names == NULL && k < model->n_outputs; k++) {
        putc(',', to);
        put_word(to, "", command_model_output_name(m, k, text, sizeof text));
    }
    putc('\n', to);
}

/* Writes as many digits as it takes to read back the same number in the network's precision. */
static void put_number(const model_job *m, FILE *to, double value)
{
    if (value == value)
        fprintf(to, m->model->hyper.precision == NN_PRECISION_float32 ? ",%.9g" : ",%.17g", value);
    else
        fputs(",", to);
}

static void put_row(const model_job *m, size_t row, const double *y, FILE *to)
{
    const stored_model *model = m->model;
    const bool one_unit = model->class_names != NULL && model->n_outputs == 1;
    if (m->data->ids != NULL) {
        put_word(to, "", m->data->ids[row]);
        putc(',', to);
    }
    fprintf(to, "%zu", row);
    if (model->class_names != NULL) {
        const size_t class = command_scores_class(y, model->n_outputs);
        putc(',', to);
        put_word(to, "", class < model->n_classes ? model->class_names[class] : "");
    }
    if (one_unit)
        put_number(m, to, 1.0 - y[0]);
    for (size_t k = 0; k < model->n_outputs; k++)
        put_number(m, to, y[k]);
    putc('\n', to);
}

static nn_status write_rows(void *context, FILE *to, nn_error *err)
{
    const model_job *m = context;
    const size_t n = m->split.n[NN_TEST];
    double *y = malloc(BLOCK_ROWS * m->model->n_outputs * sizeof *y);
    if (y == NULL)
        return nn_fail(err, NN_memory, "not enough memory for the outputs");
    put_header(m, to);
    for (size_t from = 0; from < n && !ferror(to); from += BLOCK_ROWS) {
        const size_t rows = n - from < BLOCK_ROWS ? n - from : BLOCK_ROWS;
        nn_predict(&m->job, m->model->weights, m->split.rows[NN_TEST] + from, rows, y, m->workspace);
        for (size_t i = 0; i < rows; i++)
            put_row(m, from + i, y + i * m->model->n_outputs, to);
    }
    free(y);
    return NN_ok;
}

static int predict(int argc, char **argv)
{
    predict_options o = {0};
    model_job m;
    nn_error err;
    int code = command_options(&command_predict, argc, argv, &o);
    if (code != EXIT_DONE)
        return code;
    code = command_apart(o.model.file);
    if (code != GOES_ON) {
        options_free(options, N_OPTIONS, &o);
        return code;
    }
    code = command_model_open(&command_predict, &o.model, &m);
    if (code == EXIT_DONE)
        code = command_model_load_new(&m, o.data, NULL, false);
    if (code == EXIT_DONE && command_write(o.out, write_rows, &m, &err) != NN_ok)
        code = command_fail(&err);
    command_model_close(&m);
    options_free(options, N_OPTIONS, &o);
    return code;
}

const command command_predict = {
    .name = "predict",
    .help = "predicts new data by the network of a run, with its scaling; writes CSV",
    .more = "The new data have the inputs of the training data, matched by column name where there are\n"
            "names, else by position; the target column may be present. One line per row, counted from 0:\n"
            "the class and the probability of each class (p_NAME), or the predicted values of a regression.\n\n"
            "Examples:\n"
            "  nngrid predict results/iris.h5 --cell hidden=[8] new.csv\n"
            "  nngrid predict results/iris.h5 --run 17 new.csv\n"
            "  nngrid predict results/iris.h5 --run 3f9a --weights final new.npy -o classes.csv\n",
    .options = options,
    .n_options = N_OPTIONS,
    .rules = rules,
    .run = predict,
};
