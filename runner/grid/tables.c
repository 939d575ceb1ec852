/* Mappings of the grid: the keys that each knows, what --set puts in their place, and where an unknown key
 * may belong. */
#include "grid/tables.h"
#include "base/suggest.h"
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

/* "data.split" and "train" make "data.split.train". Returns text. */
static char *join_path(const char *path, const char *name, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
    return text;
}

/* ---- unknown keys ---- */

const nn_name grid_files[GRID_N_FILE] = {
    [GRID_INIT_FILE] =
        {"init_file",
         "starting weights: HDF5 with W1 [in][out], b1 [out], W2, ... (before that a dimension of repeats, "
         "or not), or MATLAB (.mat) with Theta1, Theta2, ... [out][1+in], bias first"},
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

/* A known key in the wrong place: the mistake is told, with the right place. */
static bool is_misplaced(reader *r, const node *key)
{
    if (is_setting(key->text)) {
        grid_mistake(r, key, "'%s' is a setting; it stands under base, or under grid to be swept", key->text);
        return true;
    }
    for (const key_table *const *t = r->tables; *t != NULL; t++)
        if (find_row(*t, key->text) != NULL) {
            if ((*t)->path[0] == '\0')
                grid_mistake(r, key, "'%s' stands at the top of the grid, not indented under another key", key->text);
            else
                grid_mistake(r, key, "'%s' belongs to %s", key->text, (*t)->path);
            return true;
        }
    return false;
}

void grid_unknown_key(reader *r, const node *key, const char *what, const char *const *names, size_t n)
{
    char text[512];
    if (suggest_nearest(key->text, names, n) != NULL || !is_misplaced(r, key))
        grid_mistake(r, key, "%s", suggest_unknown(text, sizeof text, what, key->text, names, n, false));
}

void grid_unknown_choice_key(reader *r, const node *key, const nn_choices *choices)
{
    const char *names[64];
    grid_unknown_key(r, key, choices->what, names, suggest_choice_names(choices, names, COUNT_OF(names)));
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

/* ---- reading a mapping ---- */

/* Is something below this path set by --set? */
static bool is_set_below(const reader *r, const char *path)
{
    const size_t n = strlen(path);
    for (size_t i = 0; i < r->n_overrides; i++)
        if (strncmp(r->overrides[i].key, path, n) == 0 && r->overrides[i].key[n] == '.')
            return true;
    return false;
}

/* What --set says of this key; a section that only --set speaks of is read as if it stood there empty. */
static void read_from_set(reader *r, const key_table *table, const key_row *row, const node *map)
{
    static const node nothing = {.kind = NODE_MAP};
    char path[128];
    join_path(table->path, row->name, path, sizeof path);
    override *o = grid_find_override(r, path);
    if (o != NULL) {
        const override *outer = r->within;
        r->within = o;
        row->read(r, o->value);
        r->within = outer;
    } else if (yaml_get(map, row->name, NULL) == NULL && is_set_below(r, path)) {
        row->read(r, &nothing);
    }
}

bool grid_read_keys(reader *r, const key_table *table, const node *map)
{
    char path[128];
    if (!grid_want_map(r, map, table->path, table->example))
        return false;
    for (size_t i = 0; i < map->n; i++) {
        const key_row *row = find_row(table, map->keys[i]->text);
        if (row == NULL)
            unknown_in(r, table, map->keys[i]);
        else if (grid_find_override(r, join_path(table->path, row->name, path, sizeof path)) == NULL)
            row->read(r, map->items[i]);
    }
    for (size_t i = 0; i < table->n; i++)
        read_from_set(r, table, &table->rows[i], map);
    return true;
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

/* key=value, the value as YAML, so that hidden=[64, 32] works. `base.` in front of a setting may stand or
 * not. */
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

static size_t list_paths(const reader *r, char paths[MAX_PATHS][PATH_BYTES])
{
    size_t n = 0;
    for (int i = 0; i < NN_N_HYPER; i++)
        snprintf(paths[n++], PATH_BYTES, "%s", nn_hyper_rows[i].name);
    for (int i = 0; i < GRID_N_FILE; i++)
        snprintf(paths[n++], PATH_BYTES, "%s", grid_files[i].name);
    for (const key_table *const *t = r->tables; *t != NULL; t++)
        for (size_t i = 0; i < (*t)->n && n < MAX_PATHS; i++)
            join_path((*t)->path, (*t)->rows[i].name, paths[n++], PATH_BYTES);
    return n;
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
        if (o->used)
            continue;
        r->within = o;
        if (near != NULL && strcmp(near, o->key) != 0)
            grid_mistake_at(r, (place){0, 0}, "unknown key '%.60s'; did you mean '%s'?", o->key, near);
        else
            grid_mistake_at(r, (place){0, 0},
                            "unknown key '%.60s'; it takes a setting, such as epochs, or a path, such as data.file",
                            o->key);
        r->within = NULL;
    }
}
