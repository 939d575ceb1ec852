/* The grid that nngrid init writes: settings that suit what was seen in the data, each with its reason. */
#include "commands/init_write.h"
#include "base/setting.h"
#include <stdlib.h>

/* ---- what is left out ---- */

/* Whole numbers that count the rows. */
static bool counts_rows(const data_summary *s, const data_values *v)
{
    const double n = (double)s->n_rows;
    return v->kind == DATA_WHOLE && v->n == s->n_rows && s->n_rows > 10 && v->high - v->low + 1 == n &&
           fabs(v->mean - (v->high + v->low) / 2) < 1e-9 * n;
}

/* Words that are nearly all different: names, not values. */
static bool are_names(const data_summary *s, const data_values *v)
{
    return v->kind == DATA_WORDS && v->n_words > 20 && v->n_words > s->n_rows / 3;
}

bool init_ignore(draft *d)
{
    const data_summary *s = d->s;
    d->ignored = calloc(s->n_inputs + 1, sizeof *d->ignored);
    for (size_t j = 0; d->ignored != NULL && j < s->n_inputs; j++) {
        d->ignored[j] = s->n_inputs > 1 && (counts_rows(s, &s->inputs[j]) || are_names(s, &s->inputs[j]));
        d->n_ignored += d->ignored[j];
        d->n_words += !d->ignored[j] && s->inputs[j].kind == DATA_WORDS;
    }
    return d->ignored != NULL;
}

/* ---- the data section ---- */

/* A line `  key: value` and its comment. */
static void line(FILE *to, const char *key, const char *value, const char *comment)
{
    char text[160];
    snprintf(text, sizeof text, "  %s: %s", key, value);
    fprintf(to, comment != NULL ? "%-34s # %s\n" : "%s\n", text, comment);
}

static void write_file(const draft *d, FILE *to)
{
    if (d->spec->builtin != NULL) {
        line(to, "builtin", d->spec->builtin, "nngrid makes it; nngrid-grid(5) lists the sets");
        return;
    }
    fputs(d->targets != NULL ? "  file: {inputs: " : "  file: ", to);
    cmd_yaml_text(to, d->file);
    if (d->targets != NULL) {
        fputs(", targets: ", to);
        cmd_yaml_text(to, d->targets);
        putc('}', to);
    }
    fputs("\n", to);
    if (d->spec->header >= 0)
        line(to, "header", d->spec->header ? "true" : "false", NULL);
}

/* Text that goes into a comment. */
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
        cmd_yaml_text(to, d->spec->inputs_name);
        fputs(", targets: ", to);
        cmd_yaml_text(to, d->spec->targets_name);
        fputs("}\n", to);
    } else if (d->spec->target != NULL) {
        fputs("  target: ", to);
        cmd_yaml_text(to, d->spec->target);
        fputs("\n", to);
    } else if (s->target.name != NULL && s->target.column > 0 && d->spec->builtin == NULL) {
        fputs("  # The target is the last column; another one: target: NAME\n", to);
    }
    fprintf(to, "  task: %-26s # ", s->regression ? "regression" : "classification");
    if (s->regression) {
        char low[40], high[40];
        fprintf(to, "numbers from %s to %s, as they are: small ones learn best\n",
                real_format(s->target.low, low, sizeof low), real_format(s->target.high, high, sizeof high));
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
        cmd_yaml_text(to, v->name);
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
        fputs("  # Left out: what only counts the rows, and words that are nearly all different.\n", to);
    fputs("  ignore: [", to);
    for (size_t i = 0; i < given->n; i++, separator = ", ") {
        fputs(separator, to);
        cmd_yaml_text(to, given->words[i]);
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
        fputs("  one_hot: [", to);
        for (size_t i = 0; i < given->n; i++) {
            fputs(i > 0 ? ", " : "", to);
            cmd_yaml_text(to, given->words[i]);
        }
        fputs("]\n", to);
    } else if (d->n_words > 0) {
        snprintf(text, sizeof text, "%zu column%s of words: a column of 0 and 1 for each word", d->n_words,
                 d->n_words == 1 ? "" : "s");
        line(to, "one_hot", "text", text);
    }
}

static void write_missing(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    char text[120];
    if (s->missing == MISSING_ERROR)
        return;
    snprintf(text, sizeof text, "%zu missing in the inputs, %zu in the target%s", s->n_missing,
             s->target.n_missing,
             s->missing == MISSING_DROP ? "; these rows are left out" : "; or median, or drop");
    line(to, "missing",
         s->missing == MISSING_DROP     ? "drop"
         : s->missing == MISSING_MEDIAN ? "median"
                                        : "mean",
         text);
}

/* Grey levels and their like have one unit; other columns are put on a common scale. */
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
        line(to, "scale", real_format(high, value, sizeof value),
             "inputs are divided by their largest value");
    else
        line(to, "scale", "standardize", "mean 0 and deviation 1 over the training rows; or minmax, none");
}

static void write_split(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    size_t fewest = s->n_rows;
    for (size_t c = 0; c < s->n_classes; c++)
        fewest = s->class_counts[c] < fewest ? s->class_counts[c] : fewest;
    if (s->has_parts)
        fputs("  # Which rows train, validate and test is said by the data.\n", to);
    else if (s->n_rows < 10)
        line(to, "split", "all", "few rows: all of them train");
    else if (!s->regression && fewest >= 5)
        fputs("  split: {train: 0.6, validation: 0.2, test: 0.2, stratify: true}\n", to);
    else
        fputs("  split: {train: 0.6, validation: 0.2, test: 0.2}\n", to);
}

/* ---- the whole ---- */

static void write_top(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    char inputs[40];
    fprintf(to, "# A grid to begin with: %zu rows, %s, ", s->n_rows,
            text_count(s->n_inputs, "input", inputs, sizeof inputs));
    if (s->regression)
        fprintf(to, "%zu target%s to be met.\n", s->n_targets, s->n_targets == 1 ? "" : "s");
    else
        fprintf(to, "%zu classes.\n", s->n_classes);
    fprintf(to, "# nngrid check %s shows mistakes, nngrid plan how long it takes, nngrid run trains it.\n",
            d->out != NULL ? d->out : "grid.yaml");
    fputs("name: ", to);
    cmd_yaml_text(to, d->name);
    fputs("\nseed: 1\n", to);
    fputs("repeats: 5                         # trainings of each cell, with other splits and starting "
          "weights\n",
          to);
}

static void write_settings(const draft *d, FILE *to)
{
    const data_summary *s = d->s;
    const bool validated = s->has_parts ? s->n_part[NN_VALIDATION] > 0 : s->n_rows >= 10;
    const char *epochs = s->n_rows > 20000 ? "20" : s->n_rows > 2000 ? "100" : "300";
    fputs("\nbase:                              # one value of each setting; nngrid params lists them\n", to);
    line(to, "activation", "relu", NULL);
    line(to, "optimizer", "adam", NULL);
    line(to, "batch_size", s->n_rows < 100 ? "full" : "32", s->n_rows < 100 ? NULL : "or full");
    line(to, "epochs", epochs, "more, where the loss still falls at the end");
    fputs("\ngrid:                              # what is swept: every width with every rate\n", to);
    line(to, "hidden", "[[8], [32], [32, 32]]", "layer widths; [] has no hidden layer");
    line(to, "learning_rate", "[0.001, 0.01]", "or {log: [1e-4, 0.1], num: 4}");
    if (validated)
        fputs("\nstop: {rules: [{patience: 20}]}    # recorded, not obeyed; mode: first stops there\n", to);
}

nn_status init_write(void *context, FILE *to, nn_error *err)
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
