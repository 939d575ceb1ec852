/* Finds out what the first lines of a text file are. Where they cannot tell, the guess is said, with the setting that says
 * otherwise: no row and no column may be lost in silence. */
#include "data/formats/opening.h"
#include "data/columns.h"
#include "data/formats/notation.h"
#include "data/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void guess(loader *l, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void guess(loader *l, int line, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    l->guess.header = 1;
    diagnostics_add_file(l->diags, SEVERITY_WARNING, NN_data, l->path, (place){line, 1}, "%s", text);
}

/* ---- reading ---- */

static nn_status read_rows(loader *l, csv *c, csv_opening *o)
{
    for (o->n = 0; o->n < OPENING_ROWS; o->n++) {
        if (!data_csv_next(c, &o->row[o->n]))
            return data_no_memory(l, "a row of the data file");
        if (o->row[o->n].n == 0)
            break;
        o->problem[o->n] = c->problem;
        o->problem_column[o->n] = c->problem_column;
    }
    if (o->n > 0)
        return NN_ok;
    return data_mistake(l, 0, 0, "%s; a data file has one row for each example",
                        c->notes_end > c->notes ? "holds nothing but comments, lines that begin with #" : "is empty");
}

void data_csv_opening_free(csv_opening *o)
{
    for (int i = 0; i < OPENING_ROWS; i++)
        free(o->row[i].fields);
    free(o->note.fields);
}

/* ---- how many columns ---- */

/* How many fields most rows behind the first have, if at least two agree; that of the first where it is as frequent. */
static size_t usual_fields(const csv_opening *o)
{
    size_t best = o->row[0].n, most = 0;
    for (int i = 1; i < o->n; i++) {
        size_t same = 0;
        for (int k = 1; k < o->n; k++)
            same += o->row[k].n == o->row[i].n;
        if (same > 1 && (same > most || (same == most && o->row[i].n == o->row[0].n))) {
            most = same;
            best = o->row[i].n;
        }
    }
    return best;
}

/* Is the last of n columns empty, and has it no name? Then each row ends in a delimiter. */
static bool ends_empty(const csv_opening *o, size_t n)
{
    if (o->row[0].n >= n && *o->row[0].fields[n - 1] != '\0')
        return false;
    for (int i = 1; i < o->n; i++)
        if (o->row[i].n >= n && *o->row[i].fields[n - 1] != '\0')
            return false;
    return o->n > 1;
}

static void find_columns(csv *c, csv_opening *o)
{
    c->n_columns = usual_fields(o);
    while (c->n_columns > 1 && ends_empty(o, c->n_columns))
        c->n_columns--;
    for (int i = 0; i < o->n; i++)
        data_csv_trim(&o->row[i], c->n_columns);
}

/* ---- what a line holds ---- */

/* In the first lines a number may be written in any way, and a word is what is no number. */
static bool is_word(const loader *l, const char *field)
{
    return !data_field_is_missing(l->spec, field) && !data_looks_numeric(field);
}

static bool is_whole(const char *field, double *value)
{
    return data_field_number(field, value) && *value == rint(*value);
}

typedef struct line_kinds {
    size_t words, numbers, empty; /* fields; those that are marked as missing are none of these */
    bool whole, rising;           /* all numbers are whole; each is above the one before it */
    double first, last;           /* numbers */
} line_kinds;

static void add_kind(const loader *l, line_kinds *k, const char *field)
{
    double value = 0;
    k->words += is_word(l, field);
    k->empty += *field == '\0';
    if (!data_field_number(field, &value))
        return;
    k->first = k->numbers == 0 ? value : k->first;
    k->whole = k->whole && value == rint(value);
    k->rising = k->rising && (k->numbers == 0 || value > k->last);
    k->last = value;
    k->numbers++;
}

static line_kinds kinds_of(const loader *l, const csv_row *row)
{
    line_kinds k = {.whole = true, .rising = true};
    for (size_t i = 0; i < row->n; i++)
        add_kind(l, &k, row->fields[i]);
    return k;
}

/* Does the first line have a word where the first value below it is a number? */
static bool is_above_number(const loader *l, const csv_opening *o)
{
    for (size_t i = 0; i < o->row[0].n; i++) {
        int k = 1;
        while (k < o->n && (i >= o->row[k].n || data_field_is_missing(l->spec, o->row[k].fields[i])))
            k++;
        if (k < o->n && is_word(l, o->row[0].fields[i]) && data_looks_numeric(o->row[k].fields[i]))
            return true;
    }
    return false;
}

static bool repeats_word(const csv_row *row)
{
    for (size_t i = 0; i < row->n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(row->fields[i], row->fields[k]) == 0)
                return true;
    return false;
}

