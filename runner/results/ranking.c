/* Chooses the metric by which the cells of a grid are ranked. */
#include "results/ranking.h"
#include "nn_tables.h"
#include "results/folds.h"
#include <stdlib.h>

static bool has_value(const ranking_source *source, int metric)
{
    double *values = source->column(source->from, nn_metrics.rows[metric].name);
    bool found = false;
    for (size_t i = 0; values != NULL && i < source->n_runs; i++)
        found |= values[i] == values[i];
    free(values);
    return found;
}

static bool differs(const ranking_source *source, const char *name)
{
    double *values = source->column(source->from, name);
    bool found = false;
    for (size_t i = 1; values != NULL && i < source->n_runs; i++)
        found |= values[i] != values[0];
    free(values);
    return found;
}

const int results_ranking_units[RANKING_N_UNITS] = {NN_HYPER_loss, NN_HYPER_reduction, NN_HYPER_data_target_scale};

static const char *units_of_losses(const ranking_source *source)
{
    for (int i = 0; i < RANKING_N_UNITS; i++) {
        const char *name = nn_hyper_rows[results_ranking_units[i]].name;
        if (differs(source, name))
            return name;
    }
    return NULL;
}

ranking results_ranking(const ranking_source *source)
{
    const bool validated = has_value(source, NN_METRIC_best_validation_loss);
    const char *units = units_of_losses(source);
    const int loss = validated ? NN_METRIC_best_validation_loss : NN_METRIC_best_train_loss;
    const int error = validated ? NN_METRIC_best_validation_error : NN_METRIC_best_train_error;
    return (ranking){.metric = units == NULL ? loss : error,
                     .folds = !validated      ? NO_FOLDS
                              : units == NULL ? FOLDS_loss
                                              : FOLDS_error,
                     .units = units};
}
