/* How many threads to use: as many as the user asks for, but never more than there are cores. */
#include "base/machine.h"
#include "base/parallel.h"
#include "schedule/schedule.h"
#include <limits.h>
#include <stdlib.h>

/* The number at the start of an environment variable ("8", or OpenMP's "8,2"); 0 if there is none. */
static int from_environment(const char *name)
{
    const char *text = getenv(name);
    char *end;
    const long n = text != NULL ? strtol(text, &end, 10) : 0;
    return n > 0 && n <= INT_MAX && (*end == '\0' || *end == ',') ? (int)n : 0;
}

thread_choice schedule_threads(int asked_by_j)
{
    static const char *const sources[] = {"OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK"};
    const int cores = machine_cores(NULL), limit = parallel_limit();
    thread_choice choice = {.available = cores < limit ? cores : limit, .asked = asked_by_j, .source = "-j"};
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
