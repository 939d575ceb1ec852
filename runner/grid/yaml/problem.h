/* problem.h - why a file is not YAML, in plain words and where a person would look: at the quote that is never closed,
 * not at the end of the file where libyaml noticed. */
#ifndef NNGRID_GRID_YAML_PROBLEM_H
#define NNGRID_GRID_YAML_PROBLEM_H

#include "base/diagnostics.h"

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
