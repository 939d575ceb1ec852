/* Opens a sheet: which columns it has, in which order, and how they lie in the file. */
#include "base/diagnostics.h"
#include "results/reader/export_internal.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK_VALUES = 4096 }; /* of one column in memory at once, if a row has no more */

void sheet_close(sheet *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->columns[i].name);
        free(s->columns[i].path);
        free(s->columns[i].values);
    }
    free(s->columns);
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

/* Does the column lie as one of this sheet must? */
static bool fits(const sheet *s, const sheet_column *c)
{
    if (c->scope == SHEET_POINT)
        return c->shape.n_rows == s->n_points && c->shape.n_per_row == 1;
    return c->shape.n_rows == s->n_rows && (c->shape.n_per_row == 1 || c->shape.n_per_row == s->n_points);
}

/* Path of a dataset of the group, of the group itself for NULL; caller frees. */
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

/* Adds a column; one that lies otherwise is left out, with *added false. */
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
    const bool there = reader_look(r, c.path, &c.shape);
    c.scope = same(s->table->point, name) ? SHEET_POINT : c.shape.n_per_row > 1 ? SHEET_BOTH : SHEET_ROW;
    if (there && fits(s, &c)) {
        c.words =
            reader_text(r, c.path, "flag_meanings") != NULL || reader_text(r, c.path, "zero_means") != NULL;
        s->columns[s->n++] = c;
        *added = true;
    } else {
        free(c.name);
        free(c.path);
    }
    return NN_ok;
}

static nn_status unknown_column(const sheet *s, const char *name, char *const *names, size_t n, nn_error *err)
{
    const char *near = nearest_name(name, (const char *const *)names, n);
    if (near != NULL)
        return nn_fail(err, NN_usage, "--columns: %s has no column '%.80s'; did you mean '%s'?",
                       s->table->group, name, near);
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
            status = unknown_column(s, name, names, n, err);
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

/* Memory of the columns; points that are the same in every row are read here. */
static nn_status make_room(results_reader *r, sheet *s, nn_error *err)
{
    s->block = s->n_points < BLOCK_VALUES ? BLOCK_VALUES / s->n_points : 1;
    s->block = s->block < s->n_rows ? s->block : s->n_rows;
    for (size_t i = 0; i < s->n; i++) {
        sheet_column *c = &s->columns[i];
        const size_t n = c->scope == SHEET_POINT ? s->n_points : s->block * c->shape.n_per_row;
        c->values = calloc(n + 1, sizeof *c->values);
        if (c->values == NULL)
            return short_of_memory(err);
        nn_status status = c->scope != SHEET_POINT
                               ? NN_ok
                               : reader_rows(r, c->path, &c->shape, 0, s->n_points, c->values, err);
        if (status != NN_ok)
            return status;
    }
    return NN_ok;
}

/* The names in the group of the sheet, and the columns of those that are asked for. */
static nn_status list_columns(results_reader *r, sheet *s, const char *wanted, nn_error *err)
{
    char *group = path_of(s, NULL), **names = NULL;
    size_t n = 0;
    if (group == NULL)
        return short_of_memory(err);
    nn_status status = reader_names(r, group, &names, &n, err);
    if (status == NN_ok)
        status = add_columns(r, s, wanted, names, n, err);
    reader_names_free(names, n);
    free(group);
    return status;
}

/* Points of a row: how long the scale of the second dimension is. */
static size_t count_points(results_reader *r, const sheet *s)
{
    char *path = s->table->point != NULL ? path_of(s, s->table->point) : NULL;
    reader_shape shape = {.n_rows = 1};
    if (path != NULL && !reader_look(r, path, &shape))
        shape.n_rows = 1;
    free(path);
    return shape.n_rows > 0 ? shape.n_rows : 1;
}

nn_status sheet_open(results_reader *r, const export_table *table, const char *tag, const char *wanted,
                     sheet *out, nn_error *err)
{
    sheet s = {.table = table, .tag = tag};
    s.n_rows = table->of_cells ? reader_n_cells(r) : reader_n_runs(r);
    s.n_points = count_points(r, &s);
    nn_status status = list_columns(r, &s, wanted, err);
    if (status == NN_ok)
        status = make_room(r, &s, err);
    if (status == NN_ok)
        *out = s;
    else
        sheet_close(&s);
    return status;
}
