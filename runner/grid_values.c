/* Reads single values of the grid: every mistake is noted with its place, and reading goes on. */
#include "grid_internal.h"
#include "setting.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void mistake(reader *r, const node *at, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (r->within != NULL)
        diagnostics_add(r->d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "--set %s: %s", r->within->text, text);
    else
        diagnostics_add(r->d, SEVERITY_ERROR, NN_usage, at->at, "%s", text);
}

void warning(reader *r, place at, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diagnostics_add(r->d, SEVERITY_WARNING, NN_usage, at, "%s", text);
}

void *grow(reader *r, void *array, size_t n, size_t size)
{
    /* room doubles: there is more to be had whenever n is a power of two */
    if (n != 0 && (n & (n - 1)) != 0)
        return array;
    void *larger = realloc(array, (n == 0 ? 1 : 2 * n) * size);
    r->out_of_memory = r->out_of_memory || larger == NULL;
    return larger;
}

/* ---- mappings ---- */

void unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n)
{
    const char *near = nearest_name(key->text, names, n);
    char list[512] = "";
    for (size_t i = 0, used = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
    if (near != NULL)
        mistake(r, key, "unknown %s '%s'; did you mean '%s'?", what, key->text, near);
    else
        mistake(r, key, "unknown %s '%s'; there are: %s", what, key->text, list);
}

bool read_override(reader *r, const char *section, const char *key,
                   void (*read)(reader *r, const node *value))
{
    char path[128];
    snprintf(path, sizeof path, "%s%s%s", section, section[0] != '\0' ? "." : "", key);
    for (size_t i = 0; i < r->n_overrides; i++)
        if (strcmp(r->overrides[i].key, path) == 0) {
            const override *outer = r->within;
            r->overrides[i].used = true;
            r->within = &r->overrides[i];
            if (read != NULL)
                read(r, r->overrides[i].value);
            r->within = outer;
            return true;
        }
    return false;
}

static const key_row *find_row(const key_row *rows, size_t n_rows, const char *name)
{
    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool want_map(reader *r, const node *n, const char *what)
{
    if (n->kind == NODE_MAP)
        return true;
    mistake(r, n, "%s takes a mapping (key: value)", what);
    return false;
}

bool read_keys(reader *r, const char *section, const node *map, const key_row *rows, size_t n_rows)
{
    const char *names[32];
    for (size_t i = 0; i < n_rows; i++)
        names[i] = rows[i].name;
    if (!want_map(r, map, section[0] != '\0' ? section : "the grid"))
        return false;
    for (size_t i = 0; i < map->n; i++) {
        const key_row *row = find_row(rows, n_rows, map->keys[i]->text);
        if (row == NULL)
            unknown_key(r, map->keys[i], section[0] != '\0' ? section : "key", names, n_rows);
        else if (!read_override(r, section, row->name, NULL))
            row->read(r, map->items[i]);
    }
    for (size_t i = 0; i < n_rows; i++)
        read_override(r, section, rows[i].name, rows[i].read);
    return true;
}

/* ---- scalars ---- */

bool want_text(reader *r, const node *n, const char *what, const char **out)
{
    if (n->kind != NODE_SCALAR) {
        mistake(r, n, "%s takes one value, not a %s", what, n->kind == NODE_LIST ? "list" : "mapping");
        return false;
    }
    *out = n->text;
    return true;
}

bool want_copy(reader *r, const node *n, const char *what, char **out)
{
    const char *text;
    if (!want_text(r, n, what, &text))
        return false;
    char *copy = strdup(text);
    r->out_of_memory = r->out_of_memory || copy == NULL;
    free(*out);
    *out = copy;
    return copy != NULL;
}

bool want_count(reader *r, const node *n, const char *what, int64_t low, int64_t high, int64_t *out)
{
    const char *text;
    int64_t value;
    if (!want_text(r, n, what, &text))
        return false;
    if (!parse_count(text, &value))
        mistake(r, n, "%s takes a whole number, not '%s'", what, text);
    else if (value < low || value > high)
        mistake(r, n, "%s %s is not in [%lld, %lld]", what, text, (long long)low, (long long)high);
    else {
        *out = value;
        return true;
    }
    return false;
}

bool want_real(reader *r, const node *n, const char *what, nn_range range, double *out)
{
    const char *text;
    char bounds[64];
    double value;
    if (!want_text(r, n, what, &text))
        return false;
    if (!parse_real(text, &value))
        mistake(r, n, "%s takes a number, not '%s'", what, text);
    else if (!range_holds(&range, value))
        mistake(r, n, "%s %s is not in %s", what, text, range_format(&range, bounds, sizeof bounds));
    else {
        *out = value;
        return true;
    }
    return false;
}

bool want_choice(reader *r, const node *n, const char *what, const char *const *names, int n_names, int *out)
{
    const char *text;
    if (!want_text(r, n, what, &text))
        return false;
    for (int i = 0; i < n_names; i++)
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return true;
        }
    unknown_key(r, n, what, names, (size_t)n_names);
    return false;
}

bool want_truth(reader *r, const node *n, const char *what, bool *out)
{
    const char *text;
    if (!want_text(r, n, what, &text))
        return false;
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        mistake(r, n, "%s takes true or false, not '%s'", what, text);
        return false;
    }
    *out = yes;
    return true;
}

