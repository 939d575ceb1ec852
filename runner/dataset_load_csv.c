/* From CSV rows to a table of numbers, with a message for every field that is none. */
#include "dataset_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct csv_load {
    loader *l;
    data_table *t;
    csv csv;
    csv_row row;
    csv_columns columns;
} csv_load;

/* " (column 'age')" or nothing */
static const char *column_words(const csv_load *c, int column, char words[EXCERPT_SIZE + 16])
{
    char shown[EXCERPT_SIZE];
    words[0] = '\0';
    if (c->columns.names != NULL) {
        snprintf(words, EXCERPT_SIZE + 16, " (column '%s')", data_excerpt(c->columns.names[column], shown));
    }
    return words;
}

/* 0 stands for what is no number, so that it is not reported once more as missing. */
static double take_number(csv_load *c, int column)
{
    const char *field = c->row.fields[column];
    double value = NN_NAN;
    if (!data_field_number(field, &value) && !data_field_missing(field)) {
        char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16];
        data_mistake(c->l, c->row.line, column + 1,
                     "'%s' is not a number%s; correct it, or leave it empty for a missing value",
                     data_excerpt(field, shown), column_words(c, column, words));
        return 0.0;
    }
    return value;
}

static int8_t take_part(csv_load *c, int column)
{
    const char *field = c->row.fields[column];
    for (int p = 0; p < NN_N_PART; p++) {
        char digit[] = {(char)('0' + p), '\0'};
        if (strcmp(field, nn_part_names[p]) == 0 || strcmp(field, digit) == 0) {
            return (int8_t)p;
        }
    }
    char shown[EXCERPT_SIZE];
    data_mistake(c->l, c->row.line, column + 1,
                 "'%s' is no part; a part is train, validation or test (or 0, 1, 2)",
                 data_excerpt(field, shown));
    return 0;
}

static void take_target(csv_load *c, size_t i)
{
    data_table *t = c->t;
    const char *field = c->row.fields[c->columns.target];
    if (c->l->regression) {
        t->targets[i] = take_number(c, c->columns.target);
        return;
    }
    double value = NN_NAN;
    t->labels[i] = data_field_missing(field) ? NULL : field;
    t->targets[i] = data_field_number(field, &value) ? value : NN_NAN;
}

static bool row_is_whole(csv_load *c)
{
    const csv_row *row = &c->row;
    int n = c->columns.n;
    if (c->csv.problem != NULL) {
        data_mistake(c->l, row->line, c->csv.problem_column, "%s", c->csv.problem);
        return false;
    }
    if (row->n != (size_t)n) {
        data_mistake(c->l, row->line, (int)(row->n < (size_t)n ? row->n : (size_t)n) + 1,
                     "the row has %zu field%s, %d are expected", row->n, row->n == 1 ? "" : "s", n);
        return false;
    }
    return true;
}

static nn_status take_row(csv_load *c)
{
    data_table *t = c->t;
    bool with_part = c->columns.part != NO_COLUMN;
    if (!row_is_whole(c)) {
        return NN_ok;
    }
    nn_status status = data_table_grow(t, !c->l->regression, with_part, c->l);
    if (status != NN_ok) {
        return status;
    }
    double *input = t->inputs + t->n_rows * t->n_inputs;
    for (int i = 0; i < c->columns.n; i++) {
        if (i != c->columns.target && i != c->columns.part) {
            *input++ = c->columns.text[i] ? 0.0 : take_number(c, i);
        }
    }
    take_target(c, t->n_rows);
    if (with_part) {
        t->parts[t->n_rows] = take_part(c, c->columns.part);
    }
    t->lines[t->n_rows++] = c->row.line;
    return NN_ok;
}

static bool keeps_text(const char *field)
{
    double ignored;
    return !data_field_missing(field) && !data_field_number(field, &ignored);
}

/* An input with words in the first two rows holds text: one message instead of one for each row. */
static void find_text_columns(csv_load *c, const csv_row *a, const csv_row *b)
{
    for (int i = 0; i < c->columns.n && b->n == a->n && (size_t)i < a->n; i++) {
        if (i == c->columns.target || i == c->columns.part || !keeps_text(a->fields[i]) ||
            !keeps_text(b->fields[i])) {
            continue;
        }
        char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16];
        c->columns.text[i] = true;
        data_mistake(c->l, a->line, i + 1,
                     "this input column holds text, such as '%s'%s; remove it or write it as numbers, "
                     "one column of 0 and 1 for each word",
                     data_excerpt(a->fields[i], shown), column_words(c, i, words));
    }
}

/* Which field of the file each input is, and its name. */
static nn_status name_inputs(csv_load *c)
{
    data_table *t = c->t;
    const csv_columns *columns = &c->columns;
    t->n_targets = 1;
    t->n_inputs = (size_t)columns->n - (columns->part == NO_COLUMN ? 1 : 2);
    t->columns = malloc(t->n_inputs * sizeof *t->columns);
    t->names = columns->names != NULL ? malloc(t->n_inputs * sizeof *t->names) : NULL;
    if (t->columns == NULL || (columns->names != NULL && t->names == NULL)) {
        return data_no_memory(c->l, "the columns of the data file");
    }
    size_t n = 0;
    for (int i = 0; i < columns->n; i++) {
        if (i == columns->target || i == columns->part) {
            continue;
        }
        if (t->names != NULL) {
            t->names[n] = columns->names[i];
        }
        t->columns[n++] = i + 1;
    }
    t->target_column = columns->target + 1;
    t->target_name = columns->names != NULL ? columns->names[columns->target] : NULL;
    return NN_ok;
}

