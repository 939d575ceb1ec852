/* Trains the pending runs of a grid on several threads.
 *
 * A crew has one worker for each thread. A worker takes a group of alike runs and trains packs of it: it hands runs
 * to core from the group's counter, one for each lane, and again whenever a lane becomes free. It takes the mutex for
 * a moment when a run begins and when it ends; nothing is locked while runs train. One more thread, the keeper, reads
 * the clock, sets the signals of the workers, syncs the file and reports progress. It sets signals under the mutex,
 * so that a signal that is meant for one run never reaches the next. */
#include "base/clock.h"
#include "base/parallel.h"
#include "results/ranking.h"
#include "schedule/endpoint.h"
#include "schedule/sharpness.h"
#include "schedule/given.h"
#include "schedule/plan.h"
#include "schedule/schedule.h"
#include "schedule/team.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* The keeper looks at the workers and syncs the file this often. */
static const double wake_seconds = 0.1, sync_seconds = 2;

/* A run that is training, or the last one that trained in its lane. */
typedef struct flight {
    nn_hyper hyper;
    size_t run;
    splitter *splits; /* the worker's splitter that holds `split` */
    const nn_split *split;
    bool running, expired;
    size_t pace;      /* of its group */
    double started;   /* by clock_seconds() */
    double share;     /* the worker's shares when the run began */
    double before;    /* seconds in a pack that put it back */
    void *checkpoint; /* what the run was resumed from, or NULL */
} flight;

/* A run that a pack has put back, which goes on alone. */
typedef struct waiting {
    struct waiting *next;
    size_t run, pace;
    double started, seconds;
    void *checkpoint;
} waiting;

typedef struct worker {
    struct crew *crew;
    int index;
    splitter *splits[NN_MAX_LANES]; /* made when they are needed; lanes whose runs have the same split use one */
    void *workspace;
    row_buffer *rows;
    schedule_group *group; /* NULL: it trains `alone` */
    waiting *alone;        /* the run to go on with, or NULL */
    atomic_int signal;     /* nn_signal of the pack */
    atomic_bool save_due;
    double saved; /* when checkpoints were last asked for, or the group began */
    int n_running;
    /* The time of a pack is shared evenly: `shares` grows by the time that passes, divided by the runs in flight. */
    double shares, shared_at;
    flight flights[NN_MAX_LANES];
    endpoint_room room; /* for the diagnosis */
} worker;

typedef struct crew {
    const grid *grid;
    const dataset *data;
    results *results;
    const schedule_options *options;
    schedule_plan plan;
    given given;
    team team;
    int best_metric;       /* the metric that tells the best run so far */
    eigen_lapack lapack;   /* loaded where the grid says `diagnose: endpoint` */
    pthread_mutex_t mutex; /* guards all that follows */
    pthread_cond_t ended;
    bool over;         /* the workers have ended, and the keeper has to */
    atomic_bool fault; /* a file could not be written or memory was short; also read without the mutex, as a hint */
    nn_error error;    /* the first fault */
    schedule_progress report;
    atomic_size_t first_group; /* all groups before it are handed out */
    waiting *waiting;          /* the runs that were put back last come first */
    atomic_int n_waiting;
    double began;
    worker *workers; /* [options->threads] */
} crew;

/* Has the user asked to stop? */
static bool stop_asked(const crew *c)
{
    return c->options->stop != NULL && atomic_load(c->options->stop) != 0;
}

/* Remembers the first fault, which makes all workers stop. */
static void fail(crew *c, const nn_error *error)
{
    pthread_mutex_lock(&c->mutex);
    if (!atomic_exchange(&c->fault, true))
        c->error = *error;
    pthread_mutex_unlock(&c->mutex);
}

/* ---- a run begins ---- */

/* A splitter that no run in flight uses; NULL if memory is short. */
static splitter *free_splitter(worker *w)
{
    for (int s = 0; s < NN_MAX_LANES; s++) {
        bool used = false;
        nn_error error;
        for (int i = 0; i < NN_MAX_LANES; i++)
            used |= w->flights[i].running && w->flights[i].splits == w->splits[s] && w->splits[s] != NULL;
        if (used)
            continue;
        if (w->splits[s] == NULL && data_splitter_new(w->crew->data, &w->splits[s], &error) != NN_ok)
            fail(w->crew, &error);
        return w->splits[s];
    }
    return NULL;
}

