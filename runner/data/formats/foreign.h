/* foreign.h - names files that nngrid does not read, so that nobody has to guess what is wrong with them. */
#ifndef NNGRID_DATA_FORMATS_FOREIGN_H
#define NNGRID_DATA_FORMATS_FOREIGN_H

#include "data/table.h"

/* Refuses l->path where it is a file of another kind, with what it is and how to get a file that is read. NN_ok: it may
 * be read. */
nn_status data_refuse_foreign(loader *l);

#endif
