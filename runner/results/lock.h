/* lock.h - locks. The writer holds two: an open-file-description write lock, which refuses a second nngrid and dies
 * with its owner, and a shared flock, which HDF5's own writers respect and its readers share. Where one file
 * cannot bear both (results_guard.c), the first is held on another, and counts as held here. */
#ifndef NNGRID_RESULTS_LOCK_H
#define NNGRID_RESULTS_LOCK_H

#include "nn.h"
#include <sys/types.h>

nn_status results_disk_resolve(const char *path, char **real, nn_error *err); /* follows links; caller frees */
/* Opens and locks an existing file. NN_ok with *fd -1: it has gone meanwhile. */
nn_status results_disk_lock(const char *path, int *fd, mode_t *mode, nn_error *err);
/* Opens a file for reading and keeps writers out; any number may. NN_ok with *fd -1: it is not there. */
nn_status results_disk_hold(const char *path, int *fd, nn_error *err);
nn_status results_disk_busy(const char *path, nn_error *err); /* says that another program writes the file */
/* The second lock, which keeps HDF5's writers out and lets its readers in. */
nn_status results_disk_share(int fd, const char *path, nn_error *err);
/* Makes a new file beside `path`, with the first lock; caller frees *temporary. */
nn_status results_disk_temporary(const char *path, char **temporary, int *fd, nn_error *err);
/* Removes what killed writers of this file left beside it. */
void results_disk_clean(const char *path);

/* The lock of the one that writes the file, on OUT.h5.lock; none where there is no need, or no folder yet. Does
 * nothing where *guard, -1 at first, is held already. */
nn_status results_guard_take(const char *path, int *guard, nn_error *err);
void results_guard_release(const char *path, int guard);
/* Does a process hold the writer's lock on the file now? */
bool results_is_written(const char *path);

#endif