/* Finds the split of a run. Runs with the same split share one splitter, so that core sees that their inputs are the
 * same. */
static bool take_split(worker *w, flight *f, const grid_run *run)
{
    const crew *c = w->crew;
    const size_t index = grid_split_index(c->grid, c->data, run);
    for (int i = 0; i < NN_MAX_LANES; i++) {
        const flight *other = &w->flights[i];
        const grid_run *its = &c->grid->runs[other->run];
        if (other->running && grid_split_index(c->grid, c->data, its) == index) {
            f->splits = other->splits;
            f->split = other->split;
            return true;
        }
    }
    f->splits = free_splitter(w);
    if (f->splits == NULL)
        return false;
    f->split = grid_split(c->grid, f->splits, run);
    return true;
}

/* Reads the checkpoint that an earlier process left of the run, if there is one that fits. */
static void resume_run(worker *w, flight *f, nn_job *job)
{
    crew *c = w->crew;
    bool damaged = false;
    free(f->checkpoint);
    f->checkpoint = NULL;
    if (!job->saves || c->options->store == NULL)
        return;
    job->resume = f->checkpoint = schedule_checkpoint_read(c->options->store, &c->grid->runs[f->run], job, &damaged);
    pthread_mutex_lock(&c->mutex);
    c->report.n_resumed += f->checkpoint != NULL;
    c->report.n_damaged += damaged;
    pthread_mutex_unlock(&c->mutex);
}

/* The predicted multiply-adds of a run. */
static double work_of(const crew *c, size_t run)
{
    return c->plan.costs.work[c->grid->runs[run].cell];
}

/* Brings `shares` up to date. The caller holds the mutex. */
static void share_time(worker *w, double time)
{
    if (w->n_running > 0)
        w->shares += (time - w->shared_at) / w->n_running;
    w->shared_at = time;
}

/* Notes that a run trains from now on; the caller holds the mutex. */
static void enter(worker *w, flight *f)
{
    const double time = clock_seconds();
    share_time(w, time);
    f->started = time;
    f->before = 0;
    f->share = w->shares;
    f->running = true;
    f->expired = false;
    w->n_running++;
}

static void begin_run(worker *w, flight *f)
{
    pthread_mutex_lock(&w->crew->mutex);
    enter(w, f);
    f->pace = w->group->pace;
    schedule_pace *pace = &w->crew->plan.paces[f->pace];
    const double work = work_of(w->crew, f->run);
    pace->n_waiting--;
    pace->n_flight++;
    pace->work_waiting -= work;
    pace->work_flight += work;
    pthread_mutex_unlock(&w->crew->mutex);
}

/* Makes the job of a flight's run. False: memory is short. */
static bool make_job(worker *w, flight *f, nn_job *job)
{
    const crew *c = w->crew;
    const grid_run *which = &c->grid->runs[f->run];
    nn_network net;
    if (!take_split(w, f, which))
        return false;
    *job = schedule_job(c->grid, c->data, which->cell, &f->hyper);
    nn_network_of(job->data, &f->hyper, &net);
    job->split = f->split;
    job->repeat = which->repeat;
    job->start = schedule_given_start(&c->given, &f->hyper.init_file, &net, which->repeat);
    job->order = schedule_given_order(&c->given, which->repeat);
    return true;
}

/* The engine of a group's runs: which one it is decides about time alone, unless the user asks for one. */
static int engine_of(const crew *c, int lanes)
{
    return c->grid->engine != NN_ENGINE_fast ? c->grid->engine : lanes > 1 ? NN_ENGINE_lanes : NN_ENGINE_tile;
}

/* nn_supply.next: hands out the next run of the worker's group. */
static bool next_run(void *context, int lane, nn_job *job)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    if (stop_asked(c) || atomic_load(&c->fault) || lane >= w->group->lanes)
        return false;
    const size_t i = atomic_fetch_add(&w->group->next, 1);
    if (i >= w->group->n)
        return false;
    f->run = c->plan.order[w->group->first + i];
    if (!make_job(w, f, job))
        return false;
    job->engine = engine_of(c, w->group->lanes);
    resume_run(w, f, job);
    begin_run(w, f);
    return true;
}

