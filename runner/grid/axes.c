/* Reads the section `grid`: a mapping of axes, or a list of such mappings; in each, axes that go in step (zip). */
#include "grid/axes.h"
#include "grid/tables.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list of values of one setting, which grows. */
typedef struct value_list {
    const nn_hyper_row *row;
    size_t n;
    char *values;
} value_list;

enum { MAX_AXIS_VALUES = GRID_BASE };

static void add_value(reader *r, value_list *list, const void *value)
{
    const size_t size = grid_field_size(list->row->kind);
    char *values = grid_grow(r, list->values, list->n, size);
    if (values == NULL)
        return;
    list->values = values;
    memcpy(values + list->n++ * size, value, size);
}

/* ---- ranges: {lin: [from, to], num: n}, {log: [from, to], num: n}, {int: [from, to], step: s} ---- */

typedef struct range_form {
    const char *name, *partner; /* the two keys, such as lin and num */
    const char *example;
    void (*read)(reader *r, const node *ends, const node *partner, value_list *list);
} range_form;

/* Adds a number by way of the text that a user would write, so that it is checked and read as that text is. */
static bool add_number(reader *r, const node *at, value_list *list, double number, const char *format)
{
    char text[64];
    const node n = {.kind = NODE_SCALAR, .at = at->at, .text = text};
    setting_value value;
    snprintf(text, sizeof text, format, number);
    if (!grid_want_setting(r, &n, list->row, &value))
        return false;
    add_value(r, list, &value);
    return true;
}

static bool counts_whole(const nn_hyper_row *row)
{
    return row->kind == NN_COUNT || row->kind == NN_SHAPE;
}

/* Adds n values from `from` to `to`. The ends are kept as they were written; the values between them are rounded to 12
 * significant digits, which hides the last bits in which the exp and log of C libraries differ. Stops at the first value
 * that the setting does not take. */
static void add_spaced(reader *r, const node *ends, value_list *list, double from, double to, int64_t n,
                       bool logarithmic)
{
    bool good = add_number(r, ends->items[0], list, from, "%.17g");
    for (int64_t i = 1; i < n - 1 && good; i++) {
        const double share = (double)i / (double)(n - 1);
        const double number = logarithmic ? exp(log(from) + share * (log(to) - log(from))) : from + share * (to - from);
        good = add_number(r, ends, list, counts_whole(list->row) ? floor(number + 0.5) : number, "%.12g");
    }
    if (good)
        add_number(r, ends->items[1], list, to, "%.17g");
}

static bool want_ends(reader *r, const node *ends, const char *form, double *from, double *to)
{
    const nn_range any = {-HUGE_VAL, HUGE_VAL, true, true};
    return grid_want_real(r, ends->items[0], form, any, from) && grid_want_real(r, ends->items[1], form, any, to);
}

static bool want_num(reader *r, const node *num, int64_t *n)
{
    return grid_want_count(r, num, "num", (nn_range){2, MAX_AXIS_VALUES, false, false}, n);
}

static void read_lin(reader *r, const node *ends, const node *num, value_list *list)
{
    double from, to;
    int64_t n;
    if (want_ends(r, ends, "lin", &from, &to) && want_num(r, num, &n))
        add_spaced(r, ends, list, from, to, n, false);
}

/* The mistake of giving exponents, as NumPy's logspace takes them, shows in an end that has no logarithm: the message
 * then names the values that were meant. */
static void read_log(reader *r, const node *ends, const node *num, value_list *list)
{
    double from, to;
    int64_t n;
    if (!want_ends(r, ends, "log", &from, &to) || !want_num(r, num, &n))
        return;
    const bool exponents = fabs(from) <= 300 && fabs(to) <= 300 && from == floor(from) && to == floor(to);
    if (from > 0 && to > 0)
        add_spaced(r, ends, list, from, to, n, true);
    else if (exponents)
        grid_mistake(r, ends, "log takes values, not exponents: {log: [1e%.0f, 1e%.0f], num: %lld}", from, to,
                     (long long)n);
    else
        grid_mistake(r, ends, "log takes values above 0: {log: [1e-5, 1e-1], num: %lld}", (long long)n);
}

