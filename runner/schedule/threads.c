/* How many threads to use: what was asked for, never more than there are cores for; and the memory of each. */
#include "schedule/threads.h"
#include "base/machine.h"
#include "schedule/schedule.h"
#include <limits.h>
#include <omp.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The number at the start of an environment variable ("8", OpenMP's "8,2"); 0 if there is none. */
static int from_environment(const char *name)
{
    const char *text = getenv(name);
    char *end;
    const long n = text != NULL ? strtol(text, &end, 10) : 0;
    return n > 0 && n <= INT_MAX && (*end == '\0' || *end == ',') ? (int)n : 0;
}

/* Cores that OpenMP lets this process use: OMP_THREAD_LIMIT and OMP_MAX_ACTIVE_LEVELS say so. */
static int usable_cores(void)
{
    const int cores = machine_cores(NULL), limit = omp_get_max_active_levels() > 0 ? omp_get_thread_limit() : 1;
    return cores < limit ? cores : limit;
}

thread_choice schedule_threads(int asked_by_j)
{
    static const char *const sources[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
    thread_choice choice = {.available = usable_cores(), .asked = asked_by_j, .source = "-j"};
    for (size_t i = 0; choice.asked <= 0 && i < sizeof sources / sizeof *sources; i++) {
        choice.asked = from_environment(sources[i]);
        choice.source = sources[i];
    }
    if (choice.asked <= 0) {
        choice.asked = choice.available;
        choice.source = "the cores of this process";
    }
    choice.capped = choice.asked > choice.available;
    choice.threads = choice.capped ? choice.available : choice.asked;
    return choice;
}

nn_status schedule_memory(size_t bytes, void **out, nn_error *err)
{
    const size_t huge =
        (size_t)2 << 20; /* the size of a large page: fewer are to be looked up while weights stream by */
    void *block = NULL;
    bytes = bytes > 0 ? bytes : NN_ALIGN;
    if (posix_memalign(&block, bytes >= huge ? huge : NN_ALIGN, bytes) != 0)
        return nn_fail(err, NN_memory,
                       "not enough memory: each thread needs %.0f MB for the largest network; use fewer threads (-j)",
                       (double)bytes / 1e6);
    if (bytes >= huge)
        madvise(block, bytes, MADV_HUGEPAGE); /* refused: small pages do as well */
    *out = block;
    return NN_ok;
}