/* nn_supply.next of a run that was put back. */
static bool next_alone(void *context, int lane, nn_job *job)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    waiting *p = w->alone;
    if (p == NULL || stop_asked(c) || atomic_load(&c->fault))
        return false;
    f->run = p->run;
    if (!make_job(w, f, job))
        return false;
    job->engine = NN_ENGINE_tile;
    free(f->checkpoint);
    job->resume = f->checkpoint = p->checkpoint;
    pthread_mutex_lock(&c->mutex);
    enter(w, f);
    f->pace = p->pace;
    f->started = p->started;
    f->before = p->seconds;
    pthread_mutex_unlock(&c->mutex);
    free(p);
    w->alone = NULL;
    return true;
}

/* ---- while it trains ---- */

/* nn_supply.save: writes the checkpoint of a run. Core asks for those of the whole pack; a run that has just begun gets
 * none. */
static void save_run(void *context, int lane, const void *state, size_t bytes)
{
    worker *w = context;
    crew *c = w->crew;
    const flight *f = &w->flights[lane];
    nn_error error;
    if (clock_seconds() - f->started < c->grid->checkpoint_seconds / 2 || c->options->store == NULL)
        return;
    if (schedule_checkpoint_write(c->options->store, &c->grid->runs[f->run], state, bytes, &error) == NN_ok)
        return;
    pthread_mutex_lock(&c->mutex);
    c->report.not_kept = error; /* training continues, since no result is lost */
    pthread_mutex_unlock(&c->mutex);
}

/* nn_supply.expired: has the run used up limits.per_run? */
static bool run_expired(void *context, int lane)
{
    worker *w = context;
    pthread_mutex_lock(&w->crew->mutex);
    const bool expired = w->flights[lane].expired;
    pthread_mutex_unlock(&w->crew->mutex);
    return expired;
}

/* nn_supply.parallel_for: shares a loop of this worker with the workers that have no run left. */
static void share_loop(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    const worker *w = context;
    schedule_team_run(&w->crew->team, w->index, n, body, arg);
}

/* ---- a run ends ---- */

/* Notes that a run trains no more, and returns the seconds that it took. No signal reaches it after this. The caller holds
 * the mutex. */
static double leave(worker *w, flight *f)
{
    share_time(w, clock_seconds());
    f->running = false;
    w->n_running--;
    int expected = NN_OUT_OF_TIME;
    if (f->expired)
        atomic_compare_exchange_strong(&w->signal, &expected, NN_GO_ON);
    return f->before + w->shares - f->share;
}

/* Returns the seconds that the run took. */
static double end_run(worker *w, flight *f)
{
    pthread_mutex_lock(&w->crew->mutex);
    const double seconds = leave(w, f);
    schedule_pace *pace = &w->crew->plan.paces[f->pace];
    pace->n_flight--;
    pace->work_flight -= work_of(w->crew, f->run);
    pthread_mutex_unlock(&w->crew->mutex);
    return seconds;
}

/* nn_supply.put_back: lets a run wait for a worker that trains it alone. */
static void put_back_run(void *context, int lane, const void *checkpoint, size_t bytes)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    waiting *p = malloc(sizeof *p);
    void *copy = malloc(bytes);
    nn_error error;
    if (p == NULL || copy == NULL) {
        nn_fail(&error, NN_memory, "not enough memory for the checkpoint of a run");
        fail(c, &error);
    } else {
        memcpy(copy, checkpoint, bytes);
    }
    pthread_mutex_lock(&c->mutex);
    const double seconds = leave(w, f);
    if (p != NULL && copy != NULL) {
        *p = (waiting){c->waiting, f->run, f->pace, f->started, seconds, copy};
        c->waiting = p;
        atomic_fetch_add(&c->n_waiting, 1);
    }
    pthread_mutex_unlock(&c->mutex);
    if (p == NULL || copy == NULL) {
        free(p);
        free(copy);
    }
}

