/* A loop on several threads, for work that is no training. */
#include "schedule/schedule.h"

void parallel_for(int threads, size_t n, void (*work)(void *context, size_t i), void *context)
{
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (n > 1)
    for (size_t i = 0; i < n; i++)
        work(context, i);
}
