/* load_proben1.h - proben1's .dt (L. Prechelt, Technical Report 21/94, Karlsruhe 1994): header lines `name=number`, then a line
 * for each example, inputs first, then outputs; training examples first, then validation, then test. */
#ifndef NNGRID_DATA_FORMATS_LOAD_PROBEN1_H
#define NNGRID_DATA_FORMATS_LOAD_PROBEN1_H

#include "data/table.h"

nn_status data_load_proben1(loader *l, const data_source *source, data_table *t);

#endif
