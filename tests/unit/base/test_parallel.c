/* Checks that a loop on threads makes every call once, and that a crew has as many workers as threads were started. */
#include "fixtures/test.h"
#include "base/parallel.h"
#include <stdatomic.h>

enum { MOST = 64 };

typedef struct calls {
    atomic_int of[MOST];
    atomic_int begun, n;
    atomic_bool early; /* a worker ran before begin had returned */
} calls;

static void count_call(void *context, size_t i)
{
    calls *c = context;
    atomic_fetch_add(&c->of[i], 1);
}

static void begin(void *context, int n)
{
    calls *c = context;
    atomic_fetch_add(&c->begun, 1);
    atomic_store(&c->n, n);
}

static void work(void *context, int i)
{
    calls *c = context;
    if (atomic_load(&c->n) == 0)
        atomic_store(&c->early, true);
    atomic_fetch_add(&c->of[i], 1);
}

static void check(const calls *c, int n)
{
    for (int i = 0; i < MOST; i++)
        assert_int_equal(atomic_load(&c->of[i]), i < n);
}

TEST(loops_make_every_call_once)
{
    for (int threads = 1; threads <= 4; threads++)
        for (int n = 0; n <= MOST; n += 1 + n) {
            calls c = {0};
            parallel_for(threads, (size_t)n, count_call, &c);
            check(&c, n);
        }
}

TEST(crews_begin_once_with_the_threads_that_there_are)
{
    for (int threads = 1; threads <= 8; threads++) {
        calls c = {0};
        parallel_crew(threads, begin, work, &c);
        const int n = atomic_load(&c.n);
        assert_int_equal(atomic_load(&c.begun), 1);
        assert_false(atomic_load(&c.early));
        assert_int_equal(n, threads < parallel_limit() ? threads : parallel_limit());
        check(&c, n);
    }
}
