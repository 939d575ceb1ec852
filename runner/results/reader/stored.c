/* The face of a results file by keys and bytes: finds its columns, reads rows and verifies their checks. */
#include "results/reader/stored.h"
#include "results/disk.h"
#include "results/layout.h"
#include "results/names.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { WINDOW_BYTES = 65536 }; /* of a column, which are read at once */

/* Opens the file once more, for plain reads. */
static nn_status open_plainly(stored *s, nn_error *err)
{
    struct stat st;
    s->fd = open(s->file.path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0 || fstat(s->fd, &st) < 0)
        return nn_fail(err, NN_file, "%s: cannot read it: %s", s->file.path, strerror(errno));
    s->size = (size_t)st.st_size;
    return NN_ok;
}

/* ---- columns ---- */

/* Finds a dataset. False: there is none, or it does not lie within the file. */
static bool look_within(stored *s, const char *path, h5_place *out)
{
    if (!h5_look(s->file.h5, path, out) || out->type >= H5_BLANK)
        return false;
    s->compact |= out->chunk_rows > 0;
    if (out->chunk_rows > 0)
        return out->n <= SIZE_MAX / 64;
    if (out->n > s->size) /* or the next product would overflow */
        return false;
    const size_t bytes = out->n * h5_type_bytes(out->type);
    return bytes == 0 ||
           (out->offset > 0 && out->offset % 8 == 0 && out->offset < s->size && bytes <= s->size - out->offset);
}

/* Reads a column of one number for each run, of this type. */
static bool run_column(stored *s, const char *path, h5_type type, const void **out)
{
    h5_place where;
    nn_error none;
    if (!look_within(s, path, &where) || where.type != type || where.n_dims != 1 || where.n != s->file.n_runs)
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
    return where.chunk_rows > 0 ? h5_read(s->file.h5, path, type, where.n, values)
                                : results_disk_read(s->fd, s->file.path, values, bytes, where.offset, &none) == NN_ok;
}

