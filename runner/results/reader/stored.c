/* A results file that is there already, read by what it says of itself rather than by what this program would
 * write: the file of another grid, or of an older version, can be understood as well. */
#include "results/reader/stored.h"
#include "results/disk.h"
#include "results/lock.h"
#include "results/match.h"
#include "results/write.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { WINDOW_BYTES = 65536 }; /* of a column, read at once */

static nn_status damaged(const char *path, const char *what, nn_error *err)
{
    return nn_fail(err, NN_file,
                   "%s: %s is missing or has another shape; the file is damaged: move it away, or "
                   "choose another -o",
                   path, what);
}

/* ---- is it ours? ---- */

static nn_status check_kind(const char *path, nn_error *err)
{
    struct stat s;
    if (stat(path, &s) < 0)
        return nn_fail(err, NN_file, "%s: %s", path, strerror(errno));
    if (S_ISDIR(s.st_mode))
        return nn_fail(err, NN_file, "%s is a folder; choose another -o", path);
    if (access(path, R_OK) < 0)
        return nn_fail(err, NN_file, "%s: cannot read it: %s", path, strerror(errno));
    if (!S_ISREG(s.st_mode) || !h5_is_hdf5(path))
        return nn_fail(err, NN_file, "%s is no HDF5 file; move it away, or choose another -o", path);
    return NN_ok;
}

static nn_status check_format(h5_file *file, const char *path, nn_error *err)
{
    int32_t format = 0;
    if (h5_read_numbers(file, "/", "nngrid_format", H5_I32, &format, 1) == 0)
        return nn_fail(err, NN_file, "%s is an HDF5 file, but not one of nngrid's; move it away, or choose another -o",
                       path);
    if (format != RESULTS_FORMAT)
        return nn_fail(err, NN_file,
                       "%s was written by another version of nngrid (format %d, this one has %d); use "
                       "that version, or choose another -o",
                       path, (int)format, RESULTS_FORMAT);
    return NN_ok;
}

static nn_status open_file(stored *s, nn_error *err)
{
    struct stat st;
    s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return nn_fail(err, NN_file, "%s: cannot read it: %s", s->path, strerror(errno));
    s->size = (size_t)st.st_size;
    return NN_ok;
}

/* ---- columns ---- */

/* A dataset that lies within the file, or in chunks. */
static bool look_within(h5_file *file, stored *s, const char *path, h5_place *out)
{
    if (!h5_look(file, path, out) || out->type >= H5_BLANK)
        return false;
    s->compact |= out->chunk_rows > 0;
    if (out->chunk_rows > 0)
        return out->n <= SIZE_MAX / 64;
    if (out->n > s->size) /* and so would the next product overflow */
        return false;
    const size_t bytes = out->n * h5_type_bytes(out->type);
    return bytes == 0 ||
           (out->offset > 0 && out->offset % 8 == 0 && out->offset < s->size && bytes <= s->size - out->offset);
}

/* A column of /runs of the wanted type; sets *out to its numbers. */
static bool run_column(h5_file *file, stored *s, const char *path, h5_type type, const void **out)
{
    h5_place where;
    nn_error none;
    if (!look_within(file, s, path, &where) || where.type != type || where.n_dims != 1 || where.n != s->n_runs)
        return false;
    const size_t bytes = where.n * h5_type_bytes(type);
    void *values = malloc(bytes + 1), **owned = NULL;
    if (values != NULL)
        owned = realloc(s->owned, (s->n_owned + 1) * sizeof *owned);
    if (owned == NULL) {
        free(values);
        return false;
    }
    s->owned = owned;
    s->owned[s->n_owned++] = values;
    *out = values;
    return where.chunk_rows > 0 ? h5_read(file, path, -1, type, values)
                                : results_disk_read(s->fd, s->path, values, bytes, where.offset, &none) == NN_ok;
}

