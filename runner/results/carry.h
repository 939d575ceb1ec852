/* carry.h - takes finished rows of a file over into a file with another layout, and makes rows pending again. */
#ifndef NNGRID_RESULTS_CARRY_H
#define NNGRID_RESULTS_CARRY_H

#include "results/layout.h"
#include "results/match.h"

/* Writes the finished rows of the stored file into the file of layout `l`: those of the grid as their standings say,
 * then the inactive ones. */
nn_status results_carry(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                        nn_error *err);

/* Empties the rows of runs that are to be trained again, and makes them pending. */
nn_status results_reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                             nn_error *err);

#endif
