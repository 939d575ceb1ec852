/* tree.h - the public header of yaml/: a YAML file as a tree of nodes that know their place in the file.
 *
 * May use: base, libyaml (which no other folder uses). The grid reader is its only user.
 *
 * Every scalar is text: the row of the key that reads it decides its type, never YAML. Anchors, aliases and merge keys
 * (`<<`) are resolved; a duplicate key, which libyaml does not report, is an error.
 *
 * Life cycle: yaml_tree_read or yaml_tree_parse makes a tree; its nodes are read through yaml_tree_root and yaml_get; they
 * are valid until yaml_tree_free. Read first: tree.c; problem.c turns the messages of libyaml into advice. */
#ifndef NNGRID_GRID_YAML_TREE_H
#define NNGRID_GRID_YAML_TREE_H

#include "base/diagnostics.h"

typedef enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP } node_kind;

typedef struct node node;
struct node {
    node_kind kind;
    place at;
    const char *text;   /* of a scalar */
    bool plain;         /* of a scalar: it has no quotes */
    size_t n;           /* items of a list, entries of a map */
    const node **keys;  /* [n] of a map: scalars */
    const node **items; /* [n] items of a list, values of a map */
};

typedef struct yaml_tree yaml_tree;

/* Reads a file, whose root must be a map, and makes it the source that the diagnostics quote. After an error in the YAML
 * other than a duplicate key there is no tree: returns NN_usage, and *out is untouched. A file that cannot be read is
 * reported in the diagnostics too. */
nn_status yaml_tree_read(const char *path, diagnostics *d, yaml_tree **out);
/* Reads a text in place of a file; `path` names it in messages. */
nn_status yaml_tree_parse(const char *path, const char *text, size_t size, diagnostics *d, yaml_tree **out);
void yaml_tree_free(yaml_tree *t);
const node *yaml_tree_root(const yaml_tree *t);
const char *yaml_tree_text(const yaml_tree *t); /* the text of the file */

/* The value of a key of a map, or NULL; *key_at, if not NULL, becomes the place of the key. */
const node *yaml_get(const node *map, const char *key, place *key_at);

#endif
