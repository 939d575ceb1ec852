/* The life of a results file: looked at, opened (created, resumed or grown), written, finished. */
#include "results/results.h"
#include "results/cells.h"
#include "results/disk.h"
#include "results/lock.h"
#include "results/make.h"
#include "results/plan.h"
#include "results/plots.h"
#include "results/write.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_RUNNING, STATE_STOPPED, STATE_COMPLETE };

static nn_status write_state(const layout *l, int fd, const char *path, int32_t state, nn_error *err)
{
    return results_write_scalar(l, fd, path, "/state", &state, err);
}

/* ---- what is there ---- */

nn_status results_look(const char *path, const grid *g, const dataset *d, const results_options *options,
                       results_survey *out, nn_error *err)
{
    comparison c = {.grid = g, .data = d, .options = options};
    struct stat st;
    nn_status status = results_compare(&c, path, stat(path, &st) == 0, err);
    if (status == NN_ok)
        *out = c.survey;
    results_comparison_free(&c);
    return status;
}

/* ---- opening ---- */

/* The statuses in memory, the state in the file, and the read-only mode. */
static nn_status begin(results *r, const comparison *c, nn_error *err)
{
    for (size_t i = 0; i < c->grid->n_runs; i++)
        r->status[i] = (unsigned char)c->match.standings[i].status;
    r->began = results_now();
    r->before = c->stored == NULL || isnan(c->stored->elapsed) ? 0 : c->stored->elapsed;
    if (r->l->compact)
        return NN_ok; /* complete, and nothing is to be written */
    /* Running even where no run is pending: a file that is killed before it has its /cells must not say
     * complete. */
    nn_status status = write_state(r->l, r->fd, r->path, STATE_RUNNING, err);
    /* HDF5 truncates a file before it looks at locks: the mode keeps other writers out. */
    if (status == NN_ok && (fchmod(r->fd, 0444) < 0 || fstat(r->fd, &r->at_start) < 0))
        status = nn_fail(err, NN_file,
                         "%s: cannot make it read-only while it is written: %s; nothing in it is lost: run the same "
                         "command again as its owner, or choose another -o",
                         r->path, strerror(errno));
    return status;
}

/* Opens what is there or makes it, whichever another process leaves to us. */
static nn_status open_or_create(results *r, comparison *c, nn_error *err)
{
    for (;;) {
        bool taken = false;
        mode_t mode = 0;
        int fd = -1;
        nn_status status = results_guard_take(r->path, &r->guard, err);
        if (status == NN_ok)
            status = results_disk_lock(r->path, &fd, &mode, err);
        if (status == NN_ok && fd >= 0)
            return results_continue_file(c, r->path, fd, mode, &r->fd, err);
        if (status == NN_ok)
            status = results_disk_make_folder(r->path, err);
        if (status == NN_ok)
            status = results_guard_take(r->path, &r->guard, err);
        if (status == NN_ok)
            status = results_compare(c, r->path, false, err);
        if (status == NN_ok)
            status = results_create_file(c, r->path, &r->fd, &taken, err);
        if (status != NN_ok || !taken)
            return status;
        results_comparison_free(c);
    }
}

static results *results_new(size_t n_runs)
{
    results *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->fd = r->guard = -1;
    results_buffers_init(r);
    r->status = calloc(n_runs + 1, sizeof *r->status);
    if (r->status != NULL)
        return r;
    results_close(r);
    return NULL;
}

nn_status results_open(const char *path, const grid *g, const dataset *d, const results_options *options, results **out,
                       results_survey *survey, nn_error *err)
{
    comparison c = {.grid = g, .data = d, .options = options};
    results *r = results_new(g->n_runs);
    if (r == NULL)
        return nn_fail(err, NN_memory, "not enough memory for %zu runs", g->n_runs);
    if (options != NULL)
        r->shard = (results_options){.shard = options->shard, .n_shards = options->n_shards};
    nn_status status = results_disk_resolve(path, &r->path, err);
    if (status == NN_ok)
        status = open_or_create(r, &c, err);
    r->l = c.layout;
    c.layout = NULL;
    if (status == NN_ok)
        status = begin(r, &c, err);
    if (status == NN_ok) {
        *out = r;
        if (survey != NULL)
            *survey = c.survey;
        r = NULL;
    }
    results_comparison_free(&c);
    results_close(r);
    return status;
}

void results_close(results *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd); /* and with it both locks */
    results_guard_release(r->path, r->guard);
    results_layout_free(r->l);
    pthread_mutex_destroy(&r->mutex);
    free((void *)r->status);
    free(r->path);
    free(r);
}

/* ---- while runs train: see also results_buffer.c ---- */

nn_run_status results_status(const results *r, size_t run)
{
    return (nn_run_status)r->status[run];
}

bool results_to_train(const results *r, size_t run)
{
    return results_status(r, run) == NN_RUN_pending && results_in_shard(&r->shard, run);
}

/* The seconds of all sessions so far: they are right to a few seconds even where this one is killed. */
static nn_status write_elapsed(results *r, nn_error *err)
{
    const double elapsed = r->before + fmax(results_now() - r->began, 0);
    return results_write_scalar(r->l, r->fd, r->path, "/timing/elapsed", &elapsed, err);
}

static nn_status sync_file(results *r, bool data_only, nn_error *err)
{
    struct stat named;
    if (r->l->compact)
        return NN_ok;
    nn_status status = results_flush(r, err);
    if (status == NN_ok)
        status = write_elapsed(r, err);
    if (status != NN_ok)
        return status;
    if (results_disk_sync(r->fd, data_only) < 0)
        return nn_fail(err, NN_file, "%s: cannot write to the disk: %s; run the same command again: it resumes",
                       r->path, strerror(errno));
    if (stat(r->path, &named) < 0 || named.st_dev != r->at_start.st_dev || named.st_ino != r->at_start.st_ino ||
        named.st_size != r->at_start.st_size)
        return nn_fail(err, NN_file,
                       "%s was removed, replaced or cut while the grid ran; it is no longer written to: put it back, "
                       "or run the same command again to start anew",
                       r->path);
    return NN_ok;
}

nn_status results_sync(results *r, nn_error *err)
{
    return sync_file(r, true, err);
}

/* ---- the end ---- */

static nn_status write_end(results *r, nn_error *err)
{
    const double ended = results_now();
    nn_status status = results_cells_write(r->l, r->fd, r->path, err);
    if (status == NN_ok)
        status = results_plots_write(r->l, r->fd, r->path, err);
    return status == NN_ok ? results_write_scalar(r->l, r->fd, r->path, "/timing/ended", &ended, err) : status;
}

/* /cells, /plots and the usual mode first, then the state: a file that says complete has them, also where the power
 * goes, hence the sync in between. (The same command leaves a complete file alone: one that was still read-only
 * would stay so.) A kill leaves every row and the state as it was. The state is a dataset, not an attribute,
 * because it changes: attributes lie in blocks with checksums, so that no plain write can change one. */
nn_status results_finish(results *r, nn_error *err)
{
    int32_t state = STATE_COMPLETE;
    if (r->l->compact)
        return NN_ok;
    for (size_t i = 0; i < r->l->grid->n_runs; i++)
        if (r->status[i] == NN_RUN_pending)
            state = STATE_STOPPED;
    nn_status status = write_end(r, err);
    if (status != NN_ok)
        return status;
    results_disk_usual_mode(r->fd);
    status = sync_file(r, false, err);
    if (status == NN_ok)
        status = write_state(r->l, r->fd, r->path, state, err);
    return status == NN_ok ? results_sync(r, err) : status;
}
