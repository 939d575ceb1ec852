/* Reads single values of the grid. A mistake is reported with its place, and the caller goes on reading. */
#include "grid/values.h"
#include "base/setting.h"
#include "base/suggest.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- mistakes ---- */

static void note(reader *r, severity how, place at, const char *format, va_list args)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    if (r->within != NULL)
        diagnostics_add_file(r->d, how, NN_usage, "", (place){0, 0}, "--set %.200s: %s", r->within->text, text);
    else
        diagnostics_add(r->d, how, NN_usage, at, "%s", text);
}

void grid_mistake(reader *r, const node *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(r, SEVERITY_ERROR, at->at, format, args);
    va_end(args);
}

void grid_mistake_at(reader *r, place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(r, SEVERITY_ERROR, at, format, args);
    va_end(args);
}

void grid_warning(reader *r, place at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    note(r, SEVERITY_WARNING, at, format, args);
    va_end(args);
}

place grid_place_in(const reader *r, const node *n)
{
    return r->within != NULL ? (place){0, 0} : n->at;
}

/* The word for a node in messages: "list", "mapping" or "value". */
static const char *kind_word(const node *n)
{
    return n->kind == NODE_LIST ? "list" : n->kind == NODE_MAP ? "mapping" : "value";
}

/* Is there nothing after the colon, or one of YAML's words for nothing? An empty text in quotes is a text: the name of a
 * column without one, for example. */
static bool is_empty(const node *n)
{
    return n->kind == NODE_SCALAR && n->plain &&
           (n->text[0] == '\0' || strcmp(n->text, "~") == 0 || strcasecmp(n->text, "null") == 0);
}

void *grid_grow(reader *r, void *array, size_t n, size_t size)
{
    /* The room doubles whenever n is a power of two; between them it suffices. */
    if (n != 0 && (n & (n - 1)) != 0)
        return array;
    void *larger = realloc(array, (n == 0 ? 1 : 2 * n) * size);
    r->out_of_memory = r->out_of_memory || larger == NULL;
    return larger;
}

/* ---- mappings and lists ---- */

static bool want_kind(reader *r, const node *n, node_kind kind, const char *what, const char *example)
{
    if (n->kind == kind)
        return true;
    if (is_empty(n))
        grid_mistake(r, n, "%s is empty; fill it, such as %s, or leave it out", what, example);
    else
        grid_mistake(r, n, "%s takes a %s, such as %s, not a %s", what, kind == NODE_MAP ? "mapping" : "list", example,
                     kind_word(n));
    return false;
}

bool grid_want_map(reader *r, const node *n, const char *what, const char *example)
{
    return want_kind(r, n, NODE_MAP, what, example);
}

bool grid_want_list(reader *r, const node *n, const char *what, const char *example)
{
    return want_kind(r, n, NODE_LIST, what, example);
}

/* ---- scalars ---- */

bool grid_want_text(reader *r, const node *n, const char *what, const char **out)
{
    if (n->kind == NODE_SCALAR && !is_empty(n)) {
        *out = n->text;
        return true;
    }
    if (n->kind == NODE_SCALAR)
        grid_mistake(r, n, "%s has no value; give it one, or leave it out", what);
    else
        grid_mistake(r, n, "%s takes one value, not a %s", what, kind_word(n));
    return false;
}

bool grid_want_copy(reader *r, const node *n, const char *what, char **out)
{
    const char *text;
    if (!grid_want_text(r, n, what, &text))
        return false;
    char *copy = strdup(text);
    r->out_of_memory = r->out_of_memory || copy == NULL;
    free(*out);
    *out = copy;
    return copy != NULL;
}

/* Reports a number outside its range. */
static void out_of_range(reader *r, const node *n, const char *what, const char *text, const nn_range *range)
{
    char complaint[256];
    grid_mistake(r, n, "%s", setting_range_complaint(what, text, range, complaint, sizeof complaint));
}

bool grid_want_count(reader *r, const node *n, const char *what, nn_range range, int64_t *out)
{
    const char *text;
    int64_t value;
    if (!grid_want_text(r, n, what, &text))
        return false;
    const bool whole = setting_parse_count(text, &value), good = whole && setting_range_holds(&range, (double)value);
    if (!whole)
        grid_mistake(r, n, "%s takes a whole number, not '%.60s'", what, text);
    else if (!good)
        out_of_range(r, n, what, text, &range);
    else
        *out = value;
    return good;
}

bool grid_want_real(reader *r, const node *n, const char *what, nn_range range, double *out)
{
    const char *text;
    double value;
    if (!grid_want_text(r, n, what, &text))
        return false;
    const bool number = setting_parse_real(text, &value), good = number && setting_range_holds(&range, value);
    if (!number)
        grid_mistake(r, n, "%s takes a number, not '%.60s'", what, text);
    else if (!good)
        out_of_range(r, n, what, text, &range);
    else
        *out = value;
    return good;
}

bool grid_want_word(reader *r, const node *n, const key_row *row, int *out)
{
    const char *text;
    char what[64], complaint[512];
    if (!grid_want_text(r, n, row->name, &text))
        return false;
    for (size_t i = 0; i < row->n_words; i++)
        if (strcmp(row->words[i], text) == 0) {
            *out = (int)i;
            return true;
        }
    snprintf(what, sizeof what, "value of %s", row->name);
    grid_mistake(r, n, "%s", suggest_unknown(complaint, sizeof complaint, what, text, row->words, row->n_words, true));
    return false;
}

