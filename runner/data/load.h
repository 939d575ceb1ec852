/* load.h - the steps of loading that describe.c takes too: begin, data_read, data_keep (store.h), end. */
#ifndef NNGRID_DATA_LOAD_H
#define NNGRID_DATA_LOAD_H

#include "data/table.h"

void data_loader_begin(loader *l, const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags);
/* Reports how many errors were not shown, and frees what the loader owns. */
void data_loader_end(loader *l);
/* Reads the built-in dataset or all files into an empty table, and sets d->name. */
nn_status data_read(loader *l, data_table *t, dataset *d);

#endif
