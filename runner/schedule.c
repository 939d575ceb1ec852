/* The one place of threads: OpenMP workers that train, and a keeper that watches.
 *
 * A worker takes a group of alike runs and trains packs of it: the runs of a group are handed out from a shared
 * counter, also to lanes that have become free. When a run begins and ends its worker takes the mutex for a moment;
 * while it trains there is no lock. The keeper reads clocks and sets signals under the same mutex, so that a signal
 * meant for one run never reaches the next. */
#include "schedule_internal.h"
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static const double wake_seconds = 0.1, sync_seconds = 2;

/* A run in flight. */
typedef struct flight {
    nn_hyper hyper;
    size_t run;
    bool running, expired;
    double started; /* seconds of now() */
    double share;   /* of the worker's shares, when it began */
} flight;

typedef struct worker {
    struct crew *crew;
    splitter *splits;
    void *workspace;
    schedule_group *group;
    const nn_split *split;
    atomic_int signal; /* nn_signal of the pack */
    int n_running;
    /* A run's seconds are its share of the pack's: shares grows by the time that passes over the runs in flight. */
    double shares, shared_at;
    double handed_out; /* seconds of finished runs since `began` */
    double began;      /* of the pack */
    flight flights[NN_MAX_LANES];
} worker;

typedef struct crew {
    const grid *grid;
    const dataset *data;
    results *results;
    const schedule_options *options;
    schedule_plan plan;
    start_weights starts;
    int best_metric;       /* that tells the best run so far */
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t ended;
    bool over;         /* the workers are done: the keeper may go */
    atomic_bool fault; /* a file could not be written or memory was short: read without the mutex as a hint */
    nn_error error;    /* the first fault */
    schedule_progress report;
    double began;
    worker *workers; /* [options->threads] */
} crew;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool stop_asked(const crew *c)
{
    return c->options->stop != NULL && atomic_load(c->options->stop) != 0;
}

static void set_fault(crew *c, const nn_error *error)
{
    pthread_mutex_lock(&c->mutex);
    if (!atomic_exchange(&c->fault, true))
        c->error = *error;
    pthread_mutex_unlock(&c->mutex);
}

/* ---- a worker ---- */

/* With the mutex held: brings the shares of the runs in flight up to now. */
static void share_time(worker *w, double time)
{
    if (w->n_running > 0)
        w->shares += (time - w->shared_at) / w->n_running;
    w->shared_at = time;
}

static void begin_run(worker *w, flight *f)
{
    pthread_mutex_lock(&w->crew->mutex);
    const double time = now();
    share_time(w, time);
    f->started = time;
    f->share = w->shares;
    f->running = true;
    f->expired = false;
    w->n_running++;
    pthread_mutex_unlock(&w->crew->mutex);
}

/* Returns the seconds that the run took; from here on no signal reaches it. */
static double end_run(worker *w, flight *f)
{
    pthread_mutex_lock(&w->crew->mutex);
    share_time(w, now());
    f->running = false;
    w->n_running--;
    const double seconds = w->shares - f->share;
    w->handed_out += seconds;
    int expected = NN_OUT_OF_TIME;
    if (f->expired)
        atomic_compare_exchange_strong(&w->signal, &expected, NN_GO_ON);
    pthread_mutex_unlock(&w->crew->mutex);
    return seconds;
}

static void count_run(crew *c, size_t run, const nn_outcome *outcome, double seconds)
{
    pthread_mutex_lock(&c->mutex);
    schedule_progress *p = &c->report;
    p->n_finished++;
    p->busy_seconds += seconds;
    p->work_done += c->plan.costs.work[c->grid->runs[run].cell];
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

/* nn_supply.next: the next run of the worker's group. */
static bool next_run(void *context, int lane, nn_job *job)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    nn_network net;
    if (stop_asked(c) || atomic_load(&c->fault))
        return false;
    const size_t i = atomic_fetch_add(&w->group->next, 1);
    if (i >= w->group->n)
        return false;
    f->run = c->plan.order[w->group->first + i];
    const grid_run *which = &c->grid->runs[f->run];
    *job = schedule_job(c->grid, c->data, which->cell, &f->hyper);
    nn_network_of(job->data, &f->hyper, &net);
    job->split = w->split;
    job->repeat = which->repeat;
    job->start = start_weights_find(&c->starts, &net);
    begin_run(w, f);
    return true;
}

/* nn_supply.finished: writes the row of the run. */
static bool finished_run(void *context, int lane, const nn_outcome *outcome)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    nn_error error;
    const double seconds = end_run(w, f);
    const nn_status status = outcome != NULL
                                 ? results_write(c->results, f->run, outcome, seconds, &error)
                                 : results_write_failed(c->results, f->run, NN_REASON_time, seconds, &error);
    if (status == NN_ok)
        count_run(c, f->run, outcome, seconds);
    else
        set_fault(c, &error);
    return status == NN_ok;
}

/* nn_supply.expired */
static bool run_expired(void *context, int lane)
{
    worker *w = context;
    pthread_mutex_lock(&w->crew->mutex);
    const bool expired = w->flights[lane].expired;
    pthread_mutex_unlock(&w->crew->mutex);
    return expired;
}

