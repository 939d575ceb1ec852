/* The list of datasets, and the way to it. */
#include "results/layout.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- texts, groups and fields ---- */

static char *keep_text(layout *l, char *text)
{
    char **texts = text == NULL ? NULL : realloc(l->texts, (l->n_texts + 1) * sizeof *texts);
    if (texts == NULL) {
        free(text);
        l->failed = true;
        return NULL;
    }
    l->texts = texts;
    return texts[l->n_texts++] = text;
}

static char *format_text(layout *l, const char *format, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    return keep_text(l, text);
}

const char *layout_text(layout *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_text(l, format, args);
    va_end(args);
    return text == NULL ? "" : text;
}

char *layout_group(layout *l, const char *format, ...)
{
    static char nowhere[] = "";
    va_list args;
    va_start(args, format);
    char *text = format_text(l, format, args);
    va_end(args);
    char **groups = text == NULL ? NULL : realloc(l->groups, (l->n_groups + 1) * sizeof *groups);
    if (groups == NULL) {
        l->failed = true;
        return nowhere;
    }
    l->groups = groups;
    return groups[l->n_groups++] = text;
}

field *layout_add(layout *l, char *group, const char *name, h5_type type, const char *help)
{
    /* The list grows by powers of two; a failed layout writes over its last field, and is never used. */
    if ((l->n_fields & (l->n_fields + 1)) == 0 && !l->failed) {
        field *fields = realloc(l->fields, (2 * l->n_fields + 2) * sizeof *fields);
        if (fields == NULL)
            l->failed = true;
        else
            l->fields = fields;
    }
    size_t at = l->failed && l->n_fields > 0 ? l->n_fields - 1 : l->n_fields++;
    const char *slash = strcmp(group, "/") == 0 ? "" : group;
    char *own = keep_text(l, strdup(name)), *path = NULL;
    path = keep_text(l, asprintf(&path, "%s/%s", slash, name) < 0 ? NULL : path);
    l->fields[at] =
        (field){.group = group, .name = own, .path = path, .help = help, .type = type, .net = NO_NET};
    return &l->fields[at];
}

int layout_scale(layout *l, char *group, const char *name, h5_type type, size_t length, fill_function *fill,
                 const char *help)
{
    field *f = layout_add(l, group, name, type, help);
    int self = (int)(f - l->fields);
    f->is_scale = true;
    f->length = length;
    f->fill = fill;
    f->n_dims = 1;
    f->dims[0] = self;
    return self;
}

int layout_find(const layout *l, const char *path)
{
    for (size_t i = 0; i < l->n_fields; i++)
        if (strcmp(l->fields[i].path, path) == 0)
            return (int)i;
    return NO_FIELD;
}

/* ---- lifecycle ---- */

static void measure(layout *l)
{
    for (size_t i = 0; i < l->n_fields; i++) {
        field *f = &l->fields[i];
        f->n = f->row_n = 1;
        for (int d = 0; d < f->n_dims; d++) {
            f->n *= l->fields[f->dims[d]].length;
            f->row_n *= d > 0 ? l->fields[f->dims[d]].length : 1;
        }
    }
}

/* Rows and cells of the file: the grid's own, then those that have left it. */
static void join_rows(layout *l, inactive *left)
{
    const grid *g = l->grid;
    l->left = left;
    l->n_runs = g->n_runs + (left == NULL ? 0 : left->n_runs);
    l->n_cells = g->n_cells + (left == NULL ? 0 : left->n_cells);
    l->n_splits = dataset_n_splits(l->data, g->repeats) + (left == NULL ? 0 : left->n_splits);
    l->runs = g->runs;
    if (left == NULL)
        return;
    l->own_runs = malloc((l->n_runs + 1) * sizeof *l->own_runs);
    l->failed |= l->own_runs == NULL;
    if (l->failed)
        return;
    memcpy(l->own_runs, g->runs, g->n_runs * sizeof *g->runs);
    memcpy(l->own_runs + g->n_runs, left->runs, left->n_runs * sizeof *left->runs);
    for (size_t i = g->n_runs; i < l->n_runs; i++)
        l->own_runs[i].cell += (uint32_t)g->n_cells;
    l->runs = l->own_runs;
}

void layout_cell(const layout *l, size_t cell, nn_hyper *out)
{
    if (cell < l->grid->n_cells)
        grid_cell(l->grid, cell, out);
    else
        *out = l->left->cells[cell - l->grid->n_cells];
}

static void make_fields(layout *l)
{
    layout_extent(l);
    if (!l->failed)
        layout_fields(l);
    layout_plots(l);
    layout_state(l);
    if (l->failed)
        return;
    measure(l);
    layout_rows(l);
}

nn_status layout_new(const grid *g, const dataset *d, inactive *left, layout **out, nn_error *err)
{
    layout *l = calloc(1, sizeof *l);
    if (l == NULL)
        return nn_fail(err, NN_memory, "not enough memory to lay out the results file");
    l->grid = g;
    l->data = d;
    l->fields = calloc(1, sizeof *l->fields); /* the one that is written over where memory runs out */
    nn_status status =
        l->fields == NULL ? nn_fail(err, NN_memory, "not enough memory") : splitter_new(d, &l->splitter, err);
    if (status != NN_ok)
        goto done;
    join_rows(l, left);
    if (!l->failed)
        make_fields(l);
    if (l->failed) {
        status =
            nn_fail(err, NN_memory, "not enough memory to lay out the results file of %zu runs", g->n_runs);
        goto done;
    }
    *out = l;
    l = NULL;
done:
    if (l != NULL)
        l->left = NULL; /* stays the caller's */
    layout_free(l);
    return status;
}

void layout_free(layout *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_texts; i++)
        free(l->texts[i]);
    for (int i = 0; i < NN_N_HYPER; i++) {
        free(l->shapes[i].shapes);
        free(l->shapes[i].names);
    }
    splitter_free(l->splitter);
    plots_free(l);
    free(l->texts);
    free(l->fields);
    free(l->groups);
    free(l->lengths);
    free(l->epochs);
    for (size_t i = 0; i < l->n_nets; i++)
        free(l->nets[i].row.fields);
    free(l->row.fields);
    free(l->nets);
    free(l->cell_net);
    free(l->slot);
    free(l->rules);
    free(l->own_runs);
    inactive_free(l->left);
    free(l);
}
