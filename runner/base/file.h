/* file.h - whole files in memory, unpacked where they are gzip. Messages say what is wrong, not the path: the
 * caller knows what to call the file. */
#ifndef NNGRID_BASE_FILE_H
#define NNGRID_BASE_FILE_H

#include "nn.h"

/* Reads all of it, with a NUL behind it. NN_file where it cannot be read or is damaged; NN_memory where it is
 * larger than the memory that there is. The caller frees *content. */
nn_status file_read(const char *path, char **content, size_t *size, nn_error *err);

/* The first bytes, unpacked where they are gzip; how many there are (0: cannot be read). */
size_t file_head(const char *path, unsigned char *head, size_t n);

/* Is there memory for this many bytes more? Asked before a file's own word on its size is believed. */
bool file_fits_memory(double bytes);

/* folder/file; caller frees. `length` bytes of the folder are taken. */
char *file_join(const char *folder, size_t length, const char *file);

/* The part behind the last slash. */
const char *file_base(const char *path);

/* Does the name end so, in letters of any case, with or without .gz behind it? */
bool file_ends(const char *path, const char *ending);

#endif
