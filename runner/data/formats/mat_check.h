/* mat_check.h - whether a MATLAB file of version 4 or 5 is whole, before libmatio is asked, which gives zeros, or what
 * its memory held, for numbers that are not there, and looks at no checksum. */
#ifndef NNGRID_DATA_FORMATS_MAT_CHECK_H
#define NNGRID_DATA_FORMATS_MAT_CHECK_H

#include "nn.h"

/* Checks the sizes of all arrays of the file against its bytes, and the array `name` in depth: what it unpacks to, the
 * checksum of that, and every size within it. NN_ok also for other versions, and where there is no such array. NN_data:
 * the file is damaged or cut short; the message says where, but not the path. *unpacked: where the array is a packed full
 * matrix of numbers, a file in memory that holds it alone and unpacked, which the caller closes; else -1. */
nn_status array_mat_check(const char *path, const char *name, int *unpacked, nn_error *err);

#endif
