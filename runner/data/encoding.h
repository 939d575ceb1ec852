/* encoding.h - makes UTF-8 of the bytes of a text file, or refuses them with the place. */
#ifndef NNGRID_DATA_ENCODING_H
#define NNGRID_DATA_ENCODING_H

#include "data/table.h"

/* *text is [*size] bytes and a NUL, of the file at l->path. It is replaced where l->spec->encoding or a byte order mark says
 * that it is no UTF-8. NN_data: it is no text in that encoding. */
nn_status data_decode(loader *l, char **text, size_t *size);

/* The place of the first byte that is no UTF-8 or is zero; `size` where there is none. */
size_t data_find_odd(const char *text, size_t size);

#endif
