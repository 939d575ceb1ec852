/* Takes means of the columns of stopping rules over the runs of a cell. */
#include "results/stops.h"

const stop_mean results_stop_means[N_STOP_MEANS] = {
    {"fired", "fired", NULL, false, "share of the done runs in which the rule fires"},
    {"epoch", "epoch", NULL, true, "mean epoch at which training ends: that of the rule, or the last one"},
    {"slowness", "slowness", NULL, false, "mean of that epoch / the epoch of the best weights up to there"},
    {"error", "best_test_error", "best_validation_error", false,
     "mean test error of the best weights up to there; without a test part their validation error"},
    {"badness", "badness", NULL, false, "mean of their test loss / lowest test loss of the run - 1"},
};

double results_stop_mean(const summary_runs *runs, const run_groups *g, size_t k, const stop_mean *mean, double *values,
                         const double *otherwise, double *scratch)
{
    for (size_t i = g->start[k]; mean->ends && i < g->start[k + 1]; i++)
        if (values[g->runs[i]] < 0)
            values[g->runs[i]] = runs->trained[g->runs[i]];
    const cell_stats stats = results_of_group(runs, g, k, values, scratch);
    if (stats.n > 0 || otherwise == NULL)
        return stats.mean;
    return results_of_group(runs, g, k, otherwise, scratch).mean;
}
