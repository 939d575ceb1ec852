/* store.h - the form in which data stays: the smallest that holds every input exactly, and a digest that does not
 * depend on it. */
#ifndef NNGRID_DATA_STORE_H
#define NNGRID_DATA_STORE_H

#include "data/table.h"

/* The table in its smallest form, names and digest. */
nn_status dataset_store(loader *l, data_table *t, dataset *d);

#endif
