/* team.h - workers without runs help those that still train: a loop whose rounds are independent is shared among the
 * worker that asks and all workers that have nothing of their own to do. While no worker is free, a call costs one
 * relaxed load. Nothing is locked or allocated inside a call. */
#ifndef NNGRID_SCHEDULE_TEAM_H
#define NNGRID_SCHEDULE_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* The loop that a worker shares. */
typedef struct team_call {
    _Alignas(64) atomic_bool open; /* may helpers take rounds? */
    atomic_int inside;             /* helpers that are looking at this call */
    void (*body)(void *arg, size_t i);
    void *arg;
    size_t n;
    _Alignas(64) atomic_size_t next, done; /* the round to take next; how many rounds are done */
} team_call;

typedef struct team {
    int n;
    team_call *calls;   /* [n] one for each worker */
    atomic_int working; /* workers that have runs of their own */
    atomic_int helpers; /* workers that have none */
} team;

bool schedule_team_init(team *t, int n_workers); /* counts all workers as working; false: not enough memory */
void schedule_team_free(team *t);

/* Calls body(arg, i) for i = 0 .. n - 1 on behalf of a worker, and returns when all calls have returned. */
void schedule_team_run(team *t, int worker, size_t n, void (*body)(void *arg, size_t i), void *arg);

/* A worker that has no run left calls this to help the others until none is working, or more(context) says that there is
 * work of its own again: true. */
bool schedule_team_help(team *t, bool (*more)(void *context), void *context);

#endif
