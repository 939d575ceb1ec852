/* Writes tables of a results file as CSV; a sheet is a group of the file, whose columns become those of the CSV. */
#include "results/reader/export.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "h5/h5.h"
#include "results/names.h"
#include "results/reader/cells.h"
#include "results/reader/select.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A table that can be exported. */
typedef struct export_table {
    const char *group;
    const char *leads[2]; /* columns that begin each line; a line of these alone is empty */
    const char *tag;      /* header of the names of subgroups, each of which is a sheet; NULL: the group is the sheet */
    const char *point;    /* the scale of the second dimension; NULL: there is none */
    bool of_cells;        /* rows are cells, else runs */
    bool sparse;          /* empty lines are left out: pending runs, epochs that were not reached */
} export_table;

typedef enum sheet_scope {
    SHEET_ROW,   /* a value for each row: runs or cells */
    SHEET_POINT, /* a value for each point, the same in every row: the epochs of curves */
    SHEET_BOTH   /* rows x points */
} sheet_scope;

typedef struct sheet_column {
    char *name, *path;
    reader_shape shape;
    sheet_scope scope;
    bool words; /* it has words for codes */
    bool leads;
    int64_t code; /* the last code that was looked up, and its word */
    const char *word;
    uint64_t *values; /* 8 bytes each, of shape.kind: of the rows in memory, or of all points */
    bool computed;    /* `values` are of all rows: they are computed and not read */
} sheet_column;

typedef struct sheet {
    const export_table *table;
    const char *tag; /* name of the subgroup, or NULL */
    size_t n_rows, n_points;
    size_t n;
    sheet_column *columns;
    bool *keep;         /* [n_rows] the rows that are wanted; NULL: all */
    size_t block;       /* rows in memory at once */
    reader_cells cells; /* of a table of cells: what computes its statistics */
    export_left_out *left;
} sheet;

/* ---- opening a sheet: which columns it has, and in which order ---- */

enum { BLOCK_VALUES = 4096 }; /* of one column in memory at once, if a row has no more */

static void sheet_close(sheet *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->columns[i].name);
        free(s->columns[i].path);
        free(s->columns[i].values);
    }
    free(s->columns);
    free(s->keep);
    reader_cells_close(&s->cells);
    *s = (sheet){0};
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool is_lead(const sheet *s, const char *name)
{
    return same(s->table->leads[0], name) || same(s->table->leads[1], name);
}

/* Has the column the shape of one of this sheet? */
static bool fits(const sheet *s, const sheet_column *c)
{
    if (c->scope == SHEET_POINT)
        return c->shape.n_rows == s->n_points && c->shape.n_per_row == 1;
    return c->shape.n_rows == s->n_rows && (c->shape.n_per_row == 1 || c->shape.n_per_row == s->n_points);
}

/* The path of a dataset of the sheet, or of its group (NULL); the caller frees it. */
static char *path_of(const sheet *s, const char *name)
{
    char *path = NULL;
    const int n = asprintf(&path, "%s%s%s%s%s", s->table->group, s->tag != NULL ? "/" : "",
                           s->tag != NULL ? s->tag : "", name != NULL ? "/" : "", name != NULL ? name : "");
    return n < 0 ? NULL : path;
}

static nn_status short_of_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory to export");
}

/* Computes a column of cells, whatever the file says of it. */
static nn_status compute_column(sheet *s, sheet_column *c, const computed_column *how, nn_error *err)
{
    double *values = malloc((s->n_rows + 1) * sizeof *values);
    nn_status status = values == NULL ? short_of_memory(err) : reader_cells_compute(&s->cells, how, values, err);
    c->shape = (reader_shape){how->whole ? READER_INTEGER : READER_DOUBLE, s->n_rows, 1};
    c->computed = true;
    c->values = malloc((s->n_rows + 1) * sizeof *c->values);
    if (status == NN_ok && c->values == NULL)
        status = short_of_memory(err);
    for (size_t i = 0; i < s->n_rows && status == NN_ok; i++)
        if (how->whole)
            c->values[i] = (uint64_t)(int64_t)values[i];
        else
            memcpy(&c->values[i], &values[i], sizeof values[i]);
    free(values);
    return status;
}

/* Finds the column in the group. False: it is not there. */
static bool look_column(results_reader *r, const sheet *s, sheet_column *c)
{
    const bool there = reader_look(r, c->path, &c->shape);
    c->scope = same(s->table->point, c->name) ? SHEET_POINT : c->shape.n_per_row > 1 ? SHEET_BOTH : SHEET_ROW;
    c->words = there && (reader_text(r, c->path, ATTR_FLAG_MEANINGS) != NULL ||
                         reader_text(r, c->path, ATTR_ZERO_MEANS) != NULL);
    return there;
}

