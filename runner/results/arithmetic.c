/* Says what is to be known of runs of an older arithmetic. */
#include "results/arithmetic.h"
#include "nn_tables.h"
#include "results/results.h"
#include "results/sources.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *results_arithmetic_change(int oldest, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "arithmetic %d; this program has %d", oldest, nn_arithmetic());
    for (int i = 0, n = 0; i < nn_n_arithmetics; i++)
        if (nn_arithmetic_rows[i].number > oldest && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", n++ == 0 ? " (" : "; ",
                                     nn_arithmetic_rows[i].change);
    if (used + 1 < size && nn_arithmetic() > oldest)
        snprintf(text + used, size - used, ")");
    return text;
}

nn_status results_arithmetic_refuse(const char *path, const results_survey *survey, nn_error *err)
{
    char change[200];
    char *aside = results_arithmetic_aside(path, survey);
    const char *base = aside == NULL ? "a copy" : strrchr(aside, '/') != NULL ? strrchr(aside, '/') + 1 : aside;
    const nn_status status = nn_fail(
        err, NN_usage,
        "%.80s: %zu of its runs are of %s, which gives other last digits; nothing was written: say "
        "--accept-arithmetic, which keeps these runs as they are and trains the others with %d, or --retrain, which "
        "trains all with %d and keeps this file as %.60s",
        path, survey->n_unaccepted, results_arithmetic_change(survey->oldest_unaccepted, change, sizeof change),
        nn_arithmetic(), nn_arithmetic(), base);
    free(aside);
    return status;
}

char *results_arithmetic_aside(const char *path, const results_survey *survey)
{
    char mark[32];
    snprintf(mark, sizeof mark, "arithmetic%d", survey->oldest_arithmetic);
    return results_sources_aside(path, mark);
}
