/* Reads CSV and TSV files into a table: finds out what the columns hold and reports every field that is wrong. */
#include "data/formats/load_csv.h"
#include "data/fit.h"
#include "data/formats/notation.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- fields of a row ---- */

typedef struct csv_load {
    loader *l;
    data_table *t;
    csv csv;
    csv_row row;
    data_columns columns;
    csv_notation notation;
    bool *text;   /* [columns.n] numeric inputs that hold text: reported once, and not read */
    bool *marked; /* [columns.n] columns of which report_once has told */
} csv_load;

/* Writes " (column 'age')", or nothing where columns have no names. */
static const char *column_name(const csv_load *c, int column, char words[EXCERPT_SIZE + 16])
{
    char shown[EXCERPT_SIZE];
    words[0] = '\0';
    if (c->columns.names != NULL)
        snprintf(words, EXCERPT_SIZE + 16, " (column '%s')", data_excerpt(c->columns.names[column], shown));
    return words;
}

/* Reports a field that may be a number in another notation, or stand for a missing value: once in its column. */
static void report_once(csv_load *c, int column, const char *shown, const char *name, bool number)
{
    if (c->marked[column])
        return;
    c->marked[column] = true;
    if (number)
        data_mistake(
            c->l, c->row.line, column + 1,
            "'%s' is not written like the numbers of the first rows%s; set decimal: point or comma, and write the "
            "same sign of percent or currency in all rows of a column, or none",
            shown, name);
    else
        data_mistake(c->l, c->row.line, column + 1,
                     "'%s' is not a number%s; if it stands for missing values, set missing_words: ['%s']", shown, name,
                     shown);
}

/* Reports a field that is no number. */
static void report_number(csv_load *c, int column, const char *field)
{
    char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16];
    const bool number = data_looks_numeric(field),
               first = c->t->n_rows == 0 && c->columns.names == NULL && c->l->spec->header < 0;
    data_excerpt(field, shown);
    column_name(c, column, words);
    if (number || data_field_may_be_missing(field))
        report_once(c, column, shown, words, number);
    else
        data_mistake(c->l, c->row.line, column + 1,
                     "'%s' is not a number%s; correct it, or leave it empty for a missing value%s", shown, words,
                     first ? "; set header: true if this line names the columns" : "");
}

static bool parse_field(const csv_load *c, int column, const char *field, double *value)
{
    return data_notation_number(&c->notation, (size_t)column, field, value);
}

static bool is_missing(const csv_load *c, const char *field)
{
    return data_field_is_missing(c->l->spec, field);
}

/* The number of a field, NaN where it is missing. A field that is not a number is reported and becomes 0, so that it
 * is not reported again as missing. */
static double take_number(csv_load *c, int column)
{
    const char *field = c->row.fields[column];
    double value = NN_NAN;
    const bool number = parse_field(c, column, field, &value);
    if (number && c->l->spec->missing_words.n == 0)
        return value;
    if (is_missing(c, field))
        return NN_NAN;
    if (number)
        return value;
    report_number(c, column, field);
    return 0.0;
}

static int8_t take_part(csv_load *c, int column)
{
    const char *field = c->row.fields[column];
    int8_t part = 0;
    char shown[EXCERPT_SIZE];
    if (!data_field_part(field, &part)) {
        data_mistake(c->l, c->row.line, column + 1,
                     "'%s' is not a part; a part is train, validation or test (or 0, 1, 2)",
                     data_excerpt(field, shown));
    }
    return part;
}

/* The field of a categorical input: *word is the text, and the number is 0 where the text is not a number, so that it
 * does not count as missing. */
static double take_category(const csv_load *c, const char *field, const char **word)
{
    double value = NN_NAN;
    *word = is_missing(c, field) ? NULL : field;
    return *word == NULL || data_field_number(field, &value) ? value : 0.0;
}

static void take_inputs(csv_load *c)
{
    data_table *t = c->t;
    double *input = t->inputs + t->n_rows * t->n_inputs;
    const char **word = t->n_hot > 0 ? t->words + t->n_rows * t->n_hot : NULL;
    for (int i = 0; i < c->columns.n; i++)
        if (c->columns.role[i] == ROLE_INPUT)
            *input++ = c->text[i] ? 0.0 : take_number(c, i);
        else if (c->columns.role[i] == ROLE_ONE_HOT)
            *input++ = take_category(c, c->row.fields[i], word++);
}

/* Is the target one label? Several targets are numbers, also those of 1 of m. */
static bool has_label(const csv_load *c)
{
    return !c->l->regression && c->t->n_targets == 1;
}

