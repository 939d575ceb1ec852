/* Writes sheets as CSV. */
#include "results/reader/export_internal.h"
#include "base/setting.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_runs, TABLE_cells, TABLE_curves, TABLE_stops, N_TABLES };

static const nn_name table_names[N_TABLES] = {{"runs", "settings and metrics of each run"},
                                        {"cells", "statistics of each cell"},
                                        {"curves", "each recorded epoch of each run"},
                                        {"stops", "each stopping rule of each run"}};
const nn_choices export_tables = {"table", N_TABLES, table_names};

static const export_table tables[N_TABLES] = {
    [TABLE_runs] = {.group = "/runs"},
    [TABLE_cells] = {.group = "/cells", .of_cells = true},
    [TABLE_curves] = {.group = "/curves", .leads = {"run", "epoch"}, .point = "epoch", .sparse = true},
    [TABLE_stops] = {.group = "/stops", .leads = {"run"}, .tag = "rule", .sparse = true},
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

/* Shortest text that reads back to the same float. */
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
                                            : real_format(value, text, sizeof text),
              to);
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

/* The value of a column in a line of the rows in memory. */
static uint64_t value_at(const sheet_column *c, size_t row, size_t point)
{
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

static bool has_content(const sheet *s, size_t row, size_t point)
{
    for (size_t i = 0; i < s->n; i++)
        if (is_content(&s->columns[i], value_at(&s->columns[i], row, point)))
            return true;
    return !s->table->sparse;
}

void sheet_header(const sheet *s, FILE *to)
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

static void write_line(results_reader *r, sheet *s, size_t row, size_t point, FILE *to)
{
    for (size_t i = 0; i < s->n; i++) {
        sheet_column *c = &s->columns[i];
        if (i > 0)
            putc(',', to);
        put_value(r, c, value_at(c, row, point), to);
        if (i == 0 && s->tag != NULL) {
            putc(',', to);
            put_text(s->tag, to);
        }
    }
    putc('\n', to);
}

/* ---- blocks of rows ---- */

/* `status` before all else: a row that is final then is whole, also in a live file. */
static nn_status read_block(results_reader *r, const sheet *s, size_t from, size_t n, nn_error *err)
{
    nn_status status = NN_ok;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < s->n && status == NN_ok; i++) {
            const sheet_column *c = &s->columns[i];
            if (c->scope != SHEET_POINT && (pass == 0) == (strcmp(c->name, "status") == 0))
                status = reader_rows(r, c->path, &c->shape, from, n, c->values, err);
        }
    return status;
}

nn_status sheet_write(results_reader *r, sheet *s, size_t from, size_t end, FILE *to, nn_error *err)
{
    for (size_t n; from < end; from += n) {
        n = end - from < s->block ? end - from : s->block;
        nn_status status = read_block(r, s, from, n, err);
        if (status != NN_ok)
            return status;
        for (size_t i = 0; i < n * s->n_points; i++) {
            if (has_content(s, i / s->n_points, i % s->n_points))
                write_line(r, s, i / s->n_points, i % s->n_points, to);
            if (ferror(to))
                return nn_fail(err, NN_file, "cannot write: %s", strerror(errno));
        }
    }
    return NN_ok;
}

/* ---- tables ---- */

static nn_status write_sheet(results_reader *r, const export_table *table, const char *tag, bool header,
                             const export_request *q, FILE *to, nn_error *err)
{
    sheet s;
    nn_status status = sheet_open(r, table, tag, q->columns, &s, err);
    if (status != NN_ok)
        return status;
    if (header)
        sheet_header(&s, to);
    status = q->run < 0 ? sheet_write(r, &s, 0, s.n_rows, to, err)
                        : sheet_write(r, &s, (size_t)q->run, (size_t)q->run + 1, to, err);
    sheet_close(&s);
    return status;
}

/* Each subgroup is a sheet, all under one header. */
static nn_status write_nested(results_reader *r, const export_table *table, const export_request *q, FILE *to,
                              nn_error *err)
{
    char **tags = NULL;
    size_t n = 0;
    nn_status status = reader_groups(r, table->group, &tags, &n, err);
    if (status == NN_ok && n == 0)
        status = nn_fail(err, NN_usage, "there are no stopping rules in this file");
    for (size_t i = 0; i < n && status == NN_ok; i++)
        status = write_sheet(r, table, tags[i], i == 0, q, to, err);
    reader_names_free(tags, n);
    return status;
}

nn_status export_csv(results_reader *r, const export_request *q, FILE *to, nn_error *err)
{
    const int which = nn_choice_find(&export_tables, q->what);
    if (which < 0)
        return nn_fail(err, NN_usage, "--what takes runs, cells, curves or stops, not '%s'", q->what);
    const export_table *table = &tables[which];
    if (q->run >= 0 && table->of_cells)
        return nn_fail(err, NN_usage, "--run goes with runs, curves and stops, not with %s", q->what);
    if (q->run >= 0 && (size_t)q->run >= reader_n_runs(r))
        return nn_fail(err, NN_usage, "--run %lld: the file has %zu of them, counted from 0",
                       (long long)q->run, reader_n_runs(r));
    return table->tag != NULL ? write_nested(r, table, q, to, err)
                              : write_sheet(r, table, NULL, true, q, to, err);
}
