/* OpenMP behind three functions, so that nothing else has to know what starts a thread. */
#include "base/parallel.h"
#include "base/stack.h"
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>

int parallel_limit(void)
{
    return omp_get_max_active_levels() > 0 ? omp_get_thread_limit() : 1;
}

static void *wait_for_all(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

int parallel_try(int n)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = malloc(((size_t)n + 1) * sizeof *threads);
    pthread_attr_t attributes;
    int started = 0;
    if (threads == NULL || pthread_attr_init(&attributes) != 0) {
        free(threads);
        return 0;
    }
    const size_t bytes = stack_of_threads();
    if (bytes == 0 || pthread_attr_setstacksize(&attributes, bytes) == 0) {
        pthread_mutex_lock(&gate);
        while (started < n && pthread_create(&threads[started], &attributes, wait_for_all, &gate) == 0)
            started++;
        pthread_mutex_unlock(&gate);
    }
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&attributes);
    free(threads);
    return started;
}

nn_status parallel_check(int n, nn_error *err)
{
    const char *stack = getenv("OMP_STACKSIZE");
    const bool named = stack_of_threads() > 0;
    const nn_status status = n > 0 ? stack_check_threads(err) : NN_ok;
    const int started = status == NN_ok && n > 0 ? parallel_try(n) : n;
    if (started == n)
        return status;
    return nn_fail(err, NN_memory,
                   "the system starts %d of the %d threads that are needed%s%.40s; %suse fewer (-j), or raise the "
                   "limits (ulimit -u, ulimit -v, the cgroup's pids)",
                   started, n, named ? ", each with OMP_STACKSIZE=" : "", named ? stack : "",
                   named ? "set a smaller one, " : "");
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
