/* yaml_internal.h - what the files of the YAML tree share: yaml_tree.c talks to libyaml, yaml_map.c joins the
 * entries of mappings, yaml_problem.c says in plain words what is wrong with a file that is not YAML. */
#ifndef NNGRID_YAML_INTERNAL_H
#define NNGRID_YAML_INTERNAL_H

#include "grid/yaml/tree.h"

/* Bounds that no honest grid reaches; they keep a file made of aliases from taking all time and memory. */
enum { MAX_NODES = 2000000, MAX_KEYS = 256 };

/* How many entries a mapping of these pairs (key, value, key, value ...) has at most, merge keys followed. */
size_t yaml_entries(size_t n_pairs, const node *const *pairs);

/* Fills a map, which has room for them, with the entries of the pairs: own ones first, then what merge keys
 * (`<<`) bring. A key that stands twice is a mistake and keeps its first value. False if a merge key has no
 * mapping. */
bool yaml_join(node *map, size_t n_pairs, const node *const *pairs, diagnostics *d);

/* libyaml's account of a file that it could not read. */
typedef struct yaml_problem {
    const char *text;              /* the file */
    const char *problem, *context; /* libyaml's words, either may be NULL */
    place at, context_at;
    bool no_text; /* bytes that are no UTF-8 or control characters, at `offset` */
    size_t offset;
} yaml_problem;

void yaml_problem_report(const yaml_problem *p, diagnostics *d);

#endif