/* ---- a file of words: are those of the first line among the values below? ---- */

static void note_row(const csv_row *row, const csv_row *first, bool *found, size_t *n_found)
{
    for (size_t i = 0; i < row->n && i < first->n; i++)
        if (!found[i] && strcmp(row->fields[i], first->fields[i]) == 0) {
            found[i] = true;
            ++*n_found;
        }
}

/* Reads on in a copy of the text, which c goes through later. */
static bool look_below(const csv *c, const csv_row *first, bool *found, size_t *n_found)
{
    const size_t n = (size_t)(c->end - c->at);
    csv_row row = {0};
    char *copy = malloc(n + 1);
    bool good = copy != NULL;
    if (good)
        memcpy(copy, c->at, n + 1);
    csv below = {.at = copy, .end = copy + n, .delimiter = c->delimiter, .n_usual = c->n_usual};
    while (good && *n_found < first->n && (good = data_csv_next(&below, &row)) && row.n > 0)
        note_row(&row, first, found, n_found);
    free(row.fields);
    free(copy);
    return good;
}

/* How many words of the first line occur below in their columns? */
static nn_status count_below(loader *l, const csv *c, const csv_opening *o, size_t *n_found)
{
    const csv_row *first = &o->row[0];
    bool *found = calloc(first->n, sizeof *found);
    *n_found = 0;
    bool good = found != NULL;
    for (int i = 1; i < o->n && good; i++)
        note_row(&o->row[i], first, found, n_found);
    good = good && look_below(c, first, found, n_found);
    free(found);
    return good ? NN_ok : data_no_memory(l, "a look at the data file");
}

/* Decides about a first line of words above words. */
static nn_status decide_words(loader *l, const csv *c, const csv_opening *o, bool *is_header)
{
    const int line = o->row[0].line;
    size_t below = 0;
    *is_header = false;
    if (repeats_word(&o->row[0]))
        return NN_ok;
    nn_status status = count_below(l, c, o, &below);
    *is_header = status == NN_ok && 2 * below < o->row[0].n;
    if (status != NN_ok || below == o->row[0].n || l->model != NULL)
        return status;
    if (*is_header)
        guess(l, line,
              "all fields are words: the first line is taken for the header; set header: false if it is data, "
              "header: true to confirm it");
    else
        guess(l, line,
              "%zu of the %zu words of the first line occur below, so it is taken for data; set header: true if it "
              "names the columns, header: false to confirm it",
              below, o->row[0].n);
    return NN_ok;
}

/* ---- new data for a network whose inputs have names: "width", and "colour=red" of a one-hot column ---- */

/* Is the field the name of a column of training? */
static bool names_input(const data_model *m, const char *field)
{
    const size_t n = strlen(field);
    for (size_t j = 0; j < m->n_inputs; j++) {
        const char *name = m->input_names[j];
        if (strcmp(name, field) == 0 || (n > 0 && strncmp(name, field, n) == 0 && name[n] == '='))
            return true;
    }
    return false;
}

/* Is the field a category of training, and a word? */
static bool is_category(const loader *l, const char *field)
{
    const data_model *m = l->model;
    if (!is_word(l, field))
        return false;
    for (size_t j = 0; j < m->n_inputs; j++) {
        const char *mark = strchr(m->input_names[j], '=');
        if (mark != NULL && strcmp(mark + 1, field) == 0)
            return true;
    }
    return false;
}

/* Tells by the names whether new data have a header. False: they cannot tell. */
static bool names_tell(const loader *l, const csv_row *first, bool *is_header)
{
    const data_model *m = l->model;
    *is_header = false;
    if (m == NULL || m->input_names == NULL)
        return false;
    const bool indices = data_columns_are_indices(m); /* which fields that are numbers may equal */
    bool category = false;
    for (size_t i = 0; i < first->n; i++) {
        *is_header = *is_header || (!indices && names_input(m, first->fields[i]));
        category = category || is_category(l, first->fields[i]);
    }
    return *is_header || category;
}

/* ---- the header ---- */

/* Do the numbers of a line without words count the columns, as pandas names columns that have no names? */
static bool counts_columns(const line_kinds *k, const csv_row *row)
{
    enum { FEW = 4 };
    const size_t n = row->n - k->empty;
    return n >= FEW && k->numbers == n && k->whole && k->rising && k->first == 0 && k->last == (double)n - 1 &&
           (k->empty == 0 || (k->empty == 1 && *row->fields[0] == '\0'));
}

/* Decides about a first line that has words above numbers and numbers, too. */
static bool decide_mixed(loader *l, const csv_opening *o, const line_kinds *k)
{
    if (!k->rising || (k->numbers < 2 && !k->whole))
        return false;
    guess(l, o->row[0].line,
          "the first line, which holds words and numbers, is taken for the header; set header: false if it is data, "
          "header: "
          "true to confirm it");
    return true;
}

