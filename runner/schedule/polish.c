/* L-BFGS, then saddle-free Newton with the Hessian by differences of core's gradient. */
#include "schedule/polish.h"
#include "schedule/lbfgs.h"
#include <float.h>
#include <string.h>

/* Eigenvalues below this share of the largest absolute one are rounding, and steps do not divide by less. */
static const double least_curvature = 1e-12;

bool schedule_polish_stopped(const polish *p)
{
    return p->stop != NULL && atomic_load(p->stop) != 0;
}

double schedule_polish_cost(const polish *p, const double *weights, double *gradient)
{
    const nn_split *split = p->job->split;
    const double cost = nn_gradient(p->job, weights, split->rows[NN_TRAIN], split->n[NN_TRAIN], gradient, p->workspace);
    return isfinite(cost) ? cost : HUGE_VAL;
}

/* ---- L-BFGS ---- */

static double scaled_cost(void *context, const double *weights, double *gradient)
{
    const polish *p = context;
    const double cost = schedule_polish_cost(p, weights, gradient);
    for (size_t i = 0; i < p->n; i++)
        gradient[i] = isfinite(cost) && isfinite(gradient[i]) ? gradient[i] / p->unit : 0;
    return isfinite(cost) ? cost / p->unit : DBL_MAX / 4; /* its line search compares and interpolates */
}

static bool low_enough(void *context, double value)
{
    const polish *p = context;
    return value * p->unit <= p->low || schedule_polish_stopped(p);
}

/* ---- Newton ---- */

/* Computes column i of the Hessian by central differences of the gradient at four points, whose error is of the order of
 * step^4: far out the curvature of a slope that still falls is tiny, and has to be told from rounding. */
static void column(polish *p, size_t i)
{
    static const double at[] = {-2, -1, 1, 2}, factor[] = {1, -8, 8, -1};
    const double here = p->w[i], step = 1e-4 * (1 + fabs(here) / 100);
    double *sum = p->vectors + i * p->n;
    memset(sum, 0, p->n * sizeof *sum);
    for (int k = 0; k < 4; k++) {
        p->w[i] = here + at[k] * step;
        schedule_polish_cost(p, p->w, p->room);
        for (size_t j = 0; j < p->n; j++)
            sum[j] += factor[k] * p->room[j] / (12 * step);
    }
    p->w[i] = here;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Fills gradient, values and vectors, and the step -|H|^-1 g into room; sets residual. */
static bool look_around(polish *p)
{
    double *step = p->room;
    double decrease = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (schedule_polish_stopped(p))
            return false;
        column(p, i);
    }
    p->cost = schedule_polish_cost(p, p->w, p->gradient);
    if (!schedule_eigen(p->lapack, p->vectors, p->n, p->values))
        return false;
    const double most = fmax(fabs(p->values[0]), fabs(p->values[p->n - 1]));
    memset(step, 0, p->n * sizeof *step);
    for (size_t k = 0; k < p->n && most > 0; k++) {
        const double *v = p->vectors + k * p->n, along = dot(v, p->gradient, p->n);
        const double curvature = fmax(fabs(p->values[k]), least_curvature * most);
        decrease += along * along / curvature / 2;
        for (size_t i = 0; i < p->n; i++)
            step[i] -= along / curvature * v[i];
    }
    p->residual = decrease == 0 ? 0 : decrease / p->cost;
    return true;
}

double schedule_polish_along(const polish *p, const double *direction, double step, double *there)
{
    for (size_t i = 0; i < p->n; i++)
        there[i] = p->w[i] + step * direction[i];
    return schedule_polish_cost(p, there, NULL);
}

/* Goes along the step: a shorter way where the whole of it is too far, a longer one where the cost falls on. No step is
 * so long that the run is thrown into another basin. False: the cost does not fall. */
static bool go(polish *p)
{
    double *there = p->room + 3 * p->n;
    const double *step = p->room, length = sqrt(dot(step, step, p->n)), reach = schedule_lbfgs_reach(p->w, p->n);
    double t = length > reach ? reach / length : 1, best = schedule_polish_along(p, step, t, there);
    while (!(best < p->cost) && t > 1e-10)
        best = schedule_polish_along(p, step, t /= 4, there);
    for (double next; best < p->cost && 2 * t * length <= reach; t *= 2, best = next)
        if (!((next = schedule_polish_along(p, step, 2 * t, there)) < best))
            break;
    if (!(best < p->cost))
        return false;
    for (size_t i = 0; i < p->n; i++)
        p->w[i] += t * step[i];
    p->steps++;
    return true;
}

/* Steps until the residual is small enough, which needs the Hessian in any case. */
static bool newton(polish *p, int most)
{
    for (int i = 0;; i++) {
        if (!look_around(p))
            return false;
        if (p->residual <= POLISH_RESIDUAL || p->cost <= p->low || i == most || !go(p))
            return true;
    }
}

bool schedule_polish_lower(polish *p, double *weights)
{
    const lbfgs_function f = {.n = p->n, .value = scaled_cost, .enough = low_enough, .context = p};
    return schedule_lbfgs_lower(&f, weights, POLISH_LBFGS, &p->steps);
}

bool schedule_polish(polish *p)
{
    p->steps = 0;
    if (schedule_polish_cost(p, p->w, p->gradient) > p->low && !schedule_polish_lower(p, p->w))
        return false;
    return !schedule_polish_stopped(p) && newton(p, p->n <= POLISH_PARAMS ? POLISH_NEWTON : 0);
}
