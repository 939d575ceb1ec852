/* libyaml's document as a tree of nodes. The document API keeps line and column; it also resolves aliases. */
#include "yaml_tree.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_DEPTH = 32, MAX_NODES = 2000000, MAX_FILE = 64 << 20 };

typedef struct block {
    struct block *next;
    max_align_t data[];
} block;

struct yaml_tree {
    block *blocks;
    char *text;
    const node *root;
    size_t n_nodes;
};

typedef struct builder {
    yaml_document_t *document;
    yaml_tree *tree;
    diagnostics *d;
    const node **made; /* by libyaml's index: aliases share their node */
    bool *open;        /* being made: a node that holds itself is a mistake */
    bool failed;
} builder;

static void *take(builder *b, size_t bytes)
{
    block *new = malloc(sizeof *new + bytes);
    if (new == NULL) {
        b->failed = true;
        return NULL;
    }
    new->next = b->tree->blocks;
    b->tree->blocks = new;
    return new->data;
}

static place place_of(const yaml_mark_t *mark)
{
    return (place){(int)mark->line + 1, (int)mark->column + 1};
}

static void fail(builder *b, place at, const char *message)
{
    diagnostics_add(b->d, SEVERITY_ERROR, NN_usage, at, "%s", message);
    b->failed = true;
}

static const node *build(builder *b, int index, int depth);

static const node *build_scalar(builder *b, const yaml_node_t *from)
{
    node *n = take(b, sizeof *n + from->data.scalar.length + 1);
    if (n == NULL)
        return NULL;
    char *text = (char *)(n + 1);
    memcpy(text, from->data.scalar.value, from->data.scalar.length);
    text[from->data.scalar.length] = '\0';
    *n = (node){.kind = NODE_SCALAR, .at = place_of(&from->start_mark), .text = text};
    return n;
}

static const node *build_list(builder *b, const yaml_node_t *from, int depth)
{
    const size_t n_items = (size_t)(from->data.sequence.items.top - from->data.sequence.items.start);
    node *n = take(b, sizeof *n + n_items * sizeof(node *));
    if (n == NULL)
        return NULL;
    *n = (node){.kind = NODE_LIST, .at = place_of(&from->start_mark), .items = (const node **)(n + 1)};
    for (size_t i = 0; i < n_items && !b->failed; i++)
        n->items[n->n++] = build(b, from->data.sequence.items.start[i], depth + 1);
    return n;
}

/* ---- maps ---- */

