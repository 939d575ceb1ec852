/* columns.h - the properties with which nngrid creates datasets; see h5.h for the reason. */
#ifndef NNGRID_H5_COLUMNS_H
#define NNGRID_H5_COLUMNS_H

#include <hdf5.h>

hid_t h5_dataset_properties(void); /* contiguous, allocated at once, never filled; the caller closes them */

#endif
