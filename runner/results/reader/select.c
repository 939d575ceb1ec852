/* Finds cells by their numbers, keys and settings. */
#include "results/reader/select.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "results/names.h"
#include "results/summary.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_DIGITS = 4, WORD_BYTES = 512 };

/* The cells that are shown, each with its first run. */
typedef struct cell_list {
    results_reader *r;
    const char *option;
    size_t n;
    size_t *first;   /* [n] SIZE_MAX: it has no runs */
    uint64_t *keys;  /* [n] */
    nn_hyper *hyper; /* [n]; NULL until read */
} cell_list;

static void list_free(cell_list *l)
{
    free(l->first);
    free(l->keys);
    free(l->hyper);
}

static nn_status no_memory(nn_error *err)
{
    return nn_fail(err, NN_memory, "not enough memory to look for cells");
}

/* ---- first runs and keys ---- */

/* Runs of a cell are in order of repeat and fold, so that the first in the file is its first. */
static nn_status find_first(cell_list *l, nn_error *err)
{
    double *cells = NULL;
    const size_t n = reader_n_runs(l->r);
    const nn_status status = reader_run_column(l->r, PATH_RUNS_CELL, &cells, err);
    for (size_t c = 0; c < l->n; c++)
        l->first[c] = SIZE_MAX;
    for (size_t i = 0; status == NN_ok && i < n; i++)
        if (cells[i] >= 0 && cells[i] < (double)l->n && l->first[(size_t)cells[i]] == SIZE_MAX)
            l->first[(size_t)cells[i]] = i;
    free(cells);
    return status;
}

static nn_status read_keys(cell_list *l, nn_error *err)
{
    const size_t n = reader_n_runs(l->r);
    reader_shape shape;
    uint64_t *keys = malloc((n + 1) * sizeof *keys);
    nn_status status = keys == NULL ? no_memory(err) : NN_ok;
    if (status == NN_ok && (!reader_look(l->r, PATH_RUNS_KEY, &shape) || shape.n_per_row != 1 || shape.n_rows != n))
        status = nn_fail(err, NN_file, "the file is damaged: " PATH_RUNS_KEY);
    if (status == NN_ok && n > 0)
        status = reader_rows(l->r, PATH_RUNS_KEY, &shape, 0, n, keys, err);
    for (size_t c = 0; c < l->n && status == NN_ok; c++)
        l->keys[c] = l->first[c] == SIZE_MAX ? 0 : results_cell_key(keys[l->first[c]]);
    free(keys);
    return status;
}

static nn_status list_open(results_reader *r, const char *option, cell_list *out, nn_error *err)
{
    cell_list l = {.r = r, .option = option, .n = reader_n_cells(r)};
    l.first = malloc((l.n + 1) * sizeof *l.first);
    l.keys = malloc((l.n + 1) * sizeof *l.keys);
    nn_status status = l.first == NULL || l.keys == NULL ? no_memory(err) : find_first(&l, err);
    if (status == NN_ok)
        status = read_keys(&l, err);
    if (status == NN_ok)
        *out = l;
    else
        list_free(&l);
    return status;
}

nn_status reader_cell_keys(results_reader *r, uint64_t *keys, nn_error *err)
{
    cell_list l;
    const nn_status status = list_open(r, "", &l, err);
    if (status != NN_ok)
        return status;
    memcpy(keys, l.keys, l.n * sizeof *keys);
    list_free(&l);
    return NN_ok;
}

bool reader_cell_key(results_reader *r, size_t cell, char text[CELL_KEY_BYTES])
{
    cell_list l;
    nn_error none;
    if (list_open(r, "", &l, &none) != NN_ok)
        return false;
    const bool there = cell < l.n && l.first[cell] != SIZE_MAX;
    if (there)
        snprintf(text, CELL_KEY_BYTES, "%016llx", (unsigned long long)l.keys[cell]);
    list_free(&l);
    return there;
}

/* ---- settings ---- */

static nn_status read_settings(cell_list *l, nn_error *err)
{
    size_t n = 0, *runs = malloc((l->n + 1) * sizeof *runs);
    l->hyper = malloc((l->n + 1) * sizeof *l->hyper);
    nn_status status = runs == NULL || l->hyper == NULL ? no_memory(err) : NN_ok;
    for (size_t c = 0; c < l->n && status == NN_ok; c++)
        if (l->first[c] == SIZE_MAX)
            status = nn_fail(err, NN_file, "cell %zu has no runs: the file is damaged", c);
        else
            runs[n++] = l->first[c];
    if (status == NN_ok)
        status = reader_settings(l->r, runs, n, l->hyper, err);
    free(runs);
    return status;
}

