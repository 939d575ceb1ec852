/* disk.h - plain reads and writes, disk space, and how a new file gets its name. */
#ifndef NNGRID_RESULTS_DISK_H
#define NNGRID_RESULTS_DISK_H

#include "results/layout.h"
#include <sys/stat.h>
#include <sys/types.h>

nn_status results_disk_write(int fd, const char *path, const void *bytes, size_t n, uint64_t offset, nn_error *err);
nn_status results_disk_read(int fd, const char *path, void *bytes, size_t n, uint64_t offset, nn_error *err);
/* NN_file where the disk has not `bytes` free. HDF5 can crash on a full disk, so this is asked before it is called. */
nn_status results_disk_room(const char *path, uint64_t bytes, nn_error *err);
/* Reserves the blocks of the whole file, so that later writes find their space. */
nn_status results_disk_reserve(int fd, const char *path, nn_error *err);
int results_disk_sync(int fd, bool data_only); /* fsync or fdatasync, again after a signal; -1 and errno */
/* Gives the file its mode, and the owner of `there`, whose place it takes (NULL: none); syncs, renames to `path`, and syncs the folder. Without `replace`, *taken: another file has this name
 * now, and nothing was renamed. */
nn_status results_disk_publish(int fd, const char *temporary, const char *path, mode_t mode, const struct stat *there,
                               bool replace, bool *taken, nn_error *err);
nn_status results_disk_make_folder(const char *path, nn_error *err);
char *results_disk_folder(const char *path);  /* the folder of a path, "." if it names none; caller frees */
uint64_t results_disk_free(const char *path); /* free bytes on the file system where the file is or will be */

#endif
