/* builtin.h - the built-in sets. Rows take turns among the classes, so that file order is a fair order. */
#ifndef NNGRID_DATA_FORMATS_BUILTIN_H
#define NNGRID_DATA_FORMATS_BUILTIN_H

#include "data/table.h"

nn_status data_load_builtin(loader *l, data_table *t);

#endif
