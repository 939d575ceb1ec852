/* Tests the threads that help others: every round of every call is done once, by whichever thread, and a call returns
 * when all its rounds are done. */
#include "fixtures/test.h"
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include "schedule/team.h"

static bool nothing_more(void *context)
{
    (void)context;
    return false;
}

enum { THREADS = 4, CALLS = 3000, MOST_ROUNDS = 40 };

typedef struct member {
    team *team;
    int index;
    unsigned done[MOST_ROUNDS]; /* not atomic: schedule_team_run must order the accesses */
    pthread_t self;
} member;

static void round_of(void *arg, size_t i)
{
    member *m = arg;
    m->done[i]++;
    for (volatile int spin = 0; spin < 50; spin++) /* so long that others get some rounds */
        ;
}

/* Makes some calls, then helps members that have more. */
static void *work(void *arg)
{
    member *m = arg;
    const int calls = CALLS / (m->index + 1);
    for (int call = 0; call < calls; call++) {
        const size_t n = (size_t)call % (MOST_ROUNDS + 1);
        memset(m->done, 0, sizeof m->done);
        schedule_team_run(m->team, m->index, n, round_of, m);
        for (size_t i = 0; i < MOST_ROUNDS; i++)
            if (m->done[i] != (i < n))
                return "a round was left out, or done twice";
    }
    schedule_team_help(m->team, nothing_more, NULL);
    return NULL;
}

TEST(every_round_is_done_once)
{
    for (int n = 1; n <= THREADS; n++) {
        team t;
        member members[THREADS];
        assert_true(schedule_team_init(&t, n));
        for (int i = 0; i < n; i++) {
            members[i] = (member){.team = &t, .index = i};
            assert_int_equal(pthread_create(&members[i].self, NULL, work, &members[i]), 0);
        }
        for (int i = 0; i < n; i++) {
            void *fault;
            assert_int_equal(pthread_join(members[i].self, &fault), 0);
            assert_null(fault);
        }
        assert_int_equal(atomic_load(&t.helpers), 0);
        schedule_team_free(&t);
    }
}

typedef struct gathering {
    team *team;
    pthread_barrier_t both;
    pthread_t seen[2];
} gathering;

/* A round ends only when the other has begun, which is on another thread. */
static void meet(void *arg, size_t i)
{
    gathering *g = arg;
    g->seen[i] = pthread_self();
    pthread_barrier_wait(&g->both);
}

static void *help(void *arg)
{
    schedule_team_help(((gathering *)arg)->team, nothing_more, NULL);
    return NULL;
}

TEST(free_threads_really_help)
{
    team t;
    gathering g = {.team = &t};
    pthread_t helper;
    assert_true(schedule_team_init(&t, 2));
    assert_int_equal(pthread_barrier_init(&g.both, NULL, 2), 0);
    assert_int_equal(pthread_create(&helper, NULL, help, &g), 0);
    while (atomic_load(&t.helpers) == 0)
        ;
    schedule_team_run(&t, 0, 2, meet, &g);
    assert_false(pthread_equal(g.seen[0], g.seen[1]));
    schedule_team_help(&t, nothing_more, NULL);
    assert_int_equal(pthread_join(helper, NULL), 0);
    pthread_barrier_destroy(&g.both);
    schedule_team_free(&t);
}
