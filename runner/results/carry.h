/* carry.h - takes finished rows of a file over into the file of a grid that has changed, and makes rows pending again. */
#ifndef NNGRID_RESULTS_CARRY_H
#define NNGRID_RESULTS_CARRY_H

#include "results/layout.h"
#include "results/match.h"

/* Puts the rows of a file into another layout: those of the grid by their standing, then those that left it. */
nn_status results_carry(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                        nn_error *err);

/* Rows of the grid that are to be trained again become pending ones. */
nn_status results_reset_rows(const layout *l, int fd, const char *path, const stored *s, const standing *standings,
                             nn_error *err);

#endif