/* Reads widths such as [64, 32], 64-32, [] or none. */
static bool parse_shape(const char *text, nn_shape *out)
{
    nn_shape shape = {0};
    if (strcmp(text, "none") != 0)
        for (; *text != '\0'; text += strspn(text, " -,[]")) {
            char *end;
            const long width = strtol(text, &end, 10);
            if (end == text && strspn(text, " -,[]") == 0)
                return false;
            if (end == text)
                continue;
            if (width < 1 || width > INT32_MAX || shape.n == NN_MAX_HIDDEN)
                return false;
            shape.width[shape.n++] = (int32_t)width;
            text = end;
        }
    *out = shape;
    return true;
}

static nn_status parse_value(const cell_list *l, const nn_hyper_row *row, const char *text, nn_hyper *want,
                             nn_error *err)
{
    nn_error reason;
    if (row->kind == NN_SHAPE)
        return parse_shape(text, nn_hyper_at(want, row))
                   ? NN_ok
                   : nn_fail(err, NN_usage, "%s: %s takes widths such as [64, 32], not '%.60s'", l->option, row->name,
                             text);
    if (setting_parse(row, text, nn_hyper_at(want, row), &reason) == NN_ok)
        return NN_ok;
    return nn_fail(err, NN_usage, "%s: %s", l->option, reason.message);
}

/* Adds the value to the list "0.1, 1, 10" unless it is there, or no room is left. */
static void list_value(const nn_hyper_row *row, const nn_hyper *h, char *list, size_t size)
{
    char text[128], sought[136], all[1100];
    setting_format(row, nn_hyper_get(h, row), text, sizeof text);
    snprintf(sought, sizeof sought, "; %s;", text);
    snprintf(all, sizeof all, "; %s;", list);
    const size_t used = strlen(list);
    if (strstr(all, sought) == NULL && used + strlen(text) + 8 < size)
        snprintf(list + used, size - used, "%s%s", used > 0 ? "; " : "", text);
}

