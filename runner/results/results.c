/* Opens a results file (creates, resumes or grows it), syncs it while runs train, and finishes it. */
#include "results/results.h"
#include "base/mode.h"
#include "base/clock.h"
#include "base/text.h"
#include "results/arithmetic.h"
#include "results/build.h"
#include "results/carry.h"
#include "results/cells.h"
#include "results/disk.h"
#include "results/fields.h"
#include "results/fill.h"
#include "results/lock.h"
#include "results/match.h"
#include "results/names.h"
#include "results/own.h"
#include "results/place.h"
#include "results/plan.h"
#include "results/plots.h"
#include "results/reader/look.h"
#include "results/sources.h"
#include "results/write.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- numbers of the file: its state, its sessions ---- */

static nn_status write_scalar(const layout *l, int fd, const char *path, const char *name, const void *value,
                              nn_error *err)
{
    const field *f = &l->fields[results_layout_find(l, name)];
    return results_disk_write(fd, path, value, field_bytes(f), f->offset, err);
}

static nn_status write_state(const layout *l, int fd, const char *path, int32_t state, nn_error *err)
{
    return write_scalar(l, fd, path, PATH_STATE, &state, err);
}

/* Writes who is writing from now on. A file that replaces another continues its count of sessions. */
static nn_status write_session(const comparison *c, int fd, const char *path, nn_error *err)
{
    const stored *s = c->stored;
    const int64_t pid = getpid();
    const int32_t sessions = 1 + (s == NULL ? 0 : s->sessions), threads = c->options == NULL ? 0 : c->options->threads;
    const double today = clock_date(), ended = NN_NAN;
    const double started = s == NULL || isnan(s->started) ? today : s->started;
    const double elapsed = s == NULL || isnan(s->elapsed) ? 0 : s->elapsed;
    const struct {
        const char *name;
        const void *value;
    } scalars[] = {{PATH_TIMING_PID, &pid},         {PATH_TIMING_SESSIONS, &sessions}, {PATH_TIMING_THREADS, &threads},
                   {PATH_TIMING_STARTED, &started}, {PATH_TIMING_ELAPSED, &elapsed},   {PATH_TIMING_ENDED, &ended}};
    nn_status status = NN_ok;
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0] && status == NN_ok; i++)
        status = write_scalar(c->layout, fd, path, scalars[i].name, scalars[i].value, err);
    return status;
}

/* ---- a new file ---- */

static nn_status make_structure(layout *l, const results_options *options, const char *path, const char *name,
                                nn_error *err)
{
    nn_error reason;
    nn_status status = results_build(l, options, name, &reason);
    if (status != NN_file)
        return status == NN_ok ? NN_ok : nn_fail(err, status, "%s", reason.message);
    const size_t prefix = strlen(name); /* messages name the file, not its temporary name */
    const bool named = strncmp(reason.message, name, prefix) == 0;
    return nn_fail(err, NN_file,
                   "%s%.300s; nothing that was written is lost: make room (or free the file) and run the same command "
                   "again",
                   path, named ? reason.message + prefix : reason.message);
}

/* Takes over what users put into the file that is replaced, or into those that are merged. */
static nn_status carry_own(const comparison *c, const char *name, nn_error *err)
{
    const results_options *o = c->options;
    nn_status status = c->stored != NULL ? results_carry_own(c->stored->file.path, name, err) : NN_ok;
    for (size_t i = 0; o != NULL && i < o->n_merged && status == NN_ok; i++)
        status = results_carry_own(o->merged[i], name, err);
    return status;
}

/* Writes all that a new file has before training, under its temporary name. */
static nn_status fill_file(comparison *c, const char *path, const char *name, int fd, nn_error *err)
{
    layout *l = c->layout;
    nn_status status = make_structure(l, c->options, path, name, err);
    if (status == NN_ok)
        status = carry_own(c, name, err);
    if (status == NN_ok)
        status = results_disk_share(fd, path, err);
    if (status == NN_ok)
        status = results_disk_reserve(fd, path, err);
    if (status == NN_ok)
        status = results_fill(l, fd, path, true, err);
    if (status == NN_ok && c->stored != NULL)
        status = results_carry(l, fd, path, c->stored, c->match.standings, err);
    return status == NN_ok ? write_session(c, fd, path, err) : status;
}

