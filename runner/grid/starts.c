/* Finds the starting weights that the cells ask for, and what keys know them by: the content of a file, or the weights of
 * a run in a results file. */
#include "grid/starts.h"
#include "base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_keep(const char *word)
{
    for (int k = 0; k < NN_N_KEEP; k++)
        if (strcmp(word, nn_keep_names[k]) == 0)
            return true;
    return false;
}

/* A results file is written FILE.h5:RUN:WEIGHTS. */
void grid_start_parts(const nn_text *start, char file[NN_TEXT_BYTES], const char **run, const char **weights)
{
    *run = *weights = NULL;
    memcpy(file, start->text, NN_TEXT_BYTES);
    char *last = strrchr(file, ':');
    if (last == NULL || !is_keep(last + 1))
        return;
    *last = '\0';
    char *before = strrchr(file, ':');
    if (before == NULL) {
        *last = ':';
        return;
    }
    *before = '\0';
    *run = before + 1;
    *weights = last + 1;
}

static grid_start *find_start(const grid *g, const nn_hyper *h)
{
    for (size_t i = 0; i < g->n_starts; i++)
        if (strcmp(g->starts[i].name.text, h->init_file.text) == 0)
            return &g->starts[i];
    return NULL;
}

uint64_t grid_start_digest(const grid *g, const nn_hyper *h)
{
    const grid_start *start = find_start(g, h);
    return start != NULL ? start->digest : 0;
}

/* Computes the digest of a start. */
static void digest(const grid *g, const char *data_root, grid_start *start, diagnostics *d)
{
    char file[NN_TEXT_BYTES];
    const char *run, *weights;
    nn_error err = {.message = "cannot be read here"};
    grid_start_parts(&start->name, file, &run, &weights);
    char *path = data_path(file, g->path, data_root);
    if (path == NULL)
        diagnostics_add(d, SEVERITY_ERROR, NN_memory, (place){0, 0}, "not enough memory for a path");
    else if (run == NULL && file_digest(path, &start->digest, &err) != NN_ok)
        diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_init_file], "init_file: %s: %s", path,
                        err.message);
    else if (run != NULL && (g->stored_start == NULL || !g->stored_start(path, run, weights, &start->digest, &err)))
        diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_init_file], "init_file: %s", err.message);
    free(path);
}

/* ---- two names of one start ---- */

/* Do cells differ in the names of their starts alone, which are the same? They would be the same runs. */
static bool same_but_name(const grid *g, const nn_hyper *a, const nn_hyper *b)
{
    const grid_start *one = find_start(g, a), *other = find_start(g, b);
    bool same = one != NULL && other != NULL && one->digest == other->digest;
    for (int i = 0; i < NN_N_HYPER && same; i++)
        same = i == NN_HYPER_init_file || nn_hyper_same(a, b, &nn_hyper_rows[i]);
    return same;
}

/* Has another name before this one the same start? */
static const grid_start *first_of_same(const grid *g, const grid_start *start)
{
    for (const grid_start *s = g->starts; s < start; s++)
        if (s->digest == start->digest)
            return s;
    return NULL;
}

static bool repeats_another(const grid *g, size_t cell)
{
    nn_hyper h, before;
    grid_cell(g, cell, &h);
    const grid_start *start = find_start(g, &h);
    bool same = false;
    if (start == NULL || first_of_same(g, start) == NULL)
        return false;
    for (size_t c = 0; c < cell && !same; c++) {
        grid_cell(g, c, &before);
        same = same_but_name(g, &before, &h);
    }
    return same;
}

/* Keeps cell `from` as cell `to`. */
static void move_cell(grid *g, size_t from, size_t to)
{
    memmove(g->points + to * g->n_axes, g->points + from * g->n_axes, g->n_axes * sizeof *g->points);
    g->cell_variant[to] = g->cell_variant[from];
}

/* Leaves out each cell that repeats one before it. Runs are listed cell by cell, so that those of the last cells go. */
static void drop_repeated(grid *g, diagnostics *d)
{
    const size_t n = g->n_cells;
    if (g->n_starts < 2)
        return;
    g->n_cells = 0;
    for (size_t c = 0; c < n; c++)
        if (!repeats_another(g, c))
            move_cell(g, c, g->n_cells++);
    g->n_runs = g->n_cells * g->repeats * g->folds;
    for (size_t i = 0; i < g->n_starts && g->n_cells < n; i++) {
        const grid_start *s = &g->starts[i], *first = first_of_same(g, s);
        if (first != NULL)
            diagnostics_add(d, SEVERITY_WARNING, NN_data, g->set_at[NN_HYPER_init_file],
                            "init_file: %s has the same starting weights as %s; cells that differ in these names alone "
                            "are trained once",
                            s->name.text, first->name.text);
    }
}

/* ---- all starts ---- */

void grid_find_starts(grid *g, const char *data_root, diagnostics *diags)
{
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        if (!grid_has_start(&h) || find_start(g, &h) != NULL)
            continue;
        grid_start *grown = realloc(g->starts, (g->n_starts + 1) * sizeof *grown);
        if (grown == NULL) {
            diagnostics_add(diags, SEVERITY_ERROR, NN_memory, (place){0, 0}, "not enough memory for starting weights");
            return;
        }
        g->starts = grown;
        grown[g->n_starts++] = (grid_start){.name = h.init_file};
        digest(g, data_root, &grown[g->n_starts - 1], diags);
    }
    if (diagnostics_status(diags) == NN_ok)
        drop_repeated(g, diags);
}
