/* clock.h - the time in seconds. */
#ifndef NNGRID_BASE_CLOCK_H
#define NNGRID_BASE_CLOCK_H

/* Seconds since a fixed moment, for durations: nobody can set this clock. */
double clock_seconds(void);

/* Seconds since 1970, for dates. */
double clock_date(void);

#endif
