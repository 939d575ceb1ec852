/* mat.h - reads numeric matrices from MATLAB files (.mat). The one place of libmatio. */
#ifndef NNGRID_MAT_H
#define NNGRID_MAT_H

#include "nn.h"

typedef struct mat_file mat_file;

/* NN_file where the file cannot be read or is no MATLAB file. */
nn_status mat_open(const char *path, mat_file **out, nn_error *err);
void mat_close(mat_file *m);

bool mat_has(mat_file *m, const char *name);

/* A full real numeric matrix. *out is [rows][columns], row by row (MATLAB keeps columns); the caller frees
 * it. NN_data where there is no such array (the message lists those there are) or it is something else. */
nn_status mat_read(mat_file *m, const char *name, double **out, size_t *rows, size_t *columns, nn_error *err);

#endif