/* Does the first line name the columns? */
static nn_status decide(loader *l, const csv *c, const csv_opening *o, bool *is_header)
{
    const csv_row *first = &o->row[0];
    const line_kinds k = kinds_of(l, first);
    const bool all_words = k.words > 0 && k.words + (*first->fields[0] == '\0') == first->n;
    *is_header = false;
    if (l->spec->header >= 0)
        *is_header = l->spec->header == 1;
    else if (names_tell(l, first, is_header))
        return NN_ok;
    else if (is_above_number(l, o))
        *is_header = k.numbers == 0 || decide_mixed(l, o, &k);
    else if (all_words && o->n == 1)
        *is_header = true;
    else if (all_words && (first->n == c->n_columns || k.empty > 0))
        return decide_words(l, c, o, is_header);
    else if (all_words)
        *is_header = true;
    else if (o->n > 1 && counts_columns(&k, first)) {
        *is_header = true;
        guess(l, first->line,
              "the first line, which counts the columns, is taken for the header; set header: false if it is data, "
              "header: "
              "true to confirm it");
    }
    return NN_ok;
}

/* Is the first line that of scikit-learn's data sets: rows, inputs, names of the classes? */
static bool is_counts_line(const loader *l, const csv *c, const csv_opening *o)
{
    const csv_row *first = &o->row[0];
    double rows, inputs;
    if (o->n < 2 || first->n < 2 || !is_whole(first->fields[0], &rows) || !is_whole(first->fields[1], &inputs))
        return false;
    for (size_t i = 2; i < first->n; i++)
        if (!is_word(l, first->fields[i]))
            return false;
    return rows > 1 && inputs + 1 == (double)c->n_columns && (first->n != c->n_columns || is_above_number(l, o));
}

/* Is it a file of FANN: rows, inputs and outputs, then a line of inputs and one of outputs for each example? */
static bool is_fann(const csv_opening *o)
{
    const csv_row *first = &o->row[0];
    double rows, inputs, outputs;
    return o->n >= 5 && first->n == 3 && is_whole(first->fields[0], &rows) && is_whole(first->fields[1], &inputs) &&
           is_whole(first->fields[2], &outputs) && inputs != outputs && (double)o->row[1].n == inputs &&
           (double)o->row[2].n == outputs && (double)o->row[3].n == inputs && (double)o->row[4].n == outputs;
}

/* ---- headers that do not fit ---- */

/* May the first column hold names of rows: words, or whole numbers, that all differ? */
static bool has_row_names(const csv_opening *o)
{
    double ignored;
    for (int i = 1; i < o->n; i++) {
        if (o->row[i].n == 0 || (data_looks_numeric(o->row[i].fields[0]) && !is_whole(o->row[i].fields[0], &ignored)))
            return false;
        for (int k = 1; k < i; k++)
            if (strcmp(o->row[i].fields[0], o->row[k].fields[0]) == 0)
                return false;
    }
    return true;
}

/* Gives the header a name for the column that it leaves out in front. */
static nn_status name_rows(loader *l, csv_opening *o)
{
    static char unnamed[] = "";
    csv_row *header = &o->row[0];
    char **fields = realloc(header->fields, (header->n + 1) * sizeof *fields);
    if (fields == NULL)
        return data_no_memory(l, "the header");
    memmove(fields + 1, fields, header->n * sizeof *fields);
    fields[0] = unnamed;
    header->fields = fields;
    header->capacity = ++header->n;
    o->row_names = true;
    if (l->spec->header < 0)
        guess(l, header->line,
              "the header has %zu names above %zu columns, as R writes row names: the first column, with the names of "
              "the rows, is "
              "left out; give it a name if it is an input",
              header->n - 1, header->n);
    return NN_ok;
}

static nn_status fit_header(loader *l, const csv *c, csv_opening *o)
{
    const csv_row *header = &o->row[0];
    if (header->n == c->n_columns)
        return NN_ok;
    if (header->n + 1 == c->n_columns && has_row_names(o))
        return name_rows(l, o);
    return data_mistake(l, header->line, 1,
                        "the first line has %zu field%s, the rows below have %zu; a header has a name for each column: "
                        "correct it, or remove the line",
                        header->n, header->n == 1 ? "" : "s", c->n_columns);
}

/* ---- names in a comment, as numpy.savetxt writes them ---- */