static void read_int(reader *r, const node *ends, const node *step_node, value_list *list)
{
    const nn_range any = {INT32_MIN, INT32_MAX, false, false}, from_1 = {1, INT32_MAX, false, false};
    int64_t from, to, step = 1;
    if (!grid_want_count(r, ends->items[0], "int", any, &from) ||
        !grid_want_count(r, ends->items[1], "int", any, &to) ||
        (step_node != NULL && !grid_want_count(r, step_node, "step", from_1, &step)))
        return;
    bool good = to >= from && (to - from) / step < MAX_AXIS_VALUES;
    if (to < from)
        grid_mistake(r, ends, "int: the smaller end comes first: [%lld, %lld] holds no value", (long long)from,
                     (long long)to);
    else if (!good)
        grid_mistake(r, ends, "int: more than %d values of one setting", MAX_AXIS_VALUES);
    for (int64_t i = from; i <= to && good; i += step)
        good = add_number(r, ends, list, (double)i, "%.0f");
}

static const range_form forms[] = {{"lin", "num", "{lin: [from, to], num: n}", read_lin},
                                   {"log", "num", "{log: [from, to], num: n}", read_log},
                                   {"int", "step", "{int: [from, to], step: s}", read_int}};

/* The form whose name is a key of the mapping; NULL if there is none, or more than one. */
static const range_form *form_of(const node *map)
{
    const range_form *found = NULL;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (yaml_get(map, forms[i].name, NULL) != NULL) {
            if (found != NULL)
                return NULL;
            found = &forms[i];
        }
    return found;
}

static bool has_other_key(const node *map, const range_form *form)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, form->name) != 0 && strcmp(map->keys[i]->text, form->partner) != 0)
            return true;
    return false;
}

static void read_range(reader *r, const node *map, value_list *list)
{
    const range_form *form = form_of(map);
    if (form == NULL) {
        grid_mistake(r, map, "%s: a range is %s, %s or %s", list->row->name, forms[0].example, forms[1].example,
                     forms[2].example);
        return;
    }
    const node *ends = yaml_get(map, form->name, NULL), *partner = yaml_get(map, form->partner, NULL);
    const bool counted = strcmp(form->partner, "num") == 0;
    if (list->row->kind == NN_CHOICE || list->row->kind == NN_TRUTH || list->row->kind == NN_TEXT)
        grid_mistake(r, map, "%s takes names, not a range", list->row->name);
    else if (has_other_key(map, form) || (counted && partner == NULL))
        grid_mistake(r, map, "%s goes with %s and nothing else: %s", form->name, form->partner, form->example);
    else if (ends->kind != NODE_LIST || ends->n != 2)
        grid_mistake(r, ends, "%s takes its two ends: %s", form->name, form->example);
    else
        form->read(r, ends, partner, list);
}

/* ---- axes and their values ---- */

static size_t axis_of(reader *r, const nn_hyper_row *row)
{
    grid *g = r->g;
    for (size_t a = 0; a < g->n_axes; a++)
        if (g->axes[a].row == row)
            return a;
    grid_axis *axes = grid_grow(r, g->axes, g->n_axes, sizeof *axes);
    if (axes == NULL)
        return SIZE_MAX;
    g->axes = axes;
    axes[g->n_axes] = (grid_axis){.row = row};
    return g->n_axes++;
}

static int new_value(reader *r, const node *at, grid_axis *a, const void *value)
{
    const size_t size = grid_field_size(a->row->kind);
    if (a->n_values == MAX_AXIS_VALUES) {
        grid_mistake(r, at, "%s takes more than %d different values", a->row->name, MAX_AXIS_VALUES);
        return -1;
    }
    void *values = grid_grow(r, a->values, a->n_values, size);
    if (values == NULL)
        return -1;
    a->values = values;
    memcpy((char *)values + a->n_values * size, value, size);
    return (int)a->n_values++;
}

