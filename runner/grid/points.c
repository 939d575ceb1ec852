/* Makes the cells: the union of products of axes, less what is excluded or equal, plus what is included. */
#include "grid/points.h"
#include "base/setting.h"
#include "grid/axes.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- settings as bytes ---- */

enum { SETTING_BYTES = sizeof(nn_hyper) };

static size_t put(unsigned char *out, const void *from, size_t n)
{
    memcpy(out, from, n);
    return n;
}

/* Writes the settings into `out` [SETTING_BYTES], so that equal settings give equal bytes; returns how many. A setting that
 * does not matter counts as its default if only_what_matters. `left_out` [NN_N_HYPER] marks settings to leave out, or is
 * NULL. */
static size_t setting_bytes(const nn_hyper *h, const bool *left_out, bool only_what_matters, unsigned char *out)
{
    size_t n = 0;
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        if (left_out != NULL && left_out[i])
            continue;
        const bool idle = only_what_matters && !row->matters(h);
        const void *value = nn_hyper_get(idle ? &nn_hyper_defaults : h, row);
        if (row->kind == NN_SHAPE)
            n += put(out + n, value, sizeof(int32_t) * (1 + (size_t)((const nn_shape *)value)->n));
        else if (row->kind == NN_TEXT)
            n += put(out + n, value, strlen(value) + 1);
        else
            n += put(out + n, value, grid_field_size(row->kind));
    }
    return n;
}

static uint64_t cell_hash(const nn_hyper *h, bool only_what_matters)
{
    unsigned char bytes[SETTING_BYTES];
    return XXH3_64bits(bytes, setting_bytes(h, NULL, only_what_matters, bytes));
}

/* ---- equal cells ---- */

/* A hash table of cells by their settings, with open addressing: a slot holds cell + 1, or 0. */
typedef struct cell_set {
    size_t n_slots;
    uint32_t *slots;
} cell_set;

static bool same_cell(const nn_hyper *a, const nn_hyper *b, bool only_what_matters)
{
    unsigned char x[SETTING_BYTES], y[SETTING_BYTES];
    const size_t n = setting_bytes(a, NULL, only_what_matters, x), m = setting_bytes(b, NULL, only_what_matters, y);
    return n == m && memcmp(x, y, n) == 0;
}

/* Returns the cell in the set that equals this one; without one, puts this cell into the set and returns SIZE_MAX. */
static size_t find_equal(const grid *g, cell_set *set, size_t cell, bool only_what_matters)
{
    nn_hyper h, other;
    grid_cell(g, cell, &h);
    size_t slot = cell_hash(&h, only_what_matters) & (set->n_slots - 1);
    for (; set->slots[slot] != 0; slot = (slot + 1) & (set->n_slots - 1)) {
        grid_cell(g, set->slots[slot] - 1, &other);
        if (same_cell(&h, &other, only_what_matters))
            return set->slots[slot] - 1;
    }
    set->slots[slot] = (uint32_t)cell + 1;
    return SIZE_MAX;
}

/* The first setting in which two cells differ although it does not matter in one of them, or NULL. */
static const nn_hyper_row *idle_difference(const grid *g, size_t one, size_t other)
{
    nn_hyper a, b;
    grid_cell(g, one, &a);
    grid_cell(g, other, &b);
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        if (!nn_hyper_same(&a, &b, row) && !(row->matters(&a) && row->matters(&b)))
            return row;
    }
    return NULL;
}

static void report_idle(reader *r, const size_t n_idle[NN_N_HYPER])
{
    for (int i = 0; i < NN_N_HYPER; i++)
        if (n_idle[i] > 0)
            grid_mistake_at(r, r->g->set_at[i],
                            "%s is swept where it does not matter: it matters only where %s; %zu cell%s would repeat "
                            "others; give `collapse: true` to keep one of each",
                            nn_hyper_rows[i].name, nn_hyper_rows[i].matters_when, n_idle[i], n_idle[i] == 1 ? "" : "s");
}

/* Marks every cell that equals an earlier one. If cells differ only in settings that do not matter there, it is a mistake
 * unless the grid has `collapse: true`. */
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
        const nn_hyper_row *idle =
            removed[c] && only_what_matters && !r->g->collapse ? idle_difference(g, equal, c) : NULL;
        if (idle != NULL)
            n_idle[idle - nn_hyper_rows]++;
    }
    report_idle(r, n_idle);
    free(set.slots);
}

/* Reports settings that cannot go together, at the setting to change; diagnostics drops what repeats. */
static void report_conflicts(reader *r)
{
    const grid *g = r->g;
    char text[256];
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        const nn_hyper_row *culprit = nn_hyper_conflict(&h, !g->data.regression, text, sizeof text);
        if (culprit != NULL)
            grid_mistake_at(r, g->set_at[culprit - nn_hyper_rows], "%s", text);
    }
}