/* Adds a finished run to the progress; outcome NULL: it ran out of time. */
static void count_run(const worker *w, const flight *f, const nn_outcome *outcome)
{
    crew *c = w->crew;
    const size_t run = f->run;
    pthread_mutex_lock(&c->mutex);
    schedule_progress *p = &c->report;
    schedule_pace *pace = &c->plan.paces[f->pace];
    p->n_finished++;
    p->work_done += work_of(c, run);
    pace->work_done += work_of(c, run);
    pace->seconds_done += clock_seconds() - f->started;
    if (outcome == NULL) {
        p->n_failed++;
    } else if (outcome->status == NN_RUN_diverged) {
        p->n_diverged++;
    } else if (!(outcome->metrics[c->best_metric] >= p->best) && isfinite(outcome->metrics[c->best_metric])) {
        p->best = outcome->metrics[c->best_metric];
        p->best_run = run;
    }
    pthread_mutex_unlock(&c->mutex);
}

/* Copies the outcome and adds the kind of its endpoint and the sharpness of its best point where the grid asks for them. A
 * run that diverged has neither. */
static nn_status diagnose(worker *w, const flight *f, const nn_outcome *outcome, nn_outcome *out, nn_error *err)
{
    crew *c = w->crew;
    nn_hyper hyper;
    *out = *outcome;
    const nn_recording *r = &c->grid->recording;
    const bool sharpness = r->measures[NN_SHARPNESS] && outcome->weights[NN_KEEP_BEST] != NULL,
               endpoint = r->endpoint && outcome->weights[NN_KEEP_FINAL] != NULL;
    if (outcome->status != NN_RUN_done || (!sharpness && !endpoint))
        return NN_ok;
    nn_job job = schedule_job(c->grid, c->data, c->grid->runs[f->run].cell, &hyper);
    job.split = f->split;
    job.repeat = c->grid->runs[f->run].repeat; /* which decides the labels that are noise */
    const nn_status status = sharpness ? schedule_sharpness(&job, out, c->options->stop, err) : NN_ok;
    if (status != NN_ok || !endpoint)
        return status;
    return schedule_endpoint_diagnose(&job, out, &c->lapack, c->options->stop, &w->room, err);
}

/* nn_supply.finished: accounts for a run and buffers its row for the results file. */
static bool finished_run(void *context, int lane, const nn_outcome *outcome)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    nn_error error;
    nn_outcome whole;
    nn_status status = NN_ok;
    if (outcome != NULL)
        status = diagnose(w, f, outcome, &whole, &error);
    const double seconds = end_run(w, f);
    if (outcome != NULL && status == NN_cancelled)
        return false; /* the run is trained again */
    if (outcome != NULL && status == NN_ok)
        status = results_buffer_add(w->rows, f->run, &whole, seconds, &error);
    else if (status == NN_ok)
        status = results_buffer_add_failed(w->rows, f->run, NN_REASON_time, seconds, &error);
    if (status == NN_ok)
        count_run(w, f, outcome);
    else
        fail(c, &error);
    return status == NN_ok;
}

/* ---- a worker ---- */

/* The most expensive group that has runs to hand out, or NULL. */
static schedule_group *next_group(crew *c)
{
    for (size_t i = atomic_load(&c->first_group); i < c->plan.n_groups; i++) {
        if (atomic_load(&c->plan.groups[i].next) < c->plan.groups[i].n)
            return &c->plan.groups[i];
        atomic_store(&c->first_group, i + 1);
    }
    return NULL;
}

/* Trains the runs of a group until none is left, or, without one, the run that the worker has alone. False: this worker
 * has to stop. */
static bool train_group(worker *w, schedule_group *group)
{
    crew *c = w->crew;
    nn_error error;
    const nn_supply supply = {.context = w,
                              .next = group != NULL ? next_run : next_alone,
                              .finished = finished_run,
                              .expired = run_expired,
                              .signal = &w->signal,
                              .save = save_run,
                              .save_due = &w->save_due,
                              .put_back = group != NULL && c->grid->engine == NN_ENGINE_fast ? put_back_run : NULL,
                              .parallel_for = share_loop};
    w->group = group;
    pthread_mutex_lock(&c->mutex);
    atomic_store(&w->signal, stop_asked(c) || c->fault ? NN_ABANDON : NN_GO_ON);
    w->saved = clock_seconds();
    pthread_mutex_unlock(&c->mutex);
    const nn_status status = nn_train_pack(&supply, w->workspace, &error);
    for (int i = 0; i < NN_MAX_LANES; i++) {
        free(w->flights[i].checkpoint);
        w->flights[i].checkpoint = NULL;
    }
    if (status != NN_ok && status != NN_cancelled)
        fail(c, &error);
    return status == NN_ok;
}

