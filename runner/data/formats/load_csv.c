/* Reads CSV and TSV files into a table: finds out what the columns hold and reports every field that is wrong. */
#include "data/formats/load_csv.h"
#include "data/fit.h"
#include "data/formats/notation.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- fields of a row ---- */

/* Fields of a column that are no numbers. */
typedef struct bad_fields {
    data_repeat notation; /* numbers that are written in another way than those of the first rows */
    data_repeat missing;  /* words that often stand for missing values */
    data_repeat other;
} bad_fields;

typedef struct csv_load {
    loader *l;
    data_table *t;
    csv csv;
    csv_row row;
    data_columns columns;
    csv_notation notation;
    bool *text;      /* [columns.n] numeric inputs that hold text: reported once, and not read */
    bad_fields *bad; /* [columns.n] */
    data_repeat again, quotes, lengths;
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

/* Notes a field that is no number. */
static void report_number(csv_load *c, int column, const char *field)
{
    char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16];
    const bool number = data_looks_numeric(field), may_be_missing = data_field_may_be_missing(field),
               first = c->t->n_rows == 0 && c->columns.names == NULL && c->l->spec->header < 0;
    const place at = {c->row.line, column + 1};
    const char *hint = data_notation_hint(field);
    data_excerpt(field, shown);
    column_name(c, column, words);
    if (number)
        data_repeat_note(c->l, &c->bad[column].notation, at,
                         "set decimal: point or comma, and write the same sign of percent or currency in all rows of a "
                         "column, or none",
                         "'%s' is not written like the numbers of the first rows%s", shown, words);
    else if (may_be_missing)
        data_repeat_note(c->l, &c->bad[column].missing, at, "",
                         "'%s' is not a number%s; if it stands for missing values, set missing_words: ['%s']", shown,
                         words, shown);
    else
        data_repeat_note(c->l, &c->bad[column].other, at,
                         hint != NULL ? hint
                         : first ? "correct it, or leave it empty for a missing value; set header: true if this line "
                                   "names the columns"
                         : *field == '#'
                             ? "correct it, or leave it empty for a missing value; remove the line if it is "
                               "a comment"
                             : "correct it, or leave it empty for a missing value",
                         "'%s' is not a number%s", shown, words);
}

static void tell_mistakes(csv_load *c)
{
    data_repeat_tell(c->l, &c->again);
    data_repeat_tell(c->l, &c->quotes);
    data_repeat_tell(c->l, &c->lengths);
    for (int i = 0; i < c->columns.n && c->bad != NULL; i++) {
        data_repeat_tell(c->l, &c->bad[i].notation);
        data_repeat_tell(c->l, &c->bad[i].missing);
        data_repeat_tell(c->l, &c->bad[i].other);
    }
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
        data_repeat_note(c->l, &c->bad[column].other, (place){c->row.line, column + 1},
                         "a part is train, validation or test (or 0, 1, 2)", "'%s' is not a part",
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

/* Is it the header once more, as where files were joined? A header of numbers may be a row, too. */
static bool is_header_again(const csv_load *c)
{
    const csv_row *row = &c->row;
    if (c->columns.names == NULL || row->n != (size_t)c->columns.n)
        return false;
    bool words = false;
    for (size_t i = 0; i < row->n; i++) {
        if (strcmp(row->fields[i], c->columns.names[i]) != 0)
            return false;
        words = words || !data_looks_numeric(row->fields[i]);
    }
    return words;
}

/* Has the row all its fields, and is it one? Notes it if not. */
static bool row_is_whole(csv_load *c)
{
    const csv_row *row = &c->row;
    const size_t n = (size_t)c->columns.n;
    if (c->csv.problem != NULL) {
        data_repeat_note(c->l, &c->quotes, (place){row->line, c->csv.problem_column}, "", "%s", c->csv.problem);
        return false;
    }
    if (row->n != n) {
        data_repeat_note(c->l, &c->lengths, (place){row->line, (int)(row->n < n ? row->n : n) + 1}, "",
                         "the row has %zu field%s, but %zu are expected", row->n, row->n == 1 ? "" : "s", n);
        return false;
    }
    if (is_header_again(c)) {
        data_repeat_note(c->l, &c->again, (place){row->line, 1}, "remove the line",
                         "this line is the header once more, as where files were joined");
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
    char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16], name[EXCERPT_SIZE + 4];
    int k = o->data;
    while (!is_text(c, &o->row[k], (size_t)i))
        k++;
    const char *field = o->row[k].fields[i], *hint = data_notation_hint(field);
    snprintf(name, sizeof name, "%d", i);
    if (c->columns.names != NULL)
        data_quoted(c->columns.names[i], name);
    data_excerpt(field, shown);
    column_name(c, i, words);
    if (hint != NULL)
        data_mistake(c->l, o->row[k].line, i + 1, "'%s' is not a number%s; %s; set `one_hot: [%s]` if it is a category",
                     shown, words, hint, name);
    else
        data_mistake(c->l, o->row[k].line, i + 1,
                     "this input column is categorical, with values such as '%s'%s; code it with `one_hot: [%s]`, or "
                     "leave it out with `ignore: [%s]`",
                     shown, words, name, name);
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
    c->bad = calloc((size_t)columns->n, sizeof *c->bad);
    if (c->text == NULL || c->bad == NULL)
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
    free(c->bad);
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
    tell_mistakes(&c);
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
    tell_mistakes(&c);
    end(&c, &o);
    return status;
}