static nn_status read_runs(h5_file *file, stored *s, nn_error *err)
{
    struct {
        const char *path;
        h5_type type;
        const void *at;
    } columns[] = {{"/runs/status", H5_I32, NULL},
                   {"/runs/key", H5_U64, NULL},
                   {"/runs/record_key", H5_U64, NULL},
                   {"/runs/check", H5_U64, NULL},
                   {"/timing/seconds", H5_F64, NULL}};
    h5_place status;
    if (!h5_look(file, "/runs/status", &status) || status.n_dims != 1)
        return damaged(s->path, "/runs/status", err);
    s->n_runs = status.n;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (!run_column(file, s, columns[i].path, columns[i].type, &columns[i].at))
            return damaged(s->path, columns[i].path, err);
    s->status = columns[0].at;
    s->key = columns[1].at;
    s->record_key = columns[2].at;
    s->check = columns[3].at;
    s->seconds = columns[4].at;
    return NN_ok;
}

/* What older files do not have. */
static void read_extras(h5_file *file, stored *s)
{
    s->has_active = h5_has(file, "/runs/active");
    s->started = s->elapsed = NN_NAN;
    h5_read(file, "/timing/started", -1, H5_F64, &s->started);
    if (!h5_has(file, "/timing/elapsed") || !h5_read(file, "/timing/elapsed", -1, H5_F64, &s->elapsed))
        s->elapsed = NN_NAN;
    if (!h5_has(file, "/timing/sessions") || !h5_read(file, "/timing/sessions", -1, H5_I32, &s->sessions))
        s->sessions = 0;
}

static nn_status read_epochs(h5_file *file, stored *s, nn_error *err)
{
    h5_place where;
    if (!look_within(file, s, "/curves/epoch", &where) || where.type != H5_I32 || where.n_dims != 1)
        return damaged(s->path, "/curves/epoch", err);
    s->epochs = malloc((where.n + 1) * sizeof *s->epochs);
    if (s->epochs == NULL)
        return nn_fail(err, NN_memory, "not enough memory to read %s", s->path);
    if (!h5_read(file, "/curves/epoch", -1, H5_I32, s->epochs))
        return damaged(s->path, "/curves/epoch", err);
    s->n_epochs = where.n;
    return NN_ok;
}

/* Which runs a group of /weights holds. */
static bool read_net(h5_file *file, stored *s, int net)
{
    char path[480];
    h5_place where;
    size_t length = strlen(s->nets[net]);
    if (length + sizeof "/run" > sizeof path)
        return false;
    memcpy(path, s->nets[net], length);
    memcpy(path + length, "/run", sizeof "/run");
    if (!look_within(file, s, path, &where) || where.type != H5_I32 || where.n_dims != 1)
        return false;
    int32_t *runs = malloc((where.n + 1) * sizeof *runs);
    bool ok = runs != NULL && h5_read(file, path, -1, H5_I32, runs);
    for (size_t i = 0; ok && i < where.n; i++) {
        ok = runs[i] >= 0 && (size_t)runs[i] < s->n_runs;
        if (ok) {
            s->net[runs[i]] = net;
            s->slot[runs[i]] = (uint32_t)i;
        }
    }
    free(runs);
    return ok;
}

/* The index of the weights group that a column is in, NO_NET for other columns, -2 for what cannot be read.
 */
static int net_of_column(h5_file *file, stored *s, const char *path)
{
    const size_t length = (size_t)(strrchr(path, '/') - path);
    if (strncmp(path, "/weights/", 9) != 0)
        return NO_NET;
    for (size_t i = 0; i < s->n_nets; i++)
        if (strlen(s->nets[i]) == length && strncmp(s->nets[i], path, length) == 0)
            return (int)i;
    char **nets = realloc(s->nets, (s->n_nets + 1) * sizeof *nets);
    if (nets == NULL)
        return -2;
    s->nets = nets;
    if ((nets[s->n_nets] = strndup(path, length)) == NULL)
        return -2;
    s->n_nets++;
    return read_net(file, s, (int)s->n_nets - 1) ? (int)s->n_nets - 1 : -2;
}

