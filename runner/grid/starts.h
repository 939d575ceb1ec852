/* starts.h - the files of init_file: what they are called, and the digests by which keys know them. */
#ifndef NNGRID_GRID_STARTS_H
#define NNGRID_GRID_STARTS_H

#include "grid/grid.h"

/* Lists the starts that the cells ask for, with their digests; reports files that cannot be read. Cells that
 * differ in the names of starts alone, which are the same, are left out but for the first. */
void grid_find_starts(grid *g, const char *data_root, diagnostics *diags);
/* The digest of a cell's init_file; 0: it has none. */
uint64_t grid_start_digest(const grid *g, const nn_hyper *h);

#endif
