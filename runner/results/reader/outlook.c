/* Computes how far a grid is. */
#include "results/reader/outlook.h"
#include "base/clock.h"
#include "results/lock.h"
#include "results/names.h"
#include "results/reader/cells.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const reader_outlook_state_names[N_OUTLOOK_STATE] = {
    [OUTLOOK_RUNNING] = "running",
    [OUTLOOK_INTERRUPTED] = "interrupted",
    [OUTLOOK_STOPPED] = "stopped",
    [OUTLOOK_COMPLETE] = "complete",
};

/* ---- time left ---- */

/* Seconds and number of the finished runs of each cell. */
typedef struct means {
    size_t n_cells;
    double *seconds, *n; /* [n_cells] */
    double all_seconds, all_epochs, all_n;
} means;

static bool trained(double status)
{
    return status == NN_RUN_done || status == NN_RUN_diverged;
}

static bool means_init(means *m, size_t n, const double *cell)
{
    *m = (means){0};
    for (size_t i = 0; i < n; i++)
        if (cell[i] >= 0 && cell[i] < (double)n && (size_t)cell[i] >= m->n_cells)
            m->n_cells = (size_t)cell[i] + 1;
    m->seconds = calloc(m->n_cells + 1, sizeof *m->seconds);
    m->n = calloc(m->n_cells + 1, sizeof *m->n);
    return m->seconds != NULL && m->n != NULL;
}

static void means_add(means *m, double cell, double epochs, double seconds)
{
    if (!(seconds >= 0) || !(cell >= 0 && cell < (double)m->n_cells))
        return;
    m->seconds[(size_t)cell] += seconds;
    m->n[(size_t)cell]++;
    m->all_seconds += seconds;
    m->all_epochs += epochs;
    m->all_n++;
}

static double expected(const means *m, double cell, double epochs)
{
    if (cell >= 0 && cell < (double)m->n_cells && m->n[(size_t)cell] > 0)
        return m->seconds[(size_t)cell] / m->n[(size_t)cell];
    return m->all_epochs > 0 ? m->all_seconds / m->all_epochs * epochs : m->all_seconds / m->all_n;
}

double reader_outlook_seconds_left(size_t n, const double *status, const double *cell, const double *epochs,
                                   const double *seconds, int threads, double idle)
{
    means m;
    double work = 0, left = 0, result = NN_NAN;
    if (means_init(&m, n, cell)) {
        for (size_t i = 0; i < n; i++)
            if (trained(status[i]))
                means_add(&m, cell[i], epochs[i], seconds[i]);
        for (size_t i = 0; i < n; i++)
            if (status[i] == NN_RUN_pending) {
                work += expected(&m, cell[i], epochs[i]);
                left++;
            }
        /* At the end there are fewer runs than threads, and some threads are idle. */
        result = left == 0 ? 0 : work / fmin(left, threads) - idle;
        result = result < 0 ? 0 : result;
    }
    free(m.seconds);
    free(m.n);
    return result;
}

/* ---- the file ---- */

static bool says(results_reader *r, const char *state)
{
    const char *text = reader_text(r, "/", "state");
    return text != NULL && strcmp(text, state) == 0;
}

/* A writer may begin or end between two looks, so a grid is interrupted only if it looks so twice. */
static outlook_state state_of(results_reader *r, const char *path)
{
    for (int i = 0; i < 2; i++) {
        if (says(r, "complete"))
            return OUTLOOK_COMPLETE;
        if (results_is_written(path))
            return OUTLOOK_RUNNING;
        if (!says(r, "running"))
            return says(r, "complete") ? OUTLOOK_COMPLETE : OUTLOOK_STOPPED;
    }
    return OUTLOOK_INTERRUPTED;
}

static double scalar(results_reader *r, const char *path)
{
    double *values = NULL, value = NN_NAN;
    size_t n = 0;
    nn_error none;
    if (reader_column(r, path, &values, &n, &none) == NN_ok && n > 0)
        value = values[0];
    free(values);
    return value;
}

/* Finds the best value of a metric over the runs that are done. */
static void find_best(results_reader *r, int metric, const double *status, outlook *o)
{
    char path[128];
    double *values = NULL;
    nn_error none;
    snprintf(path, sizeof path, PATH_RUNS "/%s", nn_metrics.rows[metric].name);
    if (reader_run_column(r, path, &values, &none) != NN_ok)
        return;
    for (size_t i = 0; i < o->n_runs; i++)
        if (status[i] == NN_RUN_done && isfinite(values[i]) &&
            (o->metric == NULL ||
             (nn_metric_rows[metric].better == NN_HIGHER ? values[i] > o->best : values[i] < o->best))) {
            o->metric = nn_metrics.rows[metric].name;
            o->best = values[i];
            o->best_run = i;
        }
    free(values);
}

static void count(outlook *o, const double *status, const double *seconds)
{
    for (size_t i = 0; i < o->n_runs; i++) {
        if (status[i] >= 0 && status[i] < NN_N_RUN_STATUS)
            o->counts[(size_t)status[i]]++;
        if (status[i] != NN_RUN_pending && seconds[i] >= 0)
            o->thread_seconds += seconds[i];
    }
}

static nn_status take_rows(results_reader *r, outlook *o, nn_error *err)
{
    static const char *const paths[] = {PATH_RUNS_STATUS, PATH_RUNS_CELL, PATH_RUNS "/epochs", PATH_TIMING_SECONDS};
    enum { N_PATHS = sizeof paths / sizeof *paths };
    double *columns[N_PATHS] = {NULL};
    nn_status status = NN_ok;
    for (size_t i = 0; i < N_PATHS && status == NN_ok; i++) /* status first: a row that is final then is whole */
        status = reader_run_column(r, paths[i], &columns[i], err);
    if (status == NN_ok) {
        const double idle = o->state == OUTLOOK_RUNNING ? fmax(o->now - o->last_write, 0) : 0;
        count(o, columns[0], columns[3]);
        o->seconds_left =
            reader_outlook_seconds_left(o->n_runs, columns[0], columns[1], columns[2], columns[3], o->threads, idle);
        find_best(r, reader_ranking(r).metric, columns[0], o);
    }
    for (size_t i = 0; i < N_PATHS; i++)
        free(columns[i]);
    return status;
}

nn_status reader_outlook_take(results_reader *r, const char *path, outlook *out, nn_error *err)
{
    outlook o = {.n_runs = reader_n_runs(r), .n_inactive = reader_n_inactive(r), .best = NN_NAN};
    struct stat s;
    o.now = clock_date();
    o.last_write = stat(path, &s) == 0 ? (double)s.st_mtim.tv_sec + 1e-9 * (double)s.st_mtim.tv_nsec : NN_NAN;
    o.state = state_of(r, path);
    const double pid = scalar(r, PATH_TIMING_PID), sessions = scalar(r, PATH_TIMING_SESSIONS);
    double threads = scalar(r, PATH_TIMING_THREADS);
    if (!(threads >= 1)) /* an older file */
        threads = reader_number(r, PATH_PROVENANCE, ATTR_THREADS);
    o.pid = pid > 0 ? (int64_t)pid : -1;
    o.threads = threads >= 1 && threads < 1e6 ? (int)threads : 1;
    o.sessions = sessions >= 1 ? (int64_t)sessions : 1;
    o.started = scalar(r, PATH_TIMING_STARTED);
    o.elapsed = scalar(r, PATH_TIMING_ELAPSED);
    const nn_status status = take_rows(r, &o, err);
    if (!(o.elapsed >= 0))
        o.elapsed = o.thread_seconds / o.threads;
    if (status == NN_ok)
        *out = o;
    return status;
}
