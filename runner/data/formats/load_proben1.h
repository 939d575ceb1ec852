/* load_proben1.h - makes a table of a .dt file of Proben1 (L. Prechelt, Technical Report 21/94, Karlsruhe 1994). */
#ifndef NNGRID_DATA_FORMATS_LOAD_PROBEN1_H
#define NNGRID_DATA_FORMATS_LOAD_PROBEN1_H

#include "data/table.h"

nn_status data_load_proben1(loader *l, const data_source *source, data_table *t);

#endif
