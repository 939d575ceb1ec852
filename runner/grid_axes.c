/* The section `grid`: mappings of axes, their ranges, and axes that go in step (zip). */
#include "grid_internal.h"
#include "setting.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_AXIS_VALUES = GRID_BASE };

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

int axis_value(reader *r, const nn_hyper_row *row, const void *value, size_t *axis)
{
    const size_t size = field_size(row->kind);
    *axis = axis_of(r, row);
    if (*axis == SIZE_MAX)
        return -1;
    grid_axis *a = &r->g->axes[*axis];
    for (size_t i = 0; i < a->n_values; i++)
        if (field_same(row, (char *)a->values + i * size, value))
            return (int)i;
    void *values = a->n_values < MAX_AXIS_VALUES ? grow(r, a->values, a->n_values, size) : NULL;
    if (values == NULL)
        return -1;
    a->values = values;
    memcpy((char *)values + a->n_values * size, value, size);
    return (int)a->n_values++;
}

bool is_overridden(reader *r, const nn_hyper_row *row)
{
    for (size_t i = 0; i < r->n_overrides; i++)
        if (strcmp(r->overrides[i].key, row->name) == 0)
            return true;
    return false;
}

/* ---- values of one axis ---- */

/* A list of values of one setting, growing. */
typedef struct value_list {
    const nn_hyper_row *row;
    size_t n;
    char *values;
} value_list;

static void add_value(reader *r, value_list *list, const void *value)
{
    const size_t size = field_size(list->row->kind);
    char *values = grow(r, list->values, list->n, size);
    if (values == NULL)
        return;
    list->values = values;
    memcpy(values + list->n++ * size, value, size);
}

/* A number of a range, as the text that a user would have written: 12 significant digits, whole where
 * counted. */
static void add_number(reader *r, const node *at, value_list *list, double number)
{
    char text[64];
    node n = {.kind = NODE_SCALAR, .at = at->at, .text = text};
    setting_value value;
    snprintf(text, sizeof text, "%.12g",
             list->row->kind == NN_COUNT || list->row->kind == NN_SHAPE ? floor(number + 0.5) : number);
    if (want_setting(r, &n, list->row, &value))
        add_value(r, list, &value);
}

static bool range_ends(reader *r, const node *n, const char *form, double *from, double *to)
{
    const nn_range any = {-HUGE_VAL, HUGE_VAL, true, true};
    if (n->kind != NODE_LIST || n->n != 2) {
        mistake(r, n, "%s takes its two ends: {%s: [from, to], %s}", form, form,
                strcmp(form, "int") == 0 ? "step: s" : "num: n");
        return false;
    }
    return want_real(r, n->items[0], form, any, from) && want_real(r, n->items[1], form, any, to);
}

/* {lin: [from, to], num: n} or {log: [from, to], num: n} */
static void read_spaced(reader *r, const node *map, bool logarithmic, value_list *list)
{
    const char *form = logarithmic ? "log" : "lin";
    const node *ends = node_get(map, form, NULL), *num = node_get(map, "num", NULL);
    double from, to;
    int64_t n;
    if (num == NULL) {
        mistake(r, map, "%s needs the number of values: {%s: [from, to], num: n}", form, form);
        return;
    }
    if (!range_ends(r, ends, form, &from, &to) || !want_count(r, num, "num", 1, MAX_AXIS_VALUES, &n))
        return;
    if (logarithmic && (from <= 0 || to <= 0)) {
        mistake(r, ends, "log takes values, not exponents: {log: [1e-5, 1e-1], num: %lld}", (long long)n);
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        const double at = n == 1 ? 0 : (double)i / (double)(n - 1);
        double value = logarithmic ? exp(log(from) + at * (log(to) - log(from))) : from + at * (to - from);
        value = i == 0 ? from : i == n - 1 ? to : value; /* both ends as they were written */
        add_number(r, map, list, value);
    }
}

/* {int: [from, to], step: s} */
static void read_whole(reader *r, const node *map, value_list *list)
{
    const node *ends = node_get(map, "int", NULL), *step_node = node_get(map, "step", NULL);
    int64_t from, to, step = 1;
    if (ends->kind != NODE_LIST || ends->n != 2) {
        mistake(r, ends, "int takes its two ends: {int: [from, to], step: s}");
        return;
    }
    if (!want_count(r, ends->items[0], "int", INT32_MIN, INT32_MAX, &from) ||
        !want_count(r, ends->items[1], "int", INT32_MIN, INT32_MAX, &to) ||
        (step_node != NULL && !want_count(r, step_node, "step", 1, INT32_MAX, &step)))
        return;
    if (to < from)
        mistake(r, ends, "int goes upwards: [%lld, %lld] holds no value", (long long)from, (long long)to);
    else if ((to - from) / step >= MAX_AXIS_VALUES)
        mistake(r, ends, "more than %d values of one setting", MAX_AXIS_VALUES);
    else
        for (int64_t i = from; i <= to; i += step)
            add_number(r, map, list, (double)i);
}