static size_t find_key(const node *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

static void add_entry(node *map, const node *key, const node *value)
{
    map->keys[map->n] = key;
    map->items[map->n++] = value;
}

/* A key that stands twice keeps its first value. */
static void add_own(builder *b, node *map, const node *key, const node *value)
{
    const size_t twin = find_key(map, key->text);
    if (twin == SIZE_MAX)
        add_entry(map, key, value);
    else
        diagnostics_add(b->d, SEVERITY_ERROR, NN_usage, key->at, "'%s' stands at line %d already", key->text,
                        map->keys[twin]->at.line);
}

/* Entries that a merge key (`<<`) brings, counted when `map` is NULL. Own entries win, then earlier maps. */
static size_t merge(builder *b, node *map, const node *from)
{
    size_t n = 0;
    if (from->kind == NODE_LIST) {
        for (size_t i = 0; i < from->n; i++)
            n += merge(b, map, from->items[i]);
        return n;
    }
    if (from->kind != NODE_MAP) {
        fail(b, from->at, "a merge key (<<) takes a mapping or a list of them, such as <<: *name");
        return 0;
    }
    for (size_t i = 0; i < from->n && map != NULL; i++)
        if (find_key(map, from->keys[i]->text) == SIZE_MAX)
            add_entry(map, from->keys[i], from->items[i]);
    return from->n;
}

static bool is_merge(const node *key)
{
    return strcmp(key->text, "<<") == 0;
}

static const node *join_entries(builder *b, place at, size_t n_pairs, const node *const *pairs)
{
    size_t capacity = n_pairs;
    for (size_t i = 0; i < n_pairs; i++)
        capacity += is_merge(pairs[2 * i]) ? merge(b, NULL, pairs[2 * i + 1]) : 0;
    node *map = take(b, sizeof *map + 2 * capacity * sizeof(node *));
    if (map == NULL || b->failed)
        return NULL;
    const node **room = (const node **)(map + 1);
    *map = (node){.kind = NODE_MAP, .at = at, .keys = room, .items = room + capacity};
    for (size_t i = 0; i < n_pairs; i++)
        if (!is_merge(pairs[2 * i]))
            add_own(b, map, pairs[2 * i], pairs[2 * i + 1]);
    for (size_t i = 0; i < n_pairs; i++)
        if (is_merge(pairs[2 * i]))
            merge(b, map, pairs[2 * i + 1]);
    return map;
}

static const node *build_map(builder *b, const yaml_node_t *from, int depth)
{
    const yaml_node_pair_t *first = from->data.mapping.pairs.start;
    const size_t n = (size_t)(from->data.mapping.pairs.top - first);
    const node **pairs = take(b, 2 * n * sizeof *pairs);
    for (size_t i = 0; i < n && !b->failed; i++) {
        pairs[2 * i] = build(b, first[i].key, depth + 1);
        pairs[2 * i + 1] = build(b, first[i].value, depth + 1);
        if (!b->failed && pairs[2 * i]->kind != NODE_SCALAR)
            fail(b, pairs[2 * i]->at, "a key is one word, not a list or a mapping");
    }
    return b->failed ? NULL : join_entries(b, place_of(&from->start_mark), n, pairs);
}

static const node *build(builder *b, int index, int depth)
{
    const yaml_node_t *from = yaml_document_get_node(b->document, index);
    if (b->made[index] != NULL)
        return b->made[index];
    if (b->open[index] || depth > MAX_DEPTH || ++b->tree->n_nodes > MAX_NODES) {
        fail(b, place_of(&from->start_mark),
             b->open[index] ? "this holds itself through an alias"
                            : "this is nested too deeply, or the grid is too large");
        return NULL;
    }
    b->open[index] = true;
    b->made[index] = from->type == YAML_SCALAR_NODE     ? build_scalar(b, from)
                     : from->type == YAML_SEQUENCE_NODE ? build_list(b, from, depth)
                                                        : build_map(b, from, depth);
    b->open[index] = false;
    return b->made[index];
}

/* ---- YAML's own mistakes, in plain words ---- */

static void report_parser(const yaml_parser_t *p, const char *text, diagnostics *d)
{
    const char *problem = p->problem != NULL ? p->problem : "this is no YAML";
    place at = place_of(&p->problem_mark);
    if (p->error == YAML_READER_ERROR) {
        size_t line = 1, start = 0;
        for (size_t i = 0; i < p->problem_offset && text[i] != '\0'; i++)
            if (text[i] == '\n')
                line++, start = i + 1;
        at = (place){(int)line, (int)(p->problem_offset - start) + 1};
        problem = "this is no text: the grid must be UTF-8";
    } else if (strstr(problem, "cannot start any token") != NULL) {
        problem =
            "a tab, @ or ` cannot stand here; indent with spaces, and quote words that begin with @ or `";
    } else if (strstr(problem, "did not find expected ',' or ']'") != NULL) {
        problem = "a list that was opened with [ is not closed with ]";
    } else if (strstr(problem, "did not find expected ',' or '}'") != NULL) {
        problem = "a mapping that was opened with { is not closed with }";
    } else if (strstr(problem, "could not find expected ':'") != NULL) {
        problem = "a key needs `: ` and a value";
    } else if (strstr(problem, "mapping values are not allowed") != NULL) {
        problem = "a second `: ` on a line, or a line indented too far";
    } else if (strstr(problem, "did not find expected key") != NULL) {
        problem = "a key was expected here; lines of one mapping are indented alike";
    }
    diagnostics_add(d, SEVERITY_ERROR, NN_usage, at, "%s", problem);
}

static bool has_second_document(yaml_parser_t *parser, place *at)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return false;
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root != NULL)
        *at = place_of(&root->start_mark);
    yaml_document_delete(&second);
    return root != NULL;
}

