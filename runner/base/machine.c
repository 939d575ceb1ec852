/* Reads the limits of a process from /proc and /sys. A container or a batch system gives it less than the machine
 * has; a program that looks at the machine alone starts too many threads, or is killed when it runs out of memory. */
#include "base/machine.h"
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the first line of a small file. False: it cannot be read. */
static bool read_line(const char *path, char *line, size_t size)
{
    FILE *f = fopen(path, "re");
    const bool got = f != NULL && fgets(line, (int)size, f) != NULL;
    if (f != NULL)
        fclose(f);
    return got;
}

/* The number in the first line of folder/name; `otherwise` where it is "max" or there is no such file. */
static double read_number(const char *folder, const char *name, double otherwise)
{
    char path[2 * PATH_MAX], line[128], *end;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!read_line(path, line, sizeof line))
        return otherwise;
    const double value = strtod(line, &end);
    return end == line ? otherwise : value;
}

/* The file of cgroup v2 has "quota period" or "max period". */
static double cores_v2(const char *folder)
{
    char path[2 * PATH_MAX], line[128];
    double quota, period;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lf %lf", &quota, &period) != 2 || period <= 0)
        return HUGE_VAL;
    return quota / period;
}

static double cores_v1(const char *folder)
{
    const double quota = read_number(folder, "cpu.cfs_quota_us", -1);
    const double period = read_number(folder, "cpu.cfs_period_us", 0);
    return quota > 0 && period > 0 ? quota / period : HUGE_VAL;
}

/* The memory that a cgroup leaves. "max" (v2) and values near 2^63 (v1) mean that there is no limit. */
static double memory_left(const char *folder, const char *limit_name, const char *used_name)
{
    const double limit = read_number(folder, limit_name, HUGE_VAL);
    const double used = read_number(folder, used_name, 0);
    return limit > 4e18 ? HUGE_VAL : (limit > used ? limit - used : 0);
}

static double memory_v2(const char *folder)
{
    return memory_left(folder, "memory.max", "memory.current");
}

static double memory_v1(const char *folder)
{
    return memory_left(folder, "memory.limit_in_bytes", "memory.usage_in_bytes");
}

/* A quantity that cgroups limit, and how to read its limit in each version. */
typedef struct limit {
    const char *controller; /* its name in /proc/self/cgroup of v1 */
    double (*v1)(const char *folder), (*v2)(const char *folder);
} limit;

static const limit cpu_limit = {"cpu", cores_v1, cores_v2};
static const limit memory_limit = {"memory", memory_v1, memory_v2};

/* The smallest limit of a cgroup and all its parents, which bind as well. */
static double least(const char *mount, char *path, double (*of)(const char *folder))
{
    double lowest = HUGE_VAL;
    for (;;) {
        char folder[PATH_MAX];
        if (snprintf(folder, sizeof folder, "%s%s", mount, path) < (int)sizeof folder)
            lowest = fmin(lowest, of(folder));
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return lowest;
        *slash = '\0';
    }
}

static bool names_controller(const char *list, const char *controller)
{
    const size_t length = strlen(controller);
    for (const char *at = list; (at = strstr(at, controller)) != NULL; at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* The limit by one line of /proc/self/cgroup: "4:cpu,cpuacct:/path" (v1) or "0::/path" (v2). */
static double limit_of_line(char *line, const char *root, const limit *what)
{
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return HUGE_VAL;
    *path++ = '\0';
    controllers++;
    path[strcspn(path, "\n")] = '\0';
    char mount[PATH_MAX];
    if (*controllers == '\0') {
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
        return least(mount, path, what->v2);
    }
    if (!names_controller(controllers, what->controller))
        return HUGE_VAL;
    snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, what->controller);
    return least(mount, path, what->v1);
}

static double cgroup_limit(const char *root, const limit *what)
{
    char name[PATH_MAX], line[PATH_MAX];
    snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    FILE *f = fopen(name, "re");
    double lowest = HUGE_VAL;
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        lowest = fmin(lowest, limit_of_line(line, root, what));
    if (f != NULL)
        fclose(f);
    return lowest;
}

static int cores_by_affinity(void)
{
    /* With more than 1024 cores the set must be larger than cpu_set_t: it grows until the kernel accepts it. */
    for (int n = 1024; n <= 1 << 20; n *= 4) {
        cpu_set_t *set = CPU_ALLOC((size_t)n);
        const size_t size = CPU_ALLOC_SIZE((size_t)n);
        const int got = set != NULL && sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (got > 0)
            return got;
    }
    return 1;
}

int machine_cores(const char *root)
{
    const int affinity = cores_by_affinity();
    const double quota = ceil(cgroup_limit(root != NULL ? root : "", &cpu_limit));
    return quota < affinity ? (quota < 1 ? 1 : (int)quota) : affinity;
}

size_t machine_memory(const char *root)
{
    char name[PATH_MAX], line[256];
    unsigned long long kib, available = 0;
    root = root != NULL ? root : "";
    snprintf(name, sizeof name, "%s/proc/meminfo", root);
    FILE *f = fopen(name, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            available = kib * 1024;
    if (f != NULL)
        fclose(f);
    const double left = cgroup_limit(root, &memory_limit);
    return left < (double)available || (available == 0 && left < HUGE_VAL) ? (size_t)left : (size_t)available;
}
