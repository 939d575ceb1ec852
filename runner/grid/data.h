/* data.h - the section `data`. */
#ifndef NNGRID_GRID_DATA_H
#define NNGRID_GRID_DATA_H

#include "grid/reader.h"

extern const key_table grid_data_keys;

#endif