/* Notes a column of another length. Those that have more dimensions are no columns. */
static void note_length(results_reader *r, sheet *s, const sheet_column *c)
{
    size_t rows = 0;
    if (s->left == NULL || c->scope == SHEET_POINT || !reader_length(r, c->path, &rows) || rows == s->n_rows)
        return;
    if (s->left->n++ == 0)
        snprintf(s->left->first, sizeof s->left->first, "%.100s has %zu rows and the table %zu", c->path, rows,
                 s->n_rows);
}

/* Adds a column. *added is false where it has another shape and is left out. */
static nn_status add_column(results_reader *r, sheet *s, const char *name, bool *added, nn_error *err)
{
    sheet_column c = {.name = strdup(name), .path = path_of(s, name), .leads = is_lead(s, name)};
    sheet_column *columns = realloc(s->columns, (s->n + 1) * sizeof *columns);
    *added = false;
    if (columns != NULL)
        s->columns = columns;
    if (columns == NULL || c.name == NULL || c.path == NULL) {
        free(c.name);
        free(c.path);
        return short_of_memory(err);
    }
    const computed_column *how = s->table->of_cells ? reader_cells_find(&s->cells, name) : NULL;
    const nn_status status = how != NULL ? compute_column(s, &c, how, err) : NN_ok;
    const bool there = status == NN_ok && (how != NULL || look_column(r, s, &c));
    *added = there && fits(s, &c);
    if (status == NN_ok && !there)
        note_length(r, s, &c);
    if (*added) {
        s->columns[s->n++] = c;
    } else {
        free(c.name);
        free(c.path);
        free(c.values);
    }
    return status;
}

static nn_status unknown_column(const sheet *s, const char *name, char *const *names, size_t n, nn_error *err)
{
    const char *near = suggest_nearest(name, (const char *const *)names, n);
    if (near != NULL)
        return nn_fail(err, NN_usage, "--columns: %s has no column '%.80s'; did you mean '%s'?", s->table->group, name,
                       near);
    return nn_fail(err, NN_usage, "--columns: %s has no column '%.80s'; without --columns all are written",
                   s->table->group, name);
}

static nn_status add_wanted(results_reader *r, sheet *s, const char *wanted, char *const *names, size_t n,
                            nn_error *err)
{
    nn_status status = NN_ok;
    char *list = strdup(wanted), *rest = list;
    if (list == NULL)
        return short_of_memory(err);
    for (char *name; status == NN_ok && (name = strsep(&rest, ",")) != NULL;) {
        bool added = true;
        name += strspn(name, " ");
        if (!is_lead(s, name))
            status = add_column(r, s, name, &added, err);
        if (!added && status == NN_ok)
            status = s->left != NULL && s->left->n > 0 ? nn_fail(err, NN_usage, "--columns: %s", s->left->first)
                                                       : unknown_column(s, name, names, n, err);
    }
    free(list);
    return status;
}

static nn_status add_columns(results_reader *r, sheet *s, const char *wanted, char *const *names, size_t n,
                             nn_error *err)
{
    nn_status status = NN_ok;
    bool added;
    for (size_t i = 0; i < 2 && status == NN_ok && s->table->leads[i] != NULL; i++)
        status = add_column(r, s, s->table->leads[i], &added, err);
    if (wanted != NULL)
        return status == NN_ok ? add_wanted(r, s, wanted, names, n, err) : status;
    for (size_t i = 0; i < n && status == NN_ok; i++)
        if (!is_lead(s, names[i]))
            status = add_column(r, s, names[i], &added, err);
    return status;
}

/* Allocates the columns, and reads those that are the same for every row. */
static nn_status make_room(results_reader *r, sheet *s, nn_error *err)
{
    s->block = s->n_points < BLOCK_VALUES ? BLOCK_VALUES / s->n_points : 1;
    s->block = s->block < s->n_rows ? s->block : s->n_rows;
    for (size_t i = 0; i < s->n; i++) {
        sheet_column *c = &s->columns[i];
        const size_t n = c->scope == SHEET_POINT ? s->n_points : s->block * c->shape.n_per_row;
        if (c->computed)
            continue;
        c->values = calloc(n + 1, sizeof *c->values);
        if (c->values == NULL)
            return short_of_memory(err);
        nn_status status =
            c->scope != SHEET_POINT ? NN_ok : reader_rows(r, c->path, &c->shape, 0, s->n_points, c->values, err);
        if (status != NN_ok)
            return status;
    }
    return NN_ok;
}