static void take_targets(csv_load *c, size_t i)
{
    data_table *t = c->t;
    const data_columns *columns = &c->columns;
    if (!has_label(c)) {
        for (size_t k = 0; k < t->n_targets; k++)
            t->targets[i * t->n_targets + k] = take_number(c, columns->targets[k]);
        return;
    }
    const char *field = c->row.fields[columns->targets[0]];
    double value = NN_NAN;
    t->labels[i] = is_missing(c, field) ? NULL : field;
    t->targets[i] = t->labels[i] != NULL && parse_field(c, columns->targets[0], field, &value) ? value : NN_NAN;
}

/* Has the row all its fields? Reports it if not. */
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
                     "the row has %zu field%s, but %d are expected", row->n, row->n == 1 ? "" : "s", n);
        return false;
    }
    return true;
}

static nn_status take_row(csv_load *c)
{
    data_table *t = c->t;
    bool with_part = c->columns.part != NO_COLUMN;
    if (!row_is_whole(c))
        return NN_ok;
    const bool with_id = c->columns.id != NO_COLUMN;
    nn_status status = data_table_grow(t, (table_extras){has_label(c), with_part, with_id}, c->l);
    if (status != NN_ok)
        return status;
    take_inputs(c);
    take_targets(c, t->n_rows);
    if (with_part)
        t->parts[t->n_rows] = take_part(c, c->columns.part);
    if (with_id)
        t->ids[t->n_rows] = c->row.fields[c->columns.id];
    t->lines[t->n_rows++] = c->row.line;
    return NN_ok;
}

/* ---- what the columns hold ---- */

/* Is a field text: neither a number in some notation nor missing, nor a word that often stands for missing? */
static bool is_text(const csv_load *c, const csv_row *row, size_t i)
{
    return i < row->n && !is_missing(c, row->fields[i]) && !data_field_may_be_missing(row->fields[i]) &&
           !data_looks_numeric(row->fields[i]);
}

/* Is column i categorical? It is where more of the first rows hold text than numbers, and more than one does: one may
 * be a slip. */
static bool is_categorical(const csv_load *c, const csv_opening *o, size_t i)
{
    int n_words = 0, n_numbers = 0;
    for (int k = o->data; k < o->n; k++) {
        double ignored;
        const csv_row *row = &o->row[k];
        n_words += is_text(c, row, i);
        n_numbers += i < row->n && parse_field(c, (int)i, row->fields[i], &ignored);
    }
    return n_words > n_numbers && n_words > 1;
}

/* Reports the first text of a categorical column that the grid takes for numeric. */
static void report_text(csv_load *c, const csv_opening *o, int i)
{
    char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16], name[EXCERPT_SIZE];
    int k = o->data;
    while (!is_text(c, &o->row[k], (size_t)i))
        k++;
    snprintf(name, sizeof name, "%d", i);
    data_mistake(c->l, o->row[k].line, i + 1,
                 "this input column is categorical, with values such as '%s'%s; code it with `one_hot: [%s]`, or leave "
                 "it out with "
                 "`ignore: [%s]`",
                 data_excerpt(o->row[k].fields[i], shown), column_name(c, i, words),
                 c->columns.names != NULL ? data_excerpt(c->columns.names[i], name) : name, name);
}

/* Makes categorical columns one-hot where the grid asks for it; else reports each column once, and not each of its
 * fields. */
static void find_categorical(csv_load *c, const csv_opening *o)
{
    for (int i = 0; i < c->columns.n; i++) {
        if (c->columns.role[i] != ROLE_INPUT || !is_categorical(c, o, (size_t)i))
            continue;
        if (c->l->spec->one_hot_text || c->l->describing) {
            c->columns.role[i] = ROLE_ONE_HOT;
        } else {
            c->text[i] = true;
            report_text(c, o, i);
        }
    }
}

/* Gives the columns names and roles, and the table its inputs and targets. */
static nn_status understand(csv_load *c, csv_opening *o)
{
    nn_status status = NN_ok;
    data_columns *columns = &c->columns;
    data_table *t = c->t;
    columns->names = o->header != NULL ? o->header->fields : NULL;
    columns->n = (int)c->csv.n_columns;
    columns->row_names = o->row_names;
    columns->id = NO_COLUMN;
    c->text = calloc((size_t)columns->n, sizeof *c->text);
    c->marked = calloc((size_t)columns->n, sizeof *c->marked);
    if (c->text == NULL || c->marked == NULL)
        return data_no_memory(c->l, "the columns of the data file");
    const bool is_new = c->l->model != NULL;
    status = is_new ? data_new_roles(c->l, columns, true) : data_roles(c->l, columns, true);
    if (status != NN_ok)
        return status;
    if (!is_new)
        find_categorical(c, o);
    if (columns->id != NO_COLUMN && columns->names != NULL)
        t->id_name = columns->names[columns->id];
    status = data_name_targets(c->l, columns, t);
    return status == NN_ok ? data_name_inputs(c->l, columns, t) : status;
}

