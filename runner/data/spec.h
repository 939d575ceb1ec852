/* spec.h - what the specs and datasets of this folder need to free their lists. */
#ifndef NNGRID_DATA_SPEC_H
#define NNGRID_DATA_SPEC_H

#include <stddef.h>

/* Frees n strings and their array; names may be NULL. */
void data_free_names(char **names, size_t n);

#endif
