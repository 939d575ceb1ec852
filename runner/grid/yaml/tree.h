/* tree.h - a YAML file as a tree of nodes that know where they stand. The one place of libyaml.
 *
 * Every scalar is text: what it means is decided by the table row that reads it, never by YAML. Anchors,
 * aliases and merge keys (`<<`) are resolved; a duplicate key, which libyaml does not notice, is a mistake.
 */
#ifndef NNGRID_GRID_YAML_TREE_H
#define NNGRID_GRID_YAML_TREE_H

#include "base/diagnostics.h"

typedef enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP } node_kind;

typedef struct node node;
struct node {
    node_kind kind;
    place at;
    const char *text;   /* scalar */
    bool plain;         /* scalar: without quotes */
    size_t n;           /* items of a list, entries of a map */
    const node **keys;  /* map: [n] scalars */
    const node **items; /* list: items; map: values [n] */
};

typedef struct yaml_tree yaml_tree;

/* Reads a file and sets the diagnostics' source. The root is a map. Mistakes go to the diagnostics; with any
 * in the YAML itself (not duplicate keys) there is no tree and *out is untouched. NN_usage then; NN_file if
 * unreadable is told as a diagnostic too. */
nn_status yaml_tree_read(const char *path, diagnostics *d, yaml_tree **out);
/* The same of text; `path` names it in messages. */
nn_status yaml_tree_parse(const char *path, const char *text, size_t size, diagnostics *d, yaml_tree **out);
void yaml_tree_free(yaml_tree *t);
const node *yaml_tree_root(const yaml_tree *t);
const char *yaml_tree_text(const yaml_tree *t); /* the file as it stands */

/* Value of a key of a map, or NULL; *key_at, if not NULL, gets the key's place. */
const node *yaml_get(const node *map, const char *key, place *key_at);

#endif
