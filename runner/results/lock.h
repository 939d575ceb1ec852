/* lock.h - locks. The writer of a file holds two: an open-file-description lock for writing, which keeps a second
 * nngrid away and ends with its process, and a shared flock, which HDF5's own writers respect and its readers share. On
 * NFS one file cannot have both, and the first lock is then held on the guard, a file OUT.h5.lock beside it. */
#ifndef NNGRID_RESULTS_LOCK_H
#define NNGRID_RESULTS_LOCK_H

#include "nn.h"
#include <sys/stat.h>

nn_status results_disk_resolve(const char *path, char **real, nn_error *err); /* follows a link; caller frees */
/* Opens a file and takes both locks; *there is how it was before. NN_ok with *fd -1: there is no such file. */
nn_status results_disk_lock(const char *path, int *fd, struct stat *there, nn_error *err);
/* Opens a file for reading and keeps writers away; any number of processes may. NN_ok with *fd -1: there is no such
 * file. */
nn_status results_disk_hold(const char *path, int *fd, nn_error *err);
nn_status results_disk_busy(const char *path, nn_error *err); /* reports that another program writes the file */
/* Takes the second lock, once HDF5, which locks a file while it writes, is done with a new file. */
nn_status results_disk_share(int fd, const char *path, nn_error *err);
/* Makes a new file beside `path`, with the first lock; caller frees *temporary. */
nn_status results_disk_temporary(const char *path, char **temporary, int *fd, nn_error *err);
/* Removes temporary files that killed writers of this file left beside it. */
void results_disk_clean(const char *path);

/* Takes the guard where the file is on NFS and its folder exists; *guard is -1 before, and where it is not needed. Does
 * nothing where it is held already. */
nn_status results_guard_take(const char *path, int *guard, nn_error *err);
void results_guard_release(const char *path, int guard);
/* Does a process hold the writer's lock on the file now? */
bool results_is_written(const char *path);

#endif
