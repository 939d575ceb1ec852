/* builtin.h - makes the built-in datasets (data: {builtin: moons}). */
#ifndef NNGRID_DATA_FORMATS_BUILTIN_H
#define NNGRID_DATA_FORMATS_BUILTIN_H

#include "data/table.h"

/* Fills an empty table with the dataset that the spec names. */
nn_status data_load_builtin(loader *l, data_table *t);

#endif