/* ---- exclude ---- */

/* One entry of a pattern: the setting equals a value, or its number compares with another. */
typedef struct condition {
    const nn_hyper_row *row;
    compare how;
    double number;       /* for <, <=, >, >= */
    setting_value value; /* for = and != */
} condition;

static bool is_order(compare how)
{
    return how != EQUAL && how != NOT_EQUAL;
}

static bool is_number(const nn_hyper_row *row)
{
    return row->kind == NN_REAL || row->kind == NN_COUNT;
}

/* The number that <, <=, > and >= compare. The word `full` is above every number, since a full batch has all rows. */
static double number_of(const nn_hyper_row *row, const void *value)
{
    if (row->kind == NN_REAL)
        return *(const nn_real_value *)value;
    const nn_count_value count = *(const nn_count_value *)value;
    return row->word != NULL && count == 0 ? NN_INF : (double)count;
}

/* Reads one entry of a pattern; false after a mistake. */
static bool read_condition(reader *r, const node *key, const node *value, condition *out)
{
    node plain = *value;
    out->how = EQUAL;
    out->row = grid_want_setting_name(r, key);
    if (out->row == NULL)
        return false;
    if (value->kind == NODE_SCALAR)
        plain.text = grid_read_compare(value->text, &out->how);
    if (!is_order(out->how))
        return grid_want_setting(r, &plain, out->row, &out->value);
    if (!is_number(out->row))
        grid_mistake(r, value, "%s is not a number; it can be compared by = and != only", out->row->name);
    else if (!setting_parse_real(plain.text, &out->number))
        grid_mistake(r, value, "%s is compared with a number, such as \"> 0.1\", not '%.60s'", out->row->name,
                     plain.text);
    else
        return true;
    return false;
}

/* Reads a pattern; returns how many conditions it has, -1 after a mistake. */
static int read_pattern(reader *r, const node *pattern, condition conditions[NN_N_HYPER])
{
    int n = 0;
    bool good = grid_want_map(r, pattern, "a pattern of exclude", "{batch_size: 1, learning_rate: \"> 0.1\"}");
    for (size_t i = 0; pattern->kind == NODE_MAP && i < pattern->n; i++) {
        condition c;
        if (!read_condition(r, pattern->keys[i], pattern->items[i], &c))
            good = false;
        else
            conditions[n++] = c; /* a mapping has a key once, so there are at most as many as settings */
    }
    return good ? n : -1;
}

static void check_exclude(reader *r)
{
    condition conditions[NN_N_HYPER];
    if (r->exclude == NULL)
        return;
    if (!grid_want_list(r, r->exclude, "exclude", "[{batch_size: 1, learning_rate: \"> 0.1\"}]"))
        return;
    for (size_t i = 0; i < r->exclude->n; i++)
        read_pattern(r, r->exclude->items[i], conditions);
}

static bool matches(const nn_hyper *h, const condition *conditions, int n)
{
    for (int i = 0; i < n; i++) {
        const condition *c = &conditions[i];
        const void *value = nn_hyper_get(h, c->row);
        const bool holds = is_order(c->how) ? grid_compares(number_of(c->row, value), c->how, c->number)
                                            : grid_field_same(c->row, value, &c->value) == (c->how == EQUAL);
        if (!holds)
            return false;
    }
    return true;
}

static void exclude_pattern(reader *r, const node *pattern, bool *removed)
{
    condition conditions[NN_N_HYPER];
    const int n = read_pattern(r, pattern, conditions);
    size_t n_matched = 0;
    for (size_t c = 0; c < r->g->n_cells; c++) {
        nn_hyper h;
        grid_cell(r->g, c, &h);
        if (matches(&h, conditions, n)) {
            removed[c] = true;
            n_matched++;
        }
    }
    if (n_matched == 0)
        grid_warning(r, pattern->at, "exclude matches none of the %zu cells", r->g->n_cells);
}

static void exclude_cells(reader *r, bool *removed)
{
    for (size_t i = 0; r->exclude != NULL && i < r->exclude->n; i++)
        exclude_pattern(r, r->exclude->items[i], removed);
}

/* ---- sample ---- */

typedef struct ranked {
    uint64_t hash;
    size_t cell;
} ranked;

static int by_hash(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->cell < y->cell ? -1 : x->cell > y->cell;
}

/* Settings that are newer than the first results files count only where a cell differs in them from base, so that a grid
 * of old keeps its sample. */
