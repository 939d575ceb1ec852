/* splitter.h - checks the split that a grid asks for. What makes splits is public: dataset.h. */
#ifndef NNGRID_DATA_SPLITTER_H
#define NNGRID_DATA_SPLITTER_H

#include "data/message.h"

/* Reports every reason why a split of this dataset cannot be made. */
nn_status data_split_check(loader *l, dataset *d);

#endif
