/* The life of a results file: looked at, opened (created, resumed or grown), written, finished. */
#include "results_internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATE_RUNNING, STATE_STOPPED, STATE_COMPLETE };

static nn_status write_state(const layout *l, int fd, const char *path, int32_t state, nn_error *err)
{
    return write_scalar(l, fd, path, "/state", &state, err);
}

/* ---- what is there ---- */

nn_status results_look(const char *path, const grid *g, const dataset *d, results_survey *out, nn_error *err)
{
    layout *l = NULL;
    stored *s = NULL;
    results_survey survey;
    struct stat st;
    standing *standings = calloc(g->n_runs + 1, sizeof *standings);
    nn_status status = standings == NULL ? nn_fail(err, NN_memory, "not enough memory") : NN_ok;
    if (status == NN_ok)
        status = layout_new(g, d, &l, err);
    if (status != NN_ok)
        goto done;
    survey_new(g, l, path, &survey);
    survey.n_pending = g->n_runs;
    if (stat(path, &st) == 0) {
        survey.n_pending = 0;
        status = stored_open(path, &s, err);
        if (status == NN_ok)
            status = survey_stored(l, s, standings, &survey, err);
    }
    if (status == NN_ok)
        *out = survey;
done:
    stored_close(s);
    layout_free(l);
    free(standings);
    return status;
}

/* ---- opening ---- */

/* The statuses in memory, the state in the file, and the read-only mode. */
static nn_status begin(results *r, const standing *standings, nn_error *err)
{
    for (size_t i = 0; i < r->l->grid->n_runs; i++)
        r->status[i] = (unsigned char)standings[i].status;
    if (r->l->compact)
        return fstat(r->fd, &r->at_start) < 0
                   ? nn_fail(err, NN_file, "%s: cannot look at it: %s", r->path, strerror(errno))
                   : NN_ok;
    /* Running even where no run is pending: a file that is killed before it has its /cells must not say
     * complete. */
    nn_status status = write_state(r->l, r->fd, r->path, STATE_RUNNING, err);
    /* HDF5 truncates a file before it looks at locks: the mode keeps other writers out. */
    if (status == NN_ok && (fchmod(r->fd, 0444) < 0 || fstat(r->fd, &r->at_start) < 0))
        status = nn_fail(
            err, NN_file,
            "%s: cannot make it read-only while it is written: %s; nothing in it is lost: run the same "
            "command again as its owner, or choose another -o",
            r->path, strerror(errno));
    return status;
}

/* Opens what is there or makes it, whichever another process leaves to us. */
static nn_status open_or_create(results *r, const results_options *options, standing *standings,
                                results_survey *survey, nn_error *err)
{
    for (;;) {
        bool taken = false;
        mode_t mode = 0;
        int fd = -1;
        survey_new(r->l->grid, r->l, r->path, survey);
        nn_status status = disk_lock(r->path, &fd, &mode, err);
        if (status == NN_ok && fd >= 0)
            return continue_file(r->l, r->path, options, fd, mode, standings, survey, &r->fd, err);
        survey->n_pending = survey->n_runs;
        if (status == NN_ok)
            status = disk_make_folder(r->path, err);
        if (status == NN_ok)
            status = create_file(r->l, r->path, options, NULL, NULL, &r->fd, &taken, err);
        if (status != NN_ok || !taken)
            return status;
    }
}

static results *results_new(size_t n_runs)
{
    results *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->fd = -1;
    buffers_init(r);
    r->status = calloc(n_runs + 1, sizeof *r->status);
    if (r->status != NULL)
        return r;
    results_close(r);
    return NULL;
}

nn_status results_open(const char *path, const grid *g, const dataset *d, const results_options *options,
                       results **out, results_survey *survey, nn_error *err)
{
    results_survey found;
    nn_status status;
    results *r = results_new(g->n_runs);
    standing *standings = calloc(g->n_runs + 1, sizeof *standings);
    if (r == NULL || standings == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory for %zu runs", g->n_runs);
        goto done;
    }
    status = disk_resolve(path, &r->path, err);
    if (status == NN_ok)
        status = layout_new(g, d, &r->l, err);
    if (status == NN_ok)
        status = open_or_create(r, options, standings, &found, err);
    if (status == NN_ok)
        status = begin(r, standings, err);
    if (status == NN_ok) {
        *out = r;
        if (survey != NULL)
            *survey = found;
        r = NULL;
    }
done:
    free(standings);
    results_close(r);
    return status;
}

void results_close(results *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd); /* and with it both locks */
    layout_free(r->l);
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

nn_status results_sync(results *r, nn_error *err)
{
    struct stat named;
    const nn_status flushed = results_flush(r, err);
    if (flushed != NN_ok)
        return flushed;
    if (disk_sync(r->fd, true) < 0)
        return nn_fail(err, NN_file,
                       "%s: cannot write to the disk: %s; run the same command again: it resumes", r->path,
                       strerror(errno));
    if (stat(r->path, &named) < 0 || named.st_dev != r->at_start.st_dev ||
        named.st_ino != r->at_start.st_ino || named.st_size != r->at_start.st_size)
        return nn_fail(
            err, NN_file,
            "%s was removed, replaced or cut while the grid ran; it is no longer written to: put it back, "
            "or run the same command again to start anew",
            r->path);
    return NN_ok;
}

/* ---- the end ---- */

/* /cells and /plots first, then the state: a file that says complete has them, also where the power goes, hence the sync
 * in between. A kill leaves every row and the state as it was. The state is a dataset, not an attribute,
 * because it changes: attributes lie in blocks with checksums, so that no plain write can change one. */
nn_status results_finish(results *r, nn_error *err)
{
    if (r->l->compact)
        return NN_ok; /* complete as it is */
    const double ended = results_now();
    int32_t state = STATE_COMPLETE;
    for (size_t i = 0; i < r->l->grid->n_runs; i++)
        if (r->status[i] == NN_RUN_pending)
            state = STATE_STOPPED;
    nn_status status = cells_write(r->l, r->fd, r->path, err);
    if (status == NN_ok)
        status = plots_write(r->l, r->fd, r->path, err);
    if (status == NN_ok)
        status = write_scalar(r->l, r->fd, r->path, "/timing/ended", &ended, err);
    if (status == NN_ok)
        status = results_sync(r, err);
    if (status == NN_ok)
        status = write_state(r->l, r->fd, r->path, state, err);
    if (status == NN_ok)
        status = results_sync(r, err);
    if (status == NN_ok)
        disk_usual_mode(r->fd);
    return status;
}
