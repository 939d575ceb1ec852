/* Writes the grid with every default filled in, as YAML that reads back to the same runs. */
#include "base/setting.h"
#include "grid/sections.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes a text in double quotes. Control characters are escaped, those of Latin-1 (C2 80 to C2 9F) too, since YAML does
 * not allow them in a file. */
static void put_quoted(FILE *f, const char *text)
{
    fputc('"', f);
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++)
        if (*c == '\n')
            fputs("\\n", f);
        else if (*c < ' ' || *c == 0x7f)
            fprintf(f, "\\x%02x", (unsigned)*c);
        else if (*c == 0xC2 && c[1] < 0xA0)
            fprintf(f, "\\x%02x", (unsigned)*++c);
        else
            fprintf(f, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
    fputc('"', f);
}

static void put_text(FILE *f, const char *indent, const char *key, const char *text)
{
    fprintf(f, "%s%s: ", indent, key);
    put_quoted(f, text);
    fputc('\n', f);
}

static void put_real(FILE *f, const char *indent, const char *key, double value)
{
    char text[64];
    fprintf(f, "%s%s: %s\n", indent, key, setting_real_format(value, text, sizeof text));
}

/* A fraction is written with a decimal point, a number of rows without. */
static void put_part_size(FILE *f, const char *part, const part_size *size)
{
    char text[64];
    setting_real_format(size->value, text, sizeof text);
    const bool whole = text[strspn(text, "0123456789")] == '\0';
    if (size->kind == SIZE_REST)
        fprintf(f, "    %s: rest\n", part);
    else if (size->kind != SIZE_NONE)
        fprintf(f, "    %s: %s%s\n", part, text, size->kind == SIZE_FRACTION && whole ? ".0" : "");
}

static void put_split(FILE *f, const split_spec *s)
{
    fputs("  split:\n", f);
    if (s->kind == SPLIT_ALL)
        fputs("    train: all\n", f);
    else if (s->kind == SPLIT_FILE)
        put_text(f, "    ", "file", s->file);
    else if (s->kind == SPLIT_COLUMN)
        put_text(f, "    ", "column", s->column);
    if (s->folds > 0)
        fprintf(f, "    folds: %d\n", s->folds);
    for (int part = 0; part < NN_N_PART && (s->kind == SPLIT_SIZES || s->kind == SPLIT_FOLDS); part++)
        put_part_size(f, nn_part_names[part], &s->size[part]);
    fprintf(f, "    stratify: %s\n    order: %s\n", s->stratify ? "true" : "false",
            grid_word("data.split.order", s->file_order));
}

static void put_columns(FILE *f, const char *key, const data_column_list *list)
{
    if (list->n == 0)
        return;
    fprintf(f, "  %s: [", key);
    for (size_t i = 0; i < list->n; i++) {
        fputs(i > 0 ? ", " : "", f);
        put_quoted(f, list->words[i]);
    }
    fputs("]\n", f);
}

static void put_target(FILE *f, const data_spec *d)
{
    if (d->target != NULL)
        put_text(f, "  ", "target", d->target);
    put_columns(f, "target", &d->targets);
    if (d->inputs_name != NULL && d->targets_name != NULL) {
        fputs("  target:\n", f);
        put_text(f, "    ", "inputs", d->inputs_name);
        put_text(f, "    ", "targets", d->targets_name);
    }
}

/* Writes an entry of a mapping in braces, if there is a value. */
static void put_entry(FILE *f, const char *key, const char *value, bool *some)
{
    if (value == NULL)
        return;
    fprintf(f, "%s%s: ", *some ? ", " : "", key);
    put_quoted(f, value);
    *some = true;
}

static void put_source(FILE *f, const data_source *source)
{
    bool some = false;
    putc('{', f);
    put_entry(f, "file", source->file, &some);
    put_entry(f, "inputs", source->inputs, &some);
    put_entry(f, "targets", source->targets, &some);
    fputs("}\n", f);
}

static void put_files(FILE *f, const data_spec *d)
{
    if (d->file != NULL)
        put_text(f, "  ", "file", d->file);
    else if (d->parts[NN_TRAIN].file == NULL && !data_spec_has_part(d, NN_VALIDATION) &&
             !data_spec_has_part(d, NN_TEST)) {
        fputs("  file: ", f);
        put_source(f, &d->parts[NN_TRAIN]);
    } else {
        fputs("  file:\n", f);
        for (int part = 0; part < NN_N_PART; part++)
            if (data_spec_has_part(d, (nn_part)part)) {
                fprintf(f, "    %s: ", nn_part_names[part]);
                put_source(f, &d->parts[part]);
            }
    }
}

