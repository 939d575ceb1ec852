/* The order in which a row is written: its data, then its check, then its status, whoever writes it. This program has a
 * pwrite of its own, which notes where each write of the process goes. */
#include "fixtures/results_fixture.h"
#include "results/reader/stored.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>

typedef struct written {
    ino_t file;
    uint64_t from, end;
} written;

enum { MAX_WRITES = 200000 };
static written writes[MAX_WRITES];
static atomic_size_t n_writes;

/* Takes the place of the C library's. */
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    struct stat s;
    const ssize_t wrote = syscall(SYS_pwrite64, fd, bytes, n, offset);
    const size_t at = wrote > 0 && fstat(fd, &s) == 0 ? atomic_fetch_add(&n_writes, 1) : MAX_WRITES;
    if (at < MAX_WRITES)
        writes[at] = (written){s.st_ino, (uint64_t)offset, (uint64_t)offset + (uint64_t)wrote};
    return wrote;
}

/* The first and the last write of some bytes, as places in `writes`. */
typedef struct span {
    size_t first, last;
} span;

static void find_writes(ino_t file, uint64_t from, size_t bytes, span *out)
{
    size_t found = 0;
    for (size_t i = 0; i < n_writes; i++)
        if (writes[i].file == file && writes[i].from < from + bytes && writes[i].end > from) {
            out->first = out->first < i ? out->first : i;
            out->last = out->last > i ? out->last : i;
            found++;
        }
    assert_true(bytes == 0 || found > 0);
}

typedef struct row_writes {
    span data, check, status;
} row_writes;

static span nothing(void)
{
    return (span){SIZE_MAX, 0};
}

/* A dataset of one number for each run, which the check does not cover. */
static void find_number(h5_file *file, ino_t ino, const char *name, size_t run, span *out)
{
    h5_place at;
    assert_true(h5_look(file, name, &at));
    find_writes(ino, at.offset + run * h5_type_bytes(at.type), h5_type_bytes(at.type), out);
}

/* All that was written of a row of the file. */
static row_writes writes_of(const stored *s, h5_file *file, ino_t ino, size_t run)
{
    row_writes w = {nothing(), nothing(), nothing()};
    size_t n_weights = 0;
    for (size_t i = 0; i < s->n_columns; i++) {
        const stored_column *c = &s->columns[i];
        if (!reader_stored_has(s, c, run))
            continue;
        n_weights += c->net != NO_NET;
        find_writes(ino, c->place.offset + (c->net == NO_NET ? run : s->slot[run]) * c->row_bytes, c->row_bytes,
                    strcmp(c->path, "/runs/status") == 0 ? &w.status : &w.data);
    }
    assert_true(n_weights > 0);
    find_number(file, ino, "/timing/seconds", run, &w.data);
    find_number(file, ino, "/runs/check", run, &w.check);
    return w;
}

typedef void order_check(const row_writes *w, size_t run);

static void data_check_status(const row_writes *w, size_t run)
{
    if (w->data.last >= w->check.first)
        fail_msg("run %zu: data were written after the check", run);
    if (w->check.last >= w->status.first)
        fail_msg("run %zu: the status was written before the check", run);
}

/* A row that becomes pending again says so before it is emptied. */
static void status_data_check_status(const row_writes *w, size_t run)
{
    if (w->status.first >= w->data.first)
        fail_msg("run %zu was emptied while it was marked as finished", run);
    if (w->data.last >= w->check.first || w->check.last >= w->status.last)
        fail_msg("run %zu: data, check and status were written in another order", run);
}

