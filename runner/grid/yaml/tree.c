/* Makes a tree of nodes out of a document of libyaml, which has line and column of everything and resolves aliases. */
#include "grid/yaml/tree.h"
#include "base/pipe.h"
#include "grid/yaml/compose.h"
#include "grid/yaml/problem.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

/* Bounds that no real grid reaches. They keep a file that is made of aliases from taking all time and memory. */
enum { MAX_NODES = 2000000, MAX_KEYS = 256 };

/* ---- the entries of a mapping ---- */

static size_t find_key(const node *map, const char *key)
{
    for (size_t i = 0; i < map->n; i++)
        if (strcmp(map->keys[i]->text, key) == 0)
            return i;
    return SIZE_MAX;
}

const node *yaml_get(const node *map, const char *key, place *key_at)
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
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, key->at, "duplicate key '%.60s'; it is at line %d already",
                        key->text, map->keys[twin]->at.line);
}

static bool is_merge(const node *key)
{
    return key->plain && strcmp(key->text, "<<") == 0;
}

/* The i-th of the maps that a merge key names: it has one, or a list of them. */
static const node *merged_map(const node *value, size_t i)
{
    return value->kind == NODE_LIST ? value->items[i] : value;
}

static size_t n_merged_maps(const node *value)
{
    return value->kind == NODE_LIST ? value->n : 1;
}

/* The largest number of entries that these pairs (key, value, key, value ...) can give, with those of merge keys. */
static size_t yaml_entries(size_t n_pairs, const node *const *pairs)
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

/* Adds the entries of merged maps: the map's own entries win over them, and earlier maps win over later ones. */
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

/* Fills a map, which has room for them, with the entries of the pairs: its own first, then those of merge keys (`<<`). A
 * duplicate key is an error and keeps its first value. False if a merge key has no mapping. */
static bool yaml_join(node *map, size_t n_pairs, const node *const *pairs, diagnostics *d)
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

enum { MAX_DEPTH = 32, MAX_FILE = 64 << 20 };

typedef struct block {
    struct block *next;
    max_align_t data[];
} block;

struct yaml_tree {
    block *blocks;
    char *text;
    size_t size;
    const node *root;
    size_t n_nodes; /* nodes, and entries that were merged */
};

typedef struct builder {
    yaml_document_t *document;
    yaml_tree *tree;
    diagnostics *d;
    const node **made; /* nodes by the index of libyaml; aliases share their node */
    bool *open;        /* is the node being made? Then an alias to it is an error */
    bool failed;
} builder;

