/* file.h - reads whole files, unpacked where they are gzip, and handles their names. Error messages say what is wrong
 * but not the path, which the caller adds. */
#ifndef NNGRID_BASE_FILE_H
#define NNGRID_BASE_FILE_H

#include "nn.h"
#include <stdbool.h>

/* Refuses what is no file: a folder, a device (which may never end), a socket, a pipe (base/pipe.h keeps what comes through
 * one). NN_ok also where there is nothing, or it cannot be looked at: whoever opens it says so. */
nn_status file_check_kind(const char *path, nn_error *err);

/* Writes n bytes, however many calls that takes. False and errno: it failed. */
bool file_put(int fd, const void *from, size_t n);

/* Reads a file and adds a NUL after its end. The caller frees *content. NN_file: it cannot be read, is damaged, or holds
 * more than gzip, whose end zeros alone may follow. NN_memory: it is larger than the available memory. */
nn_status file_read(const char *path, char **content, size_t *size, nn_error *err);

/* Computes XXH3-64 of a file's bytes. */
nn_status file_digest(const char *path, uint64_t *out, nn_error *err);

/* Reads up to n first bytes, unpacked where they are gzip. Returns how many it read; 0 also where the file cannot be
 * read, or is none. */
size_t file_head(const char *path, unsigned char *head, size_t n);

/* Is this much memory available? To be asked before memory is allocated for a size that a file claims. */
bool file_fits_memory(double bytes);

/* Returns folder/file, where the folder is the first `length` bytes of `folder`. The caller frees it. */
char *file_join(const char *folder, size_t length, const char *file);

/* Returns what follows the last slash. */
const char *file_base(const char *path);

/* Does the path have this ending, in any case, with or without .gz after it? */
bool file_ends(const char *path, const char *ending);

#endif
