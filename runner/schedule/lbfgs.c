/* Gives libLBFGS the cost of a run and tells the run of each iteration; or lowers a function on its own. */
#include "schedule/lbfgs.h"
#include <lbfgs.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct descent {
    nn_descent *run;
    bool moved; /* has an iteration ended since the library was called? */
} descent;

static lbfgsfloatval_t cost(void *context, const lbfgsfloatval_t *weights, lbfgsfloatval_t *gradient, int n,
                            const lbfgsfloatval_t step)
{
    (void)n, (void)step;
    return nn_descent_cost(((descent *)context)->run, weights, gradient);
}

/* Returns 0 to continue. */
static int iteration(void *context, const lbfgsfloatval_t *weights, const lbfgsfloatval_t *gradient,
                     const lbfgsfloatval_t value, const lbfgsfloatval_t weight_norm,
                     const lbfgsfloatval_t gradient_norm, const lbfgsfloatval_t step, int n, int k, int evaluations)
{
    (void)gradient, (void)value, (void)weight_norm, (void)gradient_norm, (void)step, (void)n, (void)k;
    (void)evaluations;
    descent *d = context;
    d->moved = true;
    return !nn_descent_step(d->run, weights);
}

bool schedule_lbfgs(nn_descent *run)
{
    const int n = (int)nn_descent_params(run);
    descent d = {.run = run, .moved = true};
    int code = LBFGSERR_UNKNOWNERROR;
    lbfgs_parameter_t how;
    lbfgs_parameter_init(&how);
    how.epsilon = 1e-10;
    lbfgsfloatval_t *weights = lbfgs_malloc(n);
    if (weights == NULL)
        return false;
    nn_descent_start(run, weights);
    /* A line search fails where the steps that the library remembers mislead it, for example at a kink. It is then
     * called again without them, until even the first step, along the gradient, lowers nothing. */
    while (code < 0 && code != LBFGSERR_OUTOFMEMORY && d.moved) {
        d.moved = false;
        code = lbfgs(n, weights, NULL, cost, iteration, &d, &how);
    }
    nn_descent_end(run, weights);
    lbfgs_free(weights);
    return code != LBFGSERR_OUTOFMEMORY;
}

/* ---- a function of its own ---- */

typedef struct search {
    const lbfgs_function *f;
    int most, steps; /* iterations: at most, and so far */
    double *here;    /* [n] where the iteration began */
    double value;    /* there */
    double *best;    /* [n] the lowest point within reach that the iteration has seen */
    double best_value;
} search;

double schedule_lbfgs_reach(const double *x, size_t n)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += x[i] * x[i];
    return fmax(1, sqrt(squares) / 4);
}

static bool out_of_reach(const search *s, const double *x)
{
    const double reach = schedule_lbfgs_reach(s->here, s->f->n);
    double squares = 0;
    for (size_t i = 0; i < s->f->n; i++)
        squares += (x[i] - s->here[i]) * (x[i] - s->here[i]);
    return squares > reach * reach;
}

/* Out of reach the function seems to be higher, so that the line search comes back. */
static lbfgsfloatval_t search_value(void *context, const lbfgsfloatval_t *x, lbfgsfloatval_t *gradient, int n,
                                    const lbfgsfloatval_t step)
{
    search *s = context;
    (void)n, (void)step;
    if (out_of_reach(s, x)) {
        memset(gradient, 0, s->f->n * sizeof *gradient);
        return s->value + fabs(s->value);
    }
    const double value = s->f->value(s->f->context, x, gradient);
    if (value < s->best_value) {
        memcpy(s->best, x, s->f->n * sizeof *x);
        s->best_value = value;
    }
    return value;
}

/* The next iteration begins at x. */
static bool search_from(search *s, const double *x, double value)
{
    memcpy(s->here, x, s->f->n * sizeof *x);
    s->value = s->best_value = value;
    return ++s->steps >= s->most || s->f->enough(s->f->context, value);
}

static int search_iteration(void *context, const lbfgsfloatval_t *x, const lbfgsfloatval_t *gradient,
                            const lbfgsfloatval_t value, const lbfgsfloatval_t x_norm,
                            const lbfgsfloatval_t gradient_norm, const lbfgsfloatval_t step, int n, int k,
                            int evaluations)
{
    (void)gradient, (void)x_norm, (void)gradient_norm, (void)step, (void)n, (void)k, (void)evaluations;
    return search_from(context, x, value);
}

/* Where the function falls all the way to the end of the reach, the line search closes in on that end, fails, and the
 * library goes back. The search then goes on from the lowest point that it saw. True: it is to go on. */
static bool search_on(search *s, double *at)
{
    if (!(s->best_value < s->value))
        return false;
    memcpy(at, s->best, s->f->n * sizeof *at);
    return !search_from(s, at, s->best_value);
}

bool schedule_lbfgs_lower(const lbfgs_function *f, double *x, int most, int *steps)
{
    const int n = (int)f->n;
    search s = {.f = f, .most = most, .here = malloc(3 * f->n * sizeof *x)};
    int code = LBFGSERR_OUTOFMEMORY, before;
    lbfgs_parameter_t how;
    lbfgs_parameter_init(&how);
    how.epsilon = 0; /* a norm has a unit */
    how.past = 10;
    how.delta = 1e-10;
    lbfgsfloatval_t *at = lbfgs_malloc(n);
    if (at == NULL || s.here == NULL)
        goto done;
    memcpy(at, x, f->n * sizeof *x);
    memcpy(s.here, x, f->n * sizeof *x);
    s.best = s.here + f->n;
    s.value = s.best_value = f->value(f->context, x, s.here + 2 * f->n);
    for (bool more = true; more;) {
        before = s.steps;
        code = lbfgs(n, at, NULL, search_value, search_iteration, &s, &how);
        more = code < 0 && code != LBFGSERR_OUTOFMEMORY && (search_on(&s, at) || s.steps > before) && s.steps < most;
    }
    memcpy(x, at, f->n * sizeof *x);
    *steps += s.steps;
done:
    free(s.here);
    if (at != NULL)
        lbfgs_free(at);
    return code != LBFGSERR_OUTOFMEMORY;
}