/* Does every run have its row among the `rows` rows of a column? */
static bool rows_fit(const stored *s, int net, size_t rows)
{
    bool fit = net != NO_NET || rows == s->n_runs;
    for (size_t i = 0; net != NO_NET && i < s->n_runs; i++)
        fit &= s->net[i] != net || s->slot[i] < rows;
    return fit;
}

static bool read_column(h5_file *file, stored *s, const char *path, stored_column *c)
{
    *c = (stored_column){.path = strdup(path)};
    if (c->path == NULL || path[0] != '/' || !look_within(file, s, path, &c->place) || c->place.n_dims < 1)
        return false;
    c->net = net_of_column(file, s, path);
    if (c->net < NO_NET || !rows_fit(s, c->net, c->place.dims[0]))
        return false;
    c->row_bytes = c->place.dims[0] == 0 ? 0 : c->place.n / c->place.dims[0] * h5_type_bytes(c->place.type);
    if ((c->window = calloc(1, sizeof *c->window)) == NULL)
        return false;
    c->window->size = c->place.chunk_rows > 0       ? c->place.chunk_rows
                      : c->row_bytes < WINDOW_BYTES ? WINDOW_BYTES / (c->row_bytes + 1)
                                                    : 1;
    return true;
}

static bool columns_new(stored *s, size_t n)
{
    s->columns = calloc(n + 1, sizeof *s->columns);
    s->net = malloc((s->n_runs + 1) * sizeof *s->net);
    s->slot = calloc(s->n_runs + 1, sizeof *s->slot);
    if (s->columns == NULL || s->net == NULL || s->slot == NULL)
        return false;
    for (size_t i = 0; i < s->n_runs; i++)
        s->net[i] = NO_NET;
    return true;
}

static nn_status read_columns(h5_file *file, stored *s, nn_error *err)
{
    char *covers = h5_read_text(file, "/runs/check", "covers"), *rest = covers;
    size_t n = 1;
    nn_status status = NN_ok;
    if (covers == NULL)
        return damaged(s->path, "the attribute `covers` of /runs/check", err);
    for (const char *at = covers; *at != '\0'; at++)
        n += *at == ' ';
    if (!columns_new(s, n))
        status = nn_fail(err, NN_memory, "not enough memory to read %s", s->path);
    for (char *path; status == NN_ok && (path = strsep(&rest, " ")) != NULL;)
        if (!read_column(file, s, path, &s->columns[s->n_columns++]))
            status = damaged(s->path, path, err);
    free(covers);
    return status;
}

/* ---- lifecycle ---- */

static nn_status read_all(h5_file *file, stored *s, nn_error *err)
{
    nn_status status = open_file(s, err);
    if (status == NN_ok)
        status = read_runs(file, s, err);
    if (status == NN_ok)
        status = read_epochs(file, s, err);
    if (status == NN_ok)
        status = read_columns(file, s, err);
    if (status == NN_ok && h5_read_numbers(file, "/grid", "layout", H5_U64, &s->digest, 1) != 1)
        status = damaged(s->path, "the attribute `layout` of /grid", err);
    if (status == NN_ok)
        read_extras(file, s);
    return status;
}

/* Opens a file of this format and nothing more. */
static nn_status stored_file(const char *path, h5_file **file, nn_error *err)
{
    nn_error reason = {0};
    nn_status status = check_kind(path, err);
    if (status != NN_ok)
        return status;
    if (h5_open(path, file, &reason) != NN_ok && strstr(reason.message, strerror(EAGAIN)) != NULL)
        return results_disk_busy(path, err); /* HDF5 respects the lock of its writers */
    if (*file == NULL)
        return nn_fail(err, NN_file, "%.400s; where it is damaged, move it away, or choose another -o", reason.message);
    return check_format(*file, path, err);
}

