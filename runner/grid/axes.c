/* The section `grid`: mappings of axes, and axes that go in step (zip). */
#include "grid/reader.h"
#include <stdlib.h>
#include <string.h>

/* ---- axes and their values ---- */

static size_t axis_of(reader *r, const nn_hyper_row *row)
{
    grid *g = r->g;
    for (size_t a = 0; a < g->n_axes; a++)
        if (g->axes[a].row == row)
            return a;
    grid_axis *axes = grow(r, g->axes, g->n_axes, sizeof *axes);
    if (axes == NULL)
        return SIZE_MAX;
    g->axes = axes;
    axes[g->n_axes] = (grid_axis){.row = row};
    return g->n_axes++;
}

static int new_value(reader *r, const node *at, grid_axis *a, const void *value)
{
    const size_t size = field_size(a->row->kind);
    if (a->n_values == MAX_AXIS_VALUES) {
        mistake(r, at, "%s takes more than %d different values", a->row->name, MAX_AXIS_VALUES);
        return -1;
    }
    void *values = grow(r, a->values, a->n_values, size);
    if (values == NULL)
        return -1;
    a->values = values;
    memcpy((char *)values + a->n_values * size, value, size);
    return (int)a->n_values++;
}

/* Index of a value, or SIZE_MAX. Numbers, of which there may be many, are compared as one word each. */
static size_t find_value(const grid_axis *a, const void *value)
{
    const size_t size = field_size(a->row->kind);
    const char *values = a->values;
    uint64_t sought, word;
    if (size != sizeof word) {
        for (size_t i = 0; i < a->n_values; i++)
            if (field_same(a->row, values + i * size, value))
                return i;
        return SIZE_MAX;
    }
    memcpy(&sought, value, sizeof sought);
    for (size_t i = 0; i < a->n_values; i++) {
        memcpy(&word, values + i * sizeof word, sizeof word);
        if (word == sought)
            return i;
    }
    return SIZE_MAX;
}

int axis_value(reader *r, const node *at, const nn_hyper_row *row, const void *value, size_t *axis)
{
    *axis = axis_of(r, row);
    if (*axis == SIZE_MAX)
        return -1;
    const size_t known = find_value(&r->g->axes[*axis], value);
    return known != SIZE_MAX ? (int)known : new_value(r, at, &r->g->axes[*axis], value);
}

/* ---- values of one axis ---- */

void add_value(reader *r, value_list *list, const void *value)
{
    const size_t size = field_size(list->row->kind);
    char *values = grow(r, list->values, list->n, size);
    if (values == NULL)
        return;
    list->values = values;
    memcpy(values + list->n++ * size, value, size);
}

/* A list, a range or a single value. */
static value_list read_values(reader *r, const nn_hyper_row *row, const node *value)
{
    value_list list = {.row = row};
    setting_value one;
    if (value->kind == NODE_MAP) {
        read_range(r, value, &list);
    } else if (value->kind == NODE_SCALAR && strchr(value->text, ',') != NULL) {
        mistake(r, value, "%s: a list stands in brackets, such as [%.60s]", row->name, value->text);
    } else if (value->kind == NODE_SCALAR) {
        if (want_setting(r, value, row, &one))
            add_value(r, &list, &one);
    } else {
        if (value->n == 0)
            mistake(r, value, "%s has no value", row->name);
        for (size_t i = 0; i < value->n; i++)
            if (want_setting(r, value->items[i], row, &one))
                add_value(r, &list, &one);
    }
    return list;
}

/* ---- dimensions and blocks ---- */

/* Adds one axis to a dimension; false where that cannot be. */
static bool add_axis(reader *r, const node *at, grid_dimension *d, const value_list *list)
{
    uint16_t *values = realloc(d->values, (d->n_axes + 1) * list->n * sizeof *values);
    size_t *axes = realloc(d->axes, (d->n_axes + 1) * sizeof *axes);
    d->values = values != NULL ? values : d->values;
    d->axes = axes != NULL ? axes : d->axes;
    if (values == NULL || axes == NULL) {
        r->out_of_memory = true;
        return false;
    }
    d->n = list->n;
    for (size_t i = 0; i < list->n; i++) {
        const void *value = list->values + i * field_size(list->row->kind);
        const int index = axis_value(r, at, list->row, value, &axes[d->n_axes]);
        if (index < 0)
            return false;
        values[d->n_axes * list->n + i] = (uint16_t)index;
    }
    d->n_axes++;
    return true;
}

