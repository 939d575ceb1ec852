/* Opens a results file, checks that it is one and of this format, and counts its rows. */
#include "results/reader/file.h"
#include "results/layout.h"
#include "results/lock.h"
#include "results/names.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the user can do where the file is another one than was meant. */
static const char *instead(const results_file *f)
{
    return f->to_resume ? "move it away, or choose another -o" : "give the .h5 file that nngrid run wrote";
}

nn_status reader_file_damaged(const results_file *f, const char *what, nn_error *err)
{
    const char *reason = f->h5 != NULL ? h5_refused(f->h5) : NULL;
    const char *after = f->to_resume ? ": " : "", *remedy = f->to_resume ? instead(f) : "";
    if (reason != NULL)
        return nn_fail(err, NN_file, "%s: %s; the file is damaged%s%s", f->path, reason, after, remedy);
    return nn_fail(err, NN_file, "%s: %s is missing or has another shape; the file is damaged%s%s", f->path, what,
                   after, remedy);
}

/* Says in the user's words what HDF5 would say in its own. */
static nn_status check_kind(const results_file *f, nn_error *err)
{
    struct stat s;
    if (stat(f->path, &s) < 0)
        return nn_fail(err, NN_file, "%s: %s", f->path, strerror(errno));
    if (S_ISDIR(s.st_mode))
        return nn_fail(err, NN_file, "%s is a folder; %s", f->path, f->to_resume ? "choose another -o" : instead(f));
    if (access(f->path, R_OK) < 0)
        return nn_fail(err, NN_file, "%s: cannot read it: %s", f->path, strerror(errno));
    if (!S_ISREG(s.st_mode) || !h5_is_hdf5(f->path))
        return nn_fail(err, NN_file, "%s is no results file (not HDF5); %s", f->path, instead(f));
    return NN_ok;
}

/* HDF5 respects the lock of its own writers: then it says EAGAIN. */
static nn_status open_h5(results_file *f, nn_error *err)
{
    nn_error reason = {0};
    const nn_status status = h5_open(f->path, &f->h5, &reason);
    if (status != NN_ok && f->to_resume && strstr(reason.message, strerror(EAGAIN)) != NULL)
        return results_disk_busy(f->path, err);
    return status == NN_ok ? NN_ok
                           : nn_fail(err, status, "%.400s%s%s", reason.message,
                                     f->to_resume ? "; where it is damaged, " : "", f->to_resume ? instead(f) : "");
}

static nn_status check_format(const results_file *f, nn_error *err)
{
    int32_t format = 0;
    if (h5_read_numbers(f->h5, "/", ATTR_FORMAT, H5_I32, &format, 1) == 0)
        return nn_fail(err, NN_file, "%s is an HDF5 file, but not one that nngrid run wrote; %s", f->path, instead(f));
    if (format != RESULTS_FORMAT)
        return nn_fail(err, NN_file,
                       "%s was written by another version of nngrid (format %d, this one has %d); use that version, "
                       "or another file",
                       f->path, (int)format, RESULTS_FORMAT);
    return NN_ok;
}

/* How many of the n rows come first and are active; all, where the file does not say. */
static size_t count_active(const results_file *f, const char *path, size_t n)
{
    h5_place at;
    size_t active = 0;
    uint8_t *values = malloc(n + 1);
    if (values == NULL || !h5_look(f->h5, path, &at) || !h5_read(f->h5, path, H5_U8, n, values))
        active = n;
    while (active < n && values[active] == 1)
        active++;
    free(values);
    return active;
}

static nn_status count_rows(results_file *f, nn_error *err)
{
    h5_place runs, cells;
    if (!h5_look(f->h5, PATH_RUNS_STATUS, &runs) || runs.n_dims != 1)
        return reader_file_damaged(f, PATH_RUNS_STATUS, err);
    if (!h5_look(f->h5, PATH_CELLS_CELL, &cells) || cells.n_dims != 1)
        return reader_file_damaged(f, PATH_CELLS_CELL, err);
    f->n_runs = runs.n;
    f->n_cells = cells.n;
    f->has_active = h5_has(f->h5, PATH_RUNS_ACTIVE);
    f->active_runs = count_active(f, PATH_RUNS_ACTIVE, runs.n);
    f->active_cells = count_active(f, PATH_CELLS_ACTIVE, cells.n);
    return NN_ok;
}

nn_status reader_file_open(const char *path, bool to_resume, results_file *out, nn_error *err)
{
    *out = (results_file){.path = strdup(path), .to_resume = to_resume};
    nn_status status =
        out->path == NULL ? nn_fail(err, NN_memory, "not enough memory to read %s", path) : check_kind(out, err);
    if (status == NN_ok)
        status = open_h5(out, err);
    if (status == NN_ok)
        status = check_format(out, err);
    return status == NN_ok ? count_rows(out, err) : status;
}

void reader_file_close(results_file *f)
{
    h5_close(f->h5, NULL);
    free(f->path);
    *f = (results_file){0};
}
