/* join.h - joins the tables of several files, which must have the same columns. */
#ifndef NNGRID_DATA_JOIN_H
#define NNGRID_DATA_JOIN_H

#include "data/table.h"

/* Appends the rows of `more`, which has the same columns, and leaves it empty. */
nn_status data_table_append(data_table *t, data_table *more, loader *l);

#endif
