/* signals.h - lets signals and --max-time stop run and compact in an orderly way. */
#ifndef NNGRID_COMMANDS_SIGNALS_H
#define NNGRID_COMMANDS_SIGNALS_H

#include <stdatomic.h>
#include <stdbool.h>

/* After this call a first SIGINT, SIGTERM or SIGUSR1, or the end of `seconds` (NaN: never), makes the returned number
 * nonzero; a second signal ends the process at once. */
const atomic_int *command_catch_signals(double seconds);
/* Tells whether the timer of --max-time, and not a signal, asked to stop. */
bool command_time_over(void);

#endif
