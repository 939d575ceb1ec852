/* Composes a document: each event of a node adds one, which the list or the mapping that is open takes. */
#include "grid/yaml/compose.h"
#include <stdlib.h>
#include <string.h>

typedef struct anchor {
    char *name;
    int node;
} anchor;

/* A list or a mapping whose end has not come yet. */
typedef struct open_node {
    int node, key; /* `key` waits for its value; 0: none does */
    bool is_map;
} open_node;

typedef struct composer {
    yaml_parser_t *parser;
    yaml_document_t *document;
    anchor *anchors;
    open_node *open;
    size_t n_anchors, n_open;
} composer;

static bool fail(composer *c, yaml_error_type_t error, const char *problem, yaml_mark_t at)
{
    c->parser->error = error;
    c->parser->problem = problem;
    c->parser->problem_mark = at;
    c->parser->context = NULL;
    return false;
}

static bool no_memory(composer *c, yaml_mark_t at)
{
    return fail(c, YAML_MEMORY_ERROR, "there is not enough memory for it", at);
}

/* Gives a list one more item. NULL: memory is short, and the list is as it was. */
static void *grow(void *list, size_t n, size_t item_bytes)
{
    return n % 16 == 0 ? realloc(list, (n + 16) * item_bytes) : list;
}

/* ---- anchors ---- */

static bool remember(composer *c, const yaml_char_t *name, int node, yaml_mark_t at)
{
    if (name == NULL)
        return true;
    anchor *anchors = grow(c->anchors, c->n_anchors, sizeof *anchors);
    char *own = strdup((const char *)name);
    if (anchors != NULL)
        c->anchors = anchors;
    if (anchors == NULL || own == NULL) {
        free(own);
        return no_memory(c, at);
    }
    c->anchors[c->n_anchors++] = (anchor){own, node};
    return true;
}

/* The node of the last anchor of this name, or 0. */
static int recall(const composer *c, const yaml_char_t *name)
{
    for (size_t i = c->n_anchors; i-- > 0;)
        if (strcmp(c->anchors[i].name, (const char *)name) == 0)
            return c->anchors[i].node;
    return 0;
}

/* ---- nodes ---- */

/* Gives a node to the list or the mapping that is open; the root has none. */
static bool hand_over(composer *c, int node, yaml_mark_t at)
{
    open_node *o = c->n_open > 0 ? &c->open[c->n_open - 1] : NULL;
    bool done = true;
    if (o != NULL && !o->is_map)
        done = yaml_document_append_sequence_item(c->document, o->node, node) != 0;
    else if (o != NULL && o->key != 0)
        done = yaml_document_append_mapping_pair(c->document, o->node, o->key, node) != 0;
    if (o != NULL && o->is_map)
        o->key = o->key == 0 ? node : 0;
    return done || no_memory(c, at);
}

static bool open_up(composer *c, int node, bool is_map, yaml_mark_t at)
{
    open_node *open = grow(c->open, c->n_open, sizeof *open);
    if (open == NULL)
        return no_memory(c, at);
    c->open = open;
    c->open[c->n_open++] = (open_node){.node = node, .is_map = is_map};
    return true;
}

/* The tag of a node: one that says nothing is left out, as yaml_parser_load does. */
static const yaml_char_t *tag_of(const yaml_char_t *tag)
{
    return tag == NULL || strcmp((const char *)tag, "!") == 0 ? NULL : tag;
}

/* Takes in a node that was added: the functions that add one know no places. */
static bool take_in(composer *c, int node, const yaml_char_t *name, const yaml_event_t *e)
{
    if (node == 0)
        return no_memory(c, e->start_mark);
    yaml_node_t *new = yaml_document_get_node(c->document, node);
    new->start_mark = e->start_mark;
    new->end_mark = e->end_mark;
    return remember(c, name, node, e->start_mark) && hand_over(c, node, e->start_mark);
}

static bool add_scalar(composer *c, const yaml_event_t *e)
{
    const int node = yaml_document_add_scalar(c->document, tag_of(e->data.scalar.tag), e->data.scalar.value,
                                              (int)e->data.scalar.length, e->data.scalar.style);
    return take_in(c, node, e->data.scalar.anchor, e);
}

static bool add_list(composer *c, const yaml_event_t *e)
{
    const int node =
        yaml_document_add_sequence(c->document, tag_of(e->data.sequence_start.tag), e->data.sequence_start.style);
    return take_in(c, node, e->data.sequence_start.anchor, e) && open_up(c, node, false, e->start_mark);
}

static bool add_map(composer *c, const yaml_event_t *e)
{
    const int node =
        yaml_document_add_mapping(c->document, tag_of(e->data.mapping_start.tag), e->data.mapping_start.style);
    return take_in(c, node, e->data.mapping_start.anchor, e) && open_up(c, node, true, e->start_mark);
}

static bool add_alias(composer *c, const yaml_event_t *e)
{
    const int node = recall(c, e->data.alias.anchor);
    if (node == 0)
        return fail(c, YAML_COMPOSER_ERROR, "found undefined alias", e->start_mark);
    return hand_over(c, node, e->start_mark);
}

/* ---- events ---- */

static bool take(composer *c, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return add_alias(c, e);
    case YAML_SCALAR_EVENT:
        return add_scalar(c, e);
    case YAML_SEQUENCE_START_EVENT:
        return add_list(c, e);
    case YAML_MAPPING_START_EVENT:
        return add_map(c, e);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        c->n_open--;
        return true;
    default:
        return true;
    }
}

static bool take_events(composer *c)
{
    yaml_event_t e;
    bool good = true, ended = false;
    while (good && !ended) {
        if (!yaml_parser_parse(c->parser, &e))
            return false;
        good = take(c, &e);
        ended = e.type == YAML_DOCUMENT_END_EVENT || e.type == YAML_STREAM_END_EVENT || e.type == YAML_NO_EVENT;
        yaml_event_delete(&e);
    }
    return good;
}

bool yaml_compose(yaml_parser_t *parser, yaml_document_t *out)
{
    composer c = {.parser = parser, .document = out};
    const yaml_mark_t start = {0, 0, 0};
    if (!yaml_document_initialize(out, NULL, NULL, NULL, 1, 1))
        return no_memory(&c, start);
    const bool good = take_events(&c);
    for (size_t i = 0; i < c.n_anchors; i++)
        free(c.anchors[i].name);
    free(c.anchors);
    free(c.open);
    if (!good)
        yaml_document_delete(out);
    return good;
}
