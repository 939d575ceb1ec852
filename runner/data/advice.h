/* advice.h - warns of what users run into with data that load without a mistake. */
#ifndef NNGRID_DATA_ADVICE_H
#define NNGRID_DATA_ADVICE_H

#include "data/table.h"

/* Looks at a table as it was read and adds a warning to l->diags for each check of data_advice_names that finds
 * something and that neither the spec's `accept` nor a key for it silences. `inputs` [t->n_inputs] is told which columns
 * are better ignored and which value of a column may stand for missing; it may be NULL. */
void data_advise(loader *l, const data_table *t, data_values *inputs);

#endif
