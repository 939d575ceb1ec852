/* Reads the mappings of the grid by their tables: known keys, what --set puts in their place, and hints for unknown
 * keys. */
#include "grid/tables.h"
#include "base/setting.h"
#include "base/suggest.h"
#include "base/synonym.h"
#include "base/text.h"
#include "grid/values.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const key_row *find_row(const key_table *table, const char *name)
{
    for (size_t i = 0; i < table->n; i++)
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    return NULL;
}

/* Joins "data.split" and "train" to "data.split.train". Returns text. */
static char *join_path(const char *path, const char *name, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
    return text;
}

/* ---- unknown keys ---- */

const nn_name grid_files[GRID_N_FILE] = {
    [GRID_ORDER_FILE] = {"order_file",
                         "the order of the training rows: HDF5 with order [epochs][rows] (before that a dimension of "
                         "repeats, or not), rows of the data from 0"},
};

static bool is_setting(const char *name)
{
    bool known = nn_hyper_find(name) != NULL;
    for (int i = 0; i < GRID_N_FILE; i++)
        known |= strcmp(name, grid_files[i].name) == 0;
    return known;
}

/* Appends the paths of the mappings that know the key, "data.file or data.split", from this one downwards. Mappings
 * below one that knows it are left out. */
static void list_tables_with(const key_table *table, const char *key, char *text, size_t size)
{
    const size_t n = strlen(text);
    if (find_row(table, key) != NULL)
        snprintf(text + n, size - n, "%s%s", n > 0 ? " or " : "", table->path);
    else
        for (size_t i = 0; i < table->n; i++)
            if (table->rows[i].table != NULL)
                list_tables_with(table->rows[i].table, key, text, size);
}

/* The setting of the data whose last word is this, such as data.scale, or NULL. */
static const char *setting_of_data(const char *key)
{
    for (int i = 0; i < NN_N_HYPER; i++) {
        const char *dot = strrchr(nn_hyper_rows[i].name, '.');
        if (dot != NULL && strcmp(dot + 1, key) == 0)
            return nn_hyper_rows[i].name;
    }
    return NULL;
}

/* Reports a key that another mapping knows, with the place where it belongs; false: no mapping knows it. */
static bool is_misplaced(reader *r, const node *key)
{
    if (is_setting(key->text)) {
        grid_mistake(r, key, "'%s' is a setting; put it under base, or under grid to sweep it", key->text);
        return true;
    }
    char where[128] = "";
    const bool top = find_row(r->root, key->text) != NULL;
    list_tables_with(r->root, key->text, where, sizeof where);
    if (top)
        grid_mistake(r, key, "'%s' is a top-level key; do not indent it under another key", key->text);
    else if (where[0] != '\0' && setting_of_data(key->text) != NULL)
        grid_mistake(r, key, "'%s' belongs to %s; to sweep it, put %s under grid", key->text, where,
                     setting_of_data(key->text));
    else if (where[0] != '\0')
        grid_mistake(r, key, "'%s' belongs to %s", key->text, where);
    return top || where[0] != '\0';
}

/* Writes what to write for a key in the words of another tool. `here`: may it stand where the key stands? */
static char *advise(const synonym *s, bool here, char *text, size_t size)
{
    const char *note = s->note != NULL ? s->note : "";
    if (strchr(s->ours, ':') != NULL)
        snprintf(text, size, "write `%s` at the top level of the grid", s->ours);
    else
        snprintf(text, size, "did you mean '%s'?%s%s%s%s", s->ours, note[0] != '\0' ? " (" : "", note,
                 note[0] != '\0' ? ")" : "", here ? "" : " Put it under base, or under grid to sweep it");
    return text;
}

