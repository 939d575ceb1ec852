/* disk.h - plain writes, space, and the way of a new file to its name. */
#ifndef NNGRID_RESULTS_DISK_H
#define NNGRID_RESULTS_DISK_H

#include "nn.h"
#include <sys/types.h>

nn_status results_disk_write(int fd, const char *path, const void *bytes, size_t n, uint64_t offset, nn_error *err);
nn_status results_disk_read(int fd, const char *path, void *bytes, size_t n, uint64_t offset, nn_error *err);
/* Room for `bytes` before anything is written; reserves the blocks of what is laid out. */
nn_status results_disk_room(const char *path, uint64_t bytes, nn_error *err);
nn_status results_disk_reserve(int fd, const char *path, nn_error *err);
int results_disk_sync(int fd, bool data_only); /* fsync or fdatasync, also where a signal comes; -1 and errno */
/* The mode, fsync, rename to `path`, fsync of the folder. Without `replace`, *taken says that a file appeared there
 * meanwhile. */
nn_status results_disk_publish(int fd, const char *temporary, const char *path, mode_t mode, bool replace, bool *taken,
                               nn_error *err);
nn_status results_disk_make_folder(const char *path, nn_error *err);
char *results_disk_folder(const char *path);  /* of a path, "." where there is none; caller frees */
uint64_t results_disk_free(const char *path); /* bytes on the file system where the file is or will be */
mode_t results_disk_mode(void);               /* the usual one of a finished file */
void results_disk_usual_mode(int fd);

#endif