bool want_seconds(reader *r, const node *n, const char *what, double *out)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    const char *text;
    char *rest, number[64];
    double value;
    if (!want_text(r, n, what, &text))
        return false;
    strtod(text, &rest);
    snprintf(number, sizeof number, "%.*s", (int)(rest - text), text);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(rest + (*rest == ' '), units[i].unit) == 0 && parse_real(number, &value) && value > 0) {
            *out = value * units[i].seconds;
            return true;
        }
    mistake(r, n, "%s takes a time such as 90s, 30min, 2h or 1d, not '%s'", what, text);
    return false;
}

/* ---- settings ---- */

size_t field_size(nn_kind kind)
{
    static const size_t sizes[] = {[NN_REAL] = sizeof(nn_real_value),
                                   [NN_COUNT] = sizeof(nn_count_value),
                                   [NN_CHOICE] = sizeof(nn_choice_value),
                                   [NN_TRUTH] = sizeof(nn_truth_value),
                                   [NN_SHAPE] = sizeof(nn_shape_value)};
    return sizes[kind];
}

bool field_same(const nn_hyper_row *row, const void *a, const void *b)
{
    nn_hyper x = nn_hyper_defaults, y = nn_hyper_defaults;
    memcpy(nn_hyper_at(&x, row), a, field_size(row->kind));
    memcpy(nn_hyper_at(&y, row), b, field_size(row->kind));
    return nn_hyper_same(&x, &y, row);
}

static bool want_shape(reader *r, const node *n, const nn_hyper_row *row, nn_shape *out)
{
    nn_shape shape = {0};
    setting_value one;
    if (n->n > NN_MAX_HIDDEN) {
        mistake(r, n, "%s has %zu layers; at most %d are possible", row->name, n->n, NN_MAX_HIDDEN);
        return false;
    }
    for (size_t i = 0; i < n->n; i++) {
        if (n->items[i]->kind != NODE_SCALAR) {
            mistake(r, n->items[i], "%s takes layer widths such as [64, 32]", row->name);
            return false;
        }
        if (!want_setting(r, n->items[i], row, &one))
            return false;
        shape.width[shape.n++] = one.shape.width[0];
    }
    *out = shape;
    return true;
}

bool want_setting(reader *r, const node *n, const nn_hyper_row *row, void *out)
{
    nn_error err;
    const char *text;
    if (row->kind == NN_SHAPE && n->kind == NODE_LIST)
        return want_shape(r, n, row, out);
    if (!want_text(r, n, row->name, &text))
        return false;
    if (setting_parse(row, text, out, &err) == NN_ok)
        return true;
    mistake(r, n, "%s", err.message);
    return false;
}

const nn_hyper_row *want_setting_name(reader *r, const node *key)
{
    const char *names[NN_N_HYPER];
    const nn_hyper_row *row = nn_hyper_find(key->text);
    for (int i = 0; i < NN_N_HYPER; i++)
        names[i] = nn_hyper_rows[i].name;
    if (row == NULL)
        unknown_key(r, key, "setting", names, NN_N_HYPER);
    return row;
}