/* Writes missing_values: a list, or a list for each column. */
static void put_codes(FILE *f, const data_spec *d)
{
    const bool by_column = d->n_missing_values > 0 && d->missing_values[0].column != NULL;
    if (d->n_missing_values == 0)
        return;
    fprintf(f, "  missing_values: %c", by_column ? '{' : '[');
    for (size_t i = 0; i < d->n_missing_values; i++) {
        const data_missing_value *v = &d->missing_values[i];
        const bool again = i > 0 && by_column && strcmp(v->column, v[-1].column) == 0;
        char number[40];
        fputs(again ? ", " : i > 0 ? (by_column ? "], " : ", ") : "", f);
        if (by_column && !again)
            put_quoted(f, v->column);
        fprintf(f, "%s%s", by_column && !again ? ": [" : "", setting_real_format(v->value, number, sizeof number));
    }
    fputs(by_column ? "]}\n" : "]\n", f);
}

static void put_accepted(FILE *f, const data_spec *d)
{
    const char *separator = "  accept: [";
    for (int i = 0; i < DATA_N_ADVICE; i++)
        if (d->accept[i]) {
            fprintf(f, "%s%s", separator, data_advice_names[i]);
            separator = ", ";
        }
    fputs(separator[0] == ',' ? "]\n" : "", f);
}

/* Writes how text files are read. */
static void put_text_keys(FILE *f, const data_spec *d)
{
    if (d->encoding != ENCODING_ANY)
        fprintf(f, "  encoding: %s\n", grid_word("data.encoding", (int)d->encoding));
    if (d->decimal != DECIMAL_ANY)
        fprintf(f, "  decimal: %s\n", grid_word("data.decimal", (int)d->decimal));
    put_columns(f, "missing_words", &d->missing_words);
}

static void put_data(FILE *f, const grid *g)
{
    const data_spec *d = &g->data;
    fputs("data:\n", f);
    if (data_spec_has_file(d))
        put_files(f, d);
    if (d->builtin != NULL)
        put_text(f, "  ", "builtin", d->builtin);
    put_target(f, d);
    if (d->one_hot_text)
        fputs("  one_hot: text\n", f);
    put_columns(f, "one_hot", &d->one_hot);
    put_columns(f, "ignore", &d->ignore);
    fprintf(f, "  task: %s\n", grid_word("data.task", d->regression));
    fprintf(f, "  scale: %s\n", g->base.data_scale.text);
    if (g->base.data_target_scale != SCALE_NONE)
        fprintf(f, "  scale_target: %s\n", grid_word("data.scale_target", g->base.data_target_scale));
    fprintf(f, "  missing: %s\n", grid_word("data.missing", g->base.data_missing));
    put_codes(f, d);
    put_text_keys(f, d);
    put_accepted(f, d);
    if (d->rows > 0)
        fprintf(f, "  rows: %lld\n", (long long)d->rows);
    if (!isnan(d->noise))
        put_real(f, "  ", "noise", d->noise);
    if (d->n_classes > 0)
        fprintf(f, "  classes: %lld\n", (long long)d->n_classes);
    if (d->n_bits > 0)
        fprintf(f, "  bits: %lld\n", (long long)d->n_bits);
    if (d->builtin != NULL)
        fprintf(f, "  seed: %llu\n", (unsigned long long)d->seed);
    if (d->header >= 0)
        fprintf(f, "  header: %s\n", d->header ? "true" : "false");
    put_split(f, &d->split);
}

static void put_base(FILE *f, const grid *g)
{
    char text[512];
    fputs("base:\n", f);
    for (int i = 0; i < NN_N_HYPER; i++) { /* `auto` is kept: the settings that it depends on may be swept */
        const nn_hyper_row *row = &nn_hyper_rows[i];
        if (row->in_data)
            continue;
        if (row->kind == NN_TEXT)
            put_text(f, "  ", row->name, ((const nn_text *)nn_hyper_get(&g->base, row))->text);
        else
            fprintf(f, "  %s: %s\n", row->name, setting_format(row, nn_hyper_get(&g->base, row), text, sizeof text));
    }
    for (int i = 0; i < GRID_N_FILE; i++)
        if (g->files[i] != NULL)
            put_text(f, "  ", grid_files[i].name, g->files[i]);
}

/* Writes a value of an axis. The list of widths of a shape thus is a list in the list of values. */
static void put_value(FILE *f, const grid_axis *axis, size_t i)
{
    char text[512];
    const void *value = (const char *)axis->values + i * grid_field_size(axis->row->kind);
    if (axis->row->kind == NN_TEXT)
        put_quoted(f, ((const nn_text *)value)->text);
    else
        fputs(setting_format(axis->row, value, text, sizeof text), f);
}

/* Writes every cell as a mapping of its own: what products, exclude and sample result in. */
static void put_cells(FILE *f, const grid *g)
{
    fputs("grid:\n", f);
    for (size_t c = 0; c < g->n_cells; c++) {
        fputs("  - {", f);
        for (size_t a = 0, n = 0; a < g->n_axes; a++) {
            const grid_axis *axis = &g->axes[a];
            const uint16_t index = g->points[c * g->n_axes + a];
            if (index == GRID_BASE)
                continue;
            fprintf(f, "%s%s: [", n++ ? ", " : "", axis->row->name);
            put_value(f, axis, index);
            fputc(']', f);
        }
        fputs("}\n", f);
    }
}

