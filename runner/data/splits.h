/* splits.h - splits that a file gives, row by row (split: {file: splits.h5}). */
#ifndef NNGRID_DATA_SPLITS_H
#define NNGRID_DATA_SPLITS_H

#include "data/message.h"

/* Reads the file of the splits into the dataset, whose rows are known, and checks it. */
nn_status data_splits_read(loader *l, dataset *d);

#endif