/* The first rows, kept until it is known what they are. */
typedef struct opening {
    csv_row row[3];
    const char *problem[3];
    int problem_column[3];
    int n, header; /* rows there; index of the header, or -1 */
    int data;      /* index of the first row of data */
} opening;

static nn_status read_opening(csv_load *c, opening *o)
{
    for (o->n = 0; o->n < 3; o->n++) {
        if (!csv_next(&c->csv, &o->row[o->n])) {
            return data_no_memory(c->l, "a row of the data file");
        }
        if (o->row[o->n].n == 0) {
            break;
        }
        o->problem[o->n] = c->csv.problem;
        o->problem_column[o->n] = c->csv.problem_column;
    }
    return o->n > 0 ? NN_ok : data_mistake(c->l, 0, 0, "is empty; a data file has a row for each example");
}

/* scikit-learn's files open with `rows,inputs,class names`: a line shorter than the two that follow, which
 * agree. */
static bool has_counts_line(const opening *o)
{
    return o->n == 3 && o->row[0].n < o->row[1].n && o->row[1].n == o->row[2].n && o->row[0].n > 1;
}

static nn_status understand_opening(csv_load *c, opening *o)
{
    static const csv_row none = {0};
    csv_columns *columns = &c->columns;
    o->header = -1;
    if (has_counts_line(o) && c->l->spec->header != 1) {
        diagnostics_add_file(c->l->diags, SEVERITY_WARNING, NN_data, c->l->path, (place){o->row[0].line, 1},
                             "this line has %zu fields, the rows below have %zu; it is left out", o->row[0].n,
                             o->row[1].n);
        o->data = 1;
    } else if (csv_is_header(c->l, &o->row[0], o->n > 1 ? &o->row[1] : &none)) {
        o->header = 0;
        o->data = 1;
    }
    if (o->data == o->n) {
        return data_mistake(c->l, 0, 0, "has a header and no row of data");
    }
    columns->names = o->header == 0 ? o->row[0].fields : NULL;
    columns->n = (int)(o->header == 0 ? o->row[0].n : o->row[o->data].n);
    columns->text = calloc((size_t)columns->n, sizeof *columns->text);
    if (columns->text == NULL) {
        return data_no_memory(c->l, "the columns of the data file");
    }
    if (o->header == 0 && o->problem[0] != NULL) {
        return data_mistake(c->l, o->row[0].line, o->problem_column[0], "%s", o->problem[0]);
    }
    nn_status status = csv_roles(c->l, columns);
    return status == NN_ok ? name_inputs(c) : status;
}

static nn_status take_opening(csv_load *c, const opening *o)
{
    nn_status status = NN_ok;
    if (o->n - o->data >= 2) {
        find_text_columns(c, &o->row[o->data], &o->row[o->data + 1]);
    }
    for (int i = o->data; i < o->n && status == NN_ok; i++) {
        c->row = o->row[i];
        c->csv.problem = o->problem[i];
        c->csv.problem_column = o->problem_column[i];
        status = take_row(c);
    }
    c->row = (csv_row){0};
    return status;
}

static nn_status take_rest(csv_load *c)
{
    for (;;) {
        if (!csv_next(&c->csv, &c->row)) {
            return data_no_memory(c->l, "a row of the data file");
        }
        if (c->row.n == 0) {
            return NN_ok;
        }
        nn_status status = take_row(c);
        if (status != NN_ok) {
            return status;
        }
    }
}

static nn_status check_is_text(loader *l, const char *text, size_t size)
{
    const char *nul = memchr(text, '\0', size);
    if (nul == NULL) {
        return NN_ok;
    }
    int line = 1;
    for (const char *p = text; p < nul; p++) {
        line += *p == '\n';
    }
    return data_mistake(l, line, 1,
                        "the file is not text (a zero byte stands in this row); save it as CSV in UTF-8");
}

nn_status data_load_csv(loader *l, data_table *t)
{
    csv_load c = {.l = l, .t = t};
    opening o = {0};
    size_t size = 0;
    nn_status status = data_read_file(l, &t->text, &size);
    if (status == NN_ok) {
        status = check_is_text(l, t->text, size);
    }
    if (status == NN_ok) {
        csv_start(&c.csv, t->text, size);
        status = read_opening(&c, &o);
    }
    if (status == NN_ok) {
        status = understand_opening(&c, &o);
    }
    if (status == NN_ok) {
        status = take_opening(&c, &o);
    }
    if (status == NN_ok) {
        status = take_rest(&c);
    }
    for (int i = 0; i < 3; i++) {
        free(o.row[i].fields);
    }
    free(c.row.fields);
    free(c.columns.text);
    return status;
}
