/* make.h - makes a results file, or takes up one that is there. */
#ifndef NNGRID_RESULTS_MAKE_H
#define NNGRID_RESULTS_MAKE_H

#include "results/layout.h"
#include "results/match.h"
#include <sys/types.h>

double results_now(void); /* seconds since 1970 */
nn_status results_write_scalar(const layout *l, int fd, const char *path, const char *name, const void *value,
                               nn_error *err);

/* A file and the layout that the grid asks for beside it. */
typedef struct comparison {
    const grid *grid;
    const dataset *data;
    const results_options *options; /* or NULL */
    stored *stored;                 /* NULL: there is no file */
    match match;
    layout *layout;
    results_survey survey;
} comparison;

/* Compares what is at the path (`exists`) with the grid; grid, data and options are filled in. */
nn_status results_compare(comparison *c, const char *path, bool exists, nn_error *err);
void results_comparison_free(comparison *c);
/* Makes the file under its name, with the rows of the file that was there, whose place it then takes.
 * *taken: another process made one meanwhile; nothing was done. */
nn_status results_create_file(comparison *c, const char *path, int *fd, bool *taken, nn_error *err);
/* Goes on in the locked file `old` (whose mode was `mode`), or in the grown one that replaces it. */
nn_status results_continue_file(comparison *c, const char *path, int old, mode_t mode, int *fd, nn_error *err);

#endif
