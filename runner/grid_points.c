/* Makes the cells: products of axes, their union, exclusions and inclusions, without equal points. */
#include "grid_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RUNS 10e6

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

/* Adds the axis values of `include` before cells are laid out, since they are new columns of every point. */
static void read_include(reader *r, const node *item, uint16_t *point)
{
    setting_value value;
    for (size_t i = 0; i < item->n; i++) {
        const nn_hyper_row *row = want_setting_name(r, item->keys[i]);
        size_t axis;
        if (row == NULL || !want_setting(r, item->items[i], row, &value))
            continue;
        r->set_at[row - nn_hyper_rows] = item->items[i]->at;
        const int index = axis_value(r, row, &value, &axis);
        if (index >= 0 && point != NULL)
            point[axis] = (uint16_t)index;
    }
}

static size_t n_included(reader *r)
{
    if (r->include == NULL)
        return 0;
    if (r->include->kind != NODE_LIST) {
        mistake(r, r->include, "include takes a list of points, such as [{hidden: [512], dropout: 0.5}]");
        return 0;
    }
    for (size_t i = 0; i < r->include->n; i++)
        if (want_map(r, r->include->items[i], "a point of include"))
            read_include(r, r->include->items[i], NULL);
    return diagnostics_status(r->d) == NN_ok ? r->include->n : 0;
}

/* Keeps the cells that are not marked. */
static void drop_cells(grid *g, const bool *removed)
{
    size_t kept = 0;
    for (size_t c = 0; c < g->n_cells; c++)
        if (!removed[c]) {
            memmove(point_of(g, kept), point_of(g, c), g->n_axes * sizeof *g->points);
            kept++;
        }
    g->n_cells = kept;
}

/* ---- equal points ---- */

/* A set of cells by the hash of their settings: open addressing, cell + 1 in a slot. */
typedef struct cell_set {
    size_t n_slots;
    uint32_t *slots;
} cell_set;

static bool same_cell(const nn_hyper *a, const nn_hyper *b, bool only_what_matters)
{
    unsigned char x[SETTING_BYTES], y[SETTING_BYTES];
    const size_t n = setting_bytes(a, only_what_matters, x), m = setting_bytes(b, only_what_matters, y);
    return n == m && memcmp(x, y, n) == 0;
}

/* The cell that equals this one, put in before, or SIZE_MAX and it is put in. */
static size_t find_equal(const grid *g, cell_set *set, size_t cell, bool only_what_matters)
{
    nn_hyper h, other;
    grid_cell(g, cell, &h);
    size_t slot = cell_hash(&h, only_what_matters, 0) & (set->n_slots - 1);
    for (; set->slots[slot] != 0; slot = (slot + 1) & (set->n_slots - 1)) {
        grid_cell(g, set->slots[slot] - 1, &other);
        if (same_cell(&h, &other, only_what_matters))
            return set->slots[slot] - 1;
    }
    set->slots[slot] = (uint32_t)cell + 1;
    return SIZE_MAX;
}

/* The first setting in which two cells differ though it decides nothing there, or NULL. */
static const nn_hyper_row *idle_difference(const grid *g, size_t one, size_t other)
{
    nn_hyper a, b;
    grid_cell(g, one, &a);
    grid_cell(g, other, &b);
    for (int i = 0; i < NN_N_HYPER; i++)
        if (!nn_hyper_same(&a, &b, &nn_hyper_rows[i]) && !nn_hyper_rows[i].matters(&a))
            return &nn_hyper_rows[i];
    return NULL;
}

static void report_idle(reader *r, const size_t n_idle[NN_N_HYPER])
{
    for (int i = 0; i < NN_N_HYPER; i++)
        if (n_idle[i] > 0) {
            const node at = {.at = r->set_at[i]};
            mistake(r, &at,
                    "%s is swept where it does not matter (it does only where %s): %zu cells would repeat "
                    "others; say "
                    "`collapse: true` to keep one of each",
                    nn_hyper_rows[i].name, nn_hyper_rows[i].matters_when, n_idle[i]);
        }
}

/* Marks later ones of equal cells; cells that differ only in what does not matter are a mistake without
 * collapse. */
