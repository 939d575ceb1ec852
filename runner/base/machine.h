/* machine.h - what this process may use of the machine: cores and memory, by affinity and by its cgroup.
 *
 * `root` is the folder that stands for / when /proc and /sys are read: NULL, or a made tree in tests. */
#ifndef NNGRID_BASE_MACHINE_H
#define NNGRID_BASE_MACHINE_H

#include <stddef.h>

/* Cores by affinity and the cgroup's CPU quota (rounded up); at least 1. */
int machine_cores(const char *root);

/* Bytes that can still be taken: what the kernel calls available, or what the cgroup leaves; 0: not known. */
size_t machine_memory(const char *root);

#endif
