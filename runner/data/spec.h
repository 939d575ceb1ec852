/* spec.h - tODO */
#ifndef NNGRID_DATA_SPEC_H
#define NNGRID_DATA_SPEC_H

#include <stddef.h>

void data_free_names(char **names, size_t n);

#endif