static void mark_equal(reader *r, bool *removed, bool only_what_matters)
{
    const grid *g = r->g;
    size_t n_idle[NN_N_HYPER] = {0};
    cell_set set = {.n_slots = 16};
    while (set.n_slots < 2 * g->n_cells)
        set.n_slots *= 2;
    set.slots = calloc(set.n_slots, sizeof *set.slots);
    r->out_of_memory = r->out_of_memory || set.slots == NULL;
    for (size_t c = 0; c < g->n_cells && set.slots != NULL; c++) {
        const size_t equal = find_equal(g, &set, c, only_what_matters);
        removed[c] = equal != SIZE_MAX;
        if (removed[c] && only_what_matters && !r->collapse)
            n_idle[idle_difference(g, equal, c) - nn_hyper_rows]++;
    }
    report_idle(r, n_idle);
    free(set.slots);
}

/* ---- sample ---- */

typedef struct ranked {
    uint64_t hash;
    size_t cell;
} ranked;

static int by_hash(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* Keeps the cells whose seeded hash is smallest, so that a grid that grows keeps most of them. */
static void mark_unsampled(reader *r, bool *removed)
{
    const grid *g = r->g;
    ranked *list = malloc((g->n_cells + 1) * sizeof *list);
    r->out_of_memory = r->out_of_memory || list == NULL;
    for (size_t c = 0; c < g->n_cells && list != NULL; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        list[c] = (ranked){cell_hash(&h, true, g->seed + 1), c};
    }
    if (list != NULL && (uint64_t)r->sample < g->n_cells) {
        qsort(list, g->n_cells, sizeof *list, by_hash);
        for (size_t i = (size_t)r->sample; i < g->n_cells; i++)
            removed[list[i].cell] = true;
    }
    free(list);
}

/* ---- all together ---- */

/* Each distinct conflict once, at the setting that it names. */
static void report_conflicts(reader *r)
{
    const grid *g = r->g;
    const char *told[16];
    size_t n_told = 0;
    for (size_t c = 0; c < g->n_cells && n_told < 16; c++) {
        nn_hyper h;
        const nn_hyper_row *culprit;
        grid_cell(g, c, &h);
        const char *conflict = nn_hyper_conflict(&h, !g->data.regression, &culprit);
        bool known = conflict == NULL;
        for (size_t i = 0; i < n_told; i++)
            known = known || told[i] == conflict;
        if (known)
            continue;
        const node at = {.at = r->set_at[culprit - nn_hyper_rows]};
        mistake(r, &at, "%s", conflict);
        told[n_told++] = conflict;
    }
}

static void select_cells(reader *r, bool *removed)
{
    grid *g = r->g;
    exclude_cells(r, removed);
    drop_cells(g, removed);
    memset(removed, 0, g->n_cells);
    if (r->sample > 0)
        mark_unsampled(r, removed);
    drop_cells(g, removed);
}

static void add_included(reader *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        read_include(r, r->include->items[i], point_of(r->g, r->g->n_cells++));
}

static void remove_equal(reader *r, bool *removed)
{
    for (int only_what_matters = 0; only_what_matters < 2; only_what_matters++) {
        memset(removed, 0, r->g->n_cells);
        mark_equal(r, removed, only_what_matters);
        drop_cells(r->g, removed);
    }
}

void make_cells(reader *r)
{
    grid *g = r->g;
    const size_t included = n_included(r);
    double n = (double)included;
    for (size_t b = 0; b < r->n_blocks; b++)
        n += block_size(&r->blocks[b]);
    n += r->n_blocks == 0;
    if (n * g->repeats * g->folds > MAX_RUNS && r->sample == 0) {
        const node at = {.at = {0, 0}};
        mistake(r, &at, "%.0f cells x %u repeats x %u folds are %.0f runs; at most 10 million are possible",
                n, g->repeats, g->folds, n * g->repeats * g->folds);
        return;
    }
    if (n > 10 * MAX_RUNS || !reserve_cells(r, (size_t)n))
        return;
    bool *removed = calloc((size_t)n + 1, sizeof *removed);
    r->out_of_memory = r->out_of_memory || removed == NULL;
    if (removed == NULL)
        return;
    for (size_t b = 0; b < r->n_blocks; b++)
        expand_block(g, &r->blocks[b]);
    g->n_cells += r->n_blocks == 0; /* no grid: one cell of base values */
    select_cells(r, removed);
    memset(point_of(g, g->n_cells), 0xff, included * g->n_axes * sizeof *g->points);
    add_included(r, included);
    report_conflicts(r);
    remove_equal(r, removed);
    free(removed);
}
