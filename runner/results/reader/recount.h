/* recount.h - accuracies of files of the first program, which took 1 - error and so missed the share of right rows by a
 * bit: they follow anew from the error and the rows of the part, which /data/split has. */
#ifndef NNGRID_RESULTS_READER_RECOUNT_H
#define NNGRID_RESULTS_READER_RECOUNT_H

#include "h5/h5.h"

/* How many rows the parts of each run have. */
typedef struct part_counts {
    size_t n_runs, n_splits;
    int32_t *split;         /* [n_runs] */
    size_t (*n)[NN_N_PART]; /* [n_splits] */
} part_counts;

/* Is the file of an older program: does it lack some metric of this one? */
bool reader_is_older(h5_file *f);

/* Reads them; nothing is known of a run whose split the file does not have. NN_memory, or NN_file. */
nn_status reader_counts_read(h5_file *f, size_t n_runs, part_counts *out, nn_error *err);
void reader_counts_free(part_counts *c);
size_t reader_counts_of(const part_counts *c, size_t run, nn_part part); /* 0: not known */

/* The curve of the errors of this part, or the metric: what an accuracy follows from. */
int reader_error_curve(nn_part part);
/* The path of the error that an accuracy of /runs or /curves follows from, into `out`; false: it is no accuracy. */
bool reader_error_path(const char *path, char *out, size_t size, nn_part *part);

#endif
