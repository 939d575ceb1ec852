/* splitter.h - which row is in which part.
 *
 * Every row gets an owner (a part); the rows of a part are then read off in file order. Rows are dealt in the
 * order of a permutation of (seed, repeat); with `stratify` each class is dealt by itself, else all rows
 * count as one class. Rows behind the pool have a part of their own. */
#ifndef NNGRID_DATA_SPLITTER_H
#define NNGRID_DATA_SPLITTER_H

#include "data/message.h"

/* Reports every reason why a split of this dataset cannot be made. */
nn_status data_split_check(loader *l, const dataset *d);

#endif
