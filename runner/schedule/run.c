/* The one place of threads: OpenMP workers that train, and a keeper that watches.
 *
 * A worker takes a group of alike runs and trains packs of it: the runs of a group are handed out from a shared
 * counter, also to lanes that have become free. When a run begins and ends its worker takes the mutex for a moment;
 * while it trains there is no lock. The keeper reads clocks and sets signals under the same mutex, so that a signal
 * meant for one run never reaches the next. */
#include "schedule/pack.h"
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static const double wake_seconds = 0.1, sync_seconds = 2;

/* What one thread does from beginning to end. Memory is taken here so that each thread's lies near its core. */
static void work(crew *c, worker *w)
{
    nn_error error;
    schedule_group *group;
    const size_t bytes = c->plan.costs.workspace;
    w->crew = c;
    w->index = omp_get_thread_num();
    nn_status status = row_buffer_new(c->results, &w->rows, &error);
    if (status == NN_ok)
        status = schedule_memory(bytes, &w->workspace, &error);
    if (status != NN_ok)
        schedule_fault(c, &error);
    while (status == NN_ok && !schedule_stops(c) && !atomic_load(&c->fault) &&
           (group = schedule_next_group(c)) != NULL)
        if (!schedule_train_group(w, group))
            break;
    team_help(&c->team);
    free(w->workspace);
    for (int i = 0; i < NN_MAX_LANES; i++)
        splitter_free(w->splits[i]);
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

/* With the mutex held: asks the pack for the states of its runs, if it is time. */
static void watch_states(const crew *c, worker *w, double time)
{
    const double every = c->grid->checkpoint_seconds;
    if (every > 0 && time - w->saved >= every) {
        w->saved = time;
        atomic_store(&w->save_due, true);
    }
}

/* With the mutex held: tells running threads to stop, and sums up the time in flight. */
static void watch(crew *c)
{
    const double time = schedule_now();
    const bool stop = schedule_stops(c) || c->fault;
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
        else {
            watch_limit(c, w, time);
            watch_states(c, w, time);
        }
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
    double synced = schedule_now();
    nn_error error;
    pthread_mutex_lock(&c->mutex);
    for (doze(c); !c->over; doze(c)) {
        watch(c);
        const schedule_progress copy = c->report;
        pthread_mutex_unlock(&c->mutex);
        show(c, &copy);
        if (schedule_now() - synced > sync_seconds && !c->fault) {
            if (results_sync(c->results, &error) != NN_ok)
                schedule_fault(c, &error);
            synced = schedule_now();
        }
        pthread_mutex_lock(&c->mutex);
    }
    pthread_mutex_unlock(&c->mutex);
    return NULL;
}

/* ---- all together ---- */

/* Workers that OpenMP does not give (OMP_THREAD_LIMIT, for one) must not be waited for. */
static void count_workers(crew *c, int n)
{
    pthread_mutex_lock(&c->mutex);
    c->report.threads = n;
    pthread_mutex_unlock(&c->mutex);
    atomic_store(&c->team.working, n);
}

static void train_all(crew *c)
{
    omp_set_dynamic(0);
#pragma omp parallel num_threads(c->options->threads) default(none) shared(c)
    {
#pragma omp single
        count_workers(c, omp_get_num_threads());
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
    if (status == NN_ok)
        status = given_order_load(c->grid, c->data, c->options->data_root, &c->order, err);
    if (status == NN_ok && c->grid->recording.endpoint && c->plan.n > 0)
        status = endpoint_load(&c->lapack, err);
    c->workers = calloc((size_t)c->options->threads, sizeof *c->workers);
    if (status == NN_ok && (c->workers == NULL || !team_init(&c->team, c->options->threads)))
        status = nn_fail(err, NN_memory, "not enough memory for %d threads", c->options->threads);
    size_t n[NN_N_PART];
    dataset_part_sizes(c->data, 0, n);
    const bool validates = n[NN_VALIDATION] > 0 && c->grid->recording.parts[NN_VALIDATION];
    c->best_metric = validates ? NN_METRIC_best_validation_loss : NN_METRIC_best_train_loss;
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

/* Writes the rows that still wait. After a fault some that were trained may not be in the file. */
static void write_last_rows(crew *c)
{
    nn_error error;
    if (results_flush(c->results, &error) != NN_ok)
        schedule_fault(c, &error);
    for (int i = 0; i < c->options->threads; i++)
        row_buffer_free(c->workers[i].rows);
    c->report.n_finished = 0;
    for (size_t i = 0; i < c->plan.n; i++)
        c->report.n_finished += results_status(c->results, c->plan.order[i]) != NN_RUN_pending;
}

/* Removes the states of all but the runs that are still to be trained. */
static void sweep(const crew *c)
{
    const grid_run **pending = malloc((c->plan.n + 1) * sizeof *pending);
    size_t n = 0;
    for (size_t i = 0; i < c->plan.n && pending != NULL; i++)
        if (results_status(c->results, c->plan.order[i]) == NN_RUN_pending)
            pending[n++] = &c->grid->runs[c->plan.order[i]];
    if (pending != NULL && c->options->store != NULL)
        checkpoints_sweep(c->options->store, pending, n);
    free(pending);
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
    sweep(&c);
    c.began = schedule_now();
    if (pthread_create(&keeper, NULL, keep, &c) != 0) {
        status =
            nn_fail(err, NN_memory, "cannot start a thread; the system's limit of threads may be reached");
        goto done;
    }
    train_all(&c);
    end_keeper(&c, keeper);
    write_last_rows(&c);
    sweep(&c);
    c.report.seconds = schedule_now() - c.began;
    c.report.flight_seconds = 0;
    c.report.stopping = schedule_stops(&c);
    c.report.last = true;
    show(&c, &c.report);
    *report = c.report;
    status = verdict(&c, err);
done:
    start_weights_free(&c.starts);
    given_order_free(&c.order);
    schedule_plan_free(&c.plan);
    team_free(&c.team);
    free(c.workers);
    pthread_cond_destroy(&c.ended);
    pthread_mutex_destroy(&c.mutex);
    return status;
}
