/* Asks for the limits of stacks. */
#include "base/stack.h"
#include "base/file.h"
#include "base/text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const double least_process = 512 * 1024, least_thread = 256 * 1024;

bool stack_check_printing(void)
{
    static const char words[] =
        "nngrid: the stack of a process is limited to less than 64 kB, and nngrid needs 512 kB; "
        "raise it: ulimit -s 8192\n";
    enum { PRINTING = 64 * 1024 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= PRINTING)
        return true;
    (void)file_put(STDERR_FILENO, words, sizeof words - 1);
    return false;
}

nn_status stack_check(nn_error *err)
{
    struct rlimit limit;
    char has[32], needs[32];
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        (double)limit.rlim_cur >= least_process)
        return NN_ok;
    return nn_fail(err, NN_memory,
                   "the stack of a process is limited to %s, and nngrid needs %s; raise it: ulimit -s 8192",
                   text_bytes((double)limit.rlim_cur, has, sizeof has), text_bytes(least_process, needs, sizeof needs));
}

/* "4M": a number and B, K (which may be left out), M, G or T. False: it is none. */
static bool parse(const char *text, double *bytes)
{
    static const char units[] = "BKMGT";
    char *end;
    const double number = strtod(text, &end);
    if (end == text || !(number > 0))
        return false;
    while (isspace((unsigned char)*end))
        end++;
    const char *unit = *end == '\0' ? &units[1] : strchr(units, toupper((unsigned char)*end));
    if (unit == NULL || (*end != '\0' && end[1] != '\0'))
        return false;
    *bytes = number;
    for (; unit > units; unit--)
        *bytes *= 1024;
    return true;
}

static const char *asked(void)
{
    const char *text = getenv("OMP_STACKSIZE");
    return text != NULL && *text != '\0' ? text : NULL;
}

nn_status stack_check_threads(nn_error *err)
{
    char needs[32];
    double bytes = 0;
    const char *text = asked();
    if (text == NULL || (parse(text, &bytes) && bytes >= least_thread))
        return NN_ok;
    return nn_fail(err, NN_memory, "OMP_STACKSIZE=%.40s %s; a thread needs a stack of at least %s: unset it, or say 8M",
                   text, bytes > 0 ? "is too small" : "is no size such as 8M",
                   text_bytes(least_thread, needs, sizeof needs));
}

size_t stack_of_threads(void)
{
    double bytes = 0;
    const char *text = asked();
    return text != NULL && parse(text, &bytes) && bytes < 1e18 ? (size_t)bytes : 0;
}