/* Takes a run that was put back, if there is one. */
static bool take_waiting(worker *w)
{
    crew *c = w->crew;
    if (atomic_load(&c->n_waiting) == 0)
        return false;
    pthread_mutex_lock(&c->mutex);
    w->alone = c->waiting;
    if (w->alone != NULL) {
        c->waiting = w->alone->next;
        atomic_fetch_sub(&c->n_waiting, 1);
    }
    pthread_mutex_unlock(&c->mutex);
    return w->alone != NULL;
}

static bool may_go_on(const crew *c)
{
    return !stop_asked(c) && !atomic_load(&c->fault);
}

/* Trains what there is, runs that were put back first, since their checkpoints take memory. False: there is nothing, or
 * this worker has to stop. */
static bool train_next(worker *w)
{
    if (!may_go_on(w->crew))
        return false;
    schedule_group *group = take_waiting(w) ? NULL : next_group(w->crew);
    return (w->alone != NULL || group != NULL) && train_group(w, group);
}

/* Is there work for one that helps others? */
static bool any_waiting(void *context)
{
    const crew *c = context;
    return atomic_load(&c->n_waiting) > 0 && may_go_on(c);
}

static void drop_waiting(waiting *p)
{
    for (waiting *next; p != NULL; p = next) {
        next = p->next;
        free(p->checkpoint);
        free(p);
    }
}

/* A workspace of at least `bytes` bytes; a large one asks for large pages, so that fewer have to be looked up while
 * weights stream by. */
static nn_status new_workspace(size_t bytes, void **out, nn_error *err)
{
    const size_t large_page = (size_t)2 << 20;
    void *block = NULL;
    bytes = bytes > 0 ? bytes : NN_ALIGN;
    if (posix_memalign(&block, bytes >= large_page ? large_page : NN_ALIGN, bytes) != 0)
        return nn_fail(err, NN_memory,
                       "not enough memory: each thread needs %.0f MB for the largest network; use fewer threads (-j)",
                       (double)bytes / 1e6);
    if (bytes >= large_page)
        madvise(block, bytes, MADV_HUGEPAGE); /* a refusal does no harm */
    *out = block;
    return NN_ok;
}

/* What one thread does from beginning to end. It allocates its own memory, so that this lies near its core. */
static void work(void *context, int index)
{
    crew *c = context;
    worker *w = &c->workers[index];
    nn_error error;
    w->crew = c;
    w->index = index;
    nn_status status = results_buffer_new(c->results, &w->rows, &error);
    if (status == NN_ok)
        status = new_workspace(c->plan.costs.workspace, &w->workspace, &error);
    if (status != NN_ok)
        fail(c, &error);
    do {
        while (train_next(w))
            ;
    } while (schedule_team_help(&c->team, any_waiting, c));
    if (w->alone != NULL)
        w->alone->next = NULL; /* the others are of the crew */
    drop_waiting(w->alone);
    free(w->workspace);
    free(w->room.block);
    for (int i = 0; i < NN_MAX_LANES; i++)
        data_splitter_free(w->splits[i]);
}

/* Sets how many workers there are: OpenMP may give fewer threads than were asked for, and workers that do not exist
 * must not be waited for. */
static void count_workers(void *context, int n)
{
    crew *c = context;
    pthread_mutex_lock(&c->mutex);
    c->report.threads = n;
    pthread_mutex_unlock(&c->mutex);
    atomic_store(&c->team.working, n);
}

/* ---- the keeper ---- */

/* Marks the runs that have used up limits.per_run and signals their pack. The caller holds the mutex. */
static void watch_limit(const crew *c, worker *w, double time)
{
    const double limit = c->grid->per_run_seconds;
    for (int i = 0; i < NN_MAX_LANES && limit > 0; i++) {
        flight *f = &w->flights[i];
        if (f->running && time - f->started > limit) {
            f->expired = true;
            atomic_store(&w->signal, NN_OUT_OF_TIME);
        }
    }
}

