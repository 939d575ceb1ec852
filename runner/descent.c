#include "descent.h"
#include <lbfgs.h>

static lbfgsfloatval_t cost(void *descent, const lbfgsfloatval_t *weights, lbfgsfloatval_t *gradient, int n,
                            const lbfgsfloatval_t step)
{
    (void)n, (void)step;
    return nn_descent_cost(descent, weights, gradient);
}

/* Not 0: it is over. */
static int iteration(void *descent, const lbfgsfloatval_t *weights, const lbfgsfloatval_t *gradient,
                     const lbfgsfloatval_t value, const lbfgsfloatval_t weight_norm,
                     const lbfgsfloatval_t gradient_norm, const lbfgsfloatval_t step, int n, int k,
                     int evaluations)
{
    (void)gradient, (void)value, (void)weight_norm, (void)gradient_norm, (void)step, (void)n, (void)k;
    (void)evaluations;
    return !nn_descent_step(descent, weights);
}

bool lbfgs_descend(nn_descent *d)
{
    const int n = (int)nn_descent_params(d);
    lbfgs_parameter_t how;
    lbfgs_parameter_init(&how);
    how.epsilon = 1e-10;
    lbfgsfloatval_t *weights = lbfgs_malloc(n);
    if (weights == NULL)
        return false;
    nn_descent_start(d, weights);
    const int code = lbfgs(n, weights, NULL, cost, iteration, d, &how);
    nn_descent_end(d, weights);
    lbfgs_free(weights);
    return code != LBFGSERR_OUTOFMEMORY;
}
