/* Tests that nothing that kills a writer damages the file: SIGKILL at any moment, a full disk, a limit on file
 * sizes. */
#include "fixtures/results_fixture.h"
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int started[2]; /* the writer writes a byte to this pipe when the file is open */

static results *open_or_leave(const sample *s, results_survey *survey)
{
    results *r = NULL;
    nn_error err = {0};
    if (results_open(path, &s->grid, &s->data, NULL, &r, survey, &err) == NN_ok)
        return r;
    fprintf(stderr, "%s\n", err.message);
    _exit(1);
}

static void say_started(void)
{
    if (write(started[1], "", 1) != 1)
        _exit(1);
}

/* ---- writers to be killed ---- */

typedef struct writer {
    const sample *s;
    results *r;
    size_t first; /* of the runs 0, 2, 4 ... or 1, 3, 5 ... */
} writer;

static void *write_pending(void *argument)
{
    const writer *w = argument;
    row_buffer *rows = NULL;
    size_t n = 0;
    if (results_buffer_new(w->r, &rows, NULL) != NN_ok)
        _exit(1);
    for (size_t i = w->first; i < w->s->grid.n_runs; i += 2)
        if (results_status(w->r, i) == NN_RUN_pending) {
            sample_add(w->s, rows, i);
            if (++n % 3 == 0 && results_flush(w->r, NULL) != NN_ok)
                _exit(1);
            usleep(500);
        }
    if (results_flush(w->r, NULL) != NN_ok)
        _exit(1);
    results_buffer_free(rows);
    return NULL;
}

static void train(const sample *s)
{
    pthread_t threads[2];
    writer writers[2];
    results *r = open_or_leave(s, NULL);
    say_started();
    for (size_t i = 0; i < 2; i++) {
        writers[i] = (writer){s, r, i};
        pthread_create(&threads[i], NULL, write_pending, &writers[i]);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    _exit(results_finish(r, NULL) == NN_ok ? 0 : 1);
}

static void finish_again_and_again(const sample *s)
{
    results *r = open_or_leave(s, NULL);
    say_started();
    while (results_finish(r, NULL) == NN_ok)
        ;
    _exit(1);
}

static void only_open(const sample *s)
{
    results_close(open_or_leave(s, NULL));
    _exit(0);
}

/* Runs `work` in a process and kills it `microseconds` after its start, or after it has opened the file; true
 * if it was still at work. */
static bool run_and_kill(void (*work)(const sample *), const sample *s, bool after_open, useconds_t microseconds)
{
    int status = 0;
    char byte;
    assert_int_equal(pipe(started), 0);
    pid_t child = fork();
    if (child == 0)
        work(s);
    close(started[1]);
    if (after_open)
        assert_true(read(started[0], &byte, 1) >= 0);
    usleep(microseconds);
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    close(started[0]); /* closed only now: the writer would die of a broken pipe */
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* ---- what must hold afterwards ---- */

/* Every final row has what was written; returns how many there are, 0 where there is no file yet. */
static size_t check_rows(const sample *s)
{
    results_reader *r = NULL;
    nn_error err = {0};
    double *status = NULL;
    size_t n = 0, n_final = 0;
    if (access(path, F_OK) != 0)
        return 0;
    if (results_reader_open(path, &r, &err) != NN_ok || reader_column(r, "/runs/status", &status, &n, &err) != NN_ok)
        fail_msg("%s", err.message);
    assert_int_equal(n, s->grid.n_runs);
    bool which[SAMPLE_MAX_RUNS] = {false};
    for (size_t i = 0; i < n; i++) {
        which[i] = (int)status[i] != NN_RUN_pending;
        n_final += which[i];
    }
    assert_true(sample_same_rows(r, s, which));
    free(status);
    results_reader_close(r);
    return n_final;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)rand() % limit;
}

RESULTS_TEST(killed_writers_lose_nothing)
{
    static sample s;
    results_survey survey;
    size_t before = 0, kills = 0, kills_with_rows = 0;
    srand(7);
    sample_init(&s, 8, 20);
    for (int i = 0; i < 200 && kills_with_rows < 25; i++) {
        const bool killed = run_and_kill(train, &s, i % 4 != 0, random_below(i % 4 != 0 ? 25000 : 90000));
        const size_t after = check_rows(&s);
        assert_true(after >= before);
        kills += killed;
        kills_with_rows += killed && after > before && after < s.grid.n_runs;
        if (after == s.grid.n_runs && !killed) {
            unlink(path);
            before = 0;
        } else {
            before = after;
        }
    }
    print_message("%zu kills, %zu with rows done and rows in flight\n", kills, kills_with_rows);
    assert_true(kills_with_rows >= 20);
    /* A row that a kill has torn is pending, not damaged: its status was never written. */
    results *r = open_or_leave(&s, &survey);
    assert_int_equal(survey.n_damaged, 0);
    results_close(r);
}

RESULTS_TEST(killed_finishing_leaves_the_file_whole)
{
    static sample s;
    sample_init(&s, 4, 10);
    results *r = open_or_leave(&s, NULL);
    for (size_t i = 0; i + 1 < s.grid.n_runs; i++)
        sample_write(&s, r, i);
    results_close(r);
    for (int i = 0; i < 10; i++) {
        assert_true(run_and_kill(finish_again_and_again, &s, true, random_below(40000)));
        assert_int_equal(check_rows(&s), s.grid.n_runs - 1);
    }
}

/* The files beside the results file, itself included; 0 where their folder is not there either. */
static size_t files_in_folder(void)
{
    char beside[sizeof folder + 4];
    size_t n = 0;
    snprintf(beside, sizeof beside, "%s/out", folder);
    DIR *dir = opendir(beside);
    if (dir == NULL)
        return 0;
    for (struct dirent *e; (e = readdir(dir)) != NULL;)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

RESULTS_TEST(killed_growth_keeps_the_old_file_or_the_new)
{
    static sample small, large;
    results_survey survey;
    sample_init(&small, 2, 10);
    sample_init(&large, 5, 10);
    for (int i = 0; i < 15; i++) {
        unlink(path);
        results *r = open_or_leave(&small, NULL);
        for (size_t k = 0; k < small.grid.n_runs; k++)
            sample_write(&small, r, k);
        results_close(r);
        run_and_kill(only_open, &large, false, random_below(150000));
        r = open_or_leave(&large, &survey);
        assert_int_equal(survey.n_finished, small.grid.n_runs);
        results_close(r);
        assert_int_equal(check_rows(&large), small.grid.n_runs);
        assert_int_equal(files_in_folder(), 1);
    }
}

/* ---- no room ---- */

RESULTS_TEST(a_full_disk_is_said_before_training)
{
    static sample s;
    nn_error err = {0};
    results *r = NULL;
    sample_init(&s, 4, 60);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=300k") != 0) {
        print_message("no right to mount a small file system: not tested\n");
        skip();
    }
    nn_status status = results_open(path, &s.grid, &s.data, NULL, &r, NULL, &err);
    const size_t left = files_in_folder();
    umount(folder);
    assert_int_equal(status, NN_file);
    assert_non_null(strstr(err.message, "are missing"));
    assert_int_equal(left, 0);
}

RESULTS_TEST(a_limit_on_file_sizes_is_said)
{
    static sample s;
    int status = 0;
    sample_init(&s, 4, 20);
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {100000, 100000};
        results *r = NULL;
        nn_error err = {0};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        results_open(path, &s.grid, &s.data, NULL, &r, NULL, &err);
        _exit(err.status == NN_file && strstr(err.message, "ulimit") != NULL ? 0 : 1);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(files_in_folder(), 0);
}