static void free_dimension(grid_dimension *d)
{
    free(d->axes);
    free(d->values);
}

static void add_dimension(reader *r, grid_block *b, grid_dimension d)
{
    grid_dimension *dimensions = grow(r, b->dimensions, b->n, sizeof d);
    if (dimensions == NULL) {
        free_dimension(&d);
        return;
    }
    b->dimensions = dimensions;
    dimensions[b->n++] = d;
}

/* The setting that a key of `grid` names. NULL after a mistake, and where --set has taken it out of the grid.
 * `seen` marks the settings of this mapping: a product has one axis of each. */
static const nn_hyper_row *want_axis(reader *r, const node *key, bool seen[NN_N_HYPER])
{
    const nn_hyper_row *row = want_setting_name(r, key);
    if (row == NULL || find_override(r, row->name) != NULL)
        return NULL;
    if (seen[row - nn_hyper_rows]) {
        mistake(r, key, "%s stands twice in this mapping, alone and in zip; keep one", row->name);
        return NULL;
    }
    seen[row - nn_hyper_rows] = true;
    r->g->set_at[row - nn_hyper_rows] = key->at;
    return row;
}

static void read_axis(reader *r, grid_block *b, const node *key, const node *value, bool seen[NN_N_HYPER])
{
    const nn_hyper_row *row = want_axis(r, key, seen);
    if (row == NULL)
        return;
    value_list list = read_values(r, row, value);
    grid_dimension d = {0};
    if (list.n > 0 && add_axis(r, value, &d, &list))
        add_dimension(r, b, d);
    else
        free_dimension(&d);
    free(list.values);
}

/* zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]} */
static void read_zip(reader *r, grid_block *b, const node *map, bool seen[NN_N_HYPER])
{
    grid_dimension d = {0};
    const char *first = NULL;
    if (!want_map(r, map, "zip", "zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]}"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const nn_hyper_row *row = want_axis(r, map->keys[i], seen);
        if (row == NULL)
            continue;
        value_list list = read_values(r, row, map->items[i]);
        if (d.n_axes > 0 && list.n > 0 && list.n != d.n)
            mistake(r, map->keys[0], "zip: %s has %zu values, %s has %zu", first, d.n, row->name, list.n);
        else if (list.n > 0 && add_axis(r, map->items[i], &d, &list) && first == NULL)
            first = row->name;
        free(list.values);
    }
    if (d.n_axes > 0)
        add_dimension(r, b, d);
    else
        free_dimension(&d);
}

static void free_block(grid_block *b)
{
    for (size_t d = 0; d < b->n; d++)
        free_dimension(&b->dimensions[d]);
    free(b->dimensions);
}

static void add_block(reader *r, grid_block b)
{
    grid_block *blocks = grow(r, r->blocks, r->n_blocks, sizeof b);
    if (blocks == NULL) {
        free_block(&b);
        return;
    }
    r->blocks = blocks;
    blocks[r->n_blocks++] = b;
}

static void read_block(reader *r, const node *map)
{
    grid_block b = {0};
    bool seen[NN_N_HYPER] = {false};
    if (!want_map(r, map, "grid", "grid: {learning_rate: [0.01, 0.1]}"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const node *value = map->items[i];
        if (strcmp(map->keys[i]->text, "zip") != 0)
            read_axis(r, &b, map->keys[i], value, seen);
        else if (value->kind != NODE_LIST)
            read_zip(r, &b, value, seen);
        else
            for (size_t j = 0; j < value->n; j++)
                read_zip(r, &b, value->items[j], seen);
    }
    add_block(r, b);
}

void read_grid(reader *r, const node *value)
{
    if (value->kind != NODE_LIST) {
        read_block(r, value);
        return;
    }
    for (size_t i = 0; i < value->n; i++)
        read_block(r, value->items[i]);
}

void free_blocks(reader *r)
{
    for (size_t b = 0; b < r->n_blocks; b++)
        free_block(&r->blocks[b]);
    free(r->blocks);
}
