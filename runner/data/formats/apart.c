/* Reads an array in a child process. HDF5 and libmatio trust the sizes and places in a file, so a damaged file can
 * make them access any memory. If that ends the child, this process reports an error. */
#include "base/file.h"
#include "data/formats/array.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child sends first; the values follow. */
typedef struct report {
    nn_status status;
    nn_error err;
    array shape; /* its pointers tell only which of the arrays follows */
} report;

/* ---- the pipe ---- */

static bool put(int to, const void *from, size_t n)
{
    const char *p = from;
    while (n > 0) {
        const ssize_t done = write(to, p, n);
        if (done < 0 && errno != EINTR)
            return false;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

static bool get(int from, void *to, size_t n)
{
    char *p = to;
    while (n > 0) {
        const ssize_t done = read(from, p, n);
        if (done == 0 || (done < 0 && errno != EINTR))
            return false;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return true;
}

/* ---- the child ---- */

/* Makes the child end in silence, so that no signal handler, C library (which may find a broken heap) or sanitizer
 * writes between the messages of the parent. */
static void end_silently(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
}

/* Limits the CPU time of the child, since damage can also keep HDF5 busy for ever. Every file takes less than three
 * seconds and one for each MB. Waiting for a disk does not count. */
static void limit_time(const char *path)
{
    struct stat st = {0};
    stat(path, &st);
    const rlim_t seconds = 3 + (rlim_t)st.st_size / 1000000;
    const struct rlimit limit = {seconds, seconds + 1};
    setrlimit(RLIMIT_CPU, &limit);
}

static void child(array_reader *reader, const char *path, const char *name, int to)
{
    report r = {0};
    end_silently();
    limit_time(path);
    r.status = reader(path, name, &r.shape, &r.err);
    const array *a = &r.shape;
    const size_t n = a->rows * a->columns;
    bool good = put(to, &r, sizeof r);
    if (r.status == NN_ok && good) {
        good = a->numbers != NULL ? put(to, a->numbers, n * sizeof *a->numbers)
               : a->bytes != NULL ? put(to, a->bytes, n)
                                  : put(to, a->text, n * a->word_bytes);
    }
    /* _exit neither flushes what the parent has buffered nor runs the exit functions of libraries. */
    _exit(good ? 0 : 1);
}

/* ---- the parent ---- */

/* Allocates the array and receives its values. NN_file: they did not come. */
static nn_status receive(int from, const array *shape, array *out, nn_error *err)
{
    const size_t n = shape->rows * shape->columns;
    array a = {.rows = shape->rows, .columns = shape->columns};
    nn_status status = NN_ok;
    bool came = false;
    if (shape->words != NULL) {
        status = array_new_words(a.rows, a.columns, shape->word_bytes - 1, &a, err);
        came = status == NN_ok && get(from, a.text, n * a.word_bytes);
    } else if (shape->bytes != NULL) {
        a.bytes = malloc(n);
        came = a.bytes != NULL && get(from, a.bytes, n);
    } else {
        const bool fits = file_fits_memory((double)n * sizeof *a.numbers);
        a.numbers = fits ? malloc(n * sizeof *a.numbers) : NULL;
        came = a.numbers != NULL && get(from, a.numbers, n * sizeof *a.numbers);
    }
    if (status == NN_ok && a.words == NULL && a.bytes == NULL && a.numbers == NULL)
        status = nn_fail(err, NN_memory, "not enough memory for %zu x %zu values", a.rows, a.columns);
    if (!came) {
        array_free(&a);
        return status == NN_ok ? NN_file : status;
    }
    *out = a;
    return NN_ok;
}

static nn_status listen_to(int from, array *out, nn_error *err)
{
    report r;
    if (!get(from, &r, sizeof r))
        return NN_file;
    if (r.status != NN_ok)
        return nn_fail(err, r.status, "%s", r.err.message);
    return receive(from, &r.shape, out, err);
}

nn_status array_read_apart(array_reader *reader, const char *path, const char *name, array *out, nn_error *err)
{
    int ends[2], how = 0;
    nn_error inner = {.status = NN_ok};
    if (pipe(ends) != 0)
        return reader(path, name, out, err);
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20); /* speeds up large arrays; a refusal does no harm */
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(reader, path, name, ends[1]);
    }
    close(ends[1]);
    nn_status status = pid > 0 ? listen_to(ends[0], out, &inner) : reader(path, name, out, &inner);
    close(ends[0]);
    while (pid > 0 && waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    if (status != NN_ok && inner.status == NN_ok) {
        return nn_fail(err, NN_data, "is damaged: the library that reads it failed%s%s", WIFSIGNALED(how) ? ": " : "",
                       WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "");
    }
    return status == NN_ok ? status : nn_fail(err, status, "%s", inner.message);
}