/* Appends the computed columns that the group does not have: an older program wrote it. */
static nn_status add_computed_names(const sheet *s, char ***names, size_t *n, nn_error *err)
{
    char **all = realloc(*names, (*n + s->cells.n_columns + 1) * sizeof *all);
    if (all == NULL)
        return short_of_memory(err);
    *names = all;
    const size_t n_there = *n;
    for (size_t i = 0; i < s->cells.n_columns; i++) {
        bool there = false;
        for (size_t k = 0; k < n_there && !there; k++)
            there = strcmp(all[k], s->cells.columns[i].name) == 0;
        if (there)
            continue;
        if ((all[*n] = strdup(s->cells.columns[i].name)) == NULL)
            return short_of_memory(err);
        (*n)++;
    }
    return NN_ok;
}

/* Adds the columns of the group that are wanted. */
static nn_status list_columns(results_reader *r, sheet *s, const char *wanted, nn_error *err)
{
    char *group = path_of(s, NULL), **names = NULL;
    size_t n = 0;
    if (group == NULL)
        return short_of_memory(err);
    nn_status status = reader_names(r, group, &names, &n, err);
    if (status == NN_ok && s->table->of_cells)
        status = add_computed_names(s, &names, &n, err);
    if (status == NN_ok)
        status = add_columns(r, s, wanted, names, n, err);
    h5_texts_free(names, n);
    free(group);
    return status;
}

/* The number of points of a row: the length of the scale of the second dimension. */
static size_t count_points(results_reader *r, const sheet *s)
{
    char *path = s->table->point != NULL ? path_of(s, s->table->point) : NULL;
    reader_shape shape = {.n_rows = 1};
    if (path != NULL && !reader_look(r, path, &shape))
        shape.n_rows = 1;
    free(path);
    return shape.n_rows > 0 ? shape.n_rows : 1;
}

/* Sets keep[n_cells] to the cells that are asked for. */
static nn_status keep_cells(results_reader *r, const export_request *q, bool *keep, nn_error *err)
{
    size_t cell = 0;
    if (q->where != NULL)
        return reader_select_where(r, q->where, "--where", keep, err);
    const nn_status status = reader_select_cell(r, q->cell, "--cell", &cell, err);
    for (size_t i = 0; i < reader_n_cells(r); i++)
        keep[i] = status == NN_ok && i == cell;
    return status;
}

/* Sets keep[n_runs] to the runs of these cells. */
static nn_status keep_runs(results_reader *r, const bool *cells, bool *keep, nn_error *err)
{
    double *cell = NULL;
    size_t n = 0;
    const nn_status status = reader_column(r, PATH_RUNS_CELL, &cell, &n, err);
    for (size_t i = 0; i < n && i < reader_n_runs(r) && status == NN_ok; i++)
        keep[i] = cell[i] >= 0 && cell[i] < (double)reader_n_cells(r) && cells[(size_t)cell[i]];
    free(cell);
    return status;
}

static nn_status keep_rows(results_reader *r, sheet *s, const export_request *q, nn_error *err)
{
    if (q->cell == NULL && q->where == NULL)
        return NN_ok;
    bool *cells = calloc(reader_n_cells(r) + 1, sizeof *cells);
    s->keep = calloc(s->n_rows + 1, sizeof *s->keep);
    nn_status status = cells == NULL || s->keep == NULL ? short_of_memory(err) : keep_cells(r, q, cells, err);
    if (status == NN_ok && s->table->of_cells)
        memcpy(s->keep, cells, s->n_rows * sizeof *cells);
    else if (status == NN_ok)
        status = keep_runs(r, cells, s->keep, err);
    free(cells);
    return status;
}

/* Opens the columns of a group that are wanted ("a,b"; NULL: all), and chooses its rows. */
static nn_status sheet_open(results_reader *r, const export_table *table, const char *tag, const export_request *q,
                            sheet *out, nn_error *err)
{
    sheet s = {.table = table, .tag = tag, .left = q->left};
    s.n_rows = table->of_cells ? reader_n_cells(r) : reader_n_runs(r);
    s.n_points = count_points(r, &s);
    nn_status status = table->of_cells ? reader_cells_open(r, &s.cells, err) : NN_ok;
    if (status == NN_ok)
        status = list_columns(r, &s, q->columns, err);
    if (status == NN_ok)
        status = keep_rows(r, &s, q, err);
    if (status == NN_ok)
        status = make_room(r, &s, err);
    if (status == NN_ok)
        *out = s;
    else
        sheet_close(&s);
    return status;
}