static void *take(builder *b, size_t bytes)
{
    block *new = malloc(sizeof *new + bytes);
    if (new == NULL) {
        diagnostics_add(b->d, SEVERITY_ERROR, NN_memory, (place){0, 0}, "not enough memory to read the grid");
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
    const size_t length = from->data.scalar.length;
    const place at = place_of(&from->start_mark);
    node *n = take(b, sizeof *n + length + 1);
    if (n == NULL)
        return NULL;
    char *text = (char *)(n + 1);
    memcpy(text, from->data.scalar.value, length);
    text[length] = '\0';
    if (strlen(text) < length)
        fail(b, at, "a text cannot contain the character \\0");
    if (from->tag != NULL && strncmp((const char *)from->tag, "tag:yaml.org,", 13) != 0)
        fail(b, at, "an unquoted ! begins a YAML tag, and a grid has none; quote the value: \"!= 1\"");
    *n = (node){.kind = NODE_SCALAR, .at = at, .text = text};
    n->plain = from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
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

static const node *join(builder *b, place at, size_t n_pairs, const node *const *pairs)
{
    const size_t capacity = yaml_entries(n_pairs, pairs);
    b->tree->n_nodes += capacity; /* entries that come by aliases are counted like written ones */
    if (capacity > MAX_KEYS || b->tree->n_nodes > MAX_NODES) {
        fail(b, at, "a mapping of too many keys, or the grid is too large");
        return NULL;
    }
    node *map = take(b, sizeof *map + 2 * capacity * sizeof(node *));
    if (map == NULL)
        return NULL;
    const node **room = (const node **)(map + 1);
    *map = (node){.kind = NODE_MAP, .at = at, .keys = room, .items = room + capacity};
    b->failed = !yaml_join(map, n_pairs, pairs, b->d);
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
            fail(b, pairs[2 * i]->at, "a key is a scalar, not a list or a mapping");
    }
    return b->failed ? NULL : join(b, place_of(&from->start_mark), n, pairs);
}

static const node *build(builder *b, int index, int depth)
{
    const yaml_node_t *from = yaml_document_get_node(b->document, index);
    if (b->made[index] != NULL)
        return b->made[index];
    if (b->open[index] || depth > MAX_DEPTH || ++b->tree->n_nodes > MAX_NODES) {
        fail(b, place_of(&from->start_mark),
             b->open[index] ? "this contains itself through an alias"
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

/* ---- the document ---- */

static void report(const yaml_parser_t *p, const char *text, diagnostics *d)
{
    const yaml_problem problem = {.text = text,
                                  .problem = p->problem,
                                  .context = p->context,
                                  .at = place_of(&p->problem_mark),
                                  .context_at = place_of(&p->context_mark),
                                  .no_text = p->error == YAML_READER_ERROR,
                                  .offset = p->problem_offset};
    yaml_problem_report(&problem, d);
}

/* Is there nothing after the document? Whatever follows, good or bad YAML, is an error. */
static bool ends_here(yaml_parser_t *parser, const char *text, diagnostics *d)
{
    yaml_document_t second;
    if (!yaml_compose(parser, &second)) {
        report(parser, text, d);
        return false;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    if (root != NULL)
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, place_of(&root->start_mark),
                        "a second document (---) begins; a grid is one document");
    yaml_document_delete(&second);
    return root == NULL;
}

static bool build_tree(yaml_document_t *document, yaml_tree *tree, diagnostics *d)
{
    const size_t n = (size_t)(document->nodes.top - document->nodes.start);
    builder b = {.document = document, .tree = tree, .d = d};
    if (n == 0) {
        fail(&b, (place){0, 0}, "the grid is empty; it needs at least `data:`, such as data: {builtin: xor}");
        return false;
    }
    b.made = calloc(n + 1, sizeof *b.made);
    b.open = calloc(n + 1, sizeof *b.open);
    if (b.made != NULL && b.open != NULL)
        tree->root = build(&b, 1, 0);
    else
        fail(&b, (place){0, 0}, "not enough memory to read the grid");
    if (!b.failed && tree->root->kind != NODE_MAP)
        fail(&b, tree->root->at, "a grid is a mapping: lines of `key: value`");
    free(b.made);
    free(b.open);
    return !b.failed;
}

static bool load(const char *text, yaml_tree *tree, diagnostics *d)
{
    yaml_parser_t parser;
    yaml_document_t document;
    bool good = false;
    if (!yaml_parser_initialize(&parser)) {
        diagnostics_add(d, SEVERITY_ERROR, NN_memory, (place){0, 0}, "not enough memory to read the grid");
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, tree->size);
    if (yaml_compose(&parser, &document)) {
        good = build_tree(&document, tree, d);
        yaml_document_delete(&document);
        good = good && ends_here(&parser, text, d);
    } else {
        report(&parser, text, d);
    }
    yaml_parser_delete(&parser);
    return good;
}

/* Bytes of a byte order mark, which some editors write in front. libyaml counts no column for it, so it is skipped. */
static size_t mark_bytes(const char *text, size_t size)
{
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

nn_status yaml_tree_parse(const char *path, const char *text, size_t size, diagnostics *d, yaml_tree **out)
{
    const size_t skip = mark_bytes(text, size);
    yaml_tree *tree = calloc(1, sizeof *tree);
    if (tree == NULL || (tree->text = malloc(size - skip + 1)) == NULL) {
        diagnostics_add_file(d, SEVERITY_ERROR, NN_memory, path, (place){0, 0}, "not enough memory to read it");
        yaml_tree_free(tree);
        return NN_memory;
    }
    tree->size = size - skip;
    memcpy(tree->text, text + skip, tree->size);
    tree->text[tree->size] = '\0';
    diagnostics_source(d, path, tree->text);
    if (!load(tree->text, tree, d)) {
        yaml_tree_free(tree);
        return NN_usage;
    }
    *out = tree;
    return NN_ok;
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

/* Opens what came through a pipe. */
static FILE *open_pipe(const char *path, nn_error *err)
{
    int fd = -1;
    if (pipe_keep(path, &fd, err) != NN_ok)
        return NULL;
    FILE *f = fdopen(fd, "rb");
    if (f == NULL)
        close(fd);
    else
        rewind(f);
    return f;
}

nn_status yaml_tree_read(const char *path, diagnostics *d, yaml_tree **out)
{
    size_t size = 0;
    nn_error err = {0};
    FILE *f = pipe_is(path) ? open_pipe(path, &err) : fopen(path, "rb");
    char *text = f != NULL ? read_all(f, &size) : NULL;
    nn_status status = NN_usage;
    if (text != NULL)
        status = yaml_tree_parse(path, text, size, d, out);
    else if (err.message[0] != '\0')
        diagnostics_add(d, SEVERITY_ERROR, NN_usage, (place){0, 0}, "the grid %s %s", path, err.message);
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
