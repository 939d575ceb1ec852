/* `exclude`: which cells a pattern matches; and the canonical bytes of settings, which hashes are taken of.
 */
#include "grid_internal.h"
#include "setting.h"
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

/* ---- exclude ---- */

typedef enum relation { IS, IS_NOT, BELOW, AT_MOST, ABOVE, AT_LEAST } relation;

/* "> 0.1": the relation in front, or IS. Returns where the value begins. */
static const char *read_relation(const char *text, relation *out)
{
    static const struct {
        const char *sign;
        relation relation;
    } signs[] = {{"!=", IS_NOT}, {"<=", AT_MOST}, {">=", AT_LEAST}, {"<", BELOW}, {">", ABOVE}, {"=", IS}};
    *out = IS;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strncmp(text, signs[i].sign, strlen(signs[i].sign)) == 0) {
            *out = signs[i].relation;
            text += strlen(signs[i].sign);
            break;
        }
    return text + strspn(text, " ");
}

static bool number_of(const nn_hyper_row *row, const void *value, double *out)
{
    if (row->kind == NN_REAL)
        *out = *(const nn_real_value *)value;
    else if (row->kind == NN_COUNT)
        *out = (double)*(const nn_count_value *)value;
    else
        return false;
    return true;
}

static bool related(const nn_hyper_row *row, const void *value, relation how, const void *to)
{
    double x, y;
    if (how == IS || how == IS_NOT)
        return field_same(row, value, to) == (how == IS);
    if (!number_of(row, value, &x) || !number_of(row, to, &y))
        return false;
    return how == BELOW ? x < y : how == AT_MOST ? x <= y : how == ABOVE ? x > y : x >= y;
}

/* One entry of a pattern, read; false after a mistake. */
typedef struct condition {
    const nn_hyper_row *row;
    relation how;
    setting_value value; /* of the row's kind */
} condition;

static bool read_condition(reader *r, const node *key, const node *value, condition *out)
{
    node plain = *value;
    out->how = IS;
    out->row = want_setting_name(r, key);
    if (out->row == NULL)
        return false;
    if (value->kind == NODE_SCALAR)
        plain.text = read_relation(value->text, &out->how);
    if (out->how > IS_NOT && out->row->kind != NN_REAL && out->row->kind != NN_COUNT) {
        mistake(r, value, "%s is no number: it can be compared with = and != only", out->row->name);
        return false;
    }
    return want_setting(r, &plain, out->row, &out->value);
}

static bool matches(const nn_hyper *h, const condition *conditions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!related(conditions[i].row, nn_hyper_get(h, conditions[i].row), conditions[i].how,
                     &conditions[i].value))
            return false;
    return true;
}

static void exclude_pattern(reader *r, const node *pattern, bool *removed)
{
    condition conditions[NN_N_HYPER];
    size_t n = 0, n_matched = 0;
    bool good = want_map(r, pattern, "a pattern of exclude");
    for (size_t i = 0; good && i < pattern->n && i < NN_N_HYPER; i++)
        good = read_condition(r, pattern->keys[i], pattern->items[i], &conditions[n++]);
    if (!good)
        return;
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
    else if (n_matched == r->g->n_cells)
        mistake(r, pattern, "exclude matches all of the %zu cells: nothing would be left", n_matched);
}

void exclude_cells(reader *r, bool *removed)
{
    if (r->exclude == NULL)
        return;
    if (r->exclude->kind != NODE_LIST) {
        mistake(r, r->exclude,
                "exclude takes a list of patterns, such as [{batch_size: 1, learning_rate: \"> 0.1\"}]");
        return;
    }
    for (size_t i = 0; i < r->exclude->n; i++)
        exclude_pattern(r, r->exclude->items[i], removed);
}
