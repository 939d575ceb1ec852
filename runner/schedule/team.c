/* Setting `open` publishes a call, and its rounds are taken from a counter. The caller closes the call and waits
 * until no helper is inside before it returns, so that its next call can use the same memory. */
#include "schedule/team.h"
#include <sched.h>
#include <stdlib.h>
#include <time.h>

bool schedule_team_init(team *t, int n_workers)
{
    *t = (team){.n = n_workers};
    atomic_init(&t->working, n_workers);
    t->calls = aligned_alloc(_Alignof(team_call), (size_t)n_workers * sizeof *t->calls);
    for (int i = 0; i < n_workers && t->calls != NULL; i++)
        t->calls[i] = (team_call){.n = 0};
    return t->calls != NULL;
}

void schedule_team_free(team *t)
{
    free(t->calls);
    t->calls = NULL;
}

static void pause_briefly(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#endif
}

/* Waits a moment, which is longer the longer nothing was to do. A large run calls about every 0.1 ms and finds its
 * helpers awake; where no run calls, they sleep. */
static void wait_a_moment(unsigned idle)
{
    enum { AWAKE = 20000, DROWSY = 21000 };
    if (idle < AWAKE && idle % 64 != 63) {
        pause_briefly();
    } else if (idle < DROWSY) {
        sched_yield(); /* there may be more threads than cores */
    } else {
        const struct timespec nap = {.tv_nsec = 500000};
        nanosleep(&nap, NULL);
    }
}

/* Takes rounds until none is left. True: it took one. */
static bool take_rounds(team_call *c)
{
    bool any = false;
    for (size_t i = atomic_fetch_add(&c->next, 1); i < c->n; i = atomic_fetch_add(&c->next, 1)) {
        c->body(c->arg, i);
        atomic_fetch_add(&c->done, 1);
        any = true;
    }
    return any;
}

void schedule_team_run(team *t, int worker, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    team_call *c = &t->calls[worker];
    if (n < 2 || atomic_load_explicit(&t->helpers, memory_order_relaxed) == 0) {
        for (size_t i = 0; i < n; i++)
            body(arg, i);
        return;
    }
    c->body = body;
    c->arg = arg;
    c->n = n;
    atomic_store(&c->next, 0);
    atomic_store(&c->done, 0);
    atomic_store(&c->open, true);
    take_rounds(c);
    for (unsigned idle = 0; atomic_load(&c->done) < n; idle++)
        wait_a_moment(idle % 1024);
    atomic_store(&c->open, false);
    for (unsigned idle = 0; atomic_load(&c->inside) > 0; idle++)
        wait_a_moment(idle % 1024);
}

/* True: the call was open and had a round left. */
static bool help_with(team_call *c)
{
    bool any = false;
    if (!atomic_load_explicit(&c->open, memory_order_relaxed))
        return false;
    atomic_fetch_add(&c->inside, 1);
    if (atomic_load(&c->open)) /* it stays open until this helper leaves */
        any = take_rounds(c);
    atomic_fetch_sub(&c->inside, 1);
    return any;
}

bool schedule_team_help(team *t, bool (*more)(void *context), void *context)
{
    bool found = false;
    atomic_fetch_sub(&t->working, 1);
    atomic_fetch_add(&t->helpers, 1);
    for (unsigned idle = 0; !(found = more(context)) && atomic_load(&t->working) > 0;) {
        bool any = false;
        for (int i = 0; i < t->n; i++)
            any |= help_with(&t->calls[i]);
        idle = any ? 0 : idle < 1u << 30 ? idle + 1 : idle;
        if (!any)
            wait_a_moment(idle);
    }
    atomic_fetch_add(&t->working, found);
    atomic_fetch_sub(&t->helpers, 1);
    return found;
}
