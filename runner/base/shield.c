/* Runs a function in a child process whose time and memory are limited, and passes on what it found. */
#include "base/shield.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Limits of the child: of computing time, in seconds, and of memory, in bytes. */
typedef struct limits {
    double seconds, bytes;
} limits;

/* What the child sends first; what the job sends follows. */
typedef struct report {
    nn_status status;
    nn_error err;
} report;

/* ---- the pipe ---- */

bool shield_get(int from, void *to, size_t n)
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
 * writes between the messages of the parent. It ends with its parent, too, and leaves no core file. */
static void end_silently(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXCPU};
    const struct rlimit none = {0, 0};
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Every file takes less: one that is damaged can keep HDF5 busy for ever, or say that 600 bytes are four gigabytes. */
static limits limits_of(const char *path)
{
    struct stat st = {0};
    const double size = stat(path, &st) == 0 ? (double)st.st_size : 0.0;
    return (limits){.seconds = 3 + (double)(long)(size / 1e6), .bytes = 400e6 + 256 * size};
}

/* The address space of this process in bytes; 0: unknown. Under a sanitizer most of it is reserved and not used. */
static double address_space(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;
    if (f != NULL && fscanf(f, "%lu", &pages) != 1)
        pages = 0;
    if (f != NULL)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void shield_lower(unsigned which, double soft, double hard)
{
    struct rlimit limit;
    if (getrlimit(which, &limit) != 0)
        return;
    if (hard < HUGE_VAL && (limit.rlim_max == RLIM_INFINITY || (double)limit.rlim_max > hard))
        limit.rlim_max = (rlim_t)hard;
    if (limit.rlim_cur == RLIM_INFINITY || (double)limit.rlim_cur > soft)
        limit.rlim_cur = (rlim_t)soft;
    setrlimit(which, &limit);
}

/* Waiting for a disk does not count as time. */
static void limit_child(const limits *l)
{
    const double there = address_space();
    shield_lower(RLIMIT_CPU, l->seconds, l->seconds + 1);
    if (there > 0 && there + l->bytes < 9e18)
        shield_lower(RLIMIT_AS, there + l->bytes, there + l->bytes);
}

_Noreturn static void child(const shield_job *job, const limits *l, int to)
{
    report r = {0};
    end_silently();
    limit_child(l);
    r.status = job->work(job->context, &r.err);
    bool good = file_put(to, &r, sizeof r);
    if (r.status == NN_ok && good && job->send != NULL)
        good = job->send(job->context, to);
    /* _exit neither flushes what the parent has buffered nor runs the exit functions of libraries. */
    _exit(good ? 0 : 1);
}

/* ---- the parent ---- */

/* Waits for what the child found. NN_file with `err` untouched: it ended before it had sent all. */
static nn_status listen_to(int from, const shield_job *job, nn_error *err)
{
    report r;
    if (!shield_get(from, &r, sizeof r))
        return NN_file;
    if (r.status != NN_ok)
        return nn_fail(err, r.status, "%s", r.err.message);
    return job->take != NULL ? job->take(job->context, from, err) : NN_ok;
}

static nn_status too_long(const limits *l, nn_error *err)
{
    return nn_fail(err, NN_data,
                   "is damaged: reading it takes over %.0f s of computing time, more than any sound file of its size",
                   l->seconds);
}

/* Memory is short. If the machine has more than the child was allowed, the file is to blame. */
static nn_status no_memory(const limits *l, const nn_error *reason, nn_error *err)
{
    char most[32];
    const double there = (double)machine_memory(NULL);
    if (there > 0 && there < l->bytes)
        return nn_fail(err, NN_memory, "%s", reason->message);
    return nn_fail(err, NN_data,
                   "asks for over %s of memory, more than any sound file of its size; it is damaged, or packed very "
                   "densely: then save it without compression",
                   text_bytes(l->bytes, most, sizeof most));
}

bool shield_ran_out(int how)
{
    return WIFSIGNALED(how) && (WTERMSIG(how) == SIGXCPU || WTERMSIG(how) == SIGKILL);
}

nn_status shield_library_failed(int how, nn_error *err)
{
    return nn_fail(err, NN_data, "is damaged: the library that reads it failed%s%s", WIFSIGNALED(how) ? ": " : "",
                   WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "");
}

static nn_status no_child(nn_error *err)
{
    return nn_fail(err, NN_file, "cannot be looked at, which takes a process of its own: %s; see ulimit -u and -n",
                   strerror(errno));
}

int shield_wait(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    return how;
}

static pid_t start(const shield_job *job, const limits *l, int *from)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    (void)fcntl(ends[1], F_SETPIPE_SZ, 1 << 20); /* speeds up large arrays; a refusal does no harm */
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(job, l, ends[1]);
    }
    close(ends[1]);
    *from = ends[0];
    if (pid < 0)
        close(ends[0]);
    return pid;
}

nn_status shield_run(const char *path, const shield_job *job, nn_error *err)
{
    int from = -1;
    nn_error inner = {.status = NN_ok};
    const limits l = limits_of(path);
    const pid_t pid = start(job, &l, &from);
    if (pid < 0)
        return no_child(err);
    const nn_status status = listen_to(from, job, &inner);
    close(from); /* a child that still sends ends by SIGPIPE */
    const int how = shield_wait(pid);
    if (status == NN_ok)
        return NN_ok;
    if (inner.status == NN_ok)
        return shield_ran_out(how) ? too_long(&l, err) : shield_library_failed(how, err);
    return status == NN_memory ? no_memory(&l, &inner, err) : nn_fail(err, status, "%s", inner.message);
}
