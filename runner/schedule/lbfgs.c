/* Gives libLBFGS the cost of a run and tells the run of each iteration. */
/* Gives libLBFGS the cost of a run and tells the run of each iteration. */
/* Gives libLBFGS the cost of a run and tells the run of each iteration. */
#include "schedule/lbfgs.h"
#include <lbfgs.h>

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