/* ---- comparisons ---- */

const char *const grid_compare_signs[N_COMPARE] = {
    [LESS] = "<", [LESS_EQUAL] = "<=", [GREATER] = ">", [GREATER_EQUAL] = ">=", [EQUAL] = "=", [NOT_EQUAL] = "!="};

const char *grid_read_compare(const char *text, compare *out)
{
    size_t longest = 0; /* `<=` begins with `<` */
    *out = EQUAL;
    for (int i = 0; i < N_COMPARE; i++) {
        const size_t length = strlen(grid_compare_signs[i]);
        if (length > longest && strncmp(text, grid_compare_signs[i], length) == 0) {
            *out = (compare)i;
            longest = length;
        }
    }
    return text + longest + strspn(text + longest, " ");
}

bool grid_compares(double x, compare how, double to)
{
    const bool holds[N_COMPARE] = {[LESS] = x<to, [LESS_EQUAL] = x <= to, [GREATER] = x> to,
                                   [GREATER_EQUAL] = x >= to,
                                   [EQUAL] = x == to,
                                   [NOT_EQUAL] = x < to || x > to};
    return holds[how];
}

/* ---- settings ---- */

size_t grid_field_size(nn_kind kind)
{
    static const size_t sizes[] = {
        [NN_REAL] = sizeof(nn_real_value),   [NN_COUNT] = sizeof(nn_count_value), [NN_CHOICE] = sizeof(nn_choice_value),
        [NN_TRUTH] = sizeof(nn_truth_value), [NN_SHAPE] = sizeof(nn_shape_value), [NN_TEXT] = sizeof(nn_text_value)};
    return sizes[kind];
}

bool grid_field_same(const nn_hyper_row *row, const void *a, const void *b)
{
    return memcmp(a, b, grid_field_size(row->kind)) == 0;
}

bool grid_is_free_text(const nn_hyper_row *row)
{
    return row->kind == NN_TEXT && row->choices == NULL;
}

bool grid_is_sweep(const node *value, const nn_hyper_row *row)
{
    const bool nested = value->kind == NODE_LIST && value->n > 0 && value->items[0]->kind == NODE_LIST;
    return (value->kind == NODE_MAP && !grid_is_free_text(row)) ||
           (value->kind == NODE_LIST && (row->kind != NN_SHAPE || nested));
}

static bool want_shape(reader *r, const node *n, const nn_hyper_row *row, nn_shape *out)
{
    nn_shape shape = {0};
    setting_value one;
    if (n->n > NN_MAX_HIDDEN) {
        grid_mistake(r, n, "%s has %zu layers; at most %d are possible", row->name, n->n, NN_MAX_HIDDEN);
        return false;
    }
    for (size_t i = 0; i < n->n; i++) {
        if (n->items[i]->kind != NODE_SCALAR) {
            grid_mistake(r, n->items[i], "%s takes layer widths such as [64, 32], not a %s", row->name,
                         kind_word(n->items[i]));
            return false;
        }
        if (!grid_want_setting(r, n->items[i], row, &one))
            return false;
        shape.width[shape.n++] = one.shape.width[0];
    }
    *out = shape;
    return true;
}

/* Reads {results: FILE.h5, run: RUN, weights: best} as the text FILE.h5:RUN:best. */
static bool want_stored_start(reader *r, const node *n, const nn_hyper_row *row, void *out)
{
    static const char *const keys[] = {"results", "run", "weights"};
    const char *of[COUNT_OF(keys)] = {NULL, NULL, nn_keep_names[NN_KEEP_BEST]};
    char text[2 * NN_TEXT_BYTES];
    bool good = true;
    for (size_t i = 0; i < n->n; i++) {
        size_t k = 0;
        while (k < COUNT_OF(keys) && strcmp(n->keys[i]->text, keys[k]) != 0)
            k++;
        if (k == COUNT_OF(keys)) {
            char said[256];
            grid_mistake(
                r, n->keys[i], "%s",
                suggest_unknown(said, sizeof said, "key of init_file", n->keys[i]->text, keys, COUNT_OF(keys), true));
            good = false;
        } else {
            good &= grid_want_text(r, n->items[i], keys[k], &of[k]);
        }
    }
    if (good && (of[0] == NULL || of[1] == NULL)) {
        grid_mistake(r, n, "%s takes a file, or {results: FILE.h5, run: RUN, weights: best}", row->name);
        return false;
    }
    if (!good)
        return false;
    snprintf(text, sizeof text, "%s:%s:%s", of[0], of[1], of[2]);
    const node plain = {.kind = NODE_SCALAR, .at = n->at, .text = text};
    return grid_want_setting(r, &plain, row, out);
}

bool grid_want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out)
{
    nn_error err;
    const char *text;
    if (row->kind == NN_SHAPE && n->kind == NODE_LIST)
        return want_shape(r, n, row, out);
    if (grid_is_free_text(row) && n->kind == NODE_MAP)
        return want_stored_start(r, n, row, out);
    if (!grid_want_text(r, n, row->name, &text))
        return false;
    if (setting_parse(row, text, out, &err) == NN_ok)
        return true;
    grid_mistake(r, n, "%s", err.message);
    return false;
}