/* Index of a value, or SIZE_MAX. An axis may have many numbers, so they are compared as one 64-bit word each. */
static size_t find_value(const grid_axis *a, const void *value)
{
    const size_t size = grid_field_size(a->row->kind);
    const char *values = a->values;
    uint64_t sought, word;
    if (size != sizeof word) {
        for (size_t i = 0; i < a->n_values; i++)
            if (grid_field_same(a->row, values + i * size, value))
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

int grid_axis_value(reader *r, const node *at, const nn_hyper_row *row, const void *value, size_t *axis)
{
    *axis = axis_of(r, row);
    if (*axis == SIZE_MAX)
        return -1;
    const size_t known = find_value(&r->g->axes[*axis], value);
    return known != SIZE_MAX ? (int)known : new_value(r, at, &r->g->axes[*axis], value);
}

/* Reads the values of an axis: a list, a range or a single value. */
static value_list read_values(reader *r, const nn_hyper_row *row, const node *value)
{
    value_list list = {.row = row};
    setting_value one;
    if (value->kind == NODE_MAP && !grid_is_free_text(row)) {
        read_range(r, value, &list);
    } else if (value->kind == NODE_SCALAR && !grid_is_free_text(row) && strchr(value->text, ',') != NULL) {
        grid_mistake(r, value, "%s: write a list in brackets, such as [%.60s]", row->name, value->text);
    } else if (value->kind != NODE_LIST) {
        if (grid_want_setting(r, value, row, &one))
            add_value(r, &list, &one);
    } else {
        if (value->n == 0)
            grid_mistake(r, value, "%s has no value", row->name);
        for (size_t i = 0; i < value->n; i++)
            if (grid_want_setting(r, value->items[i], row, &one))
                add_value(r, &list, &one);
    }
    return list;
}

/* ---- dimensions and blocks ---- */

/* Adds one axis to a dimension. False: an axis has too many values, or there is no memory. */
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
        const void *value = list->values + i * grid_field_size(list->row->kind);
        const int index = grid_axis_value(r, at, list->row, value, &axes[d->n_axes]);
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
    grid_dimension *dimensions = grid_grow(r, b->dimensions, b->n, sizeof d);
    if (dimensions == NULL) {
        free_dimension(&d);
        return;
    }
    b->dimensions = dimensions;
    dimensions[b->n++] = d;
}

/* ---- --set in place of an axis ---- */

/* The --set that gives this setting several values, or NULL. */
static const override *set_axis(reader *r, const nn_hyper_row *row)
{
    const override *o = grid_find_override(r, row->name);
    return o != NULL && grid_is_sweep(o->value, row) ? o : NULL;
}

/* Adds "learning_rate [0.1, 0.2]" to the list of what --set put in place of axes, once. */
static void note_replaced(reader *r, const nn_hyper_row *row, const override *o)
{
    char *text = NULL, *before = r->g->replaced;
    const char *value = strchr(o->text, '=') + 1;
    if (r->replaced[row - nn_hyper_rows])
        return;
    r->replaced[row - nn_hyper_rows] = true;
    const int n =
        asprintf(&text, "%s%s%s %s", before != NULL ? before : "", before != NULL ? ", " : "", row->name, value);
    r->out_of_memory = r->out_of_memory || n < 0;
    r->g->replaced = n < 0 ? before : text;
    if (n >= 0)
        free(before);
}

/* The setting that a key of `grid` names; NULL after a mistake. `seen` marks the settings of this mapping, since a product
 * has one axis of each. */
static const nn_hyper_row *want_axis(reader *r, const node *key, bool seen[NN_N_HYPER])
{
    const nn_hyper_row *row = grid_want_setting_name(r, key);
    if (row == NULL)
        return NULL;
    r->g->data.scale_given |= row == &nn_hyper_rows[NN_HYPER_data_scale]; /* swept, maybe without any on purpose */
    r->g->data.target_scale_given |= row == &nn_hyper_rows[NN_HYPER_data_target_scale];
    if (seen[row - nn_hyper_rows]) {
        grid_mistake(r, key, "%s is an axis twice in this mapping, alone and in zip; keep one", row->name);
        return NULL;
    }
    seen[row - nn_hyper_rows] = true;
    r->g->set_at[row - nn_hyper_rows] = key->at;
    return row;
}

/* Adds the dimension of one axis with these values. */
static void add_values(reader *r, grid_block *b, const nn_hyper_row *row, const node *value)
{
    value_list list = read_values(r, row, value);
    grid_dimension d = {0};
    if (list.n > 0 && add_axis(r, value, &d, &list))
        add_dimension(r, b, d);
    else
        free_dimension(&d);
    free(list.values);
}

static void add_set_axis(reader *r, grid_block *b, const nn_hyper_row *row, const override *o)
{
    r->within = o;
    add_values(r, b, row, o->value);
    r->within = NULL;
}

static void read_axis(reader *r, grid_block *b, const node *key, const node *value, bool seen[NN_N_HYPER])
{
    const nn_hyper_row *row = want_axis(r, key, seen);
    const override *o = row != NULL ? grid_find_override(r, row->name) : NULL;
    if (o != NULL)
        note_replaced(r, row, o);
    if (o != NULL && grid_is_sweep(o->value, row))
        add_set_axis(r, b, row, o);
    else if (o == NULL && row != NULL)
        add_values(r, b, row, value);
}

/* Adds the axes of --set that the mapping has not in a place of their own. */
static void add_set_axes(reader *r, grid_block *b, const bool seen[NN_N_HYPER])
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const override *o = seen[i] ? NULL : set_axis(r, &nn_hyper_rows[i]);
        if (o != NULL)
            add_set_axis(r, b, &nn_hyper_rows[i], o);
    }
}

