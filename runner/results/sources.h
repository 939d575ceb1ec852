/* sources.h - what came from outside: the files that decide the numbers of runs, each with its digest, in the attribute
 * `sources` of /provenance; and which of them are others than when a results file was written. */
#ifndef NNGRID_RESULTS_SOURCES_H
#define NNGRID_RESULTS_SOURCES_H

#include "grid/grid.h"
#include "h5/h5.h"
#include "results/options.h"

/* Writes the attribute. */
void results_sources_write(h5_file *file, const grid *g, const dataset *d);

/* Looks which files of the grid have another content than the file at the path says; one that was moved, packed or written
 * in another format, so that the data are the same, has not. Of files of older programs the data alone are known. */
nn_status results_sources_compare(const char *path, const grid *g, const dataset *d, results_change *out,
                                  nn_error *err);
/* NN_data: says what has changed, and what to do. */
nn_status results_sources_refuse(const char *path, const results_change *change, nn_error *err);

/* A free name under which a file that is replaced stays as it is: OUT-MARK.h5. The caller frees it; NULL: there is none. */
char *results_sources_aside(const char *path, const char *mark);
/* The mark of a file of other data: their digest. Returns mark. */
char *results_sources_mark(const results_change *change, char *mark, size_t size);

#endif
