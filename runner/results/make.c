/* Makes a results file, or takes up one that is there. */
#include "results/make.h"
#include "results/build.h"
#include "results/carry.h"
#include "results/disk.h"
#include "results/fields.h"
#include "results/lock.h"
#include "results/place.h"
#include "results/plan.h"
#include "results/write.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double results_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

nn_status results_write_scalar(const layout *l, int fd, const char *path, const char *name, const void *value,
                               nn_error *err)
{
    const field *f = &l->fields[results_layout_find(l, name)];
    return results_disk_write(fd, path, value, field_bytes(f), f->offset, err);
}

/* Who writes, from now on. A file that takes the place of another goes on with its sessions. */
static nn_status write_session(const comparison *c, int fd, const char *path, nn_error *err)
{
    const stored *s = c->stored;
    const int64_t pid = getpid();
    const int32_t sessions = 1 + (s == NULL ? 0 : s->sessions), threads = c->options == NULL ? 0 : c->options->threads;
    const double now = results_now(), ended = NN_NAN;
    const double started = s == NULL || isnan(s->started) ? now : s->started;
    const double elapsed = s == NULL || isnan(s->elapsed) ? 0 : s->elapsed;
    const struct {
        const char *name;
        const void *value;
    } scalars[] = {{"/timing/pid", &pid},         {"/timing/sessions", &sessions}, {"/timing/threads", &threads},
                   {"/timing/started", &started}, {"/timing/elapsed", &elapsed},   {"/timing/ended", &ended}};
    nn_status status = NN_ok;
    for (size_t i = 0; i < sizeof scalars / sizeof scalars[0] && status == NN_ok; i++)
        status = results_write_scalar(c->layout, fd, path, scalars[i].name, scalars[i].value, err);
    return status;
}

/* ---- what is there ---- */

static nn_status compare_stored(comparison *c, inactive **left, nn_error *err)
{
    nn_status status = results_match_rows(c->grid, c->data, c->stored, c->options, &c->match, &c->survey, err);
    if (status == NN_ok)
        status = results_inactive_read(c->stored, c->match.kept, c->match.n_kept, c->grid, c->data, left, err);
    return status;
}

/* Once there is a layout. */
static nn_status compare_layout(comparison *c, nn_error *err)
{
    uint64_t digest = 0;
    nn_status status = results_layout_digest(c->layout, &digest, err);
    c->survey.exists = true;
    c->survey.grown = digest != c->stored->digest;
    if (!c->survey.grown)
        c->survey.bytes = c->stored->size;
    return status;
}

nn_status results_compare(comparison *c, const char *path, bool exists, nn_error *err)
{
    inactive *left = NULL;
    c->survey = (results_survey){.n_runs = c->grid->n_runs, .bytes_free = results_disk_free(path)};
    nn_status status = exists ? reader_stored_open(path, &c->stored, err) : NN_ok;
    if (status == NN_ok && exists)
        status = compare_stored(c, &left, err);
    if (status == NN_ok)
        status = results_layout_new(c->grid, c->data, left, &c->layout, err);
    if (status != NN_ok) {
        results_inactive_free(left);
        return status;
    }
    c->survey.bytes = results_layout_bytes(c->layout);
    c->survey.buffer_bytes = 2 * results_batch_bytes(c->layout);
    if (exists)
        return compare_layout(c, err);
    for (size_t i = 0; i < c->grid->n_runs; i++)
        c->survey.n_pending += results_in_shard(c->options, i);
    c->survey.n_elsewhere = c->grid->n_runs - c->survey.n_pending;
    c->match.standings = calloc(c->grid->n_runs + 1, sizeof *c->match.standings);
    return c->match.standings == NULL ? nn_fail(err, NN_memory, "not enough memory for %zu runs", c->grid->n_runs)
                                      : NN_ok;
}