/* What was written since n_writes was 0 has this order in each of the rows [from, to) of the file. */
static void assert_order(size_t from, size_t to, order_check *order)
{
    struct stat st;
    stored *s = NULL;
    h5_file *file = NULL;
    nn_error err = {0};
    if (reader_stored_open(path, &s, &err) != NN_ok || h5_open(path, &file, &err) != NN_ok)
        fail_msg("%s", err.message);
    assert_int_equal(stat(path, &st), 0);
    assert_true(n_writes <= MAX_WRITES);
    for (size_t run = from; run < to; run++) {
        const row_writes w = writes_of(s, file, st.st_ino, run);
        order(&w, run);
        assert_true(reader_stored_holds(s, run));
    }
    h5_close(file, NULL);
    reader_stored_close(s);
}

/* ---- tests ---- */

RESULTS_TEST(a_single_row)
{
    static sample s;
    sample_init(&s, 2, 10);
    results *r = open_sample(&s, NULL, NULL);
    n_writes = 0;
    sample_write(&s, r, 7);
    results_close(r);
    assert_order(7, 8, data_check_status);
}

static row_buffer *new_buffer(results *r)
{
    row_buffer *b = NULL;
    assert_int_equal(results_buffer_new(r, &b, NULL), NN_ok);
    return b;
}

RESULTS_TEST(several_rows)
{
    static sample s;
    sample_init(&s, 4, 20);
    results *r = open_sample(&s, NULL, NULL);
    row_buffer *b = new_buffer(r);
    n_writes = 0;
    for (size_t i = 0; i < s.grid.n_runs; i++)
        sample_add(&s, b, i * 31 % s.grid.n_runs);
    assert_int_equal(results_flush(r, NULL), NN_ok);
    results_buffer_free(b);
    results_close(r);
    assert_order(0, s.grid.n_runs, data_check_status);
}

enum { N_THREADS = 4 };
typedef struct worker {
    pthread_t thread;
    const sample *s;
    row_buffer *buffer;
    size_t first;
} worker;

static void *work(void *context)
{
    const worker *w = context;
    for (size_t i = w->first; i < w->s->grid.n_runs; i += N_THREADS)
        sample_add(w->s, w->buffer, i);
    return NULL;
}

RESULTS_TEST(batches_of_several_threads)
{
    static sample s;
    worker workers[N_THREADS];
    sample_init(&s, 8, 20);
    results *r = open_sample(&s, NULL, NULL);
    n_writes = 0;
    for (size_t t = 0; t < N_THREADS; t++) {
        workers[t] = (worker){.s = &s, .buffer = new_buffer(r), .first = t};
        assert_int_equal(pthread_create(&workers[t].thread, NULL, work, &workers[t]), 0);
    }
    for (size_t t = 0; t < N_THREADS; t++)
        pthread_join(workers[t].thread, NULL);
    assert_int_equal(results_flush(r, NULL), NN_ok);
    for (size_t t = 0; t < N_THREADS; t++)
        results_buffer_free(workers[t].buffer);
    results_close(r);
    assert_order(0, s.grid.n_runs, data_check_status);
}

/* Rows of the smaller grid, and those that have left it, in a new file. */
RESULTS_TEST(rows_that_are_carried)
{
    static sample small, large;
    sample_init(&small, 2, 10);
    sample_init(&large, 4, 10);
    write_sample(&small, 0, small.grid.n_runs);
    n_writes = 0;
    results_close(open_sample(&large, NULL, NULL));
    assert_order(0, small.grid.n_runs, data_check_status);
    write_sample(&large, small.grid.n_runs, large.grid.n_runs);
    n_writes = 0;
    results_close(open_sample(&small, NULL, NULL));
    assert_order(0, large.grid.n_runs, data_check_status);
}

RESULTS_TEST(rows_that_become_pending)
{
    static sample s;
    results_options options = {0};
    sample_init(&s, 2, 10);
    write_sample(&s, 0, s.grid.n_runs);
    for (int i = 0; i < NN_N_RUN_STATUS; i++)
        options.retry[i] = i != NN_RUN_pending;
    n_writes = 0;
    results_close(open_sample(&s, &options, NULL));
    assert_order(0, s.grid.n_runs, status_data_check_status);
}