/* Asks the pack for checkpoints of its runs when they are due. The caller holds the mutex. */
static void watch_checkpoints(const crew *c, worker *w, double time)
{
    const double every = c->grid->checkpoint_seconds;
    if (every > 0 && time - w->saved >= every) {
        w->saved = time;
        atomic_store(&w->save_due, true);
    }
}

/* Predicts the time left. The caller holds the mutex. */
static void watch_time(crew *c, double time)
{
    schedule_pace *paces = c->plan.paces;
    for (size_t i = 0; i < c->plan.n_paces; i++)
        paces[i].seconds_flight = 0;
    for (int i = 0; i < c->options->threads; i++)
        for (int lane = 0; lane < NN_MAX_LANES; lane++) {
            const worker *w = &c->workers[i];
            if (w->flights[lane].running)
                paces[w->flights[lane].pace].seconds_flight += time - w->flights[lane].started;
        }
    c->report.left = schedule_left(paces, c->plan.n_paces, c->report.threads, c->options->per_second);
}

/* Sets the signals of all workers and predicts the time left. The caller holds the mutex. */
static void watch(crew *c)
{
    const double time = clock_seconds();
    const bool stop = stop_asked(c) || c->fault;
    watch_time(c, time);
    schedule_progress *p = &c->report;
    p->seconds = time - c->began;
    p->stopping = stop;
    for (int i = 0; i < c->options->threads; i++) {
        worker *w = &c->workers[i];
        if (w->n_running == 0)
            continue;
        if (stop)
            atomic_store(&w->signal, NN_ABANDON);
        else {
            watch_limit(c, w, time);
            watch_checkpoints(c, w, time);
        }
    }
}

static void show(const crew *c, const schedule_progress *p)
{
    if (c->options->progress != NULL)
        c->options->progress(c->options->context, p);
}

/* Sleeps until the next tick or the end. The caller holds the mutex. */
static void doze(crew *c)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(wake_seconds * 1e9);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!c->over && pthread_cond_timedwait(&c->ended, &c->mutex, &until) == 0)
        ;
}

/* What the keeper's thread does from beginning to end. */
static void *keep(void *context)
{
    crew *c = context;
    double synced = clock_seconds();
    nn_error error;
    pthread_mutex_lock(&c->mutex);
    for (doze(c); !c->over; doze(c)) {
        watch(c);
        const schedule_progress copy = c->report;
        pthread_mutex_unlock(&c->mutex);
        show(c, &copy);
        if (clock_seconds() - synced > sync_seconds && !c->fault) {
            if (results_sync(c->results, &error) != NN_ok)
                fail(c, &error);
            synced = clock_seconds();
        }
        pthread_mutex_lock(&c->mutex);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

static void end_keeper(crew *c, pthread_t keeper)
{
    pthread_mutex_lock(&c->mutex);
    c->over = true;
    pthread_cond_signal(&c->ended);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(keeper, NULL);
}

/* ---- the call ---- */

static void init_locks(crew *c)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->ended, &clock);
    pthread_condattr_destroy(&clock);
}

/* What results_ranking asks, before any run is finished: whether there will be a validation loss, and whether the cells
 * differ in a setting. */
static double *column_of_cells(void *from, const char *name)
{
    const crew *c = from;
    size_t n[NN_N_PART];
    nn_hyper first, other;
    const nn_hyper_row *row = nn_hyper_find(name);
    dataset_part_sizes(c->data, NULL, 0, n);
    double *values = row == NULL && (n[NN_VALIDATION] == 0 || !c->grid->recording.parts[NN_VALIDATION])
                         ? NULL
                         : calloc(c->grid->n_cells + 1, sizeof *values);
    grid_cell(c->grid, 0, &first);
    for (size_t k = 1; k < c->grid->n_cells && values != NULL && row != NULL; k++) {
        grid_cell(c->grid, k, &other);
        values[k] = !nn_hyper_same(&first, &other, row);
    }
    return values;
}

