/* look.h - the shield before a results file of any origin. */
#ifndef NNGRID_RESULTS_READER_LOOK_H
#define NNGRID_RESULTS_READER_LOOK_H

#include "nn.h"

/* Looks at all of the file in a process of its own, so that damage which the library does not survive becomes an error.
 * For who writes, or goes on after reading; to be called before the file is opened, while no other thread runs and no
 * lock is held, since a killed writer's lock would live on in that process. What is no
 * file, or none of HDF5, is left to the open that follows. */
nn_status reader_look_over(const char *path, bool to_resume, nn_error *err);

#endif
