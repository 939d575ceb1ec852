/* Says what the validation curve of a run shows of overfitting. The curve is first reduced to strips, so that noise from
 * epoch to epoch and how often is recorded count little:
 *
 * The epochs up to the last recorded one are cut into 64 strips of equal length, of which epoch 0 is in the first; one
 * without a recorded epoch is joined to the next. E is the median of a strip's losses, E_opt the lowest of these. A
 * strip stands at the median of its recorded epochs; what is called its epoch is its last one, recorded or not, which is
 * the same however often is recorded. */
#include "train/overfit.h"
#include "train/stop.h"
#include <string.h>

enum { STRIPS = 64, FEWEST_STRIPS = 8, STRIPS_UP = 3 };

typedef struct strips {
    size_t n, lowest;
    double loss[STRIPS], at[STRIPS], end[STRIPS];
    double last;      /* the last recorded epoch */
    double initial;   /* the loss before training */
    double loss_last; /* the loss at the last recorded epoch */
} strips;

/* ---- medians, without room to sort in ---- */

/* A whole number that orders losses as they are ordered; NaN is the highest, as nothing is worse. */
static int64_t order_of(double loss)
{
    int64_t bits;
    if (loss != loss)
        return INT64_MAX;
    memcpy(&bits, &loss, sizeof bits);
    return bits < 0 ? INT64_MIN - bits : bits;
}

static double loss_of(int64_t order)
{
    double loss;
    const int64_t bits = order < 0 ? INT64_MIN - order : order;
    if (order == INT64_MAX)
        return NN_INF;
    memcpy(&loss, &bits, sizeof loss);
    return loss;
}

/* The k-th smallest of n losses, k from 0, by halving the range that it is in. */
static double nth_smallest(const double *losses, size_t n, size_t k)
{
    int64_t low = INT64_MIN, high = INT64_MAX;
    while (low < high) {
        const int64_t middle = (low & high) + ((low ^ high) >> 1); /* their mean, rounded down */
        size_t n_below = 0;
        for (size_t i = 0; i < n; i++)
            n_below += order_of(losses[i]) <= middle;
        if (n_below > k)
            high = middle;
        else
            low = middle + 1;
    }
    return loss_of(low);
}

static double median_of(const double *losses, size_t n)
{
    const double upper = nth_smallest(losses, n, n / 2);
    return n % 2 == 1 ? upper : (nth_smallest(losses, n, n / 2 - 1) + upper) / 2;
}

/* ---- strips ---- */

static size_t strip_of(uint32_t epoch, uint32_t last)
{
    return epoch == 0 ? 0 : (size_t)(((uint64_t)epoch * STRIPS - 1) / last);
}

static void add_strip(strips *s, const double *losses, const uint32_t *epochs, size_t n, uint32_t last)
{
    const uint64_t strip = strip_of(epochs[0], last);
    s->loss[s->n] = median_of(losses, n);
    s->at[s->n] = ((double)epochs[(n - 1) / 2] + (double)epochs[n / 2]) / 2;
    s->end[s->n] = (double)((strip + 1) * last / STRIPS);
    s->n++;
}

static strips strips_of(const nn_outcome *o)
{
    const double *losses = o->curves + (size_t)NN_CURVE_validation_loss * o->n_points;
    const size_t n = o->n_reached;
    strips s = {.n = 0};
    if (n < FEWEST_STRIPS || isnan(losses[nn_lowest(losses, n)]))
        return s;
    const uint32_t last = o->epochs[n - 1];
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && strip_of(o->epochs[to], last) == strip_of(o->epochs[from], last);)
            to++;
        add_strip(&s, losses + from, o->epochs + from, to - from, last);
    }
    s.lowest = nn_lowest(s.loss, s.n);
    s.last = last;
    s.initial = losses[0];
    s.loss_last = losses[n - 1];
    return s;
}

/* ---- overfitting ---- */

static double excess_of(const strips *s, size_t strip)
{
    return nn_excess(s->loss[strip], s->loss[s->lowest]);
}

/* Does E stay above 1.05 E_opt in the last tenth of the run? */
static bool stays_above(const strips *s)
{
    bool above = true;
    for (size_t i = 0; i < s->n; i++)
        above &= s->at[i] <= 0.9 * s->last || excess_of(s, i) > 0.05;
    return above;
}

/* Trapezoids of E / E_opt - 1 between the strips from the lowest on; behind the last one E stays as it is. */
static double integral_of(const strips *s)
{
    double sum = 0;
    for (size_t i = s->lowest + 1; i < s->n; i++)
        sum += (excess_of(s, i - 1) + excess_of(s, i)) / 2 * (s->at[i] - s->at[i - 1]);
    return s->last > s->at[s->n - 1] ? sum + excess_of(s, s->n - 1) * (s->last - s->at[s->n - 1]) : sum;
}

/* ---- double descent ---- */

/* The median absolute difference of neighbouring strips. */
static double noise_of(const strips *s)
{
    double steps[STRIPS];
    for (size_t i = 1; i < s->n; i++)
        steps[i - 1] = fabs(s->loss[i] - s->loss[i - 1]);
    return median_of(steps, s->n - 1);
}

/* Finds the first minimum that is followed by three strips in a row above it by 10% and by 4 times the noise. A first
 * strip is one only if the loss has descended to it. Returns the last of the three, or n. */
static size_t find_rise(const strips *s, double noise, size_t *minimum)
{
    size_t lowest = 0, above = 0;
    for (size_t i = 1; i < s->n; i++) {
        const double least = s->loss[lowest], loss = s->loss[i];
        if (loss < least)
            lowest = i;
        const bool descended = lowest > 0 || least < s->initial;
        above = descended && loss > least + 0.1 * fabs(least) && loss > least + 4 * noise ? above + 1 : 0;
        *minimum = lowest;
        if (above == STRIPS_UP)
            return i;
    }
    return s->n;
}

/* The strip between `from` and `to`, both included, whose loss is the lowest (sign 1) or the highest (sign -1). */
static size_t extreme(const strips *s, size_t from, size_t to, double sign)
{
    size_t best = from;
    for (size_t i = from + 1; i <= to; i++)
        best = sign * s->loss[i] < sign * s->loss[best] ? i : best;
    return best;
}

static void find_descents(const strips *s, nn_overfit *f)
{
    size_t first = 0;
    const double noise = noise_of(s);
    const size_t rise = find_rise(s, noise, &first);
    const size_t second = rise < s->n ? extreme(s, rise, s->n - 1, 1) : first;
    f->two = s->loss[second] < s->loss[first] - 2 * noise;
    if (f->two == 0)
        return;
    f->depth = 1 - s->loss[second] / s->loss[first];
    f->first = s->end[first];
    f->peak = s->end[extreme(s, first, second, -1)];
    f->second = s->end[second];
}

nn_overfit nn_overfit_of(const nn_outcome *o)
{
    nn_overfit f = {NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN, NN_NAN};
    const strips s = strips_of(o);
    if (s.n < FEWEST_STRIPS || !(s.loss[s.lowest] < NN_INF))
        return f;
    const bool overfits = stays_above(&s);
    f.epoch = overfits ? s.end[s.lowest] : NN_NAN;
    f.final = 100 * nn_excess(s.loss_last, s.loss[s.lowest]);
    f.integral = overfits ? integral_of(&s) : 0;
    find_descents(&s, &f);
    return f;
}
