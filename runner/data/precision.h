/* precision.h - numbers that float32, or a scaling, cannot hold. */
#ifndef NNGRID_DATA_PRECISION_H
#define NNGRID_DATA_PRECISION_H

#include "data/table.h"

/* Looks for inputs and targets that become infinite, zero or all the same in runs of l->spec->use. Infinite ones are
 * errors (where the data are only described: warnings), all others warnings. */
void data_check_precision(loader *l, const data_table *t);

#endif
