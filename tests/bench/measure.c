#include "measure.h"
#include "train/engine.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const double peak_seconds = 0.01, clock_seconds = 0.002, undisturbed = 0.98;

typedef struct sample {
    double seconds, rate, peak, clock, busy;
} sample;

/* What all threads share. `epochs` is found before they start. */
typedef struct team {
    const measure_options *options;
    pthread_barrier_t barrier;
    int engine, runs;
    size_t workspace;
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

/* The runs of one thread are of one kind, and each has a learning rate of its own. */
typedef struct supply {
    const team *team;
    int64_t epochs;
    int given, done;
    nn_hyper hypers[NN_MAX_LANES];
} supply;

static nn_job job_of(const measure_options *o, nn_hyper *hyper, int64_t epochs)
{
    *hyper = o->data->hyper;
    hyper->epochs = epochs;
    hyper->precision = o->float64 ? NN_PRECISION_float64 : NN_PRECISION_float32;
    nn_job job = workload_job(o->data, hyper);
    job.engine = o->engine;
    job.isa = o->isa;
    return job;
}

static bool next(void *context, int lane, nn_job *job)
{
    supply *s = context;
    if (s->given == s->team->runs)
        return false;
    *job = job_of(s->team->options, &s->hypers[lane], s->epochs);
    s->hypers[lane].learning_rate *= 1 - 0.01 * s->given++;
    return true;
}

static bool finished(void *context, int lane, const nn_outcome *outcome)
{
    supply *s = context;
    (void)lane;
    s->done += outcome->status == NN_RUN_done && outcome->epochs_trained == s->epochs;
    return true;
}

/* Trains the runs of one thread for `epochs` epochs. */
static nn_status train(const team *t, int64_t epochs, void *workspace, double *seconds, nn_error *err)
{
    supply s = {.team = t, .epochs = epochs};
    const nn_supply runs = {.context = &s, .next = next, .finished = finished};
    const double start = peak_cpu();
    const nn_status status = nn_train_pack(&runs, workspace, err);
    *seconds = peak_cpu() - start;
    if (status == NN_ok && s.done < t->runs)
        return nn_fail(err, NN_usage, "%s diverged: what was timed is not what was asked for",
                       t->options->data->of->name);
    return status;
}

/* Finds how many epochs take about the seconds asked for; this warms up caches and clock too. */
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

static double peak_here(const measure_options *o)
{
    return peak_flops(o->isa, o->float64, peak_seconds);
}

static double wall_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Measures one repetition. The time of one epoch is subtracted from that of epochs + 1: the start and the evaluation at
 * both ends are in both, and cancel. */
static nn_status repeat(const team *t, void *workspace, sample *out, nn_error *err)
{
    const measure_options *o = t->options;
    double shorter, longer;
    const double before = peak_here(o), start = wall_seconds();
    nn_status status = train(t, 1, workspace, &shorter, err);
    if (status == NN_ok)
        status = train(t, t->epochs + 1, workspace, &longer, err);
    if (status != NN_ok)
        return status;
    const double clock = wall_seconds() - start, after = peak_here(o);
    out->seconds = longer - shorter;
    out->rate = workload_flops(o->data) * (double)t->epochs * (double)t->runs / out->seconds;
    out->peak = (before + after) / 2;
    out->clock = peak_clock(clock_seconds);
    out->busy = (shorter + longer) / clock;
    return NN_ok;
}

/* Pins the thread to the n-th of the CPUs that the process may use. */
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

/* Joins the threads' samples of a repetition. */
static measure_result join(const team *t, const member *members, int repetition)
{
    const int n = t->options->threads;
    measure_result all = {.engine = t->engine, .runs = t->runs, .epochs = t->epochs};
    for (int i = 0; i < n; i++) {
        const sample *s = &members[i].samples[repetition];
        all.seconds += s->seconds / n;
        all.flops_a_second += s->rate;
        all.peak += s->peak;
        all.clock += s->clock / n;
        all.busy += s->busy / n;
    }
    all.share = all.flops_a_second / all.peak;
    return all;
}

/* Picks the median of the repetitions that nothing disturbed, or of all if something disturbed each. */
static void summarise(const team *t, const member *members, measure_result *out)
{
    measure_result all[MEASURE_MAX_REPEATS];
    int n = 0;
    for (int pass = 0; pass < 2 && n == 0; pass++)
        for (int r = 0; r < t->options->repeats; r++) {
            all[n] = join(t, members, r);
            n += pass == 1 || all[n].busy > undisturbed;
        }
    qsort(all, (size_t)n, sizeof *all, by_share);
    *out = all[n / 2];
    out->best = all[n - 1].share;
    out->worst = all[0].share;
}

static void best_peak(const team *t, const member *members, measure_result *out)
{
    *out = join(t, members, 0);
    for (int r = 1; r < t->options->repeats; r++) {
        const measure_result each = join(t, members, r);
        *out = each.peak > out->peak ? each : *out;
    }
}

static nn_status run_team(team *t, measure_result *out, nn_error *err)
{
    const int n = t->options->threads;
    member *members = calloc((size_t)n, sizeof *members);
    if (members == NULL || pthread_barrier_init(&t->barrier, NULL, (unsigned)n) != 0) {
        free(members);
        return nn_fail(err, NN_memory, "not enough memory for %d threads", n);
    }
    for (int i = 0; i < n; i++) {
        members[i].team = t;
        members[i].number = i;
        if (pthread_create(&members[i].thread, NULL, work, &members[i]) != 0) {
            fprintf(stderr, "nngrid-bench: cannot start %d threads\n", n);
            exit(1); /* threads that have started would wait for the others for ever */
        }
    }
    nn_status status = NN_ok;
    for (int i = 0; i < n; i++) {
        pthread_join(members[i].thread, NULL);
        if (members[i].status != NN_ok)
            status = nn_fail(err, members[i].status, "%s", members[i].error.message);
    }
    if (status == NN_ok && t->workspace > 0)
        summarise(t, members, out);
    else if (status == NN_ok)
        best_peak(t, members, out);
    pthread_barrier_destroy(&t->barrier);
    free(members);
    return status;
}

nn_status measure(const measure_options *options, measure_result *out, nn_error *err)
{
    nn_hyper hyper;
    const nn_job job = job_of(options, &hyper, 1);
    team t = {.options = options,
              .engine = nn_engine_resolve(&job, NN_MAX_LANES),
              .runs = nn_lanes(&job),
              .workspace = nn_workspace_bytes(&job)};
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
