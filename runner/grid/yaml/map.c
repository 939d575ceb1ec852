/* The entries of mappings: found by key, never twice, merge keys followed. */
#include "grid/yaml/yaml_internal.h"
#include <string.h>

static size_t find_key(const node *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

const node *node_get(const node *map, const char *key, place *key_at)
{
    const size_t i = map->kind == NODE_MAP ? find_key(map, key) : SIZE_MAX;
    if (i == SIZE_MAX)
        return NULL;
    if (key_at != NULL)
        *key_at = map->keys[i]->at;
    return map->items[i];
}

static void add_entry(node *map, const node *key, const node *value)
{
    map->keys[map->n] = key;
    map->items[map->n++] = value;
}

static void add_own(node *map, const node *key, const node *value, diagnostics *d)
{
    const size_t twin = find_key(map, key->text);
    if (twin == SIZE_MAX)
        add_entry(map, key, value);
    else
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, key->at, "'%.60s' stands at line %d already", key->text,
                        map->keys[twin]->at.line);
}

static bool is_merge(const node *key)
{
    return key->plain && strcmp(key->text, "<<") == 0;
}

/* The maps that a merge key brings: one, or a list of them. */
static const node *merged_map(const node *value, size_t i)
{
    return value->kind == NODE_LIST ? value->items[i] : value;
}

static size_t n_merged_maps(const node *value)
{
    return value->kind == NODE_LIST ? value->n : 1;
}

size_t yaml_entries(size_t n_pairs, const node *const *pairs)
{
    size_t n = 0;
    for (size_t i = 0; i < n_pairs; i++) {
        const node *value = pairs[2 * i + 1];
        if (!is_merge(pairs[2 * i]))
            n++;
        else
            for (size_t m = 0; m < n_merged_maps(value); m++)
                n += merged_map(value, m)->n;
    }
    return n;
}

/* Own entries win, then those of earlier maps. */
static bool merge(node *map, const node *value, diagnostics *d)
{
    for (size_t m = 0; m < n_merged_maps(value); m++) {
        const node *from = merged_map(value, m);
        if (from->kind != NODE_MAP) {
            diagnostics_add(d, SEVERITY_ERROR, NN_usage, from->at,
                            "a merge key takes a mapping or a list of them, such as <<: *name");
            return false;
        }
        for (size_t i = 0; i < from->n; i++)
            if (find_key(map, from->keys[i]->text) == SIZE_MAX)
                add_entry(map, from->keys[i], from->items[i]);
    }
    return true;
}

bool yaml_join(node *map, size_t n_pairs, const node *const *pairs, diagnostics *d)
{
    bool good = true;
    for (size_t i = 0; i < n_pairs; i++)
        if (!is_merge(pairs[2 * i]))
            add_own(map, pairs[2 * i], pairs[2 * i + 1], d);
    for (size_t i = 0; i < n_pairs; i++)
        if (is_merge(pairs[2 * i]))
            good = merge(map, pairs[2 * i + 1], d) && good;
    return good;
}
