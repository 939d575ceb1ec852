/* Goes on in a child process, whose end by a signal becomes a message. */
#include "commands/apart.h"
#include "base/shield.h"
#include "commands/common.h"
#include <math.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child ---- */

/* Every file takes less computing time and memory. A sanitizer takes more of both, and reserves terabytes. */
static void limit(const char *path)
{
    struct stat s;
    const double size = stat(path, &s) == 0 ? (double)s.st_size : 0.0;
#ifdef NN_SANITIZED
    shield_lower(RLIMIT_CPU, 60 + size / 1e5, HUGE_VAL);
#else
    shield_lower(RLIMIT_CPU, 8 + size / 1e6, HUGE_VAL);
    shield_lower(RLIMIT_DATA, 700e6 + 256 * size, HUGE_VAL);
#endif
    shield_lower(RLIMIT_CORE, 0, HUGE_VAL);
}

void command_apart_computes(void)
{
    static const unsigned limited[] = {RLIMIT_CPU, RLIMIT_DATA};
    for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
        struct rlimit limit;
        if (getrlimit(limited[i], &limit) != 0)
            continue;
        limit.rlim_cur = limit.rlim_max;
        setrlimit(limited[i], &limit);
    }
}

/* ---- the parent ---- */

static int damaged(const char *path, int how)
{
    nn_error why, err;
    if (shield_ran_out(how))
        nn_fail(&why, NN_file, "is damaged: reading it takes longer than any sound file of its size");
    else
        shield_library_failed(how, &why);
    nn_fail(&err, NN_file, "%s %s", path, why.message);
    return command_fail(&err);
}

/* Ends as the child did: by a closed pipe, or because the user wishes it. */
static void end_alike(int how)
{
    static const int signals[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (WIFSIGNALED(how) && WTERMSIG(how) == signals[i]) {
            signal(signals[i], SIG_DFL);
            raise(signals[i]);
        }
}

enum { EXIT_OF_A_SANITIZER = 1 }; /* no command that goes on apart ends by it */

int command_apart(const char *path)
{
    const pid_t parent = getpid();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            limit(path);
    }
    if (pid <= 0) /* without a child the command goes on here */
        return GOES_ON;
    const int how = shield_wait(pid);
    end_alike(how);
    return WIFEXITED(how) && WEXITSTATUS(how) != EXIT_OF_A_SANITIZER ? WEXITSTATUS(how) : damaged(path, how);
}
