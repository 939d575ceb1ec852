/* problem.h - explains why a file is not YAML, at the place where a person would look: the quote that is never closed, not
 * the end of the file where libyaml noticed. */
#ifndef NNGRID_GRID_YAML_PROBLEM_H
#define NNGRID_GRID_YAML_PROBLEM_H

#include "base/diagnostics.h"

/* What libyaml says of a file that it cannot parse. */
typedef struct yaml_problem {
    const char *text;              /* the file */
    const char *problem, *context; /* messages of libyaml; either may be NULL */
    place at, context_at;
    bool no_text; /* the bytes at `offset` are not UTF-8, or control characters */
    size_t offset;
} yaml_problem;

/* Adds the error to the diagnostics. */
void yaml_problem_report(const yaml_problem *p, diagnostics *d);

#endif
