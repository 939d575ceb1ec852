/* codes.h - numbers that stand for missing values (missing_values). */
#ifndef NNGRID_DATA_CODES_H
#define NNGRID_DATA_CODES_H

#include "data/table.h"

/* Makes the inputs missing that hold such a number. A column that is no input is an error, but not of new data. */
nn_status data_codes_apply(data_table *t, loader *l);

#endif
