#include "measure.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

static const double peak_seconds = 0.01, clock_seconds = 0.002;

typedef struct sample {
    double seconds, rate, peak, clock, busy;
} sample;

/* What all threads share; `epochs` is found before they start. */
typedef struct team {
    const measure_options *options;
    pthread_barrier_t barrier;
    size_t runs, workspace;
    int64_t epochs;
} team;

typedef struct member {
    team *team;
    int number;
    pthread_t thread;
    nn_status status;
    nn_error error;
    sample samples[MEASURE_MAX_REPEATS];
} member;

/* Trains the runs of one thread for `epochs` epochs. */
static nn_status train(const team *t, int64_t epochs, void *workspace, double *seconds, nn_error *err)
{
    nn_hyper hyper = t->options->data->hyper;
    nn_outcome outcome;
    hyper.epochs = epochs;
    hyper.precision = t->options->float64 ? NN_PRECISION_float64 : NN_PRECISION_float32;
    const double start = peak_now();
    for (uint32_t run = 0; run < t->runs; run++) {
        const nn_job job = workload_job(t->options->data, &hyper, run);
        const nn_status status = nn_train(&job, workspace, &outcome, err);
        if (status != NN_ok)
            return status;
        if (outcome.status != NN_RUN_done || outcome.epochs_trained != epochs)
            return nn_fail(err, NN_usage, "%s diverged: what was timed is not what was asked for",
                           t->options->data->of->name);
    }
    *seconds = peak_now() - start;
    return NN_ok;
}

/* Finds how many epochs take about the seconds asked for; this warms caches and clock up too. */
static nn_status calibrate(team *t, void *workspace, nn_error *err)
{
    const double wanted = t->options->seconds;
    double seconds = 0, base;
    nn_status status = train(t, 1, workspace, &base, err);
    for (t->epochs = 1; status == NN_ok; t->epochs *= 4) {
        status = train(t, t->epochs + 1, workspace, &seconds, err);
        if (seconds - base > wanted / 8)
            break;
    }
    const double more = wanted / (seconds - base);
    if (status == NN_ok && more > 1)
        t->epochs = (int64_t)((double)t->epochs * more + 0.5);
    return status;
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double peak_here(const measure_options *o)
{
    return peak_flops(o->peak, o->float64, peak_seconds);
}

/* One repetition. The time of one epoch is taken from that of epochs + 1: the start and the evaluation at both
 * ends, which are the same, fall out. */
static nn_status repeat(const team *t, void *workspace, sample *out, nn_error *err)
{
    const measure_options *o = t->options;
    double shorter, longer;
    const double before = peak_here(o), cpu = cpu_seconds();
    nn_status status = train(t, 1, workspace, &shorter, err);
    if (status == NN_ok)
        status = train(t, t->epochs + 1, workspace, &longer, err);
    if (status != NN_ok)
        return status;
    const double used = cpu_seconds() - cpu, after = peak_here(o);
    out->seconds = longer - shorter;
    out->rate = workload_flops(o->data) * (double)t->epochs * (double)t->runs / out->seconds;
    out->peak = (before + after) / 2;
    out->clock = peak_clock(clock_seconds);
    out->busy = used / (shorter + longer);
    return NN_ok;
}

/* The thread stays on the n-th of the CPUs that the process may use. */
static void pin(int n)
{
    cpu_set_t allowed, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && n-- == 0)
            CPU_SET(cpu, &one);
    if (CPU_COUNT(&one) == 1)
        pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

static void *work(void *context)
{
    member *m = context;
    team *t = m->team;
    void *workspace = NULL;
    pin(m->number);
    if (t->workspace > 0 && posix_memalign(&workspace, NN_ALIGN, t->workspace) != 0)
        m->status = nn_fail(&m->error, NN_memory, "not enough memory for a thread");
    for (int r = 0; r < t->options->repeats; r++) {
        pthread_barrier_wait(&t->barrier);
        if (m->status != NN_ok) {
            continue;
        } else if (t->workspace > 0) {
            m->status = repeat(t, workspace, &m->samples[r], &m->error);
        } else {
            m->samples[r].peak = peak_here(t->options);
            m->samples[r].clock = peak_clock(clock_seconds);
        }
    }
    free(workspace);
    return NULL;
}

static int by_share(const void *a, const void *b)
{
    const double x = ((const measure_result *)a)->share, y = ((const measure_result *)b)->share;
    return (x > y) - (x < y);
}

/* Joins the threads' samples of each repetition, and picks the median. */
static void summarise(const team *t, const member *members, measure_result *out)
{
    measure_result all[MEASURE_MAX_REPEATS];
    const int n = t->options->threads, repeats = t->options->repeats;
    for (int r = 0; r < repeats; r++) {
        measure_result *a = &all[r];
        *a = (measure_result){.runs = t->runs, .epochs = t->epochs};
        for (int i = 0; i < n; i++) {
            const sample *s = &members[i].samples[r];
            a->seconds += s->seconds / n;
            a->flops_a_second += s->rate;
            a->peak += s->peak;
            a->clock += s->clock / n;
            a->busy += s->busy / n;
        }
        a->share = t->workspace > 0 ? a->flops_a_second / a->peak : a->peak;
    }
    qsort(all, (size_t)repeats, sizeof *all, by_share);
    *out = all[repeats / 2];
    out->best = all[repeats - 1].share;
    out->worst = all[0].share;
}

static nn_status run_team(team *t, measure_result *out, nn_error *err)
{
    const int n = t->options->threads;
    int started = 0;
    member *members = calloc((size_t)n, sizeof *members);
    if (members == NULL || pthread_barrier_init(&t->barrier, NULL, (unsigned)n) != 0) {
        free(members);
        return nn_fail(err, NN_memory, "not enough memory for %d threads", n);
    }
    for (; started < n; started++) {
        members[started].team = t;
        members[started].number = started;
        if (pthread_create(&members[started].thread, NULL, work, &members[started]) != 0)
            break;
    }
    if (started < n) { /* those that wait at the barrier end with the process */
        return nn_fail(err, NN_memory, "cannot start %d threads", n);
    }
    nn_status status = NN_ok;
    for (int i = 0; i < n; i++) {
        pthread_join(members[i].thread, NULL);
        if (members[i].status != NN_ok)
            status = nn_fail(err, members[i].status, "%s", members[i].error.message);
    }
    if (status == NN_ok)
        summarise(t, members, out);
    pthread_barrier_destroy(&t->barrier);
    free(members);
    return status;
}

nn_status measure(const measure_options *options, measure_result *out, nn_error *err)
{
    nn_hyper hyper = options->data->hyper;
    hyper.precision = options->float64 ? NN_PRECISION_float64 : NN_PRECISION_float32;
    const nn_job job = workload_job(options->data, &hyper, 0);
    team t = {.options = options, .runs = 1, .workspace = nn_workspace_bytes(&job)};
    void *workspace = NULL;
    if (posix_memalign(&workspace, NN_ALIGN, t.workspace) != 0)
        return nn_fail(err, NN_memory, "not enough memory: %zu bytes", t.workspace);
    nn_status status = calibrate(&t, workspace, err);
    free(workspace);
    if (status == NN_ok)
        status = run_team(&t, out, err);
    if (status == NN_ok)
        out->flops = workload_flops(options->data) * (double)t.epochs * (double)t.runs;
    return status;
}

nn_status measure_peak(const measure_options *options, measure_result *out, nn_error *err)
{
    team t = {.options = options};
    return run_team(&t, out, err);
}