/* Are the cells the whole product of the axes, in its order? Then the axes are written, which is easier to read. */
static bool is_product(const grid *g)
{
    double n = 1;
    for (size_t a = 0; a < g->n_axes; a++)
        n *= (double)g->axes[a].n_values;
    for (size_t c = 0; c < g->n_cells; c++)
        for (size_t a = g->n_axes, rest = c; a-- > 0; rest /= g->axes[a].n_values)
            if (g->points[c * g->n_axes + a] != rest % g->axes[a].n_values)
                return false;
    return n == (double)g->n_cells;
}

static void put_axes(FILE *f, const grid *g)
{
    fputs(g->n_axes > 0 ? "grid:\n" : "", f);
    for (size_t a = 0; a < g->n_axes; a++) {
        const grid_axis *axis = &g->axes[a];
        fprintf(f, "  %s: [", axis->row->name);
        for (size_t i = 0; i < axis->n_values; i++) {
            fputs(i ? ", " : "", f);
            put_value(f, axis, i);
        }
        fputs("]\n", f);
    }
}

static void put_rules(FILE *f, const nn_stopping *s, int strip)
{
    char text[64];
    fprintf(f, "stop:\n  mode: %s\n  strip: %d\n  rules:\n", grid_word("stop.mode", s->first), strip);
    for (int i = 0; i < s->n_rules; i++) {
        const nn_stop_rule *rule = &s->rules[i];
        const char *name = nn_stops.rows[rule->kind].name, *parameter = nn_stop_rows[rule->kind].parameter;
        setting_real_format(rule->parameter, text, sizeof text);
        if (nn_stop_rows[rule->kind].needs & NN_TAKES_CURVE) {
            fprintf(f, "    - {target: {%s: %s}}\n", nn_curves.rows[rule->curve].name, text);
        } else {
            fprintf(f, "    - {%s: {%s: %s", name, parameter, text);
            if (rule->min_delta > 0)
                fprintf(f, ", min_delta: %s", setting_real_format(rule->min_delta, text, sizeof text));
            fputs("}}\n", f);
        }
    }
}

static void put_names(FILE *f, const char *key, const char *const *names, const bool *marks, int n)
{
    bool any = false;
    for (int i = 0; i < n; i++)
        any = any || marks[i];
    fprintf(f, "  %s: %s", key, any ? "[" : "none\n");
    for (int i = 0, put = 0; i < n; i++)
        if (marks[i])
            fprintf(f, "%s%s", put++ ? ", " : "", names[i]);
    fputs(any ? "]\n" : "", f);
}

static void put_record(FILE *f, const nn_recording *r)
{
    fputs("record:\n", f);
    fprintf(f, r->every > 0 ? "  every: %d\n" : "  per_decade: %d\n", (int)(r->every > 0 ? r->every : r->per_decade));
    put_names(f, "parts", nn_part_names, r->parts, NN_N_PART);
    put_names(f, "weights", grid_kept_words, r->keep, NN_KEEP_EVERY + 1);
    if (r->gradient)
        fputs("  gradient: true\n", f);
    for (int i = 0; i <= NN_SHARPNESS; i++)
        if (r->measures[i]) {
            put_names(f, "metrics", nn_measure_names, r->measures, NN_SHARPNESS + 1);
            break;
        }
}

static void put_success(FILE *f, const grid *g)
{
    char text[64];
    fputs("success:\n", f);
    for (size_t i = 0; i < g->n_conditions; i++)
        fprintf(f, "  %s: \"%s %s\"\n", nn_metrics.rows[g->success[i].metric].name,
                grid_compare_signs[g->success[i].compare], setting_real_format(g->success[i].value, text, sizeof text));
}

char *grid_resolved_yaml(const grid *g)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return NULL;
    put_text(f, "", "name", g->name);
    if (g->question != NULL)
        put_text(f, "", "question", g->question);
    fprintf(f, "seed: %llu\nrepeats: %u\n", (unsigned long long)g->seed, g->repeats);
    put_data(f, g);
    put_base(f, g);
    if (is_product(g))
        put_axes(f, g);
    else
        put_cells(f, g);
    if (g->stopping.n_rules > 0)
        put_rules(f, &g->stopping, g->strip);
    put_record(f, &g->recording);
    fputs("limits:\n", f);
    if (g->per_run_seconds > 0)
        fprintf(f, "  per_run: %.17gs\n", g->per_run_seconds);
    put_real(f, "  ", "diverge", g->diverge);
    if (g->n_conditions > 0)
        put_success(f, g);
    if (g->recording.endpoint)
        fprintf(f, "diagnose: %s\n", grid_word("diagnose", 1));
    return fclose(f) == 0 ? text : (free(text), NULL);
}
