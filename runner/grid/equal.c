/* Which cells are the same, which settings decide nothing, which cannot go together; and the canonical bytes
 * of settings, which hashes are taken of. */
#include "grid/reader.h"
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- canonical bytes ---- */

static size_t put(unsigned char *out, const void *from, size_t n)
{
    memcpy(out, from, n);
    return n;
}

size_t setting_bytes(const nn_hyper *h, bool only_what_matters, unsigned char *out)
{
    size_t n = 0;
    for (int i = 0; i < NN_N_HYPER; i++) {
        const nn_hyper_row *row = &nn_hyper_rows[i];
        const bool idle = only_what_matters && !row->matters(h);
        const void *value = nn_hyper_get(idle ? &nn_hyper_defaults : h, row);
        if (row->kind == NN_SHAPE)
            n += put(out + n, value, sizeof(int32_t) * (1 + (size_t)((const nn_shape *)value)->n));
        else
            n += put(out + n, value, field_size(row->kind));
    }
    return n;
}

uint64_t cell_hash(const nn_hyper *h, bool only_what_matters, uint64_t seed)
{
    unsigned char bytes[SETTING_BYTES];
    return XXH3_64bits_withSeed(bytes, setting_bytes(h, only_what_matters, bytes), seed);
}

/* ---- sets of cells ---- */

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

/* ---- settings that decide nothing ---- */

/* The first setting in which two cells differ though it decides nothing there, or NULL. */
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
            mistake_at(r, r->g->set_at[i],
                       "%s is swept where it does not matter: it does only where %s; %zu cell%s would repeat "
                       "others; say `collapse: true` to keep one of each",
                       nn_hyper_rows[i].name, nn_hyper_rows[i].matters_when, n_idle[i],
                       n_idle[i] == 1 ? "" : "s");
}

void mark_equal(reader *r, bool *removed, bool only_what_matters)
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
            removed[c] && only_what_matters && !r->collapse ? idle_difference(g, equal, c) : NULL;
        if (idle != NULL)
            n_idle[idle - nn_hyper_rows]++;
    }
    report_idle(r, n_idle);
    free(set.slots);
}

/* ---- settings that cannot go together ---- */

/* Each distinct conflict once, at the setting that it names: an equal mistake at the same place is not told again. */
void report_conflicts(reader *r)
{
    const grid *g = r->g;
    char text[256];
    for (size_t c = 0; c < g->n_cells; c++) {
        nn_hyper h;
        grid_cell(g, c, &h);
        const nn_hyper_row *culprit = nn_hyper_conflict(&h, !g->data.regression, text, sizeof text);
        if (culprit != NULL)
            mistake_at(r, g->set_at[culprit - nn_hyper_rows], "%s", text);
    }
}
