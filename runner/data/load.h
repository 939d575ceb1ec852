/* load.h - loading: picks the source, collects the mistakes, owns the dataset. */
#ifndef NNGRID_DATA_LOAD_H
#define NNGRID_DATA_LOAD_H

#include "data/table.h"

void data_loader_begin(loader *l, const data_spec *spec, const char *grid_path, const char *data_root,
                       diagnostics *diags);
/* Says how many mistakes were not shown, and frees. */
void data_loader_end(loader *l);
/* All of the files into the table, and the name. */
nn_status data_read(loader *l, data_table *t, dataset *d);
/* From the table as read to what is kept. */
nn_status data_keep(loader *l, data_table *t, dataset *d);

#endif
