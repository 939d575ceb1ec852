/* signals.h - what may stop a grid from outside: signals, and the clock of --max-time. */
#ifndef NNGRID_COMMANDS_SIGNALS_H
#define NNGRID_COMMANDS_SIGNALS_H

#include <stdatomic.h>
#include <stdbool.h>

/* From now on a first SIGINT, SIGTERM or SIGUSR1, or the end of `seconds` (NaN: never), makes the returned
 * number other than 0, and a second signal ends the process at once. */
const atomic_int *command_catch_signals(double seconds);
/* Was it the clock? */
bool command_time_over(void);

#endif
