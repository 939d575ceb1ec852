/* mode.h - the modes of files that are written: never wider than the umask allows, nor than the mode of the file that is
 * replaced or continued, so that what its user keeps private stays private. */
#ifndef NNGRID_BASE_MODE_H
#define NNGRID_BASE_MODE_H

#include "nn.h"
#include <sys/stat.h>

/* Of a new file: readable as the umask allows, and writable for its owner alone. */
mode_t mode_new(void);

/* Of a file that takes the place of `there`, or is that file, written anew; of a new file where that is NULL. Its owner may
 * read and write it, even if a killed writer left it read-only. */
mode_t mode_after(const struct stat *there);

/* The same without the right to write: while a program writes, others keep away. */
mode_t mode_readonly(mode_t mode);

/* Gives a new file the owner and the group of the file whose place it takes (NULL: none), where this process may, and then
 * the mode. Where the group cannot be kept, another one gets no more than everybody. False and errno: fchmod failed. */
bool mode_give(int fd, mode_t mode, const struct stat *there);

#endif