static nn_status read_runs(stored *s, nn_error *err)
{
    struct {
        const char *path;
        h5_type type;
        const void *at;
    } columns[] = {{PATH_RUNS_STATUS, H5_I32, NULL},
                   {PATH_RUNS_KEY, H5_U64, NULL},
                   {PATH_RUNS_RECORD_KEY, H5_U64, NULL},
                   {PATH_RUNS_CHECK, H5_U64, NULL},
                   {PATH_TIMING_SECONDS, H5_F64, NULL}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (!run_column(s, columns[i].path, columns[i].type, &columns[i].at))
            return reader_file_damaged(&s->file, columns[i].path, err);
    s->status = columns[0].at;
    s->key = columns[1].at;
    s->record_key = columns[2].at;
    s->check = columns[3].at;
    s->seconds = columns[4].at;
    return NN_ok;
}

/* Reads what older files do not have. */
static void read_extras(stored *s)
{
    s->started = s->elapsed = NN_NAN;
    if (!h5_read(s->file.h5, PATH_TIMING_STARTED, H5_F64, 1, &s->started))
        s->started = NN_NAN;
    if (!h5_has(s->file.h5, PATH_TIMING_ELAPSED) || !h5_read(s->file.h5, PATH_TIMING_ELAPSED, H5_F64, 1, &s->elapsed))
        s->elapsed = NN_NAN;
    if (!h5_has(s->file.h5, PATH_TIMING_SESSIONS) ||
        !h5_read(s->file.h5, PATH_TIMING_SESSIONS, H5_I32, 1, &s->sessions))
        s->sessions = 0;
    int32_t state = STATE_RUNNING;
    s->complete = h5_read(s->file.h5, PATH_STATE, H5_I32, 1, &state) && state == STATE_COMPLETE;
    s->has_arithmetic = h5_has(s->file.h5, PATH_RUNS_ARITHMETIC);
    if (h5_read_numbers(s->file.h5, PATH_PROVENANCE, ATTR_ACCEPTED, H5_I32, &s->accepted, 1) != 1)
        s->accepted = 0;
}

static nn_status read_epochs(stored *s, nn_error *err)
{
    h5_place where;
    if (!look_within(s, PATH_CURVES_EPOCH, &where) || where.type != H5_I32 || where.n_dims != 1)
        return reader_file_damaged(&s->file, PATH_CURVES_EPOCH, err);
    s->epochs = malloc((where.n + 1) * sizeof *s->epochs);
    if (s->epochs == NULL)
        return nn_fail(err, NN_memory, "not enough memory to read %s", s->file.path);
    if (!h5_read(s->file.h5, PATH_CURVES_EPOCH, H5_I32, where.n, s->epochs))
        return reader_file_damaged(&s->file, PATH_CURVES_EPOCH, err);
    s->n_epochs = where.n;
    return NN_ok;
}

/* Reads which runs a weights group has. */
static bool read_net(stored *s, int net)
{
    char path[480];
    h5_place where;
    size_t length = strlen(s->nets[net]);
    if (length + sizeof "/" NAME_RUN > sizeof path)
        return false;
    memcpy(path, s->nets[net], length);
    memcpy(path + length, "/" NAME_RUN, sizeof "/" NAME_RUN);
    if (!look_within(s, path, &where) || where.type != H5_I32 || where.n_dims != 1)
        return false;
    int32_t *runs = malloc((where.n + 1) * sizeof *runs);
    bool ok = runs != NULL && h5_read(s->file.h5, path, H5_I32, where.n, runs);
    for (size_t i = 0; ok && i < where.n; i++) {
        ok = runs[i] >= 0 && (size_t)runs[i] < s->file.n_runs;
        if (ok) {
            s->net[runs[i]] = net;
            s->slot[runs[i]] = (uint32_t)i;
        }
    }
    free(runs);
    return ok;
}

/* The index of the weights group of a column; NO_NET: it is in none; -2: it cannot be read. */
static int net_of_column(stored *s, const char *path)
{
    const size_t length = (size_t)(strrchr(path, '/') - path);
    if (strncmp(path, PATH_WEIGHTS "/", sizeof PATH_WEIGHTS) != 0)
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
    return read_net(s, (int)s->n_nets - 1) ? (int)s->n_nets - 1 : -2;
}

/* Has a column of so many rows one for each run? */
static bool rows_fit(const stored *s, int net, size_t rows)
{
    bool fit = net != NO_NET || rows == s->file.n_runs;
    for (size_t i = 0; net != NO_NET && i < s->file.n_runs; i++)
        fit &= s->net[i] != net || s->slot[i] < rows;
    return fit;
}

static bool read_column(stored *s, const char *path, stored_column *c)
{
    *c = (stored_column){.path = strdup(path)};
    if (c->path == NULL || path[0] != '/' || !look_within(s, path, &c->place) || c->place.n_dims < 1)
        return false;
    c->net = net_of_column(s, path);
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
    s->net = malloc((s->file.n_runs + 1) * sizeof *s->net);
    s->slot = calloc(s->file.n_runs + 1, sizeof *s->slot);
    if (s->columns == NULL || s->net == NULL || s->slot == NULL)
        return false;
    for (size_t i = 0; i < s->file.n_runs; i++)
        s->net[i] = NO_NET;
    return true;
}

static nn_status read_columns(stored *s, nn_error *err)
{
    char *covers = h5_read_text(s->file.h5, PATH_RUNS_CHECK, ATTR_COVERS), *rest = covers;
    size_t n = 1;
    nn_status status = NN_ok;
    if (covers == NULL)
        return reader_file_damaged(&s->file, "the attribute `" ATTR_COVERS "` of " PATH_RUNS_CHECK, err);
    for (const char *at = covers; *at != '\0'; at++)
        n += *at == ' ';
    if (!columns_new(s, n))
        status = nn_fail(err, NN_memory, "not enough memory to read %s", s->file.path);
    for (char *path; status == NN_ok && (path = strsep(&rest, " ")) != NULL;)
        if (!read_column(s, path, &s->columns[s->n_columns++]))
            status = reader_file_damaged(&s->file, path, err);
    free(covers);
    return status;
}

/* ---- lifecycle ---- */

static nn_status read_all(stored *s, nn_error *err)
{
    nn_status status = open_plainly(s, err);
    if (status == NN_ok)
        status = read_runs(s, err);
    if (status == NN_ok)
        status = read_epochs(s, err);
    if (status == NN_ok)
        status = read_columns(s, err);
    if (status == NN_ok && h5_read_numbers(s->file.h5, PATH_GRID, ATTR_LAYOUT, H5_U64, &s->digest, 1) != 1)
        status = reader_file_damaged(&s->file, "the attribute `" ATTR_LAYOUT "` of " PATH_GRID, err);
    if (status == NN_ok)
        read_extras(s);
    s->older = status == NN_ok && reader_is_older(s->file.h5);
    return s->older ? reader_counts_read(s->file.h5, s->file.n_runs, &s->counts, err) : status;
}

nn_status reader_stored_open(const char *path, stored **out, nn_error *err)
{
    stored *s = calloc(1, sizeof *s);
    if (s == NULL)
        return nn_fail(err, NN_memory, "not enough memory to read %s", path);
    s->fd = -1;
    s->hash = XXH3_createState();
    nn_status status = s->hash == NULL ? nn_fail(err, NN_memory, "not enough memory to read %s", path)
                                       : reader_file_open(path, true, &s->file, err);
    if (status == NN_ok)
        status = read_all(s, err);
    if (status != NN_ok) {
        reader_stored_close(s);
        return status;
    }
    if (!s->compact) { /* the rows of a compact file are read through HDF5 later */
        h5_close(s->file.h5, NULL);
        s->file.h5 = NULL;
    }
    *out = s;
    return NN_ok;
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
    h5_texts_free(s->nets, s->n_nets);
    reader_counts_free(&s->counts);
    XXH3_freeState(s->hash);
    reader_file_close(&s->file);
    free(s->columns);
    free(s->epochs);
    free(s->net);
    free(s->slot);
    free(s);
}

/* ---- rows ---- */

const stored_column *reader_stored_column(const stored *s, const char *path)
{
    for (size_t i = 0; i < s->n_columns; i++)
        if (strcmp(s->columns[i].path, path) == 0)
            return &s->columns[i];
    return NULL;
}

bool reader_stored_has(const stored *s, const stored_column *c, size_t run)
{
    return c->net == NO_NET || c->net == s->net[run];
}

/* Reads n rows from `first` on into the window. */
static bool read_rows(const stored *s, const stored_column *c, size_t first, size_t n)
{
    nn_error none;
    if (c->place.chunk_rows > 0)
        return h5_read_rows(s->file.h5, c->path, first, n, c->place.type,
                            n * c->row_bytes / h5_type_bytes(c->place.type), c->window->bytes);
    return results_disk_read(s->fd, s->file.path, c->window->bytes, n * c->row_bytes,
                             c->place.offset + first * c->row_bytes, &none) == NN_ok;
}

/* Reads a window of rows, so that a caller who goes through the file in order reads each window once. */
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
    row_begin(&keys, head);
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
        XXH3_64bits_update(s->hash, zeros, row_padded(c->row_bytes) - c->row_bytes);
    }
    return XXH3_64bits_digest(s->hash) == s->check[run];
}
