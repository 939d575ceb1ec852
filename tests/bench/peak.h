/* peak.h - what a core can do at most: multiply-adds a second for each instruction set, and its clock.
 *
 * Both are measured, each within milliseconds, so that they can stand right beside what they are compared
 * with: clocks change with the load and with the neighbours of a virtual machine. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stdbool.h>
#include <stddef.h>

/* An instruction set that this build has kernels for. */
typedef struct peak_set {
    const char *name;        /* as in NNGRID_ISA */
    bool (*available)(void); /* on the CPU that runs this */
    /* Does n blocks of multiply-adds in float32 and float64; returns the floating-point operations. */
    double (*run[2])(size_t n, const double factors[2]);
} peak_set;

extern const peak_set peak_sets[]; /* from the oldest to the newest; ends with name NULL */
extern _Thread_local volatile double peak_sink;

double peak_now(void); /* seconds on the monotonic clock */

/* Operations a second of the core that runs this: the best of the blocks that fit into `seconds`. */
double peak_flops(const peak_set *set, bool float64, double seconds);

/* Cycles a second: a chain of dependent additions, one cycle each. */
double peak_clock(double seconds);

#endif
