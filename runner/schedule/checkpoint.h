/* checkpoint.h - keeps checkpoints of long runs beside a results file, so that a kill costs minutes of a run and not
 * hours.
 *
 * A checkpoint is a file in the folder OUT.h5.checkpoints, named after the keys of its run. It has a checksum, and is
 * written under another name, synced and renamed: there is a whole checkpoint or none. Checkpoints of runs that are
 * finished or no longer in the grid are swept away, and the folder with the last of them. Several threads may use one
 * store, each for its own runs; the lock of the results file keeps other processes out. */
#ifndef NNGRID_SCHEDULE_CHECKPOINT_H
#define NNGRID_SCHEDULE_CHECKPOINT_H

#include "grid/grid.h"

typedef struct checkpoints checkpoints;

/* The store of the results file `out`. The folder is made with the first checkpoint. */
nn_status schedule_checkpoints_new(const char *out, checkpoints **store, nn_error *err);
void schedule_checkpoints_free(checkpoints *store); /* `store` may be NULL */

/* Replaces the checkpoint of a run; `state` is what core gives (nn_supply.save). */
nn_status schedule_checkpoint_write(const checkpoints *store, const grid_run *run, const void *state, size_t bytes,
                                    nn_error *err);
/* Returns the state in the checkpoint of a run, to be freed; NULL: there is none that fits the job. Sets *damaged
 * where there is a checkpoint that cannot be used, and else leaves it as it is. */
void *schedule_checkpoint_read(const checkpoints *store, const grid_run *run, const nn_job *job, bool *damaged);

/* Removes the checkpoints that belong to none of these runs, which may be in any order. */
void schedule_checkpoints_sweep(const checkpoints *store, const grid_run *const *runs, size_t n);

#endif
