/* values.h - reads and writes the values of a field in a file, or compares them with those that are there. */
#ifndef NNGRID_RESULTS_VALUES_H
#define NNGRID_RESULTS_VALUES_H

#include "results/layout.h"
#include "results/options.h"

/* Where layout.look is set, all columns that would be written are compared with those of the file. */
struct column_look {
    h5_file *h5;   /* of a file some of whose columns only the library can find; NULL: plain reads */
    bool *differs; /* [n_fields] */
    results_differences *found;
};

nn_status results_values_read(const layout *l, int fd, const char *path, const field *f, void *out, nn_error *err);
/* The row of a run. */
nn_status results_values_row(const layout *l, int fd, const char *path, const field *f, size_t run, void *out,
                             nn_error *err);
/* A column as doubles, whatever the type of the field. */
nn_status results_values_numbers(const layout *l, int fd, const char *path, const field *f, double *out, nn_error *err);

nn_status results_values_write(const layout *l, int fd, const char *path, const field *f, const void *values,
                               nn_error *err);
nn_status results_values_write_row(const layout *l, int fd, const char *path, const field *f, size_t row,
                                   const void *values, nn_error *err);

#endif
