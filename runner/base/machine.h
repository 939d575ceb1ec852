/* machine.h - how many cores and how much memory this process may use, by its affinity and its cgroup.
 *
 * /proc and /sys are read below `root`: NULL, or a folder that tests make. */
#ifndef NNGRID_BASE_MACHINE_H
#define NNGRID_BASE_MACHINE_H

#include <stddef.h>

/* The cores by affinity and by the CPU quota of the cgroup, which is rounded up; at least 1. */
int machine_cores(const char *root);

/* The bytes of memory that are available by the kernel and by the limit of the cgroup; 0: unknown. */
size_t machine_memory(const char *root);

#endif
