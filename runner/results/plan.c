/* Builds the list of datasets of a results file: which rows it has, which fields, and which fields a row consists
 * of. */
#include "results/plan.h"
#include "results/extent.h"
#include "results/fields.h"
#include "results/plots.h"
#include <stdlib.h>
#include <string.h>

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

/* Lists the fields of one network shape (NO_NET: those of all runs), which lie in a row from byte `at` on. */
static bool plan_fields(layout *l, int net, size_t at, row_plan *plan)
{
    plan->fields = malloc((l->n_fields + 1) * sizeof *plan->fields);
    if (plan->fields == NULL)
        return false;
    for (size_t i = 0; i < l->n_fields; i++) {
        field *f = &l->fields[i];
        if (f->put == NULL || f->net != net)
            continue;
        f->row_at = at;
        at += row_padded(field_row_bytes(f));
        plan->fields[plan->n++] = f;
    }
    plan->bytes = at;
    return true;
}

static void plan_rows(layout *l)
{
    l->failed |= !plan_fields(l, NO_NET, ROW_HEAD, &l->row);
    for (size_t i = 0; i < l->n_nets && !l->failed; i++)
        l->failed |= !plan_fields(l, (int)i, l->row.bytes, &l->nets[i].row);
}

/* The rows and cells of the file: those of the grid, then inactive ones. */
static void join_rows(layout *l, const grid_run *runs, inactive_rows *inactive)
{
    const grid *g = l->grid;
    l->inactive = inactive;
    l->n_runs = g->n_runs + (inactive == NULL ? 0 : inactive->n_runs);
    l->n_cells = g->n_cells + (inactive == NULL ? 0 : inactive->n_cells);
    l->n_splits = grid_n_splits(g, l->data) + (inactive == NULL ? 0 : inactive->n_splits);
    l->runs = g->runs;
    if (inactive == NULL && runs == NULL)
        return;
    l->own_runs = malloc((l->n_runs + 1) * sizeof *l->own_runs);
    l->failed |= l->own_runs == NULL;
    if (l->failed)
        return;
    memcpy(l->own_runs, runs != NULL ? runs : g->runs, g->n_runs * sizeof *g->runs);
    if (inactive != NULL)
        memcpy(l->own_runs + g->n_runs, inactive->runs, inactive->n_runs * sizeof *inactive->runs);
    for (size_t i = g->n_runs; i < l->n_runs; i++)
        l->own_runs[i].cell += (uint32_t)g->n_cells;
    l->runs = l->own_runs;
}

static void make_fields(layout *l)
{
    results_layout_extent(l);
    if (!l->failed)
        results_layout_fields(l);
    results_layout_plots(l);
    results_layout_state(l);
    if (l->failed)
        return;
    measure(l);
    plan_rows(l);
}

nn_status results_layout_new(const grid *g, const dataset *d, const grid_run *runs, inactive_rows *inactive,
                             layout **out, nn_error *err)
{
    layout *l = calloc(1, sizeof *l);
    if (l == NULL)
        return nn_fail(err, NN_memory, "not enough memory to lay out the results file");
    l->grid = g;
    l->data = d;
    l->fields = calloc(1, sizeof *l->fields); /* results_layout_add writes over it where memory runs out */
    nn_status status =
        l->fields == NULL ? nn_fail(err, NN_memory, "not enough memory") : data_splitter_new(d, &l->splitter, err);
    if (status != NN_ok)
        goto done;
    join_rows(l, runs, inactive);
    if (!l->failed)
        make_fields(l);
    if (l->failed) {
        status = nn_fail(err, NN_memory, "not enough memory to lay out the results file of %zu runs", g->n_runs);
        goto done;
    }
    *out = l;
    l = NULL;
done:
    if (l != NULL)
        l->inactive = NULL; /* the caller keeps it */
    results_layout_free(l);
    return status;
}

void results_layout_free(layout *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_texts; i++)
        free(l->texts[i]);
    for (int i = 0; i < NN_N_HYPER; i++) {
        free(l->shapes[i].texts);
        free(l->shapes[i].shapes);
        free(l->shapes[i].names);
    }
    data_splitter_free(l->splitter);
    results_plots_free(l);
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
    results_inactive_free(l->inactive);
    free(l);
}