/* Reads zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]} as one dimension. */
static void read_zip(reader *r, grid_block *b, const node *map, bool seen[NN_N_HYPER])
{
    grid_dimension d = {0};
    const char *first = NULL;
    if (!grid_want_map(r, map, "zip", "zip: {lambda: [0.1, 1], dropout: [0.2, 0.5]}"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        const nn_hyper_row *row = want_axis(r, map->keys[i], seen);
        const override *o = row != NULL ? grid_find_override(r, row->name) : NULL;
        if (o != NULL) { /* the other axes of the zip stay in step; several values become a dimension of their own */
            note_replaced(r, row, o);
            seen[row - nn_hyper_rows] = false;
        }
        if (row == NULL || o != NULL)
            continue;
        value_list list = read_values(r, row, map->items[i]);
        if (d.n_axes > 0 && list.n > 0 && list.n != d.n)
            grid_mistake(r, map->keys[0], "zip: %s has %zu values, %s has %zu", first, d.n, row->name, list.n);
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
    grid_block *blocks = grid_grow(r, r->blocks, r->n_blocks, sizeof b);
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
    if (!grid_want_map(r, map, "grid", "grid: {learning_rate: [0.01, 0.1]}"))
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
    add_set_axes(r, &b, seen);
    add_block(r, b);
}

/* Without `grid` in the file, the axes of --set alone are the grid. */
static void read_set_block(reader *r)
{
    grid_block b = {0};
    const bool seen[NN_N_HYPER] = {false};
    add_set_axes(r, &b, seen);
    if (b.n > 0)
        add_block(r, b);
}

void grid_read_axes(reader *r, const node *value)
{
    if (value == NULL) {
        read_set_block(r);
        return;
    }
    if (value->kind != NODE_LIST) {
        read_block(r, value);
        return;
    }
    for (size_t i = 0; i < value->n; i++)
        read_block(r, value->items[i]);
}

void grid_free_blocks(reader *r)
{
    for (size_t b = 0; b < r->n_blocks; b++)
        free_block(&r->blocks[b]);
    free(r->blocks);
}
