/* array_mat.h - shared by the files that read MATLAB's. */
#ifndef NNGRID_ARRAY_MAT_H
#define NNGRID_ARRAY_MAT_H

#include "data/formats/array.h"

/* Are there as many numbers in a MATLAB 5 matrix as its dimensions say? true also where this cannot be told:
 * another version, no such array, no matrix of numbers. */
bool mat5_is_whole(const char *path, const char *name);

#endif
