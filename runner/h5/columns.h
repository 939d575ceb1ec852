/* columns.h - creates the datasets of a group and ties them to their scales. See h5.h for why datasets are laid out as they
 * are. */
#ifndef NNGRID_H5_COLUMNS_H
#define NNGRID_H5_COLUMNS_H

#include <hdf5.h>

hid_t h5_dataset_properties(void); /* contiguous, allocated at once, never filled; to be closed */

#endif