static bool is_among(const char *word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

void grid_unknown_name(reader *r, const node *key, const char *what, const char *const *names, size_t n)
{
    char text[512];
    if (suggest_nearest(key->text, names, n) != NULL || !is_misplaced(r, key))
        grid_mistake(r, key, "%s", suggest_unknown(text, sizeof text, what, key->text, names, n, false));
}

void grid_unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n)
{
    char text[512];
    const char *near = suggest_nearest(key->text, names, n);
    const synonym *s = near == NULL || !text_same_name(near, key->text) ? synonym_find("key", key->text) : NULL;
    if (s != NULL)
        grid_mistake(r, key, "unknown %s '%.60s'; %s", what, key->text,
                     advise(s, is_among(s->ours, names, n), text, sizeof text));
    else
        grid_unknown_name(r, key, what, names, n);
}

void grid_unknown_choice_key(reader *r, const node *key, const nn_choices *choices)
{
    const char *names[64];
    grid_unknown_name(r, key, choices->what, names, suggest_choice_names(choices, names, COUNT_OF(names)));
}

static void unknown_in(reader *r, const key_table *table, const node *key)
{
    const char *names[32];
    char what[64] = "key";
    for (size_t i = 0; i < table->n; i++)
        names[i] = table->rows[i].name;
    if (table->path[0] != '\0')
        snprintf(what, sizeof what, "key of %s", table->path);
    grid_unknown_key(r, key, what, names, table->n);
}

const nn_hyper_row *grid_want_setting_name(reader *r, const node *key)
{
    const char *names[NN_N_HYPER];
    const nn_hyper_row *row = nn_hyper_find(key->text);
    for (int i = 0; i < NN_N_HYPER; i++)
        names[i] = nn_hyper_rows[i].name;
    if (row == NULL)
        grid_unknown_key(r, key, "setting", names, NN_N_HYPER);
    return row;
}

/* ---- the value of a key ---- */

/* Stores a number, a truth value or the index of a word in a field of the row's size. */
static void store(reader *r, const key_row *row, int64_t value)
{
    char *field = (char *)r->g + row->field;
    if (row->size == sizeof(bool))
        *(bool *)field = value != 0;
    else if (row->size == sizeof(int32_t))
        *(int32_t *)field = (int32_t)value;
    else
        *(int64_t *)field = value;
}

static bool want_truth(reader *r, const node *n, const char *what, bool *out)
{
    const char *text;
    if (!grid_want_text(r, n, what, &text))
        return false;
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        grid_mistake(r, n, "%s takes true or false, not '%.60s'", what, text);
        return false;
    }
    *out = yes;
    return true;
}

static bool want_seconds(reader *r, const node *n, const char *what, double *out)
{
    const char *text;
    if (!grid_want_text(r, n, what, &text))
        return false;
    if (setting_parse_seconds(text, out))
        return true;
    grid_mistake(r, n, "%s takes a time such as 90s, 30min, 2h or 1d, not '%.60s'", what, text);
    return false;
}

enum { MAX_CHOICES = 16 };

/* Marks the words that stand there: one word of the row, a list of them, or `none`. */
static bool read_choices(reader *r, const key_row *row, const node *value)
{
    bool *marks = (bool *)((char *)r->g + row->field), found[MAX_CHOICES] = {false};
    if (value->kind == NODE_MAP) {
        grid_mistake(r, value, "%s takes a word or a list of words, such as [%s, %s], not a mapping", row->name,
                     row->words[0], row->words[1]);
        return false;
    }
    const bool list = value->kind == NODE_LIST,
               none = !list && value->kind == NODE_SCALAR && strcmp(value->text, "none") == 0;
    for (size_t i = 0; i < (list ? value->n : 1) && !none; i++) {
        int which;
        if (!grid_want_word(r, list ? value->items[i] : value, row, &which))
            return false;
        found[which] = true;
    }
    memcpy(marks, found, row->n_words * sizeof *marks);
    return true;
}

