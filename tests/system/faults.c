/* faults.c - a library to preload that makes the calls which write files fail, and keeps a journal of them.
 *
 *   NNGRID_FAULT=CALL:N:ACTION  what happens to the N-th call (from 1) of CALL; ACTION is the name of an error, `short`
 *                               (half is written), `kill` (the process ends before the call) or `tear` (it ends when
 *                               half is written); with a + behind it, also to all later calls
 *   NNGRID_FAULT_COUNTS=FILE    how often each call was made, written when the process ends
 *   NNGRID_FAULT_JOURNAL=FILE   every successful write, change of length and sync, in order: records of four uint64
 *                               (kind, inode, offset, size), after a write its bytes
 *   NNGRID_FAULT_NFS=1          every file system looks like NFS, and its locks are: flock() is a lock of fcntl()
 *
 * The calls go straight to the kernel, so that it does not matter which other libraries are preloaded. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* X(name) */
#define CALLS(X)        X(pwrite) X(fsync) X(fdatasync) X(rename) X(posix_fallocate) X(ftruncate) X(fchmod)
#define CALL_ID(name)   CALL_##name,
#define CALL_NAME(name) #name,
typedef enum call { CALLS(CALL_ID) N_CALLS } call;
static const char *const call_names[] = {CALLS(CALL_NAME)};

static const struct {
    const char *name;
    int number;
} errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"EDQUOT", EDQUOT}, {"EPERM", EPERM}};

typedef enum action { PASS, FAIL, SHORT, KILL, TEAR } action;
enum { RECORD_WRITE = 1, RECORD_SYNC, RECORD_LENGTH };

static struct {
    action action;
    call call;
    long n;
    bool on; /* all later calls too */
    int error;
} fault;

static atomic_long counts[N_CALLS];
static int journal = -1;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER; /* the journal has the order of the writes */

/* ---- what is asked for ---- */

static void read_action(const char *word, size_t length)
{
    static const char *const words[] = {"", "", "short", "kill", "tear"};
    for (int i = SHORT; i <= TEAR; i++)
        if (strncmp(word, words[i], length) == 0 && words[i][length] == '\0')
            fault.action = (action)i;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strncmp(word, errors[i].name, length) == 0 && errors[i].name[length] == '\0') {
            fault.action = FAIL;
            fault.error = errors[i].number;
        }
}

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("NNGRID_FAULT"), *file = getenv("NNGRID_FAULT_JOURNAL");
    if (file != NULL)
        journal = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    for (int i = 0; text != NULL && i < N_CALLS; i++) {
        const size_t length = strlen(call_names[i]);
        char *end;
        if (strncmp(text, call_names[i], length) != 0 || text[length] != ':')
            continue;
        fault.call = (call)i;
        fault.n = strtol(text + length + 1, &end, 10);
        const size_t rest = *end == ':' ? strlen(++end) : 0;
        fault.on = rest > 0 && end[rest - 1] == '+';
        read_action(end, fault.on ? rest - 1 : rest);
    }
    if (text != NULL && fault.action == PASS)
        abort(); /* a test with an unknown fault must not pass */
}

__attribute__((destructor)) static void end(void)
{
    const char *file = getenv("NNGRID_FAULT_COUNTS");
    FILE *f = file == NULL ? NULL : fopen(file, "w");
    for (int i = 0; f != NULL && i < N_CALLS; i++)
        fprintf(f, "%s %ld\n", call_names[i], atomic_load(&counts[i]));
    if (f != NULL)
        fclose(f);
}

/* ---- what happens to a call ---- */