enum { TABLE_runs, TABLE_cells, TABLE_curves, TABLE_stops, N_TABLES };

static const nn_name table_names[N_TABLES] = {{"runs", "settings and metrics of each run"},
                                              {"cells", "statistics of each cell"},
                                              {"curves", "each recorded epoch of each run"},
                                              {"stops", "each stopping rule of each run"}};
static const nn_choices export_tables = {"table", N_TABLES, table_names};

static const export_table tables[N_TABLES] = {
    [TABLE_runs] = {.group = PATH_RUNS},
    [TABLE_cells] = {.group = PATH_CELLS, .of_cells = true},
    [TABLE_curves] = {.group = PATH_CURVES, .leads = {NAME_RUN, NAME_EPOCH}, .point = NAME_EPOCH, .sparse = true},
    [TABLE_stops] = {.group = PATH_STOPS, .leads = {NAME_RUN}, .tag = ATTR_RULE, .sparse = true},
};

/* ---- one value ---- */

static void put_text(const char *text, FILE *to)
{
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, to);
        return;
    }
    putc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', to);
        putc(*text, to);
    }
    putc('"', to);
}

/* The shortest text that reads back to the same float. */
static char *float_format(float value, char *text, size_t size)
{
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, size, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return text;
}

static void put_real(const sheet_column *c, uint64_t bits, FILE *to)
{
    char text[40];
    double value;
    memcpy(&value, &bits, sizeof value);
    if (isfinite(value))
        fputs(c->shape.kind == READER_FLOAT ? float_format((float)value, text, sizeof text)
                                            : setting_real_format(value, text, sizeof text),
              to);
    else if (isinf(value)) /* which is no missing value, and is read by all that read CSV */
        fputs(value > 0 ? "inf" : "-inf", to);
}

static void put_integer(results_reader *r, sheet_column *c, int64_t value, FILE *to)
{
    if (c->words && (c->word == NULL || c->code != value)) {
        c->word = reader_flag(r, c->path, value);
        c->code = value;
    }
    if (c->words && c->word != NULL)
        put_text(c->word, to);
    else
        fprintf(to, "%" PRId64, value);
}

static void put_value(results_reader *r, sheet_column *c, uint64_t bits, FILE *to)
{
    switch (c->shape.kind) {
    case READER_INTEGER:
        put_integer(r, c, (int64_t)bits, to);
        break;
    case READER_UNSIGNED:
        fprintf(to, "%" PRIu64, bits);
        break;
    case READER_TRUTH:
        fputs(bits > 1 ? "" : bits == 1 ? "true" : "false", to);
        break;
    case READER_FLOAT:
    case READER_DOUBLE:
        put_real(c, bits, to);
        break;
    }
}

/* ---- lines ---- */

/* The value of a column, as 8 bytes; `row` counts from the row `from`. */
static uint64_t value_at(const sheet_column *c, size_t from, size_t row, size_t point)
{
    if (c->computed)
        return c->values[from + row];
    switch (c->scope) {
    case SHEET_POINT:
        return c->values[point];
    case SHEET_BOTH:
        return c->values[row * c->shape.n_per_row + point];
    default:
        return c->values[row];
    }
}

static bool is_content(const sheet_column *c, uint64_t bits)
{
    double value;
    if (c->leads)
        return false;
    if (c->shape.kind != READER_FLOAT && c->shape.kind != READER_DOUBLE)
        return true;
    memcpy(&value, &bits, sizeof value);
    return value == value;
}

static bool has_content(const sheet *s, size_t from, size_t row, size_t point)
{
    if (s->keep != NULL && !s->keep[from + row])
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (is_content(&s->columns[i], value_at(&s->columns[i], from, row, point)))
            return true;
    return !s->table->sparse;
}

static void sheet_header(const sheet *s, FILE *to)
{
    for (size_t i = 0; i < s->n; i++) {
        if (i > 0)
            putc(',', to);
        put_text(s->columns[i].name, to);
        if (i == 0 && s->tag != NULL)
            fprintf(to, ",%s", s->table->tag);
    }
    putc('\n', to);
}

static void write_line(results_reader *r, sheet *s, size_t from, size_t row, size_t point, FILE *to)
{
    for (size_t i = 0; i < s->n; i++) {
        sheet_column *c = &s->columns[i];
        if (i > 0)
            putc(',', to);
        put_value(r, c, value_at(c, from, row, point), to);
        if (i == 0 && s->tag != NULL) {
            putc(',', to);
            put_text(s->tag, to);
        }
    }
    putc('\n', to);
}

/* ---- blocks of rows ---- */

