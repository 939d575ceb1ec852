/* Predicts the time that is left from the time that the finished runs took. */
#include "schedule/schedule.h"

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* The multiply-adds a second of one thread whose lanes are all full, over all kinds. Early on this is a mean of the
 * expected speed and the one that was seen, since the first finished runs may be untypical. */
static double speed(const schedule_pace *paces, size_t n, double per_second)
{
    double work = 0, seconds = 0;
    for (size_t i = 0; i < n; i++) {
        work += paces[i].work_done * paces[i].effort;
        seconds += paces[i].seconds_done;
    }
    if (per_second > 0) {
        const double trust = 0.5; /* the expected speed weighs as much as this many seconds */
        work += trust * per_second;
        seconds += trust;
    }
    return seconds > 0 ? work / seconds : NN_NAN;
}

/* What is left of a kind, in seconds: of one thread that keeps its lanes full, and of a run. */
typedef struct pace_left {
    double load, run;
} pace_left;

static pace_left left_of(const schedule_pace *p, double per_second)
{
    const double slowness = p->work_done > 0 && p->seconds_done > 0 ? p->seconds_done / p->work_done /* of a lane */
                                                                    : p->effort / per_second;
    const double flight = larger(0, p->work_flight * slowness - p->seconds_flight);
    const double waiting = p->work_waiting * slowness;
    pace_left left = {.load = (flight + waiting) / p->lanes};
    if (p->n_waiting > 0)
        left.run = waiting / (double)p->n_waiting;
    else if (p->n_flight > 0)
        left.run = flight / (double)p->n_flight;
    return left;
}

double schedule_left(const schedule_pace *paces, size_t n, int threads, double per_second)
{
    const double of_thread = speed(paces, n, per_second);
    double load = 0, longest = 0;
    for (size_t i = 0; i < n; i++) {
        const pace_left left = left_of(&paces[i], of_thread);
        load += larger(left.load, left.run); /* a pack that is not full takes as long as a full one */
        longest = larger(longest, left.run);
    }
    return of_thread > 0 ? larger(load / threads, longest) : NN_NAN;
}

static double ceiling(size_t n, size_t of)
{
    return (double)((n + of - 1) / of);
}

/* The waiting runs of a kind, in seconds. */
typedef struct pace_span {
    double pack, in_lanes,
        torn; /* of a pack, of all packs of one thread, and of packs that are torn between the threads */
    schedule_range apart, alone; /* of all runs, and of one pack's runs */
    double turns;                /* how often all threads train a pack of it */
} pace_span;

static schedule_range scaled(schedule_range r, double by)
{
    return (schedule_range){r.low * by, r.high * by};
}

static pace_span span_of(const schedule_pace *p, size_t threads, double per_second)
{
    const size_t lanes = (size_t)p->lanes, n = p->n_waiting, in_pack = n < lanes ? n : lanes;
    const double pack = left_of(p, per_second).run, packs = ceiling(n, lanes);
    const schedule_range apart = scaled(p->apart, 1 / per_second);
    return (pace_span){.pack = pack,
                       .in_lanes = packs * pack,
                       .torn = larger(packs, (double)(n < threads ? n : threads)) * pack,
                       .apart = apart,
                       .alone = scaled(apart, n > 0 ? (double)in_pack / (double)n : 0),
                       .turns = ceiling(n, lanes * threads)};
}

schedule_range schedule_span(const schedule_pace *paces, size_t n, int threads, double per_second)
{
    double load = 0, longest = 0, in_turn = 0, low = 0, least = 0;
    for (size_t i = 0; i < n; i++) {
        const pace_span s = span_of(&paces[i], (size_t)threads, per_second);
        low += s.in_lanes + s.apart.low;
        load += s.torn + s.apart.high;
        in_turn += s.turns * (s.pack + s.alone.high);
        least = larger(least, s.pack);
        longest = larger(longest, s.pack + s.alone.high);
    }
    const double graham = load / threads + (1 - 1.0 / threads) * longest;
    return (schedule_range){larger(low / threads, least), graham < in_turn ? graham : in_turn};
}

double schedule_share(const schedule_progress *p)
{
    const double share = p->seconds / (p->seconds + p->left);
    if (p->n_finished + p->n_before >= p->n_total)
        return 1;
    return share > 0.999 ? 0.999 : share > 0 ? share : 0;
}