bool grid_read_field(reader *r, const key_row *row, const node *value)
{
    void *field = (char *)r->g + row->field;
    int64_t count;
    bool truth, good = false;
    int which;
    if (row->kinds & KEY_MAP && (row->kinds == KEY_MAP || value->kind == NODE_MAP))
        return grid_read_keys(r, row->table, value);
    switch (row->kinds & ~KEY_MAP) {
    case KEY_TEXT:
    case KEY_COLUMN:
        return grid_want_copy(r, value, row->name, field);
    case KEY_REAL:
        return grid_want_real(r, value, row->name, row->range, field);
    case KEY_TIME:
        return want_seconds(r, value, row->name, field);
    case KEY_CHOICES:
        return read_choices(r, row, value);
    case KEY_COUNT:
        if ((good = grid_want_count(r, value, row->name, row->range, &count)))
            store(r, row, count);
        break;
    case KEY_TRUTH:
        if ((good = want_truth(r, value, row->name, &truth)))
            store(r, row, truth);
        break;
    case KEY_CHOICE:
        if ((good = grid_want_word(r, value, row, &which)))
            store(r, row, which);
        break;
    }
    return good;
}

static void read_value(reader *r, const key_row *row, const node *value)
{
    if (row->at != 0)
        *(place *)((char *)r->g + row->at) = grid_place_in(r, value);
    if (row->read != NULL)
        row->read(r, row, value);
    else
        grid_read_field(r, row, value);
}

/* ---- a mapping ---- */

/* Does --set give a key below this path? */
static bool is_set_below(const reader *r, const char *path)
{
    const size_t n = strlen(path);
    for (size_t i = 0; i < r->n_overrides; i++)
        if (strncmp(r->overrides[i].key, path, n) == 0 && r->overrides[i].key[n] == '.')
            return true;
    return false;
}

/* Reads what --set gives for this key. A mapping that the file does not have is read as an empty one if --set gives keys
 * of it. */
static void read_from_set(reader *r, const char *path, const key_row *row, const node *map)
{
    static const node nothing = {.kind = NODE_MAP};
    const override *o = grid_find_override(r, path);
    const nn_hyper_row *setting = nn_hyper_find(path);
    if (o != NULL && setting != NULL && grid_is_sweep(o->value, setting))
        return; /* an axis, as data.scale can be */
    if (o != NULL) {
        const override *outer = r->within;
        r->within = o;
        read_value(r, row, o->value);
        r->within = outer;
    } else if (yaml_get(map, row->name, NULL) == NULL && is_set_below(r, path)) {
        read_value(r, row, &nothing);
    }
}

/* Reports that the mapping has not this key, unless it has a wrong one in its place, which is reported already. */
static void need_key(reader *r, const key_table *table, const key_row *row, const node *map)
{
    const bool top = table->path[0] == '\0';
    for (size_t i = 0; i < map->n; i++)
        if (top ? suggest_nearest(map->keys[i]->text, &row->name, 1) != NULL
                : find_row(table, map->keys[i]->text) == NULL)
            return;
    grid_mistake_at(r, top ? (place){0, 0} : map->at, "%s needs `%s`, such as %s", top ? "the grid" : table->path,
                    row->name, table->example);
}

bool grid_read_keys(reader *r, const key_table *table, const node *map)
{
    const size_t before = r->d->n_errors;
    char path[128];
    if (!grid_want_map(r, map, table->path, table->example))
        return false;
    for (size_t i = 0; i < map->n; i++) {
        const key_row *row = find_row(table, map->keys[i]->text);
        if (row == NULL)
            unknown_in(r, table, map->keys[i]);
        else if (grid_find_override(r, join_path(table->path, row->name, path, sizeof path)) == NULL)
            read_value(r, row, map->items[i]);
    }
    for (size_t i = 0; i < table->n; i++) {
        const key_row *row = &table->rows[i];
        read_from_set(r, join_path(table->path, row->name, path, sizeof path), row, map);
        if (row->required && yaml_get(map, row->name, NULL) == NULL && !is_set_below(r, path) &&
            grid_find_override(r, path) == NULL)
            need_key(r, table, row, map);
    }
    if (table->check != NULL)
        table->check(r, map, r->d->n_errors == before);
    return r->d->n_errors == before;
}

/* ---- --set ---- */

override *grid_find_override(reader *r, const char *key)
{
    override *last = NULL;
    for (size_t i = 0; i < r->n_overrides; i++)
        if (r->overrides[i].key != NULL && strcmp(r->overrides[i].key, key) == 0) {
            last = &r->overrides[i];
            last->used = true;
        }
    return last;
}