/* Makes a locked new file under a temporary name. */
static nn_status build_file(comparison *c, const char *path, char **temporary, int *fd, nn_error *err)
{
    char *name = NULL;
    int made = -1;
    results_disk_clean(path);
    nn_status status = results_disk_room(path, results_layout_bytes(c->layout), err);
    if (status == NN_ok)
        status = results_disk_temporary(path, &name, &made, err);
    if (status != NN_ok)
        return status;
    status = fill_file(c, path, name, made, err);
    if (status != NN_ok) {
        unlink(name);
        close(made);
        free(name);
        return status;
    }
    *temporary = name;
    *fd = made;
    return NN_ok;
}

/* Creates the file under its name, with the rows of the file `there` that it replaces (NULL: none). *taken: another process
 * has created one meanwhile, and nothing was done. */
static nn_status create_file(comparison *c, const char *path, const struct stat *there, int *fd, bool *taken,
                             nn_error *err)
{
    char *temporary = NULL;
    int made = -1;
    nn_status status = build_file(c, path, &temporary, &made, err);
    if (status != NN_ok)
        return status;
    status = results_disk_publish(made, temporary, path, mode_readonly(mode_after(there)), there, c->stored != NULL,
                                  taken, err);
    if (status != NN_ok || *taken) {
        unlink(temporary);
        close(made);
    } else {
        *fd = made;
    }
    free(temporary);
    return status;
}

/* ---- what came from outside ---- */

/* Refuses a file whose data, or other files that the grid names, have changed, unless the caller accepts it. */
static nn_status look_at_sources(const comparison *c, const char *path, results_change *change, nn_error *err)
{
    const nn_status status = results_sources_compare(path, c->grid, c->data, change, err);
    const bool accepted = c->options != NULL && c->options->accept_new_data;
    return status == NN_ok && change->n > 0 && !accepted ? results_sources_refuse(path, change, err) : status;
}

/* Refuses a file with finished runs of an older arithmetic, unless the user has said what to do with them. */
static nn_status look_at_arithmetic(const comparison *c, const char *path, nn_error *err)
{
    const bool asks = c->options == NULL || c->options->older == OLDER_REFUSE;
    return asks && c->survey.n_unaccepted > 0 ? results_arithmetic_refuse(path, &c->survey, err) : NN_ok;
}

static bool stays_aside(const results_survey *survey)
{
    return survey->change.data || survey->n_replaced > 0;
}

/* Keeps the locked file under another name: the new one that takes its place can describe one set of data alone, and has none
 * of the runs that are trained again. */
static nn_status keep_aside(const char *path, const results_survey *survey, char **name, nn_error *err)
{
    *name = results_kept_name(path, survey);
    if (*name != NULL && link(path, *name) == 0)
        return NN_ok;
    const nn_status status = nn_fail(err, NN_file, "%s: cannot be kept as %s: %s; copy it, or choose another -o", path,
                                     *name != NULL ? *name : "another file", strerror(errno));
    free(*name);
    *name = NULL;
    return status;
}

/* ---- a file that exists ---- */

static nn_status resume_file(comparison *c, int fd, const char *path, nn_error *err)
{
    const int32_t computed = -1;
    nn_status status = results_disk_reserve(fd, path, err); /* a file that was copied may have holes */
    if (status == NN_ok)                                    /* statistics are about to change */
        status = write_scalar(c->layout, fd, path, PATH_CELLS_COMPUTED, &computed, err);
    if (status == NN_ok && c->survey.differs.n > 0)
        status = results_fill(c->layout, fd, path, false, err);
    if (status == NN_ok)
        status = results_reset_rows(c->layout, fd, path, c->stored, c->match.standings, err);
    return status == NN_ok ? write_session(c, fd, path, err) : status;
}

/* Resumes in place, or replaces the file, whose lock is held meanwhile, by a new one with its rows. A compact file
 * cannot be written into: it stays where there is nothing to write, and is replaced by a contiguous one otherwise. */
static nn_status resume_or_grow(comparison *c, const char *path, int old, const struct stat *there, int *fd,
                                nn_error *err)
{
    bool taken = false;
    if (c->survey.grown || (c->layout->compact && c->survey.n_pending + c->survey.differs.n > 0)) {
        c->layout->compact = false; /* the new file is contiguous */
        return create_file(c, path, there, fd, &taken, err);
    }
    const nn_status status = c->layout->compact ? NN_ok : resume_file(c, old, path, err);
    *fd = status == NN_ok ? old : -1;
    return status;
}

