/* The one place of threads: OpenMP workers that train, and a keeper that watches.
 *
 * Workers take runs from a shared list. Around a run a worker takes the mutex for a moment (start, end);
 * inside it there is no lock. The keeper reads clocks and sets signals under the same mutex, so that a signal
 * meant for one run never reaches the next. */
#include "schedule_internal.h"
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static const double wake_seconds = 0.1, sync_seconds = 2;

typedef struct worker {
    atomic_int signal; /* nn_signal of the run in flight */
    bool running;
    double started; /* seconds of now() */
} worker;

typedef struct crew {
    const grid *grid;
    const dataset *data;
    results *results;
    const schedule_options *options;
    schedule_plan plan; /* what is taken of it: with the mutex */
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

static void begin_run(crew *c, worker *w)
{
    pthread_mutex_lock(&c->mutex);
    atomic_store(&w->signal, stop_asked(c) || c->fault ? NN_ABANDON : NN_GO_ON);
    w->started = now();
    w->running = true;
    pthread_mutex_unlock(&c->mutex);
}

/* Returns the seconds that the run took; from here on no signal reaches it. */
static double end_run(crew *c, worker *w)
{
    pthread_mutex_lock(&c->mutex);
    w->running = false;
    const double seconds = now() - w->started;
    pthread_mutex_unlock(&c->mutex);
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

/* Trains one run and hands its row over. False: there is nothing more to do for this worker. */
static bool train_run(crew *c, worker *w, splitter *splits, void *workspace, row_buffer *rows, size_t run)
{
    const grid_run *which = &c->grid->runs[run];
    nn_hyper hyper;
    nn_network net;
    nn_outcome outcome;
    nn_error error;
    nn_job job = schedule_job(c->grid, c->data, which->cell, &hyper);
    nn_network_of(job.data, &hyper, &net);
    job.split = splitter_get(splits, c->grid->seed, which->repeat, which->fold);
    job.repeat = which->repeat;
    job.start = start_weights_find(&c->starts, &net);
    job.signal = &w->signal;
    begin_run(c, w);
    nn_status status = nn_train(&job, workspace, &outcome, &error);
    const double seconds = end_run(c, w);
    const bool out_of_time = atomic_load(&w->signal) == NN_OUT_OF_TIME;
    if (status == NN_cancelled && !out_of_time)
        return false;
    const bool trained = status == NN_ok;
    if (trained)
        status = row_buffer_add(rows, run, &outcome, seconds, &error);
    else if (status == NN_cancelled || status == NN_memory)
        status = row_buffer_add_failed(rows, run, out_of_time ? NN_REASON_time : NN_REASON_memory, seconds,
                                       &error);
    if (status == NN_ok)
        count_run(c, run, trained ? &outcome : NULL, seconds);
    else
        set_fault(c, &error);
    return status == NN_ok;
}

static bool take_runs(crew *c, size_t *first, size_t *end)
{
    pthread_mutex_lock(&c->mutex);
    const bool any = schedule_plan_take(&c->plan, c->grid, c->options->threads, first, end);
    pthread_mutex_unlock(&c->mutex);
    return any;
}

/* What one thread does from beginning to end. Memory is taken here so that each thread's lies near its core.
 */
static void work(crew *c, worker *w)
{
    splitter *splits = NULL;
    row_buffer *rows = NULL;
    void *workspace = NULL;
    nn_error error;
    const size_t bytes = c->plan.costs.workspace;
    nn_status status = splitter_new(c->data, &splits, &error);
    if (status == NN_ok)
        status = row_buffer_new(c->results, &rows, &error);
    if (status == NN_ok && posix_memalign(&workspace, NN_ALIGN, bytes > 0 ? bytes : NN_ALIGN) != 0)
        status = nn_fail(
            &error, NN_memory,
            "not enough memory: each thread needs %.0f MB for the largest network; use fewer threads (-j)",
            (double)bytes / 1e6);
    if (status != NN_ok)
        set_fault(c, &error);
    for (size_t i = 0, end = 0; status == NN_ok && !stop_asked(c) && !atomic_load(&c->fault); i++) {
        if (i == end && !take_runs(c, &i, &end))
            break;
        if (!train_run(c, w, splits, workspace, rows, c->plan.order[i]))
            break;
    }
    if (rows != NULL && row_buffer_flush(rows, &error) != NN_ok)
        set_fault(c, &error);
    row_buffer_free(rows);
    free(workspace);
    splitter_free(splits);
}

/* ---- the keeper ---- */

/* With the mutex held: tells running threads to stop, and sums up the time in flight. */
static void watch(crew *c)
{
    const double time = now(), limit = c->grid->per_run_seconds;
    const bool stop = stop_asked(c) || c->fault;
    schedule_progress *p = &c->report;
    p->flight_seconds = 0;
    p->seconds = time - c->began;
    p->stopping = stop;
    for (int i = 0; i < c->options->threads; i++) {
        worker *w = &c->workers[i];
        if (!w->running)
            continue;
        p->flight_seconds += time - w->started;
        if (atomic_load(&w->signal) != NN_GO_ON)
            continue;
        if (limit > 0 && time - w->started > limit)
            atomic_store(&w->signal, NN_OUT_OF_TIME);
        else if (stop)
            atomic_store(&w->signal, NN_ABANDON);
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

/* After a fault some that were trained may not be in the file. */
static size_t count_written(const crew *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->plan.n; i++)
        n += results_status(c->results, c->plan.order[i]) != NN_RUN_pending;
    return n;
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
    c.report.n_finished = count_written(&c);
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
