/* Finds the starting weights that the cells ask for, and what keys know them by: the content of a file, or the weights of
 * a run in a results file. */
#include "grid/starts.h"
#include "base/file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static bool digest_content(FILE *f, uint64_t *out)
{
    XXH3_state_t *state = XXH3_createState();
    unsigned char block[65536];
    bool good = state != NULL && XXH3_64bits_reset(state) == XXH_OK;
    for (size_t n; good && (n = fread(block, 1, sizeof block, f)) > 0;)
        XXH3_64bits_update(state, block, n);
    good = good && ferror(f) == 0;
    if (good)
        *out = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return good;
}

nn_status grid_file_digest(const char *path, uint64_t *out, nn_error *err)
{
    if (file_check_kind(path, false, err) != NN_ok)
        return NN_file;
    FILE *f = fopen(path, "rbe");
    const nn_status status =
        f != NULL && digest_content(f, out) ? NN_ok : nn_fail(err, NN_file, "cannot be read: %s", strerror(errno));
    if (f != NULL)
        fclose(f);
    return status;
}

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

static void say(const grid *g, const grid_start *start, const char *what, diagnostics *d)
{
    diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_init_file], "init_file: %s%s", start->name.text,
                    what);
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
    else if (run == NULL && grid_file_digest(path, &start->digest, &err) != NN_ok)
        diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_init_file], "init_file: %s: %s", path,
                        err.message);
    else if (run != NULL && (g->stored_start == NULL || !g->stored_start(path, run, weights, &start->digest, &err)))
        diagnostics_add(d, SEVERITY_ERROR, NN_data, g->set_at[NN_HYPER_init_file], "init_file: %s", err.message);
    free(path);
}

/* Two names of one start would make runs that are the same. */
static void check_distinct(const grid *g, diagnostics *d)
{
    const grid_start *last = &g->starts[g->n_starts - 1];
    for (size_t i = 0; i + 1 < g->n_starts; i++)
        if (g->starts[i].digest == last->digest && last->digest != 0)
            say(g, last, " has the same starting weights as another file of init_file; leave one of them out", d);
}

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
        check_distinct(g, diags);
    }
}
