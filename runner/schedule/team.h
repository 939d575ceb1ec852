/* team.h - free threads help large runs: a loop whose rounds are independent is shared among the thread that
 * asks and those that have nothing of their own to do.
 *
 * While no thread is free, a call costs one relaxed load. Nothing is locked or allocated inside a call. */
#ifndef NNGRID_SCHEDULE_TEAM_H
#define NNGRID_SCHEDULE_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The loop that one worker shares; each worker has its own. */
typedef struct team_call {
    _Alignas(64) atomic_bool open; /* may helpers come in? */
    atomic_int inside;             /* helpers that look at it */
    void (*body)(void *arg, size_t i);
    void *arg;
    size_t n;
    _Alignas(64) atomic_size_t next, done; /* rounds */
} team_call;

typedef struct team {
    int n;
    team_call *calls;   /* [n] of the workers */
    atomic_int working; /* workers that have runs of their own */
    atomic_int helpers; /* threads that are free */
} team;

bool schedule_team_init(team *t, int n_workers); /* all of them working; false: not enough memory */
void schedule_team_free(team *t);

/* Calls body(arg, i) for i = 0 .. n-1 for a worker and returns when all are done. */
void schedule_team_run(team *t, int worker, size_t n, void (*body)(void *arg, size_t i), void *arg);

/* Called by a worker that has no run left: helps the others until none is working. */
void schedule_team_help(team *t);

#endif