/* Reads `status` before all else: a row that is final then is whole, even in a live file. */
static nn_status read_block(results_reader *r, const sheet *s, size_t from, size_t n, nn_error *err)
{
    nn_status status = NN_ok;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < s->n && status == NN_ok; i++) {
            const sheet_column *c = &s->columns[i];
            if (c->scope != SHEET_POINT && !c->computed && (pass == 0) == (strcmp(c->name, "status") == 0))
                status = reader_rows(r, c->path, &c->shape, from, n, c->values, err);
        }
    return status;
}

/* Writes rows [from, end). NN_file: the file cannot be read, or `to` cannot be written. */
static nn_status sheet_write(results_reader *r, sheet *s, size_t from, size_t end, FILE *to, nn_error *err)
{
    for (size_t n; from < end; from += n) {
        n = end - from < s->block ? end - from : s->block;
        nn_status status = read_block(r, s, from, n, err);
        if (status != NN_ok)
            return status;
        for (size_t i = 0; i < n * s->n_points; i++) {
            if (has_content(s, from, i / s->n_points, i % s->n_points))
                write_line(r, s, from, i / s->n_points, i % s->n_points, to);
            if (ferror(to))
                return nn_fail(err, NN_file, "cannot write: %s", strerror(errno));
        }
    }
    return NN_ok;
}

/* ---- tables ---- */

/* The names of the columns, one behind the other; the caller frees them. */
static char *names_of(const sheet *s)
{
    size_t length = 1;
    for (size_t i = 0; i < s->n; i++)
        length += strlen(s->columns[i].name) + 1;
    char *names = calloc(1, length), *end = names;
    for (size_t i = 0; names != NULL && i < s->n; i++)
        end = stpcpy(stpcpy(end, s->columns[i].name), ",");
    return names;
}

/* Writes the header, or refuses a group whose columns are not those below the header of the first one, `names`. */
static nn_status begin_sheet(const sheet *s, char **names, FILE *to, nn_error *err)
{
    char *own = names_of(s);
    const bool first = *names == NULL, same = own != NULL && (first || strcmp(own, *names) == 0);
    if (own == NULL)
        return short_of_memory(err);
    if (first) {
        sheet_header(s, to);
        *names = own;
        return NN_ok;
    }
    free(own);
    return same
               ? NN_ok
               : nn_fail(err, NN_file, "the groups of %s have different columns; the file is damaged", s->table->group);
}

/* names: those of the table's first sheet, or NULL, which the caller frees. */
static nn_status write_sheet(results_reader *r, const export_table *table, const char *tag, char **names,
                             const export_request *q, FILE *to, nn_error *err)
{
    sheet s;
    nn_status status = sheet_open(r, table, tag, q, &s, err);
    if (status != NN_ok)
        return status;
    status = begin_sheet(&s, names, to, err);
    if (status == NN_ok)
        status = q->run < 0 ? sheet_write(r, &s, 0, s.n_rows, to, err)
                            : sheet_write(r, &s, (size_t)q->run, (size_t)q->run + 1, to, err);
    sheet_close(&s);
    return status;
}

/* Writes each subgroup as a sheet, all under one header. */
static nn_status write_nested(results_reader *r, const export_table *table, const export_request *q, FILE *to,
                              nn_error *err)
{
    char **tags = NULL, *names = NULL;
    size_t n = 0;
    nn_status status = reader_groups(r, table->group, &tags, &n, err);
    if (status == NN_ok && n == 0)
        status = nn_fail(err, NN_usage, "there are no stopping rules in this file");
    for (size_t i = 0; i < n && status == NN_ok; i++)
        status = write_sheet(r, table, tags[i], &names, q, to, err);
    free(names);
    h5_texts_free(tags, n);
    return status;
}

nn_status results_export(results_reader *r, const export_request *q, FILE *to, nn_error *err)
{
    const int which = nn_choice_find(&export_tables, q->what);
    if (which < 0)
        return nn_fail(err, NN_usage, "--what takes runs, cells, curves or stops, not '%s'", q->what);
    const export_table *table = &tables[which];
    if (q->run >= 0 && table->of_cells)
        return nn_fail(err, NN_usage, "--run goes with runs, curves and stops, not with %s", q->what);
    if (q->run >= 0 && (size_t)q->run >= reader_n_runs(r))
        return nn_fail(err, NN_usage, "--run %lld: the file has %zu of them, counted from 0", (long long)q->run,
                       reader_n_runs(r));
    if (table->tag != NULL)
        return write_nested(r, table, q, to, err);
    char *names = NULL;
    const nn_status status = write_sheet(r, table, NULL, &names, q, to, err);
    free(names);
    return status;
}