static int best_metric(crew *c)
{
    const ranking_source source = {c, c->grid->n_cells, column_of_cells};
    return results_ranking(&source).metric;
}

/* Plans the work and reads what all threads share. */
static nn_status prepare(crew *c, nn_error *err)
{
    given_fault fault;
    nn_status status = schedule_plan_make(c->grid, c->data, c->results, c->options->threads, &c->plan, err);
    if (status == NN_ok)
        status = schedule_given_load(c->grid, c->data, c->options->data_root, &c->given, &fault, err);
    if (status == NN_ok && c->grid->recording.endpoint && c->plan.n > 0)
        status = schedule_eigen_load(&c->lapack, err);
    c->workers = calloc((size_t)c->options->threads, sizeof *c->workers);
    if (status == NN_ok && (c->workers == NULL || !schedule_team_init(&c->team, c->options->threads)))
        status = nn_fail(err, NN_memory, "not enough memory for %d threads", c->options->threads);
    c->best_metric = best_metric(c);
    size_t n_before = 0;
    for (size_t i = 0; i < c->grid->n_runs; i++)
        n_before += results_status(c->results, i) != NN_RUN_pending;
    c->report = (schedule_progress){.n_total = n_before + c->plan.n,
                                    .n_before = n_before,
                                    .work_total = c->plan.work_total,
                                    .best = NN_NAN,
                                    .threads = c->options->threads};
    return status;
}

/* Removes the checkpoints of all runs that are not pending. */
static void sweep(const crew *c)
{
    const grid_run **pending = malloc((c->plan.n + 1) * sizeof *pending);
    size_t n = 0;
    for (size_t i = 0; i < c->plan.n && pending != NULL; i++)
        if (results_status(c->results, c->plan.order[i]) == NN_RUN_pending)
            pending[n++] = &c->grid->runs[c->plan.order[i]];
    if (pending != NULL && c->options->store != NULL)
        schedule_checkpoints_sweep(c->options->store, pending, n);
    free(pending);
}

/* Writes the rows that are still buffered. After a fault some finished runs may not be in the file. */
static void write_last_rows(crew *c)
{
    nn_error error;
    if (results_flush(c->results, &error) != NN_ok)
        fail(c, &error);
    for (int i = 0; i < c->options->threads; i++)
        results_buffer_free(c->workers[i].rows);
    c->report.n_finished = 0;
    for (size_t i = 0; i < c->plan.n; i++)
        c->report.n_finished += results_status(c->results, c->plan.order[i]) != NN_RUN_pending;
}

/* The status of the call: the first fault, or NN_cancelled if a stop request left runs to train. */
static nn_status verdict(const crew *c, nn_error *err)
{
    if (c->fault)
        return nn_fail(err, c->error.status, "%s", c->error.message);
    if (c->report.n_finished < c->plan.n)
        return nn_fail(err, NN_cancelled, "stopped on request");
    return NN_ok;
}

nn_status schedule_run(const grid *g, const dataset *d, results *r, const schedule_options *options,
                       schedule_progress *report, nn_error *err)
{
    crew c = {.grid = g, .data = d, .results = r, .options = options};
    pthread_t keeper;
    init_locks(&c);
    nn_status status = prepare(&c, err);
    if (status != NN_ok)
        goto done;
    sweep(&c);
    c.began = clock_seconds();
    if (pthread_create(&keeper, NULL, keep, &c) != 0) {
        status = nn_fail(err, NN_memory, "cannot start a thread; the system's limit of threads may be reached");
        goto done;
    }
    parallel_crew(options->threads, count_workers, work, &c);
    end_keeper(&c, keeper);
    write_last_rows(&c);
    sweep(&c);
    c.report.seconds = clock_seconds() - c.began;
    c.report.left = 0;
    c.report.stopping = stop_asked(&c);
    c.report.last = true;
    show(&c, &c.report);
    *report = c.report;
    status = verdict(&c, err);
done:
    schedule_given_free(&c.given);
    schedule_plan_free(&c.plan);
    schedule_team_free(&c.team);
    drop_waiting(c.waiting);
    free(c.workers);
    pthread_cond_destroy(&c.ended);
    pthread_mutex_destroy(&c.mutex);
    return status;
}
