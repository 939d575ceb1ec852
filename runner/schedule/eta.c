/* Predicts the time that is left from the time that the finished runs took. */
#include "schedule/schedule.h"

/* The multiply-adds a second of one thread. Early on this is a mean of the expected speed and the one that was seen,
 * since the first finished runs may be untypical. */
static double speed(const schedule_progress *p, double per_second)
{
    const double trust = 0.5; /* the expected speed weighs as much as this many seconds */
    if (per_second > 0)
        return (p->work_done + trust * per_second) / (p->busy_seconds + trust);
    return p->busy_seconds > 0 ? p->work_done / p->busy_seconds : 0;
}

double schedule_share(const schedule_progress *p, double per_second)
{
    const double in_flight = p->flight_seconds * speed(p, per_second);
    const double share = p->work_total > 0 ? (p->work_done + in_flight) / p->work_total : 0;
    if (p->n_finished + p->n_before >= p->n_total)
        return 1;
    return share > 0.999 ? 0.999 : share;
}

double schedule_eta(const schedule_progress *p, double per_second)
{
    const double of_thread = speed(p, per_second);
    const double left = (double)(p->n_total - p->n_before - p->n_finished);
    if (!(of_thread > 0) || p->threads < 1)
        return NN_NAN;
    /* At the end fewer runs are left than threads, and the rest idle. */
    const double threads = left > 0 && left < p->threads ? left : p->threads;
    const double seconds = ((p->work_total - p->work_done) / of_thread - p->flight_seconds) / threads;
    return seconds > 0 ? seconds : 0;
}