/* Keeps the cells with this value of one setting. */
static nn_status narrow(const cell_list *l, const char *name, const char *value, bool *keep, nn_error *err)
{
    const nn_hyper_row *row = nn_hyper_find(name);
    const char *names[NN_N_HYPER];
    char there[600] = "";
    nn_hyper want = nn_hyper_defaults;
    for (int i = 0; i < NN_N_HYPER; i++)
        names[i] = nn_hyper_rows[i].name;
    if (row == NULL) {
        const char *near = suggest_nearest(name, names, NN_N_HYPER);
        return nn_fail(err, NN_usage, "%s: unknown setting '%.60s'%s%s%s", l->option, name,
                       near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    const nn_status status = parse_value(l, row, value, &want, err);
    size_t n = 0;
    for (size_t c = 0; c < l->n && status == NN_ok; c++) {
        if (!keep[c])
            continue;
        list_value(row, &l->hyper[c], there, sizeof there);
        keep[c] = nn_hyper_same(&l->hyper[c], &want, row);
        n += keep[c];
    }
    if (status == NN_ok && n == 0)
        return nn_fail(err, NN_usage, "%s: no cell has %s %.60s (it is %s)", l->option, name, value, there);
    return status;
}

/* Cuts off the next "name=value" of a list, whose commas in brackets belong to a value. False: there is none. */
static bool next_setting(const char **text, char name[WORD_BYTES], char value[WORD_BYTES])
{
    const char *at = *text + strspn(*text, ", ");
    const size_t n = strcspn(at, "=,");
    int depth = 0;
    if (at[n] != '=' || n >= WORD_BYTES)
        return false;
    snprintf(name, WORD_BYTES, "%.*s", (int)n, at);
    at += n + 1;
    at += strspn(at, " ");
    const char *end = at;
    for (; *end != '\0' && (depth > 0 || *end != ','); end++)
        depth += (*end == '[') - (*end == ']');
    *text = end;
    while (end > at && end[-1] == ' ')
        end--;
    snprintf(value, WORD_BYTES, "%.*s", (int)(end - at), at);
    for (char *c = name + strlen(name); c > name && c[-1] == ' ';)
        *--c = '\0';
    return *name != '\0' && *value != '\0' && depth == 0;
}

static nn_status narrow_all(cell_list *l, const char *settings, bool *keep, nn_error *err)
{
    char name[WORD_BYTES], value[WORD_BYTES];
    const char *rest = settings;
    nn_status status = read_settings(l, err);
    for (size_t c = 0; c < l->n; c++)
        keep[c] = true;
    do {
        if (status == NN_ok && !next_setting(&rest, name, value))
            return nn_fail(err, NN_usage, "%s takes settings such as lambda=10,hidden=[32], not '%.100s'", l->option,
                           settings);
        if (status == NN_ok)
            status = narrow(l, name, value, keep, err);
    } while (status == NN_ok && rest[strspn(rest, ", ")] != '\0');
    return status;
}

nn_status reader_select_where(results_reader *r, const char *settings, const char *option, bool *keep, nn_error *err)
{
    cell_list l;
    nn_status status = list_open(r, option, &l, err);
    if (status != NN_ok)
        return status;
    status = narrow_all(&l, settings, keep, err);
    list_free(&l);
    return status;
}

/* ---- one cell ---- */

static nn_status by_number(const cell_list *l, const char *word, size_t *cell, nn_error *err)
{
    const bool hidden = reader_n_inactive(l->r) > 0 && reader_is_active(l->r, reader_n_runs(l->r) - 1);
    *cell = (size_t)strtoull(word, NULL, 10);
    if (*cell < l->n)
        return NN_ok;
    return nn_fail(err, NN_usage, "%s %s: the file has %zu of them, counted from 0%s", l->option, word, l->n,
                   hidden ? " (--inactive includes those no longer in the grid)" : "");
}

static nn_status by_key(const cell_list *l, const char *word, size_t *cell, nn_error *err)
{
    const size_t length = strlen(word);
    size_t n = 0;
    for (size_t c = 0; c < l->n; c++) {
        char key[CELL_KEY_BYTES];
        snprintf(key, sizeof key, "%016llx", (unsigned long long)l->keys[c]);
        if (l->first[c] != SIZE_MAX && strncmp(key, word, length) == 0) {
            *cell = c;
            n++;
        }
    }
    if (n == 1)
        return NN_ok;
    return n == 0 ? nn_fail(err, NN_usage, "%s: no cell has a key that begins with %s", l->option, word)
                  : nn_fail(err, NN_usage, "%s: the keys of %zu cells begin with %s: give more digits", l->option, n,
                            word);
}

/* Digits are a number or, where no cell has it, the beginning of a key. */
static nn_status by_digits(const cell_list *l, const char *word, size_t *cell, nn_error *err)
{
    const bool is_number = strtoull(word, NULL, 10) < l->n || strlen(word) < FEWEST_DIGITS;
    return !is_number && by_key(l, word, cell, err) == NN_ok ? NN_ok : by_number(l, word, cell, err);
}

static nn_status by_settings(cell_list *l, const char *word, size_t *cell, nn_error *err)
{
    bool *keep = malloc((l->n + 1) * sizeof *keep);
    char numbers[160] = "";
    size_t n = 0, used = 0;
    nn_status status = keep == NULL ? no_memory(err) : narrow_all(l, word, keep, err);
    for (size_t c = 0; c < l->n && status == NN_ok; c++)
        if (keep[c]) {
            *cell = n++ == 0 ? c : *cell;
            if (used + 24 < sizeof numbers)
                used += (size_t)snprintf(numbers + used, sizeof numbers - used, "%s%zu", used > 0 ? ", " : "", c);
        }
    if (status == NN_ok && n > 1)
        status = nn_fail(err, NN_usage, "%s: %zu cells have %.100s: %s%s; name more settings, or a key", l->option, n,
                         word, numbers, used + 24 < sizeof numbers ? "" : ", ...");
    free(keep);
    return status;
}

nn_status reader_select_cell(results_reader *r, const char *word, const char *option, size_t *cell, nn_error *err)
{
    cell_list l;
    const size_t length = strlen(word);
    nn_status status = list_open(r, option, &l, err);
    if (status != NN_ok)
        return status;
    if (strchr(word, '=') != NULL)
        status = by_settings(&l, word, cell, err);
    else if (length > 0 && strspn(word, "0123456789") == length && length < CELL_KEY_BYTES - 1)
        status = by_digits(&l, word, cell, err);
    else if (length >= FEWEST_DIGITS && length < CELL_KEY_BYTES && strspn(word, "0123456789abcdef") == length)
        status = by_key(&l, word, cell, err);
    else
        status = nn_fail(err, NN_usage,
                         "%s takes a cell's number, the first digits (%d or more) of its key in hexadecimal, or "
                         "settings such as lambda=10,hidden=[32], not '%.60s'",
                         option, FEWEST_DIGITS, word);
    list_free(&l);
    return status;
}