static void read_range(reader *r, const node *map, value_list *list)
{
    static const char *const keys[] = {"lin", "log", "int", "num", "step"};
    for (size_t i = 0; i < map->n; i++) {
        int which;
        if (!want_choice(r, map->keys[i], "key of a range", keys, 5, &which))
            return;
    }
    if (list->row->kind == NN_CHOICE || list->row->kind == NN_TRUTH)
        mistake(r, map, "%s takes words, not a range", list->row->name);
    else if (node_get(map, "lin", NULL) != NULL)
        read_spaced(r, map, false, list);
    else if (node_get(map, "log", NULL) != NULL)
        read_spaced(r, map, true, list);
    else if (node_get(map, "int", NULL) != NULL)
        read_whole(r, map, list);
    else
        mistake(
            r, map,
            "a range is {lin: [from, to], num: n}, {log: [from, to], num: n} or {int: [from, to], step: s}");
}

/* A list, a range or a single value. */
static value_list read_values(reader *r, const nn_hyper_row *row, const node *value)
{
    value_list list = {.row = row};
    setting_value one;
    if (value->kind == NODE_MAP) {
        read_range(r, value, &list);
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
static bool add_axis(reader *r, grid_dimension *d, const value_list *list)
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
        const int index =
            axis_value(r, list->row, list->values + i * field_size(list->row->kind), &axes[d->n_axes]);
        if (index < 0)
            return false;
        values[d->n_axes * list->n + i] = (uint16_t)index;
    }
    d->n_axes++;
    return true;
}

static void add_dimension(reader *r, grid_block *b, grid_dimension d)
{
    grid_dimension *dimensions = grow(r, b->dimensions, b->n, sizeof d);
    if (dimensions == NULL) {
        free(d.axes);
        free(d.values);
        return;
    }
    b->dimensions = dimensions;
    dimensions[b->n++] = d;
}

static void read_axis(reader *r, grid_block *b, const node *key, const node *value)
{
    const nn_hyper_row *row = want_setting_name(r, key);
    if (row == NULL || is_overridden(r, row))
        return;
    r->set_at[row - nn_hyper_rows] = value->at;
    value_list list = read_values(r, row, value);
    grid_dimension d = {0};
    if (list.n > 0 && add_axis(r, &d, &list))
        add_dimension(r, b, d);
    free(list.values);
}

/* zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]} */
static void read_zip(reader *r, grid_block *b, const node *map)
{
    grid_dimension d = {0};
    const char *first = NULL;
    if (!want_map(r, map, "zip"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const nn_hyper_row *row = want_setting_name(r, map->keys[i]);
        if (row == NULL || is_overridden(r, row))
            continue;
        r->set_at[row - nn_hyper_rows] = map->items[i]->at;
        value_list list = read_values(r, row, map->items[i]);
        if (d.n_axes > 0 && list.n > 0 && list.n != d.n)
            mistake(r, map, "zip: %s has %zu values, %s has %zu", first, d.n, row->name, list.n);
        else if (list.n > 0 && add_axis(r, &d, &list) && first == NULL)
            first = row->name;
        free(list.values);
    }
    if (d.n_axes > 0)
        add_dimension(r, b, d);
}

static void read_block(reader *r, const node *map)
{
    grid_block b = {0};
    if (!want_map(r, map, "grid"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const node *value = map->items[i];
        if (strcmp(map->keys[i]->text, "zip") != 0)
            read_axis(r, &b, map->keys[i], value);
        else if (value->kind == NODE_LIST)
            for (size_t j = 0; j < value->n; j++)
                read_zip(r, &b, value->items[j]);
        else
            read_zip(r, &b, value);
    }
    grid_block *blocks = grow(r, r->blocks, r->n_blocks, sizeof b);
    if (blocks != NULL) {
        r->blocks = blocks;
        blocks[r->n_blocks++] = b;
    }
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
    for (size_t b = 0; b < r->n_blocks; b++) {
        for (size_t d = 0; d < r->blocks[b].n; d++) {
            free(r->blocks[b].dimensions[d].axes);
            free(r->blocks[b].dimensions[d].values);
        }
        free(r->blocks[b].dimensions);
    }
    free(r->blocks);
}
