/* What a worker does with a group of alike runs: hands them to core, accounts for their time, hands their rows over. */
#include "schedule/pack.h"
#include <stdlib.h>
#include <time.h>

double schedule_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool schedule_stops(const crew *c)
{
    return c->options->stop != NULL && atomic_load(c->options->stop) != 0;
}

void schedule_fault(crew *c, const nn_error *error)
{
    pthread_mutex_lock(&c->mutex);
    if (!atomic_exchange(&c->fault, true))
        c->error = *error;
    pthread_mutex_unlock(&c->mutex);
}

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
    const double time = schedule_now();
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
    share_time(w, schedule_now());
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

/* The state that an earlier process left of the run, if it is of use. */
static void resume_run(worker *w, flight *f, nn_job *job)
{
    crew *c = w->crew;
    bool damaged = false;
    free(f->state);
    f->state = NULL;
    if (!job->saves || c->options->store == NULL)
        return;
    job->resume = f->state = checkpoint_read(c->options->store, &c->grid->runs[f->run], job, &damaged);
    pthread_mutex_lock(&c->mutex);
    c->report.n_resumed += f->state != NULL;
    c->report.n_damaged += damaged;
    pthread_mutex_unlock(&c->mutex);
}

/* nn_supply.save. Runs that have just begun are not worth it: the others of a pack may be long ones. */
static void save_run(void *context, int lane, const void *state, size_t bytes)
{
    worker *w = context;
    crew *c = w->crew;
    const flight *f = &w->flights[lane];
    nn_error error;
    if (schedule_now() - f->started < c->grid->checkpoint_seconds / 2 || c->options->store == NULL)
        return;
    if (checkpoint_write(c->options->store, &c->grid->runs[f->run], state, bytes, &error) == NN_ok)
        return;
    pthread_mutex_lock(&c->mutex);
    c->report.not_kept = error; /* training goes on: no result is lost */
    pthread_mutex_unlock(&c->mutex);
}

/* A splitter that no run in flight has; NULL: not enough memory. */
static splitter *free_splitter(worker *w)
{
    for (int s = 0; s < NN_MAX_LANES; s++) {
        bool used = false;
        nn_error error;
        for (int i = 0; i < NN_MAX_LANES; i++)
            used |= w->flights[i].running && w->flights[i].splits == w->splits[s] && w->splits[s] != NULL;
        if (used)
            continue;
        if (w->splits[s] == NULL && splitter_new(w->crew->data, &w->splits[s], &error) != NN_ok)
            schedule_fault(w->crew, &error);
        return w->splits[s];
    }
    return NULL;
}

/* The split of a run: runs that have the same one share it, so that core can see that they do. */
static bool take_split(worker *w, flight *f, const grid_run *run)
{
    const crew *c = w->crew;
    const size_t index = dataset_split_index(c->data, run->repeat, run->fold);
    for (int i = 0; i < NN_MAX_LANES; i++) {
        const flight *other = &w->flights[i];
        const grid_run *its = &c->grid->runs[other->run];
        if (other->running && dataset_split_index(c->data, its->repeat, its->fold) == index) {
            f->splits = other->splits;
            f->split = other->split;
            return true;
        }
    }
    f->splits = free_splitter(w);
    if (f->splits == NULL)
        return false;
    f->split = splitter_get(f->splits, c->grid->seed, run->repeat, run->fold);
    return true;
}

/* nn_supply.next: the next run of the worker's group. */
static bool next_run(void *context, int lane, nn_job *job)
{
    worker *w = context;
    crew *c = w->crew;
    flight *f = &w->flights[lane];
    nn_network net;
    if (schedule_stops(c) || atomic_load(&c->fault))
        return false;
    const size_t i = atomic_fetch_add(&w->group->next, 1);
    if (i >= w->group->n)
        return false;
    f->run = c->plan.order[w->group->first + i];
    const grid_run *which = &c->grid->runs[f->run];
    if (!take_split(w, f, which))
        return false;
    *job = schedule_job(c->grid, c->data, which->cell, &f->hyper);
    nn_network_of(job->data, &f->hyper, &net);
    job->split = f->split;
    job->repeat = which->repeat;
    job->start = start_weights_find(&c->starts, &net, which->repeat);
    job->order = given_order_of(&c->order, which->repeat);
    resume_run(w, f, job);
    begin_run(w, f);
    return true;
}

/* The outcome with what is asked for of its end. A run that diverged ended nowhere. */
static nn_status diagnose(const worker *w, const flight *f, const nn_outcome *outcome, nn_outcome *out,
                          nn_error *err)
{
    crew *c = w->crew;
    nn_hyper hyper;
    *out = *outcome;
    if (!c->grid->recording.endpoint || outcome->status != NN_RUN_done ||
        outcome->weights[NN_KEEP_FINAL] == NULL)
        return NN_ok;
    nn_job job = schedule_job(c->grid, c->data, c->grid->runs[f->run].cell, &hyper);
    job.split = f->split;
    return endpoint_diagnose(&job, out, &c->lapack, err);
}

/* nn_supply.finished: hands the row of the run over. */
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
    if (outcome != NULL && status == NN_ok)
        status = row_buffer_add(w->rows, f->run, &whole, seconds, &error);
    else if (status == NN_ok)
        status = row_buffer_add_failed(w->rows, f->run, NN_REASON_time, seconds, &error);
    if (status == NN_ok)
        count_run(c, f->run, outcome, seconds);
    else
        schedule_fault(c, &error);
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

/* nn_supply.parallel_for */
static void share_loop(void *context, size_t n, void (*body)(void *arg, size_t i), void *arg)
{
    const worker *w = context;
    team_run(&w->crew->team, w->index, n, body, arg);
}

bool schedule_train_group(worker *w, schedule_group *group)
{
    crew *c = w->crew;
    nn_error error;
    const nn_supply supply = {.context = w,
                              .next = next_run,
                              .finished = finished_run,
                              .expired = run_expired,
                              .signal = &w->signal,
                              .save = save_run,
                              .save_due = &w->save_due,
                              .parallel_for = share_loop};
    w->group = group;
    pthread_mutex_lock(&c->mutex);
    atomic_store(&w->signal, schedule_stops(c) || c->fault ? NN_ABANDON : NN_GO_ON);
    w->began = w->saved = schedule_now();
    w->handed_out = 0;
    pthread_mutex_unlock(&c->mutex);
    const nn_status status = nn_train_pack(&supply, w->workspace, &error);
    for (int i = 0; i < NN_MAX_LANES; i++) {
        free(w->flights[i].state);
        w->flights[i].state = NULL;
    }
    if (status != NN_ok && status != NN_cancelled)
        schedule_fault(c, &error);
    return status == NN_ok;
}

schedule_group *schedule_next_group(crew *c)
{
    for (size_t i = 0; i < c->plan.n_groups; i++)
        if (atomic_load(&c->plan.groups[i].next) < c->plan.groups[i].n)
            return &c->plan.groups[i];
    return NULL;
}
