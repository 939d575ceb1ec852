/* OpenMP behind three functions, so that nothing else has to know what starts a thread. */
#include "base/parallel.h"
#include <omp.h>

int parallel_limit(void)
{
    return omp_get_max_active_levels() > 0 ? omp_get_thread_limit() : 1;
}

void parallel_for(int threads, size_t n, void (*work)(void *context, size_t i), void *context)
{
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1) if (n > 1)
    for (size_t i = 0; i < n; i++)
        work(context, i);
}

void parallel_crew(int threads, void (*begin)(void *context, int n), void (*work)(void *context, int i), void *context)
{
    omp_set_dynamic(0);
#pragma omp parallel num_threads(threads) default(none) shared(begin, work, context)
    {
#pragma omp single
        begin(context, omp_get_num_threads());
        work(context, omp_get_thread_num());
    }
}