/* Splits the line at p, behind its #, into the fields of a row. */
static bool split_note(const csv *c, char *p, char *end, int line, csv_row *row)
{
    while (p < end && (*p == '#' || *p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
        *--end = '\0';
    csv note = {.at = p, .end = end, .line = line, .delimiter = c->delimiter};
    return data_csv_next(&note, row);
}

/* The last line of the notes. */
static char *last_note(const csv *c, int *line)
{
    char *last = c->notes;
    int at = *line = c->notes_line;
    for (char *p = c->notes; p + 1 < c->notes_end; p++) {
        at += *p == '\n';
        if (*p == '\n' && p[1] == '#') {
            last = p + 1;
            *line = at;
        }
    }
    return last;
}

/* Takes the last comment above the rows for the header if it has a word for each column. */
static nn_status try_note(loader *l, const csv *c, csv_opening *o)
{
    int line;
    if (c->notes_end == c->notes || l->spec->header == 0)
        return NN_ok;
    char *last = last_note(c, &line);
    if (!split_note(c, last, c->notes_end, line, &o->note))
        return data_no_memory(l, "the header");
    const line_kinds k = kinds_of(l, &o->note);
    if (o->note.n != c->n_columns)
        return NN_ok;
    if (k.words == o->note.n && !repeats_word(&o->note))
        o->header = &o->note;
    if (l->spec->header < 0)
        guess(l, line,
              o->header != NULL ? "the names of the columns are taken from this comment; set header: true to confirm "
                                  "it, header: false if "
                                  "it is none"
                                : "this line begins with # and is left out as a comment, though it has as many fields "
                                  "as the rows; remove "
                                  "the # if it is one");
    return NN_ok;
}

/* ---- more lines above the numbers than names: a title, units, a second level of names ---- */

/* Does a line hold words, and nothing but words and empty fields? */
static bool is_line_of_words(const loader *l, const csv_row *row)
{
    const line_kinds k = kinds_of(l, row);
    return k.words > 0 && k.words + k.empty == row->n;
}

/* In how many columns do these lines hold words above nothing but numbers? */
static size_t columns_of_numbers(const loader *l, const csv *c, const csv_opening *o, int lines)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n_columns; i++) {
        bool numeric = true;
        for (int k = lines; k < o->n && numeric; k++)
            numeric = i < o->row[k].n && data_looks_numeric(o->row[k].fields[i]);
        n += numeric && is_word(l, o->row[lines - 1].fields[i]);
    }
    return n;
}

static nn_status check_one_header(loader *l, const csv *c, const csv_opening *o)
{
    enum { AT_LEAST = 2 };
    int lines = 0;
    while (lines < o->n && o->row[lines].n == c->n_columns && is_line_of_words(l, &o->row[lines]))
        lines++;
    if (lines < 2 || o->n - lines < AT_LEAST || columns_of_numbers(l, c, o, lines) < AT_LEAST)
        return NN_ok;
    return data_mistake(l, o->row[lines - 1].line, 1,
                        "the first %d lines hold words above numbers; a file has one line of names: remove the other%s "
                        "(titles, units, or a second level of names)",
                        lines, lines > 2 ? "s" : "");
}

/* ---- all of it ---- */

static nn_status find_header(loader *l, const csv *c, csv_opening *o)
{
    bool is_header = false;
    if (l->spec->header != 1 && is_counts_line(l, c, o)) {
        guess(l, o->row[0].line,
              "this line gives the numbers of rows and inputs, as scikit-learn's files do; it is left out");
        o->data = 1;
        return NN_ok;
    }
    nn_status status = l->spec->header == 1 && kinds_of(l, &o->row[0]).numbers > 0 ? try_note(l, c, o) : NN_ok;
    if (status == NN_ok && o->header == NULL)
        status = decide(l, c, o, &is_header);
    if (status == NN_ok && is_header) {
        status = fit_header(l, c, o);
        o->header = &o->row[0];
        o->data = 1;
    } else if (status == NN_ok && o->header == NULL) {
        status = try_note(l, c, o);
    }
    return status;
}

nn_status data_csv_open(loader *l, csv *c, csv_opening *o)
{
    nn_status status = read_rows(l, c, o);
    if (status != NN_ok)
        return status;
    if (is_fann(o))
        return data_mistake(l, 0, 0,
                            "is training data of FANN, which has two lines for each example; write both into one");
    find_columns(c, o);
    status = check_one_header(l, c, o);
    if (status == NN_ok)
        status = find_header(l, c, o);
    if (status == NN_ok && o->header == &o->row[0] && o->problem[0] != NULL)
        status = data_mistake(l, o->row[0].line, o->problem_column[0], "%s", o->problem[0]);
    if (l->guess.header >= 0)
        l->guess.header = o->header != NULL;
    if (status == NN_ok && o->data == o->n)
        status = data_mistake(l, 0, 0, "has a header but no row of data");
    return status;
}
