/* peak.h - measures the most that a CPU core can do: multiply-adds a second for each instruction set, and its clock.
 *
 * Each takes milliseconds, so that it can be measured right beside what is compared with it: clocks change with the
 * load and with the neighbours of a virtual machine. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stdbool.h>
#include <stddef.h>

extern _Thread_local volatile double peak_sink;

/* Returns the CPU seconds of this thread. Nothing that is timed here waits or sleeps, so that on an idle core they are
 * those of the clock, and on a busy one they leave out the time of other work. */
double peak_cpu(void);

/* Returns the operations a second of the core that runs this, by an instruction set (NN_ISA_...) that it has: the best
 * of the blocks that fit into `seconds`. */
double peak_flops(int isa, bool float64, double seconds);

/* Returns the cycles a second, by a chain of dependent additions of one cycle each. */
double peak_clock(double seconds);

#endif