/* Trains runs of a group until it has no more. False: there is nothing more to do for this worker. */
static bool train_group(worker *w, schedule_group *group)
{
    crew *c = w->crew;
    nn_error error;
    const nn_supply supply = {
        .context = w, .next = next_run, .finished = finished_run, .expired = run_expired, .signal = &w->signal};
    const grid_run *first = &c->grid->runs[c->plan.order[group->first]];
    w->group = group;
    w->split = splitter_get(w->splits, c->grid->seed, first->repeat, first->fold);
    pthread_mutex_lock(&c->mutex);
    atomic_store(&w->signal, stop_asked(c) || c->fault ? NN_ABANDON : NN_GO_ON);
    w->began = now();
    w->handed_out = 0;
    pthread_mutex_unlock(&c->mutex);
    const nn_status status = nn_train_pack(&supply, w->workspace, &error);
    if (status != NN_ok && status != NN_cancelled)
        set_fault(c, &error);
    return status == NN_ok;
}

/* The most expensive group that has runs left. */
static schedule_group *next_group(crew *c)
{
    for (size_t i = 0; i < c->plan.n_groups; i++)
        if (atomic_load(&c->plan.groups[i].next) < c->plan.groups[i].n)
            return &c->plan.groups[i];
    return NULL;
}

/* What one thread does from beginning to end. Memory is taken here so that each thread's lies near its core. */
static void work(crew *c, worker *w)
{
    nn_error error;
    schedule_group *group;
    const size_t bytes = c->plan.costs.workspace;
    w->crew = c;
    nn_status status = splitter_new(c->data, &w->splits, &error);
    if (status == NN_ok)
        status = schedule_memory(bytes, &w->workspace, &error);
    if (status != NN_ok)
        set_fault(c, &error);
    while (status == NN_ok && !stop_asked(c) && !atomic_load(&c->fault) && (group = next_group(c)) != NULL)
        if (!train_group(w, group))
            break;
    free(w->workspace);
    splitter_free(w->splits);
}

/* ---- the keeper ---- */

/* With the mutex held: marks runs that are out of time, and tells the pack. */
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

/* With the mutex held: tells running threads to stop, and sums up the time in flight. */
static void watch(crew *c)
{
    const double time = now();
    const bool stop = stop_asked(c) || c->fault;
    schedule_progress *p = &c->report;
    p->flight_seconds = 0;
    p->seconds = time - c->began;
    p->stopping = stop;
    for (int i = 0; i < c->options->threads; i++) {
        worker *w = &c->workers[i];
        if (w->n_running == 0)
            continue;
        p->flight_seconds += time - w->began - w->handed_out;
        if (stop)
            atomic_store(&w->signal, NN_ABANDON);
        else
            watch_limit(c, w, time);
    }
}

static void show(const crew *c, const schedule_progress *p)
{
    if (c->options->progress != NULL)
        c->options->progress(c->options->context, p);
}

/* With the mutex held: sleeps until the next tick or the end. */
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

static void *keep(void *context)
{
    crew *c = context;
    double synced = now();
    nn_error error;
    pthread_mutex_lock(&c->mutex);
    for (doze(c); !c->over; doze(c)) {
        watch(c);
        const schedule_progress copy = c->report;
        pthread_mutex_unlock(&c->mutex);
        show(c, &copy);
        if (now() - synced > sync_seconds && !c->fault) {
            if (results_sync(c->results, &error) != NN_ok)
                set_fault(c, &error);
            synced = now();
        }
        pthread_mutex_lock(&c->mutex);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

/* ---- all together ---- */

static void train_all(crew *c)
{
    omp_set_dynamic(0);
#pragma omp parallel num_threads(c->options->threads) default(none) shared(c)
    {
        work(c, &c->workers[omp_get_thread_num()]);
    }
}

static void end_keeper(crew *c, pthread_t keeper)
{
    pthread_mutex_lock(&c->mutex);
    c->over = true;
    pthread_cond_signal(&c->ended);
    pthread_mutex_unlock(&c->mutex);
    pthread_join(keeper, NULL);
}

static void init_locks(crew *c)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->ended, &clock);
    pthread_condattr_destroy(&clock);
}

/* Lists the work and reads what all threads share. */
static nn_status prepare(crew *c, nn_error *err)
{
    nn_status status = schedule_plan_make(c->grid, c->data, c->results, &c->plan, err);
    if (status == NN_ok)
        status = start_weights_load(c->grid, c->data, c->options->data_root, &c->starts, err);
    c->workers = calloc((size_t)c->options->threads, sizeof *c->workers);
    if (status == NN_ok && c->workers == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for %d threads", c->options->threads);
    size_t n[NN_N_PART];
    dataset_part_sizes(c->data, 0, n);
    const bool validates = n[NN_VALIDATION] > 0 && c->grid->recording.parts[NN_VALIDATION];
    c->best_metric = validates ? NN_METRIC_best_validation_loss : NN_METRIC_best_train_loss;
    c->report = (schedule_progress){.n_total = c->grid->n_runs,
                                    .n_before = c->grid->n_runs - c->plan.n,
                                    .work_total = c->plan.work_total,
                                    .best = NN_NAN,
                                    .threads = c->options->threads};
    return status;
}

/* How it ended: a fault first, then a stop request that left something to do. */
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
    c.began = now();
    if (pthread_create(&keeper, NULL, keep, &c) != 0) {
        status =
            nn_fail(err, NN_memory, "cannot start a thread; the system's limit of threads may be reached");
        goto done;
    }
    train_all(&c);
    end_keeper(&c, keeper);
    c.report.seconds = now() - c.began;
    c.report.flight_seconds = 0;
    c.report.stopping = stop_asked(&c);
    c.report.last = true;
    show(&c, &c.report);
    *report = c.report;
    status = verdict(&c, err);
done:
    start_weights_free(&c.starts);
    schedule_plan_free(&c.plan);
    free(c.workers);
    pthread_cond_destroy(&c.ended);
    pthread_mutex_destroy(&c.mutex);
    return status;
}
