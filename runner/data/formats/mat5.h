/* mat5.h - shared by the files that read MATLAB's. */
#ifndef NNGRID_DATA_FORMATS_MAT5_H
#define NNGRID_DATA_FORMATS_MAT5_H

#include <stdbool.h>

/* Are there as many numbers in a MATLAB 5 matrix as its dimensions say? true also where this cannot be told:
 * another version, no such array, no matrix of numbers. */
bool array_mat5_is_whole(const char *path, const char *name);

#endif