nn_status reader_stored_open(const char *path, stored **out, nn_error *err)
{
    h5_file *file = NULL;
    stored *s = NULL;
    nn_status status = stored_file(path, &file, err);
    if (status != NN_ok)
        goto done;
    s = calloc(1, sizeof *s);
    if (s != NULL)
        s->fd = -1;
    if (s == NULL || (s->path = strdup(path)) == NULL || (s->hash = XXH3_createState()) == NULL) {
        status = nn_fail(err, NN_memory, "not enough memory to read %s", path);
        goto done;
    }
    status = read_all(file, s, err);
    if (status == NN_ok) {
        if (s->compact) {
            s->file = file; /* rows are read from it when they are wanted */
            file = NULL;
        }
        *out = s;
        s = NULL;
    }
done:
    reader_stored_close(s);
    h5_close(file, NULL);
    return status;
}

void reader_stored_close(stored *s)
{
    if (s == NULL)
        return;
    if (s->fd >= 0)
        close(s->fd);
    for (size_t i = 0; s->columns != NULL && i < s->n_columns; i++) {
        stored_column *c = &s->columns[i];
        if (c->window != NULL)
            free(c->window->bytes);
        free(c->window);
        free(c->path);
    }
    for (size_t i = 0; i < s->n_owned; i++)
        free(s->owned[i]);
    free(s->owned);
    h5_close(s->file, NULL);
    h5_texts_free(s->nets, s->n_nets);
    XXH3_freeState(s->hash);
    free(s->path);
    free(s->columns);
    free(s->epochs);
    free(s->net);
    free(s->slot);
    free(s);
}

/* ---- The rows of a results file that is there already. ---- */

bool reader_stored_has(const stored *s, const stored_column *c, size_t run)
{
    return c->net == NO_NET || c->net == s->net[run];
}

/* Rows `first` and n - 1 after it. */
static bool read_rows(const stored *s, const stored_column *c, size_t first, size_t n)
{
    nn_error none;
    if (c->place.chunk_rows > 0)
        return h5_read_rows(s->file, c->path, first, n, c->place.type, c->window->bytes);
    return results_disk_read(s->fd, s->path, c->window->bytes, n * c->row_bytes, c->place.offset + first * c->row_bytes,
                             &none) == NN_ok;
}

/* Rows are kept by the window: whoever goes through the file in its order reads each window once. */
const unsigned char *reader_stored_row(const stored *s, const stored_column *c, size_t run)
{
    const size_t row = c->net == NO_NET ? run : s->slot[run];
    stored_window *w = c->window;
    const size_t first = row - row % w->size;
    if (w->rows == 0 || first != w->first) {
        const size_t all = c->place.dims[0], rows = all - first < w->size ? all - first : w->size;
        w->first = first;
        w->rows = 0;
        if (w->bytes == NULL)
            w->bytes = malloc((w->size < all ? w->size : all) * c->row_bytes + 1);
        if (w->bytes == NULL || !read_rows(s, c, first, rows))
            return NULL;
        w->rows = rows;
    }
    return w->bytes + (row - first) * c->row_bytes;
}

bool reader_stored_holds(const stored *s, size_t run)
{
    static const unsigned char zeros[8] = {0};
    const grid_run keys = {.key = s->key[run], .record_key = s->record_key[run]};
    unsigned char head[ROW_HEAD];
    results_row_begin(&keys, head);
    XXH3_64bits_reset(s->hash);
    XXH3_64bits_update(s->hash, head, sizeof head);
    for (size_t i = 0; i < s->n_columns; i++) {
        const stored_column *c = &s->columns[i];
        if (!reader_stored_has(s, c, run))
            continue;
        const unsigned char *from = reader_stored_row(s, c, run);
        if (from == NULL)
            return false;
        XXH3_64bits_update(s->hash, from, c->row_bytes);
        XXH3_64bits_update(s->hash, zeros, results_row_padded(c->row_bytes) - c->row_bytes);
    }
    return XXH3_64bits_digest(s->hash) == s->check[run];
}