static nn_status build_tree(yaml_parser_t *parser, yaml_document_t *document, yaml_tree *tree, diagnostics *d)
{
    const size_t n = (size_t)(document->nodes.top - document->nodes.start);
    place at = {0, 0};
    builder b = {.document = document, .tree = tree, .d = d};
    if (n == 0) {
        fail(&b, at, "the grid is empty; it needs at least `data:`, such as data: {builtin: xor}");
        return NN_usage;
    }
    b.made = calloc(n + 1, sizeof *b.made);
    b.open = calloc(n + 1, sizeof *b.open);
    if (b.made != NULL && b.open != NULL)
        tree->root = build(&b, 1, 0);
    else
        b.failed = true;
    if (!b.failed && tree->root->kind != NODE_MAP)
        fail(&b, tree->root->at, "a grid is a mapping: lines of `key: value`");
    if (!b.failed && has_second_document(parser, &at))
        fail(&b, at, "a second document (---) begins; a grid is one document");
    free(b.made);
    free(b.open);
    return b.failed ? NN_usage : NN_ok;
}

nn_status yaml_tree_parse(const char *path, const char *text, size_t size, diagnostics *d, yaml_tree **out)
{
    yaml_parser_t parser;
    yaml_document_t document;
    yaml_tree *tree = calloc(1, sizeof *tree);
    nn_status status = NN_usage;
    if (tree == NULL || (tree->text = strndup(text, size)) == NULL || !yaml_parser_initialize(&parser)) {
        yaml_tree_free(tree);
        return NN_memory;
    }
    diagnostics_source(d, path, tree->text);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    if (yaml_parser_load(&parser, &document)) {
        status = build_tree(&parser, &document, tree, d);
        yaml_document_delete(&document);
    } else {
        report_parser(&parser, tree->text, d);
    }
    yaml_parser_delete(&parser);
    if (status == NN_ok)
        *out = tree;
    else
        yaml_tree_free(tree);
    return status;
}

/* ---- files ---- */

static char *read_all(FILE *f, size_t *size)
{
    char *text = NULL;
    size_t room = 0;
    *size = 0;
    do {
        char *larger = *size + 1 < room ? text : realloc(text, room = 2 * room + 65536);
        if (larger == NULL || room > MAX_FILE) {
            errno = larger == NULL ? ENOMEM : EFBIG;
            free(larger == NULL ? text : larger);
            return NULL;
        }
        text = larger;
        *size += fread(text + *size, 1, room - *size - 1, f);
    } while (!feof(f) && !ferror(f));
    if (ferror(f)) {
        free(text);
        return NULL;
    }
    text[*size] = '\0';
    return text;
}

nn_status yaml_tree_read(const char *path, diagnostics *d, yaml_tree **out)
{
    size_t size = 0;
    FILE *f = fopen(path, "rb");
    char *text = f != NULL ? read_all(f, &size) : NULL;
    nn_status status = NN_usage;
    if (text != NULL)
        status = yaml_tree_parse(path, text, size, d, out);
    else
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "cannot read the grid %s: %s", path,
                        strerror(errno));
    if (f != NULL)
        fclose(f);
    free(text);
    return status;
}

void yaml_tree_free(yaml_tree *t)
{
    if (t == NULL)
        return;
    for (block *b = t->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(t->text);
    free(t);
}

const node *yaml_tree_root(const yaml_tree *t)
{
    return t->root;
}

const char *yaml_tree_text(const yaml_tree *t)
{
    return t->text;
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