/* Takes up the locked file `old`, which was as `there` says; *fd is that file or the grown one that replaces it. */
static nn_status continue_file(comparison *c, const char *path, int old, const struct stat *there, int *fd,
                               nn_error *err)
{
    results_change change = {0};
    char *aside = NULL;
    results_disk_clean(path);
    nn_status status = look_at_sources(c, path, &change, err);
    c->renew = change.n > 0;
    if (status == NN_ok)
        status = results_compare(c, path, true, err);
    c->survey.change = change;
    if (status == NN_ok)
        status = look_at_arithmetic(c, path, err);
    if (status == NN_ok && stays_aside(&c->survey))
        status = keep_aside(path, &c->survey, &aside, err);
    if (status == NN_ok)
        status = resume_or_grow(c, path, old, there, fd, err);
    if (status != NN_ok && aside != NULL)
        unlink(aside);
    free(aside);
    if (status != NN_ok)
        (void)!fchmod(old,
                      there->st_mode & 07777); /* the mode that it had; if this fails, the file is merely writable */
    if (*fd != old)
        close(old);
    return status;
}

/* ---- looking ---- */

nn_status results_look(const char *path, const grid *g, const dataset *d, const results_options *options,
                       results_survey *out, nn_error *err)
{
    comparison c = {.grid = g, .data = d, .options = options};
    struct stat st;
    const bool exists = stat(path, &st) == 0;
    results_change change = {0};
    nn_status status = exists ? reader_look_over(path, true, err) : NN_ok;
    if (status == NN_ok && exists)
        status = look_at_sources(&c, path, &change, err);
    c.renew = change.n > 0;
    if (status == NN_ok)
        status = results_compare(&c, path, exists, err);
    c.survey.change = change;
    if (status == NN_ok && c.survey.settled) {
        c.survey.grown = false;
        c.survey.bytes = c.stored->size;
    } else if (status == NN_ok) {
        status = look_at_arithmetic(&c, path, err);
    }
    if (status == NN_ok)
        *out = c.survey;
    results_comparison_free(&c);
    return status;
}

char *results_kept_name(const char *path, const results_survey *survey)
{
    char mark[32];
    if (survey->change.data)
        return results_sources_aside(path, results_sources_mark(&survey->change, mark, sizeof mark));
    return survey->n_replaced > 0 ? results_arithmetic_aside(path, survey) : NULL;
}

/* ---- opening ---- */

/* Takes the statuses into memory, writes the state, and makes the file read-only. */
static nn_status begin(results *r, const comparison *c, nn_error *err)
{
    for (size_t i = 0; i < c->grid->n_runs; i++)
        r->status[i] = (unsigned char)c->match.standings[i].status;
    r->began = clock_date();
    r->before = c->stored == NULL || isnan(c->stored->elapsed) ? 0 : c->stored->elapsed;
    if (r->l->compact)
        return NN_ok; /* it is complete, and nothing will be written */
    /* The state is running even if no run is pending: a file that does not have its /cells yet is not complete. */
    nn_status status = write_state(r->l, r->fd, r->path, STATE_RUNNING, err);
    /* HDF5 truncates a file before it looks at locks; the mode keeps other writers away. */
    if (status == NN_ok && (fchmod(r->fd, mode_readonly(r->mode)) < 0 || fstat(r->fd, &r->at_start) < 0))
        status = nn_fail(err, NN_file,
                         "%s: cannot make it read-only while it is written: %s; nothing in it is lost: run the same "
                         "command again as its owner, or choose another -o",
                         r->path, strerror(errno));
    return status;
}