static void die(void)
{
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

/* Tells whether it is a results file or a folder: OpenMP's library writes files of its own. */
static bool counts_here(int fd)
{
    char link[40], name[512] = "";
    struct stat s;
    if (fstat(fd, &s) == 0 && S_ISDIR(s.st_mode))
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return readlink(link, name, sizeof name - 1) > 0 && strstr(name, ".h5") != NULL;
}

/* Counts the call, and sets errno if it must fail. */
static action decide(call which)
{
    const long n = atomic_fetch_add(&counts[which], 1) + 1;
    if (fault.action == PASS || which != fault.call || n < fault.n || (n > fault.n && !fault.on))
        return PASS;
    if (fault.action == KILL)
        die();
    errno = fault.error;
    return fault.action;
}

static action decide_for(int fd, call which)
{
    return counts_here(fd) ? decide(which) : PASS;
}

static void put(const void *bytes, size_t n)
{
    for (const char *at = bytes; n > 0;) {
        long wrote = syscall(SYS_write, journal, at, n);
        if (wrote <= 0)
            abort();
        at += wrote;
        n -= (size_t)wrote;
    }
}

static void note(uint64_t kind, int fd, uint64_t offset, uint64_t size, const void *bytes)
{
    struct stat s;
    if (journal < 0 || fstat(fd, &s) < 0)
        return;
    const int error = errno;
    const uint64_t record[] = {kind, (uint64_t)s.st_ino, offset, size};
    put(record, sizeof record);
    if (bytes != NULL)
        put(bytes, (size_t)size);
    errno = error;
}

/* ---- the calls ---- */

static ssize_t write_at(int fd, const void *bytes, size_t n, off_t offset)
{
    const action what = decide_for(fd, CALL_pwrite);
    if (what == FAIL)
        return -1;
    if ((what == SHORT || what == TEAR) && n > 1)
        n /= 2;
    pthread_mutex_lock(&order);
    long wrote = syscall(SYS_pwrite64, fd, bytes, n, offset);
    if (what == TEAR)
        die();
    if (wrote > 0)
        note(RECORD_WRITE, fd, (uint64_t)offset, (uint64_t)wrote, bytes);
    pthread_mutex_unlock(&order);
    return wrote;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t offset)
{
    return write_at(fd, bytes, n, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t offset)
{
    return write_at(fd, bytes, n, offset);
}

/* The record comes before the sync: what is written during it may or may not be on the disk. */
static int sync_by(call which, long number, int fd)
{
    if (decide_for(fd, which) == FAIL)
        return -1;
    pthread_mutex_lock(&order);
    int result = (int)syscall(number, fd);
    if (result == 0)
        note(RECORD_SYNC, fd, 0, 0, NULL);
    pthread_mutex_unlock(&order);
    return result;
}

int fsync(int fd)
{
    return sync_by(CALL_fsync, SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return sync_by(CALL_fdatasync, SYS_fdatasync, fd);
}

int rename(const char *from, const char *to)
{
    return decide(CALL_rename) == FAIL ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return decide(CALL_rename) == FAIL ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

static int reserve(int fd, off_t offset, off_t size)
{
    if (decide_for(fd, CALL_posix_fallocate) == FAIL)
        return fault.error;
    if (syscall(SYS_fallocate, fd, 0, offset, size) < 0)
        return errno;
    note(RECORD_LENGTH, fd, 0, (uint64_t)(offset + size), NULL);
    return 0;
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    return reserve(fd, offset, size);
}

int posix_fallocate64(int fd, off_t offset, off_t size)
{
    return reserve(fd, offset, size);
}

static int set_length(int fd, off_t size)
{
    if (decide_for(fd, CALL_ftruncate) == FAIL)
        return -1;
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0)
        note(RECORD_LENGTH, fd, 0, (uint64_t)size, NULL);
    return result;
}

int ftruncate(int fd, off_t size)
{
    return set_length(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return set_length(fd, size);
}

int fchmod(int fd, mode_t mode)
{
    return decide_for(fd, CALL_fchmod) == FAIL ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

/* ---- a file system that is not there ---- */

static bool nfs(void)
{
    return getenv("NNGRID_FAULT_NFS") != NULL;
}

int fstatfs(int fd, struct statfs *fs)
{
    enum { NFS_MAGIC = 0x6969 };
    const int result = (int)syscall(SYS_fstatfs, fd, fs);
    if (result == 0 && nfs())
        fs->f_type = NFS_MAGIC;
    return result;
}

/* Locks as the kernel does on NFS. */
int flock(int fd, int operation)
{
    const int what = operation & ~LOCK_NB;
    struct flock lock = {.l_type = what == LOCK_SH   ? F_RDLCK
                                   : what == LOCK_EX ? F_WRLCK
                                                     : F_UNLCK,
                         .l_whence = SEEK_SET};
    if (!nfs())
        return (int)syscall(SYS_flock, fd, operation);
    const int result = fcntl(fd, operation & LOCK_NB ? F_OFD_SETLK : F_OFD_SETLKW, &lock);
    if (result < 0 && errno == EACCES)
        errno = EWOULDBLOCK;
    return result;
}
