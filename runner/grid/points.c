/* Makes the cells: products of axes, their union, what is excluded and included, without equal points. */
#include "grid/reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 10000000 };

static uint16_t *point_of(const grid *g, size_t cell)
{
    return g->points + cell * g->n_axes;
}

/* Room for n cells, each of base values. */
static bool reserve_cells(reader *r, size_t n)
{
    grid *g = r->g;
    uint16_t *points = malloc((n * g->n_axes + 1) * sizeof *points);
    r->out_of_memory = r->out_of_memory || points == NULL;
    if (points == NULL)
        return false;
    memset(points, 0xff, n * g->n_axes * sizeof *points); /* GRID_BASE */
    g->points = points;
    return true;
}

static double block_size(const grid_block *b)
{
    double n = 1;
    for (size_t d = 0; d < b->n; d++)
        n *= (double)b->dimensions[d].n;
    return n;
}

/* All points of a block, the last dimension fastest. */
static void expand_block(grid *g, const grid_block *b)
{
    const size_t n = (size_t)block_size(b);
    for (size_t i = 0; i < n; i++) {
        uint16_t *point = point_of(g, g->n_cells++);
        size_t rest = i;
        for (size_t d = b->n; d-- > 0;) {
            const grid_dimension *dim = &b->dimensions[d];
            for (size_t a = 0; a < dim->n_axes; a++)
                point[dim->axes[a]] = dim->values[a * dim->n + rest % dim->n];
            rest /= dim->n;
        }
    }
}

/* ---- include ---- */

/* A point of `include`. Without a cell it is checked and its values get their places on the axes, which must
 * be there before cells are laid out; with one it is written there. */
static void read_point(reader *r, const node *item, uint16_t *cell)
{
    setting_value value;
    for (size_t i = 0; i < item->n; i++) {
        const nn_hyper_row *row = want_setting_name(r, item->keys[i]);
        size_t axis;
        if (row == NULL || find_override(r, row->name) != NULL ||
            !want_setting(r, item->items[i], row, &value))
            continue;
        r->g->set_at[row - nn_hyper_rows] = item->items[i]->at;
        const int index = axis_value(r, item->items[i], row, &value, &axis);
        if (index >= 0 && cell != NULL)
            cell[axis] = (uint16_t)index;
    }
}

void check_include(reader *r)
{
    if (r->include == NULL || !want_list(r, r->include, "include", "[{hidden: [512], dropout: 0.5}]"))
        return;
    for (size_t i = 0; i < r->include->n; i++)
        if (want_map(r, r->include->items[i], "a point of include", "{hidden: [512], dropout: 0.5}"))
            read_point(r, r->include->items[i], NULL);
}

static size_t n_included(const reader *r)
{
    return r->include != NULL ? r->include->n : 0;
}

static void add_included(reader *r)
{
    grid *g = r->g;
    memset(point_of(g, g->n_cells), 0xff, n_included(r) * g->n_axes * sizeof *g->points); /* GRID_BASE */
    for (size_t i = 0; i < n_included(r); i++)
        read_point(r, r->include->items[i], point_of(g, g->n_cells++));
}

/* ---- all together ---- */

/* Keeps the cells that are not marked, and unmarks. */
static void drop_cells(grid *g, bool *removed)
{
    size_t kept = 0;
    for (size_t c = 0; c < g->n_cells; c++)
        if (!removed[c]) {
            memmove(point_of(g, kept), point_of(g, c), g->n_axes * sizeof *g->points);
            kept++;
        }
    memset(removed, 0, g->n_cells * sizeof *removed);
    g->n_cells = kept;
}

static void remove_equal(reader *r, bool *removed, bool only_what_matters)
{
    mark_equal(r, removed, only_what_matters);
    drop_cells(r->g, removed);
}

/* A sample is taken of what is otherwise ready, so that it does not depend on how the grid was written down.
 */
static void select_cells(reader *r, bool *removed)
{
    grid *g = r->g;
    remove_equal(r, removed, false);
    exclude_cells(r, removed);
    drop_cells(g, removed);
    report_conflicts(r);
    remove_equal(r, removed, true);
    if (r->sample > 0)
        mark_unsampled(r, removed);
    drop_cells(g, removed);
    if (n_included(r) > 0) {
        add_included(r);
        report_conflicts(r);
        remove_equal(r, removed, false);
        remove_equal(r, removed, true);
    }
    if (g->n_cells == 0)
        mistake_at(r, r->exclude != NULL ? r->exclude->at : r->grid_at,
                   "exclude matches every cell: nothing is left");
}

static double n_points(const reader *r)
{
    double n = (double)n_included(r) + (r->n_blocks == 0);
    for (size_t b = 0; b < r->n_blocks; b++)
        n += block_size(&r->blocks[b]);
    return n;
}

static void report_too_many(reader *r, double n_cells)
{
    const grid *g = r->g;
    char folds[32] = "";
    if (g->folds > 1)
        snprintf(folds, sizeof folds, " x %u folds", g->folds);
    mistake_at(
        r, r->grid_at,
        "%.0f cell%s x %u repeats%s are %.0f runs; at most 10 million are possible: take fewer values, or "
        "say `sample: n`",
        n_cells, n_cells == 1 ? "" : "s", g->repeats, folds, n_cells * g->repeats * g->folds);
}

void make_cells(reader *r)
{
    grid *g = r->g;
    const double n = n_points(r);
    if (n > MOST_RUNS) {
        if (r->sample > 0)
            mistake_at(r, r->grid_at,
                       "%.0f cells are too many to take a sample of: at most 10 million; take fewer values",
                       n);
        else
            report_too_many(r, n);
        return;
    }
    if (!reserve_cells(r, (size_t)n))
        return;
    bool *removed = calloc((size_t)n + 1, sizeof *removed);
    r->out_of_memory = r->out_of_memory || removed == NULL;
    if (removed == NULL)
        return;
    for (size_t b = 0; b < r->n_blocks; b++)
        expand_block(g, &r->blocks[b]);
    g->n_cells += r->n_blocks == 0; /* no grid: one cell of base values */
    select_cells(r, removed);
    if ((double)g->n_cells * g->repeats * g->folds > MOST_RUNS)
        report_too_many(r, (double)g->n_cells);
    free(removed);
}
