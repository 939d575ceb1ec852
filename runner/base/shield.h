/* shield.h - looks at files of others in a child process with limits on time and memory. HDF5 and libmatio trust the
 * sizes and places in a file, so a damaged one can make them access any memory, ask for any amount of it, or never end.
 * Whatever becomes of the child, this process reports an error. */
#ifndef NNGRID_BASE_SHIELD_H
#define NNGRID_BASE_SHIELD_H

#include "nn.h"
#include <sys/types.h>

typedef struct shield_job {
    /* In the child: reads the file. Its errors are those of shield_run. */
    nn_status (*work)(void *context, nn_error *err);
    /* In the child, after NN_ok: sends what this process needs by file_put, which says whether it was sent. NULL:
     * the look was all. */
    bool (*send)(void *context, int to);
    /* In this process: receives it by shield_get. NN_file with err untouched: it did not come. NULL where `send` is. */
    nn_status (*take)(void *context, int from, nn_error *err);
    void *context;
} shield_job;

/* Does the job, which reads the file `path`. The child may use computing time of 3 seconds and one for each MB of the
 * file, and memory of 400 MB and 256 bytes for each byte of the file, beyond what this process has. Messages say what
 * is wrong but not the path, which the caller adds. NN_data: the file is damaged, or exceeded the limits. NN_file: no
 * child could be made. Otherwise the job's own errors. To be called while no other thread runs. */
nn_status shield_run(const char *path, const shield_job *job, nn_error *err);

/* Lowers limits of this process, which are those of setrlimit; lower ones that are there already stay. `hard` HUGE_VAL:
 * the soft one alone. */
void shield_lower(unsigned which, double soft, double hard);

/* Waits for a child. Returns how it ended, as waitpid says it. */
int shield_wait(pid_t pid);
/* Was it ended by its limit of time? */
bool shield_ran_out(int how);
/* NN_data: the library that read the file ended the child. */
nn_status shield_library_failed(int how, nn_error *err);

bool shield_get(int from, void *to, size_t n);

#endif
