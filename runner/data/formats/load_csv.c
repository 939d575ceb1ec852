/* Reads CSV and TSV files into a table. The first half knows rows and fields alone; the second half finds out what
 * the columns hold and reports every field that is wrong. */
#include "data/formats/load_csv.h"
#include "data/fit.h"
#include "data/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows and fields: comma-separated values as RFC 4180 has them, and as people write them ---- */

/* A scanner of the text of a file. Fields are unquoted in place and end in NUL. */
typedef struct csv {
    char *at, *end;
    int line;
    char delimiter;
    const char *problem; /* of the last row, or NULL */
    int problem_column;
} csv;

typedef struct csv_row {
    int line;
    size_t n, capacity;
    char **fields; /* [n] */
} csv_row;

static const char delimiters[] = ",;\t";

/* The delimiter that the first line has most often outside quotes. */
static char find_delimiter(const char *text, const char *end)
{
    size_t count[sizeof delimiters - 1] = {0};
    bool quoted = false;
    for (const char *p = text; p < end && (quoted || (*p != '\n' && *p != '\r')); p++) {
        const char *which = *p != '\0' ? strchr(delimiters, *p) : NULL;
        quoted = quoted != (*p == '"');
        if (which != NULL && !quoted)
            count[which - delimiters]++;
    }
    size_t best = 0;
    for (size_t i = 1; i < sizeof count / sizeof count[0]; i++)
        best = count[i] > count[best] ? i : best;
    return delimiters[best];
}

static bool is_blank(const csv *c, char x)
{
    return x == ' ' || (x == '\t' && c->delimiter != '\t');
}

/* Steps over one end of line: \n, \r\n or \r. */
static void end_line(csv *c)
{
    c->at += c->at + 1 < c->end && c->at[0] == '\r' && c->at[1] == '\n' ? 2 : 1;
    c->line++;
}

static void skip_blank_lines(csv *c)
{
    for (;;) {
        char *p = c->at;
        while (p < c->end && is_blank(c, *p))
            p++;
        if (p == c->end) {
            c->at = p;
            return;
        }
        if (*p != '\n' && *p != '\r')
            return;
        c->at = p;
        end_line(c);
    }
}

/* Begins with a text that has a NUL at text[size]. Delimiter 0: it is found out. */
static void csv_start(csv *c, char *text, size_t size, char delimiter)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    size_t skip = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
    *c = (csv){.at = text + skip, .end = text + size, .line = 1, .delimiter = delimiter != 0 ? delimiter : ','};
    skip_blank_lines(c);
    c->delimiter = delimiter != 0 ? delimiter : find_delimiter(c->at, c->end);
}

/* Remembers the first problem of a row. */
static void problem(csv *c, int column, const char *words)
{
    if (c->problem == NULL) {
        c->problem = words;
        c->problem_column = column;
    }
}

/* Takes a field whose opening quote is at c->at. Its text moves over the quotes. Returns the end of the text. */
static char *take_quoted(csv *c, int column)
{
    char *to = c->at, *p = c->at + 1;
    while (p < c->end && (*p != '"' || (p + 1 < c->end && p[1] == '"'))) {
        p += *p == '"';
        c->line += *p == '\n';
        *to++ = *p++;
    }
    if (p == c->end)
        problem(c, column, "the quote that opens here is never closed; close it or remove it");
    else
        p++;
    c->at = p;
    return to;
}

/* Takes one field and leaves c->at at what ends it. Returns the field; its NUL belongs at *end. */
static char *take_field(csv *c, int column, char **end)
{
    while (c->at < c->end && is_blank(c, *c->at))
        c->at++;
    char *start = c->at;
    bool quoted = c->at < c->end && *c->at == '"';
    char *stop = quoted ? take_quoted(c, column) : NULL;
    char *rest = c->at;
    while (c->at < c->end && *c->at != c->delimiter && *c->at != '\n' && *c->at != '\r') {
        if (quoted && !is_blank(c, *c->at))
            problem(c, column, "there is text after a closing quote; write \"\" for a quote inside quotes");
        c->at++;
    }
    if (!quoted)
        for (stop = c->at; stop > rest && is_blank(c, stop[-1]);)
            stop--;
    *end = stop;
    return start;
}

