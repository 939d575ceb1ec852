/* checkpoint.h - states of runs that take long, kept beside a results file, so that a kill costs minutes of them.
 *
 * They lie in a folder OUT.h5.checkpoints, one file for each run, called by its keys. A file is written under another
 * name, synced and renamed, and has a checksum: there is a whole one or none. Files of runs that are finished or have
 * left the grid are swept away, and the folder with the last of them. Several threads may use a store at once, each for
 * runs of its own; the one lock is that of the results file. */
#ifndef NNGRID_SCHEDULE_CHECKPOINT_H
#define NNGRID_SCHEDULE_CHECKPOINT_H

#include "grid/grid.h"

typedef struct checkpoints checkpoints;

/* Of the results file `out`. Nothing is made before the first state comes. */
nn_status schedule_checkpoints_new(const char *out, checkpoints **store, nn_error *err);
void schedule_checkpoints_free(checkpoints *store); /* may be NULL */

/* Replaces the state of a run. */
nn_status schedule_checkpoint_write(const checkpoints *store, const grid_run *run, const void *state, size_t bytes,
                                    nn_error *err);
/* The state of a run, to be freed; NULL: there is none that fits the job. `damaged` gets true where there is one, but it
 * cannot be used; else it stays. */
void *schedule_checkpoint_read(const checkpoints *store, const grid_run *run, const nn_job *job, bool *damaged);

/* Removes what belongs to none of these runs, sorted by nothing. */
void schedule_checkpoints_sweep(const checkpoints *store, const grid_run *const *runs, size_t n);

#endif