static uint64_t sample_hash(const grid *g, const nn_hyper *h)
{
    unsigned char bytes[SETTING_BYTES];
    bool left_out[NN_N_HYPER];
    for (int i = 0; i < NN_N_HYPER; i++)
        left_out[i] = nn_hyper_rows[i].late && nn_hyper_same(h, &g->base, &nn_hyper_rows[i]);
    return XXH3_64bits_withSeed(bytes, setting_bytes(h, left_out, true, bytes), g->seed + 1);
}

/* Marks all cells but those whose seeded hash is smallest: a grid that grows keeps most of its sample. */
static void mark_unsampled(reader *r, bool *removed)
{
    const grid *g = r->g;
    ranked *list = malloc((g->n_cells + 1) * sizeof *list);
    r->out_of_memory = r->out_of_memory || list == NULL;
    for (size_t c = 0; c < g->n_cells && list != NULL; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        list[c] = (ranked){sample_hash(g, &h), c};
    }
    if (list != NULL && (uint64_t)r->g->sample < g->n_cells) {
        qsort(list, g->n_cells, sizeof *list, by_hash);
        for (size_t i = (size_t)r->g->sample; i < g->n_cells; i++)
            removed[list[i].cell] = true;
    }
    free(list);
}

enum { MOST_RUNS = 10000000 };

static uint16_t *point_of(const grid *g, size_t cell)
{
    return g->points + cell * g->n_axes;
}

/* Makes room for n cells, which have only base values at first. */
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

/* Adds all points of a block; the last dimension varies fastest. */
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

/* Reads a point of `include`. Without a cell, only checks it and adds its values to the axes, which must be complete before
 * cells are laid out; with a cell, writes it there. */
static void read_point(reader *r, const node *item, uint16_t *cell)
{
    setting_value value;
    for (size_t i = 0; i < item->n; i++) {
        const nn_hyper_row *row = grid_want_setting_name(r, item->keys[i]);
        const override *o = row != NULL ? grid_find_override(r, row->name) : NULL;
        size_t axis;
        if (row == NULL || (o != NULL && !grid_is_sweep(o->value, row)) ||
            !grid_want_setting(r, item->items[i], row, &value))
            continue;
        r->g->set_at[row - nn_hyper_rows] = item->items[i]->at;
        const int index = grid_axis_value(r, item->items[i], row, &value, &axis);
        if (index >= 0 && cell != NULL)
            cell[axis] = (uint16_t)index;
    }
}

static void check_include(reader *r)
{
    if (r->include == NULL || !grid_want_list(r, r->include, "include", "[{hidden: [512], dropout: 0.5}]"))
        return;
    for (size_t i = 0; i < r->include->n; i++)
        if (grid_want_map(r, r->include->items[i], "a point of include", "{hidden: [512], dropout: 0.5}"))
            read_point(r, r->include->items[i], NULL);
}

void grid_check_points(reader *r)
{
    check_exclude(r);
    check_include(r);
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

/* ---- all steps ---- */

/* Drops the marked cells and clears all marks. */
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

/* The sample is taken last but for `include`, so that it does not depend on how the grid was written down. */
static void select_cells(reader *r, bool *removed)
{
    grid *g = r->g;
    remove_equal(r, removed, false);
    exclude_cells(r, removed);
    drop_cells(g, removed);
    report_conflicts(r);
    remove_equal(r, removed, true);
    if (r->g->sample > 0)
        mark_unsampled(r, removed);
    drop_cells(g, removed);
    if (n_included(r) > 0) {
        add_included(r);
        report_conflicts(r);
        remove_equal(r, removed, false);
        remove_equal(r, removed, true);
    }
    if (g->n_cells == 0)
        grid_mistake_at(r, r->exclude != NULL ? r->exclude->at : r->grid_at,
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
    grid_mistake_at(r, r->grid_at,
                    "%.0f cell%s x %u repeats%s are %.0f runs; at most 10 million are possible: take fewer values, or "
                    "give `sample: n`",
                    n_cells, n_cells == 1 ? "" : "s", g->repeats, folds, n_cells * g->repeats * g->folds);
}

void grid_make_cells(reader *r)
{
    grid *g = r->g;
    const double n = n_points(r);
    if (n > MOST_RUNS) {
        if (r->g->sample > 0)
            grid_mistake_at(r, r->grid_at,
                            "%.0f cells are too many to take a sample of: at most 10 million; take fewer values", n);
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
    g->n_cells += r->n_blocks == 0; /* without `grid` there is one cell, of base values */
    select_cells(r, removed);
    if ((double)g->n_cells * g->repeats * g->folds > MOST_RUNS)
        report_too_many(r, (double)g->n_cells);
    free(removed);
}