/* Parses key=value. The value is YAML, so that hidden=[64, 32] works; `base.` in front of a setting is optional. */
static bool parse_override(reader *r, const char *text, override *out)
{
    const char *equals = strchr(text, '='), *key = text;
    char *yaml = NULL;
    diagnostics own;
    diagnostics_init(&own);
    if (strncmp(key, "base.", 5) == 0)
        key += 5;
    *out = (override){.text = text};
    bool good = equals != NULL && equals > key && equals[1] != '\0' && asprintf(&yaml, "value: %s", equals + 1) > 0 &&
                yaml_tree_parse("--set", yaml, strlen(yaml), &own, &out->tree) == NN_ok;
    if (good) {
        out->key = strndup(key, (size_t)(equals - key));
        out->value = yaml_get(yaml_tree_root(out->tree), "value", NULL);
        good = out->key != NULL && out->value != NULL;
    }
    if (!good)
        diagnostics_add_file(r->d, SEVERITY_ERROR, NN_usage, "", (place){0, 0},
                             "--set takes key=value, such as --set epochs=10, not '%.200s'", text);
    diagnostics_free(&own);
    free(yaml);
    return good;
}

bool grid_parse_overrides(reader *r, const char *const *texts, size_t n)
{
    r->overrides = calloc(n + 1, sizeof *r->overrides);
    r->out_of_memory = r->out_of_memory || r->overrides == NULL;
    for (size_t i = 0; i < n && r->overrides != NULL; i++) {
        override o;
        if (parse_override(r, texts[i], &o)) {
            r->overrides[r->n_overrides++] = o;
        } else {
            yaml_tree_free(o.tree);
            free(o.key);
        }
    }
    return r->overrides != NULL;
}

/* Every key that --set may name: the settings, and the keys of every mapping with their path. */
enum { MAX_PATHS = NN_N_HYPER + 128, PATH_BYTES = 64 };

static size_t add_paths(const key_table *table, char paths[MAX_PATHS][PATH_BYTES], size_t n)
{
    for (size_t i = 0; i < table->n && n < MAX_PATHS; i++) {
        join_path(table->path, table->rows[i].name, paths[n++], PATH_BYTES);
        if (table->rows[i].table != NULL)
            n = add_paths(table->rows[i].table, paths, n);
    }
    return n;
}

static size_t list_paths(const reader *r, char paths[MAX_PATHS][PATH_BYTES])
{
    size_t n = 0;
    for (int i = 0; i < NN_N_HYPER; i++)
        snprintf(paths[n++], PATH_BYTES, "%s", nn_hyper_rows[i].name);
    for (int i = 0; i < GRID_N_FILE; i++)
        snprintf(paths[n++], PATH_BYTES, "%s", grid_files[i].name);
    return add_paths(r->root, paths, n);
}

void grid_report_unused_overrides(reader *r)
{
    char paths[MAX_PATHS][PATH_BYTES];
    const char *names[MAX_PATHS];
    const size_t n = list_paths(r, paths);
    for (size_t i = 0; i < n; i++)
        names[i] = paths[i];
    for (size_t i = 0; i < r->n_overrides; i++) {
        const override *o = &r->overrides[i];
        const char *near = suggest_nearest(o->key, names, n);
        const synonym *s = synonym_find("key", o->key);
        char text[512];
        if (o->used)
            continue;
        r->within = o;
        if (s != NULL)
            grid_mistake_at(r, (place){0, 0}, "unknown key '%.60s'; %s", o->key, advise(s, true, text, sizeof text));
        else if (near != NULL && strcmp(near, o->key) != 0)
            grid_mistake_at(r, (place){0, 0}, "unknown key '%.60s'; did you mean '%s'?", o->key, near);
        else
            grid_mistake_at(r, (place){0, 0},
                            "unknown key '%.60s'; it takes a setting, such as epochs, or a path, such as data.file",
                            o->key);
        r->within = NULL;
    }
}