/* ---- the file ---- */

static nn_status take_opening(csv_load *c, const csv_opening *o)
{
    nn_status status = NN_ok;
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
        if (!data_csv_next(&c->csv, &c->row))
            return data_no_memory(c->l, "a row of the data file");
        if (c->row.n == 0)
            return NN_ok;
        nn_status status = take_row(c);
        if (status != NN_ok)
            return status;
    }
}

/* Tells of comments between the rows. */
static void tell_comments(const csv_load *c)
{
    if (c->csv.n_comments > 0)
        diagnostics_add_file(
            c->l->diags, SEVERITY_WARNING, NN_data, c->l->path, (place){c->csv.first_comment, 1},
            "%zu line%s with # at the beginning and another number of fields than the rows %s left out as "
            "comment%s (this is the first)",
            c->csv.n_comments, c->csv.n_comments == 1 ? "" : "s", c->csv.n_comments == 1 ? "is" : "are",
            c->csv.n_comments == 1 ? "" : "s");
}

static void end(csv_load *c, csv_opening *o)
{
    data_csv_opening_free(o);
    free(c->row.fields);
    free(c->text);
    free(c->marked);
    data_notation_free(&c->notation);
    data_columns_free(&c->columns);
}

static nn_status load(loader *l, data_table *t, char delimiter)
{
    csv_load c = {.l = l, .t = t};
    csv_opening o = {0};
    char *text = NULL;
    size_t size = 0;
    nn_status status = data_read_text(l, t, &text, &size);
    if (status == NN_ok) {
        data_csv_start(&c.csv, text, size, delimiter);
        status = data_csv_open(l, &c.csv, &o);
    }
    if (status == NN_ok)
        status = data_notation_find(l, &c.csv, &o, &c.notation);
    if (status == NN_ok)
        status = understand(&c, &o);
    if (status == NN_ok)
        status = take_opening(&c, &o);
    if (status == NN_ok)
        status = take_rest(&c);
    tell_comments(&c);
    end(&c, &o);
    return status;
}

nn_status data_load_csv(loader *l, const data_source *source, data_table *t)
{
    (void)source;
    return load(l, t, 0);
}

nn_status data_load_tsv(loader *l, const data_source *source, data_table *t)
{
    (void)source;
    return load(l, t, '\t');
}

/* ---- rows from elsewhere ---- */

static nn_status fill_row(loader *l, const csv_rows *rows, size_t i, csv_row *row)
{
    if (row->fields == NULL)
        row->fields = malloc((rows->n_columns + 1) * sizeof *row->fields);
    if (row->fields == NULL)
        return data_no_memory(l, "a row of the data file");
    row->n = rows->n_columns;
    row->line = (int)i + 1;
    return rows->take(rows->context, i, row->fields);
}

/* Fills the first rows and the header. */
static nn_status open_rows(loader *l, const csv_rows *rows, csv_opening *o)
{
    nn_status status = NN_ok;
    o->note.fields = malloc((rows->n_columns + 1) * sizeof *o->note.fields);
    if (o->note.fields == NULL)
        return data_no_memory(l, "the header");
    memcpy(o->note.fields, rows->names, rows->n_columns * sizeof *rows->names);
    o->note.n = rows->n_columns;
    o->header = &o->note;
    for (; o->n < OPENING_ROWS && (size_t)o->n < rows->n_rows && status == NN_ok; o->n++)
        status = fill_row(l, rows, (size_t)o->n, &o->row[o->n]);
    return status;
}

nn_status data_load_rows(loader *l, const csv_rows *rows, data_table *t)
{
    csv_load c = {.l = l, .t = t, .csv = {.n_columns = rows->n_columns}, .notation = {.plain = true}};
    csv_opening o = {0};
    nn_status status = open_rows(l, rows, &o);
    if (status == NN_ok)
        status = understand(&c, &o);
    if (status == NN_ok)
        status = take_opening(&c, &o);
    for (size_t i = (size_t)o.n; i < rows->n_rows && status == NN_ok; i++) {
        status = fill_row(l, rows, i, &c.row);
        if (status == NN_ok)
            status = take_row(&c);
    }
    end(&c, &o);
    return status;
}