static bool row_add(csv_row *row, char *field)
{
    if (row->n == row->capacity) {
        size_t capacity = row->capacity == 0 ? 64 : 2 * row->capacity;
        char **fields = realloc(row->fields, capacity * sizeof *fields);
        if (fields == NULL)
            return false;
        row->fields = fields;
        row->capacity = capacity;
    }
    row->fields[row->n++] = field;
    return true;
}

/* Takes the next row that is not blank; its n is 0 at the end of the text. False: memory is short. */
static bool csv_next(csv *c, csv_row *row)
{
    skip_blank_lines(c);
    row->n = 0;
    row->line = c->line;
    c->problem = NULL;
    bool more = c->at < c->end;
    while (more) {
        char *end;
        if (!row_add(row, take_field(c, (int)row->n + 1, &end)))
            return false;
        more = c->at < c->end && *c->at == c->delimiter;
        if (more)
            c->at++;
        else if (c->at < c->end)
            end_line(c);
        *end = '\0'; /* last, since it may overwrite the delimiter */
    }
    return true;
}

/* ---- fields of a row ---- */

typedef struct csv_load {
    loader *l;
    data_table *t;
    csv csv;
    csv_row row;
    data_columns columns;
    bool *text; /* [columns.n] numeric inputs that hold text: reported once, and not read */
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

/* The number of a field, NaN where it is missing. A field that is not a number is reported and becomes 0, so that it
 * is not reported again as missing. */
static double take_number(csv_load *c, int column)
{
    const char *field = c->row.fields[column];
    double value = NN_NAN;
    if (!data_field_number(field, &value) && !data_field_missing(field)) {
        char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16];
        data_mistake(c->l, c->row.line, column + 1,
                     "'%s' is not a number%s; correct it, or leave it empty for a missing value",
                     data_excerpt(field, shown), column_name(c, column, words));
        return 0.0;
    }
    return value;
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
static double take_category(const char *field, const char **word)
{
    double value = NN_NAN;
    *word = data_field_missing(field) ? NULL : field;
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
            *input++ = take_category(c->row.fields[i], word++);
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
    t->labels[i] = data_field_missing(field) ? NULL : field;
    t->targets[i] = data_field_number(field, &value) ? value : NN_NAN;
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
    nn_status status = data_table_grow(t, has_label(c), with_part, c->l);
    if (status != NN_ok)
        return status;
    take_inputs(c);
    take_targets(c, t->n_rows);
    if (with_part)
        t->parts[t->n_rows] = take_part(c, c->columns.part);
    t->lines[t->n_rows++] = c->row.line;
    return NN_ok;
}

/* ---- the first rows: is there a header, and what do the columns hold? ---- */

enum { OPENING_ROWS = 16 };

/* The first rows, which are kept until it is known what they are. */
typedef struct opening {
    csv_row row[OPENING_ROWS];
    const char *problem[OPENING_ROWS];
    int problem_column[OPENING_ROWS];
    int n, header; /* number of rows; index of the header, or -1 */
    int data;      /* index of the first row of data */
} opening;

static nn_status read_opening(csv_load *c, opening *o)
{
    for (o->n = 0; o->n < OPENING_ROWS; o->n++) {
        if (!csv_next(&c->csv, &o->row[o->n]))
            return data_no_memory(c->l, "a row of the data file");
        if (o->row[o->n].n == 0)
            break;
        o->problem[o->n] = c->csv.problem;
        o->problem_column[o->n] = c->csv.problem_column;
    }
    return o->n > 0 ? NN_ok : data_mistake(c->l, 0, 0, "is empty; a data file has one row for each example");
}

/* Does the file open with a line of counts, as scikit-learn's `rows,inputs,class names`? It is shorter than the two
 * lines after it, which are equally long. */
static bool has_counts_line(const opening *o)
{
    return o->n >= 3 && o->row[0].n < o->row[1].n && o->row[1].n == o->row[2].n && o->row[0].n > 1;
}

/* Does `first` name the columns of the rows that begin with `second` (n 0: there is none)? */
static bool csv_is_header(const loader *l, const csv_row *first, const csv_row *second)
{
    if (l->spec->header >= 0)
        return l->spec->header == 1;
    size_t n_text = 0;
    for (size_t i = 0; i < first->n; i++) {
        if (!data_field_is_word(first->fields[i]))
            continue;
        n_text++;
        /* Text above text may be labels, but text above a number is a name. */
        if (i < second->n && !data_field_is_word(second->fields[i]))
            return true;
    }
    return n_text > 0 && n_text == first->n;
}

static nn_status find_header(csv_load *c, opening *o)
{
    static const csv_row none = {0};
    o->header = -1;
    if (has_counts_line(o) && c->l->spec->header != 1) {
        diagnostics_add_file(c->l->diags, SEVERITY_WARNING, NN_data, c->l->path, (place){o->row[0].line, 1},
                             "this line has %zu fields, but the rows below have %zu; it is skipped", o->row[0].n,
                             o->row[1].n);
        o->data = 1;
    } else if (csv_is_header(c->l, &o->row[0], o->n > 1 ? &o->row[1] : &none)) {
        o->header = 0;
        o->data = 1;
    }
    return o->data < o->n ? NN_ok : data_mistake(c->l, 0, 0, "has a header but no row of data");
}

/* Is column i categorical? It is where more of the first rows hold text than numbers, and more than one does: one may
 * be a slip. */
static bool is_categorical(const opening *o, size_t i)
{
    int n_words = 0, n_numbers = 0;
    for (int k = o->data; k < o->n; k++) {
        if (i < o->row[k].n && !data_field_missing(o->row[k].fields[i])) {
            double ignored;
            const bool number = data_field_number(o->row[k].fields[i], &ignored);
            n_numbers += number;
            n_words += !number;
        }
    }
    return n_words > n_numbers && n_words > 1;
}

/* Reports the first text of a categorical column that the grid takes for numeric. */
static void report_text(csv_load *c, const opening *o, int i)
{
    char shown[EXCERPT_SIZE], words[EXCERPT_SIZE + 16], name[EXCERPT_SIZE];
    int k = o->data;
    while ((size_t)i >= o->row[k].n || !data_field_is_word(o->row[k].fields[i]))
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
static void find_categorical(csv_load *c, const opening *o)
{
    for (int i = 0; i < c->columns.n; i++) {
        if (c->columns.role[i] != ROLE_INPUT || !is_categorical(o, (size_t)i))
            continue;
        if (c->l->spec->one_hot_text || c->l->describing) {
            c->columns.role[i] = ROLE_ONE_HOT;
        } else {
            c->text[i] = true;
            report_text(c, o, i);
        }
    }
}

static nn_status understand_opening(csv_load *c, opening *o)
{
    data_columns *columns = &c->columns;
    data_table *t = c->t;
    nn_status status = find_header(c, o);
    if (status != NN_ok)
        return status;
    columns->names = o->header == 0 ? o->row[0].fields : NULL;
    columns->n = (int)(o->header == 0 ? o->row[0].n : o->row[o->data].n);
    c->text = calloc((size_t)columns->n, sizeof *c->text);
    if (c->text == NULL)
        return data_no_memory(c->l, "the columns of the data file");
    if (o->header == 0 && o->problem[0] != NULL)
        return data_mistake(c->l, o->row[0].line, o->problem_column[0], "%s", o->problem[0]);
    const bool is_new = c->l->model != NULL;
    status = is_new ? data_new_roles(c->l, columns, true) : data_roles(c->l, columns, true);
    if (status != NN_ok)
        return status;
    if (!is_new)
        find_categorical(c, o);
    status = data_name_targets(c->l, columns, t);
    return status == NN_ok ? data_name_inputs(c->l, columns, t) : status;
}

/* ---- the file ---- */

static nn_status take_opening(csv_load *c, const opening *o)
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
        if (!csv_next(&c->csv, &c->row))
            return data_no_memory(c->l, "a row of the data file");
        if (c->row.n == 0)
            return NN_ok;
        nn_status status = take_row(c);
        if (status != NN_ok)
            return status;
    }
}

static nn_status load(loader *l, data_table *t, char delimiter)
{
    csv_load c = {.l = l, .t = t};
    opening o = {0};
    char *text = NULL;
    size_t size = 0;
    nn_status status = data_read_text(l, t, &text, &size);
    if (status == NN_ok) {
        csv_start(&c.csv, text, size, delimiter);
        status = read_opening(&c, &o);
    }
    if (status == NN_ok)
        status = understand_opening(&c, &o);
    if (status == NN_ok)
        status = take_opening(&c, &o);
    if (status == NN_ok)
        status = take_rest(&c);
    for (int i = 0; i < OPENING_ROWS; i++)
        free(o.row[i].fields);
    free(c.row.fields);
    free(c.text);
    data_columns_free(&c.columns);
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