void results_comparison_free(comparison *c)
{
    reader_stored_close(c->stored);
    results_match_free(&c->match);
    results_layout_free(c->layout);
    c->stored = NULL;
    c->layout = NULL;
}

/* ---- a new file ---- */

static nn_status make_structure(layout *l, const results_options *options, const char *path, const char *name,
                                nn_error *err)
{
    nn_error reason;
    nn_status status = results_build(l, options, name, &reason);
    if (status != NN_file)
        return status == NN_ok ? NN_ok : nn_fail(err, status, "%s", reason.message);
    const size_t prefix = strlen(name); /* the temporary name says nothing to the user */
    const bool named = strncmp(reason.message, name, prefix) == 0;
    return nn_fail(err, NN_file,
                   "%s%.300s; nothing that was written is lost: make room (or free the file) and run the same command "
                   "again",
                   path, named ? reason.message + prefix : reason.message);
}

/* Everything that goes into a new file, under its temporary name. */
static nn_status fill_file(comparison *c, const char *path, const char *name, int fd, nn_error *err)
{
    layout *l = c->layout;
    nn_status status = make_structure(l, c->options, path, name, err);
    if (status == NN_ok)
        status = results_disk_share(fd, path, err);
    if (status == NN_ok)
        status = results_disk_reserve(fd, path, err);
    if (status == NN_ok)
        status = results_fill_all(l, fd, path, err);
    if (status == NN_ok && c->stored != NULL)
        status = results_carry(l, fd, path, c->stored, c->match.standings, err);
    return status == NN_ok ? write_session(c, fd, path, err) : status;
}

/* A whole new file under a temporary name, locked. */
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

nn_status results_create_file(comparison *c, const char *path, int *fd, bool *taken, nn_error *err)
{
    char *temporary = NULL;
    int made = -1;
    nn_status status = build_file(c, path, &temporary, &made, err);
    if (status != NN_ok)
        return status;
    status = results_disk_publish(made, temporary, path, 0444, c->stored != NULL, taken, err);
    if (status != NN_ok || *taken) {
        unlink(temporary);
        close(made);
    } else {
        *fd = made;
    }
    free(temporary);
    return status;
}

/* ---- a file that is there ---- */

static nn_status resume_file(comparison *c, int fd, const char *path, nn_error *err)
{
    nn_status status = results_disk_reserve(fd, path, err); /* a copied file may have lost its reservation */
    if (status == NN_ok)
        status = results_fill_mend(c->layout, fd, path, err);
    if (status == NN_ok)
        status = results_reset_rows(c->layout, fd, path, c->stored, c->match.standings, err);
    return status == NN_ok ? write_session(c, fd, path, err) : status;
}

/* Resumes in place, or builds a new file with the old rows and puts it in the place of the old one, whose lock is
 * held meanwhile. A compact one has no places to write to: where there is nothing to be written, it stays. */
static nn_status go_on(comparison *c, const char *path, int old, int *fd, nn_error *err)
{
    bool taken = false;
    nn_status status = c->survey.grown ? NN_ok : results_layout_place(c->layout, path, err);
    if (status != NN_ok)
        return status;
    if (c->survey.grown || (c->layout->compact && c->survey.n_pending > 0)) {
        c->layout->compact = false; /* the new one is not */
        return results_create_file(c, path, fd, &taken, err);
    }
    status = c->layout->compact ? NN_ok : resume_file(c, old, path, err);
    *fd = status == NN_ok ? old : -1;
    return status;
}

nn_status results_continue_file(comparison *c, const char *path, int old, mode_t mode, int *fd, nn_error *err)
{
    results_disk_clean(path);
    nn_status status = results_compare(c, path, true, err);
    if (status == NN_ok)
        status = go_on(c, path, old, fd, err);
    if (status != NN_ok)
        (void)!fchmod(old, mode); /* as it was; where that fails, the file is merely writable */
    if (*fd != old)
        close(old);
    return status;
}