/* Opens the file or creates it; starts again where another process creates it meanwhile. */
static nn_status open_or_create(results *r, comparison *c, nn_error *err)
{
    for (;;) {
        bool taken = false;
        struct stat there;
        int fd = -1;
        nn_status status = results_guard_take(r->path, &r->guard, err);
        if (status == NN_ok)
            status = results_disk_lock(r->path, &fd, &there, err);
        r->mode = mode_after(status == NN_ok && fd >= 0 ? &there : NULL);
        if (status == NN_ok && fd >= 0)
            return continue_file(c, r->path, fd, &there, &r->fd, err);
        if (status == NN_ok)
            status = results_disk_make_folder(r->path, err);
        if (status == NN_ok)
            status = results_guard_take(r->path, &r->guard, err);
        if (status == NN_ok)
            status = results_compare(c, r->path, false, err);
        if (status == NN_ok)
            status = create_file(c, r->path, NULL, &r->fd, &taken, err);
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
    r->cells_of = SIZE_MAX;
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
        close(r->fd); /* releases both locks */
    results_guard_release(r->path, r->guard);
    results_layout_free(r->l);
    pthread_mutex_destroy(&r->mutex);
    free((void *)r->status);
    free(r->path);
    free(r);
}

/* ---- while runs train ---- */

nn_run_status results_status(const results *r, size_t run)
{
    return (nn_run_status)r->status[run];
}

bool results_to_train(const results *r, size_t run)
{
    return results_status(r, run) == NN_RUN_pending && results_in_shard(&r->shard, run);
}

/* Writes the seconds of all sessions so far at each sync, so that a kill loses a few seconds at most. */
static nn_status write_elapsed(results *r, nn_error *err)
{
    const double elapsed = r->before + fmax(clock_date() - r->began, 0);
    return write_scalar(r->l, r->fd, r->path, PATH_TIMING_ELAPSED, &elapsed, err);
}

/* Says what became of the file that was written to, if it is not the one that the path names. */
static nn_status check_named(const results *r, nn_error *err)
{
    struct stat named;
    const struct stat *own = &r->at_start;
    char then[32], now[32];
    if (stat(r->path, &named) < 0)
        return nn_fail(
            err, NN_file,
            "%s was removed or moved while the grid ran; it is no longer written to: put it back, or run the "
            "same command again to start anew",
            r->path);
    if (named.st_dev != own->st_dev || named.st_ino != own->st_ino)
        return nn_fail(
            err, NN_file,
            "%s was replaced by another file while the grid ran; nothing was written into that one: put your "
            "own back, or choose another -o",
            r->path);
    if (named.st_size != own->st_size)
        return nn_fail(
            err, NN_data,
            "%s was cut or changed by another program while the grid ran (it had %s and has %s), so that it is "
            "damaged; it is no longer written to: move it away and run the same command again, which starts "
            "anew",
            r->path, text_bytes((double)own->st_size, then, sizeof then),
            text_bytes((double)named.st_size, now, sizeof now));
    return NN_ok;
}

static nn_status sync_file(results *r, bool data_only, nn_error *err)
{
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
    return check_named(r, err);
}

/* Writes /cells again when 10 seconds have passed, and so long that this takes a fiftieth of the time at most. */
static nn_status renew_cells(results *r, nn_error *err)
{
    static const double shortest = 10, times_as_long = 50;
    const double began = clock_seconds();
    size_t n = 0;
    for (size_t i = 0; i < r->l->grid->n_runs; i++)
        n += r->status[i] != NN_RUN_pending;
    if (r->l->compact || n == r->cells_of || began < r->cells_due)
        return NN_ok;
    const nn_status status = results_cells_write(r->l, r->fd, r->path, err);
    r->cells_of = n;
    r->cells_due = began + fmax(shortest, times_as_long * (clock_seconds() - began));
    return status;
}

nn_status results_sync(results *r, nn_error *err)
{
    nn_status status = results_flush(r, err);
    if (status == NN_ok)
        status = renew_cells(r, err);
    return status == NN_ok ? sync_file(r, true, err) : status;
}

/* ---- the end ---- */

static nn_status write_end(results *r, nn_error *err)
{
    const double ended = clock_date();
    nn_status status = results_cells_write(r->l, r->fd, r->path, err);
    if (status == NN_ok)
        status = results_plots_write(r->l, r->fd, r->path, err);
    return status == NN_ok ? write_scalar(r->l, r->fd, r->path, PATH_TIMING_ENDED, &ended, err) : status;
}

/* Writes /cells, /plots and the mode first, syncs, and then writes the state: a file that says complete has them even
 * after a power failure. (A complete file is left alone by the same command, so a read-only mode would stay.) The state
 * is a dataset, not an attribute, since it changes: attributes lie in blocks with checksums, which no plain write can
 * change. */
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
    (void)!fchmod(r->fd, r->mode); /* where it fails, there are no modes to restore */
    status = sync_file(r, false, err);
    if (status == NN_ok)
        status = write_state(r->l, r->fd, r->path, state, err);
    return status == NN_ok ? sync_file(r, true, err) : status;
}
