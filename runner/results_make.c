/* Makes a results file, or takes up one that is there. */
#include "results_internal.h"
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

nn_status write_scalar(const layout *l, int fd, const char *path, const char *name, const void *value,
                       nn_error *err)
{
    const field *f = &l->fields[layout_find(l, name)];
    return disk_write(fd, path, value, field_bytes(f), f->offset, err);
}

/* Who writes, from now on. */
static nn_status write_session(const layout *l, int fd, const char *path, bool fresh, nn_error *err)
{
    const int64_t pid = getpid();
    const double started = results_now(), ended = NN_NAN;
    nn_status status = write_scalar(l, fd, path, "/timing/pid", &pid, err);
    if (status == NN_ok && fresh)
        status = write_scalar(l, fd, path, "/timing/started", &started, err);
    return status == NN_ok ? write_scalar(l, fd, path, "/timing/ended", &ended, err) : status;
}

/* ---- what is there ---- */

void survey_new(const grid *g, const layout *l, const char *path, results_survey *survey)
{
    *survey = (results_survey){.n_runs = g->n_runs,
                               .bytes = layout_bytes(l),
                               .buffer_bytes = 2 * batch_bytes(l),
                               .bytes_free = disk_free(path)};
}

nn_status survey_stored(const layout *l, const stored *s, standing *standings, results_survey *survey,
                        nn_error *err)
{
    uint64_t digest = 0;
    nn_status status = layout_digest(l, &digest, err);
    if (status != NN_ok)
        return status;
    survey->exists = true;
    survey->grown = digest != s->digest;
    if (!survey->grown)
        survey->bytes = s->size;
    return stand_of(l->grid, s, standings, survey, err);
}

/* ---- a new file ---- */

static nn_status make_structure(layout *l, const results_options *options, const char *path, const char *name,
                                nn_error *err)
{
    nn_error reason;
    nn_status status = build_structure(l, options, name, &reason);
    if (status != NN_file)
        return status == NN_ok ? NN_ok : nn_fail(err, status, "%s", reason.message);
    const size_t prefix = strlen(name); /* the temporary name says nothing to the user */
    const bool named = strncmp(reason.message, name, prefix) == 0;
    return nn_fail(
        err, NN_file,
        "%s%.300s; nothing that was written is lost: make room (or free the file) and run the same command "
        "again",
        path, named ? reason.message + prefix : reason.message);
}

/* A whole new file under a temporary name, locked; `old` gives its finished rows, NULL: none. */
static nn_status build_file(layout *l, const char *path, const results_options *options, const stored *old,
                            const standing *standings, char **temporary, int *fd, nn_error *err)
{
    char *name = NULL;
    int made = -1;
    disk_clean(path);
    nn_status status = disk_room(path, layout_bytes(l), err);
    if (status == NN_ok)
        status = disk_temporary(path, &name, &made, err);
    if (status != NN_ok)
        return status;
    status = make_structure(l, options, path, name, err);
    if (status == NN_ok)
        status = disk_share(made, path, err);
    if (status == NN_ok)
        status = disk_reserve(made, path, err);
    if (status == NN_ok)
        status = fill_all(l, made, path, err);
    if (status == NN_ok && old != NULL)
        status = carry_rows(l, made, path, old, standings, err);
    if (status == NN_ok)
        status = write_session(l, made, path, true, err);
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

nn_status create_file(layout *l, const char *path, const results_options *options, const stored *old,
                      const standing *standings, int *fd, bool *taken, nn_error *err)
{
    char *temporary = NULL;
    int made = -1;
    nn_status status = build_file(l, path, options, old, standings, &temporary, &made, err);
    if (status != NN_ok)
        return status;
    status = disk_publish(made, temporary, path, old != NULL, taken, err);
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

static nn_status refuse_leaving(const char *path, size_t n, nn_error *err)
{
    return nn_fail(
        err, NN_file,
        "%s: %zu finished run%s would be lost, for the grid has no such point any more; choose another "
        "-o, or --prune to drop %s",
        path, n, n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

/* Rows that are to be trained again become pending ones. */
static nn_status resume_file(layout *l, int fd, const char *path, const standing *standings, const stored *s,
                             nn_error *err)
{
    nn_status status = disk_reserve(fd, path, err); /* a copied file may have lost its reservation */
    if (status == NN_ok)
        status = fill_mend(l, fd, path, err);
    if (status == NN_ok)
        status = reset_rows(l, fd, path, s, standings, err);
    return status == NN_ok ? write_session(l, fd, path, false, err) : status;
}

static void forget_failed(const grid *g, standing *standings)
{
    for (size_t i = 0; i < g->n_runs; i++)
        if (standings[i].status == NN_RUN_failed)
            standings[i].status = NN_RUN_pending;
}

static bool any_pending(const grid *g, const standing *standings)
{
    for (size_t i = 0; i < g->n_runs; i++)
        if (standings[i].status == NN_RUN_pending)
            return true;
    return false;
}

/* Goes on in the old file where it has places for all rows; a compact one has none, and is left as it is where
 * nothing is to be written. Else a new one, with the old rows, takes its place, its lock held meanwhile. */
static nn_status go_on(layout *l, const char *path, const results_options *options, int old, const stored *s,
                       const standing *standings, bool grown, int *fd, nn_error *err)
{
    bool taken = false;
    nn_status status = grown ? NN_ok : layout_place(l, path, err);
    if (status != NN_ok)
        return status;
    if (grown || (l->compact && any_pending(l->grid, standings)))
        return create_file(l, path, options, s, standings, fd, &taken, err);
    status = l->compact ? NN_ok : resume_file(l, old, path, standings, s, err);
    *fd = status == NN_ok ? old : -1;
    return status;
}

nn_status continue_file(layout *l, const char *path, const results_options *options, int old, mode_t mode,
                        standing *standings, results_survey *survey, int *fd, nn_error *err)
{
    stored *s = NULL;
    disk_clean(path);
    nn_status status = stored_open(path, &s, err);
    if (status == NN_ok)
        status = survey_stored(l, s, standings, survey, err);
    if (status == NN_ok && survey->n_leaving > 0 && (options == NULL || !options->prune))
        status = refuse_leaving(path, survey->n_leaving, err);
    if (status == NN_ok && options != NULL && options->retry_failed)
        forget_failed(l->grid, standings);
    if (status == NN_ok)
        status = go_on(l, path, options, old, s, standings, survey->grown, fd, err);
    stored_close(s);
    if (status != NN_ok)
        (void)!fchmod(old, mode); /* as it was; where that fails, the file is merely writable */
    if (*fd != old)
        close(old);
    return status;
}
