/* Which cells are left: `exclude` and `sample`. */
#include "grid/reader.h"
#include "base/setting.h"
#include <stdlib.h>
#include <string.h>

/* ---- exclude ---- */

/* One entry of a pattern. */
typedef struct condition {
    const nn_hyper_row *row;
    compare how;
    double number;       /* of an order (<, <=, >, >=) */
    setting_value value; /* of = and != */
} condition;

static bool is_order(compare how)
{
    return how != EQUAL && how != NOT_EQUAL;
}

static bool is_number(const nn_hyper_row *row)
{
    return row->kind == NN_REAL || row->kind == NN_COUNT;
}

/* What an order compares. A word (`full`) is above every number: a full batch holds all rows. */
static double number_of(const nn_hyper_row *row, const void *value)
{
    if (row->kind == NN_REAL)
        return *(const nn_real_value *)value;
    const nn_count_value count = *(const nn_count_value *)value;
    return row->word != NULL && count == 0 ? NN_INF : (double)count;
}

/* False after a mistake. */
static bool read_condition(reader *r, const node *key, const node *value, condition *out)
{
    node plain = *value;
    out->how = EQUAL;
    out->row = want_setting_name(r, key);
    if (out->row == NULL)
        return false;
    if (value->kind == NODE_SCALAR)
        plain.text = read_compare(value->text, &out->how);
    if (!is_order(out->how))
        return want_setting(r, &plain, out->row, &out->value);
    if (!is_number(out->row))
        mistake(r, value, "%s is no number: it can be compared with = and != only", out->row->name);
    else if (!parse_real(plain.text, &out->number))
        mistake(r, value, "%s is compared with a number, such as \"> 0.1\", not '%.60s'", out->row->name,
                plain.text);
    else
        return true;
    return false;
}

/* How many conditions, -1 after a mistake. */
static int read_pattern(reader *r, const node *pattern, condition conditions[NN_N_HYPER])
{
    int n = 0;
    bool good = want_map(r, pattern, "a pattern of exclude", "{batch_size: 1, learning_rate: \"> 0.1\"}");
    for (size_t i = 0; pattern->kind == NODE_MAP && i < pattern->n; i++) {
        condition c;
        if (!read_condition(r, pattern->keys[i], pattern->items[i], &c))
            good = false;
        else
            conditions[n++] = c; /* keys differ, so there are no more than settings */
    }
    return good ? n : -1;
}

void check_exclude(reader *r)
{
    condition conditions[NN_N_HYPER];
    if (r->exclude == NULL)
        return;
    if (!want_list(r, r->exclude, "exclude", "[{batch_size: 1, learning_rate: \"> 0.1\"}]"))
        return;
    for (size_t i = 0; i < r->exclude->n; i++)
        read_pattern(r, r->exclude->items[i], conditions);
}

static bool matches(const nn_hyper *h, const condition *conditions, int n)
{
    for (int i = 0; i < n; i++) {
        const condition *c = &conditions[i];
        const void *value = nn_hyper_get(h, c->row);
        const bool holds = is_order(c->how) ? compares(number_of(c->row, value), c->how, c->number)
                                            : field_same(c->row, value, &c->value) == (c->how == EQUAL);
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
        warning(r, pattern->at, "exclude matches none of the %zu cells", r->g->n_cells);
}

void exclude_cells(reader *r, bool *removed)
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

/* Keeps the cells whose seeded hash is smallest, so that a grid that grows keeps most of them. */
void mark_unsampled(reader *r, bool *removed)
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
