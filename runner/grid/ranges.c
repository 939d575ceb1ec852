/* Ranges of an axis: {lin: [from, to], num: n}, {log: [from, to], num: n}, {int: [from, to], step: s}. */
#include "grid/reader.h"
#include "base/setting.h"
#include <stdio.h>
#include <string.h>

typedef struct range_form {
    const char *name, *partner; /* keys: lin and num */
    const char *example;
    void (*read)(reader *r, const node *ends, const node *partner, value_list *list);
} range_form;

/* ---- numbers of a range ---- */

/* Adds a number as the text that a user would have written, so that it is checked and read as theirs are. */
static bool add_number(reader *r, const node *at, value_list *list, double number, const char *format)
{
    char text[64];
    const node n = {.kind = NODE_SCALAR, .at = at->at, .text = text};
    setting_value value;
    snprintf(text, sizeof text, format, number);
    if (!want_setting(r, &n, list->row, &value))
        return false;
    add_value(r, list, &value);
    return true;
}

static bool counts_whole(const nn_hyper_row *row)
{
    return row->kind == NN_COUNT || row->kind == NN_SHAPE;
}

/* Both ends as they were written, what lies between them with 12 significant digits, which hides the last
 * bits in which one C library's exp and log differ from another's. Stops at the first value that the setting
 * does not take. */
static void add_spaced(reader *r, const node *ends, value_list *list, double from, double to, int64_t n,
                       bool logarithmic)
{
    bool good = add_number(r, ends->items[0], list, from, "%.17g");
    for (int64_t i = 1; i < n - 1 && good; i++) {
        const double share = (double)i / (double)(n - 1);
        const double number =
            logarithmic ? exp(log(from) + share * (log(to) - log(from))) : from + share * (to - from);
        good = add_number(r, ends, list, counts_whole(list->row) ? floor(number + 0.5) : number, "%.12g");
    }
    if (good)
        add_number(r, ends->items[1], list, to, "%.17g");
}

/* ---- forms ---- */

static bool want_ends(reader *r, const node *ends, const char *form, double *from, double *to)
{
    const nn_range any = {-HUGE_VAL, HUGE_VAL, true, true};
    return want_real(r, ends->items[0], form, any, from) && want_real(r, ends->items[1], form, any, to);
}

static bool want_num(reader *r, const node *num, int64_t *n)
{
    return want_count(r, num, "num", 2, MAX_AXIS_VALUES, n);
}

static void read_lin(reader *r, const node *ends, const node *num, value_list *list)
{
    double from, to;
    int64_t n;
    if (want_ends(r, ends, "lin", &from, &to) && want_num(r, num, &n))
        add_spaced(r, ends, list, from, to, n, false);
}

/* Exponents, as NumPy's logspace takes them, are recognised by an end that has no logarithm: the message
 * shows the values that were meant. */
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
        mistake(r, ends, "log takes values, not exponents: {log: [1e%.0f, 1e%.0f], num: %lld}", from, to,
                (long long)n);
    else
        mistake(r, ends, "log takes values above 0: {log: [1e-5, 1e-1], num: %lld}", (long long)n);
}

static void read_int(reader *r, const node *ends, const node *step_node, value_list *list)
{
    int64_t from, to, step = 1;
    if (!want_count(r, ends->items[0], "int", INT32_MIN, INT32_MAX, &from) ||
        !want_count(r, ends->items[1], "int", INT32_MIN, INT32_MAX, &to) ||
        (step_node != NULL && !want_count(r, step_node, "step", 1, INT32_MAX, &step)))
        return;
    bool good = to >= from && (to - from) / step < MAX_AXIS_VALUES;
    if (to < from)
        mistake(r, ends, "int goes upwards: [%lld, %lld] holds no value", (long long)from, (long long)to);
    else if (!good)
        mistake(r, ends, "int: more than %d values of one setting", MAX_AXIS_VALUES);
    for (int64_t i = from; i <= to && good; i += step)
        good = add_number(r, ends, list, (double)i, "%.0f");
}

static const range_form forms[] = {{"lin", "num", "{lin: [from, to], num: n}", read_lin},
                                   {"log", "num", "{log: [from, to], num: n}", read_log},
                                   {"int", "step", "{int: [from, to], step: s}", read_int}};

/* ---- which form ---- */

static const range_form *form_of(const node *map)
{
    const range_form *found = NULL;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (node_get(map, forms[i].name, NULL) != NULL) {
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

void read_range(reader *r, const node *map, value_list *list)
{
    const range_form *form = form_of(map);
    if (form == NULL) {
        mistake(r, map, "%s: a range is %s, %s or %s", list->row->name, forms[0].example, forms[1].example,
                forms[2].example);
        return;
    }
    const node *ends = node_get(map, form->name, NULL), *partner = node_get(map, form->partner, NULL);
    const bool counted = strcmp(form->partner, "num") == 0;
    if (list->row->kind == NN_CHOICE || list->row->kind == NN_TRUTH)
        mistake(r, map, "%s takes words, not a range", list->row->name);
    else if (has_other_key(map, form) || (counted && partner == NULL))
        mistake(r, map, "%s goes with %s and nothing else: %s", form->name, form->partner, form->example);
    else if (ends->kind != NODE_LIST || ends->n != 2)
        mistake(r, ends, "%s takes its two ends: %s", form->name, form->example);
    else
        form->read(r, ends, partner, list);
}
