/* Computes the metrics of metric.def: one number for each run, a pure function of its outcome. */
#include "train/metric.h"
#include "train/overfit.h"
#include "train/stop.h"

static double gap(const nn_snapshot *at)
{
    return at->part[NN_VALIDATION].loss - at->part[NN_TRAIN].loss;
}

static double error_gap(const nn_snapshot *at)
{
    return at->part[NN_VALIDATION].error - at->part[NN_TRAIN].error;
}

static const double *curve_of(const nn_outcome *o, int curve)
{
    return o->curves + (size_t)curve * o->n_points;
}

static double gap_max(const nn_outcome *o)
{
    const double *train = curve_of(o, NN_CURVE_train_loss), *validation = curve_of(o, NN_CURVE_validation_loss);
    double largest = NN_NAN;
    for (size_t i = 0; i < o->n_reached; i++)
        if (nn_better(-(validation[i] - train[i]), -largest))
            largest = validation[i] - train[i];
    return largest;
}

/* The epoch at which the first target rule of the grid is reached. */
static double epochs_to_target(const nn_outcome *o)
{
    for (int r = 0; o->stopping != NULL && r < o->stopping->n_rules; r++)
        if (o->stopping->rules[r].kind == NN_STOP_target)
            return o->stops[r].epoch >= 0 ? o->stops[r].epoch : NN_NAN;
    return NN_NAN;
}

double nn_accuracy(double error, size_t n)
{
    const double rows = (double)n;
    return n > 0 ? (rows - floor(error * rows + 0.5)) / rows : 1 - error;
}

/* NaN if there are no classes, which a precision that is not NaN shows. */
static double accuracy(const nn_outcome *o, int at, int part)
{
    const nn_quality *quality = at == NN_AT_BEST ? &o->best[part] : &o->final[part];
    return isnan(quality->precision) ? NN_NAN : nn_accuracy(o->at[at].part[part].error, o->n_rows[part]);
}

static double first_of(const nn_outcome *o, int curve)
{
    return o->n_reached > 0 ? curve_of(o, curve)[0] : NN_NAN;
}

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NN_NAN;
}

static nn_snapshot no_snapshot(void)
{
    nn_snapshot none = {.epoch = NN_NAN, .weight_norm = NN_NAN, .train_cost = NN_NAN};
    for (int i = 0; i < NN_N_NORM; i++)
        none.gradient[i] = NN_NAN;
    for (int part = 0; part < NN_N_PART; part++)
        none.part[part] = (nn_score){NN_NAN, NN_NAN, NN_NAN};
    return none;
}

nn_endpoint nn_no_endpoint(void)
{
    return (nn_endpoint){.gradient_norm = NN_NAN,
                         .cost_before = NN_NAN,
                         .cost = NN_NAN,
                         .distance = NN_NAN,
                         .steps = NN_NAN,
                         .residual = NN_NAN,
                         .lowest = NN_NAN,
                         .highest = NN_NAN,
                         .n_negative = NN_NAN,
                         .escape = NN_NAN,
                         .kind = NN_NAN};
}

void nn_recall(nn_outcome *o)
{
    for (int i = 0; i < NN_N_AT; i++)
        o->at[i] = no_snapshot();
#define NN_METRIC(...)
#define NN_METRIC_AT(name, place, ...) place = o->metrics[NN_METRIC_##name];
#include "tables/metric.def"
}

void nn_observe(nn_outcome *o, const nn_stopping *stopping)
{
    o->stopping = stopping;
    for (int r = 0; r < stopping->n_rules; r++)
        o->stops[r] = nn_stop_observe(&stopping->rules[r], o->curves, o->epochs, o->n_reached, o->n_points);
    nn_fill_metrics(o);
}

void nn_fill_metrics(nn_outcome *o)
{
    const nn_overfit overfit = nn_overfit_of(o);
#define NN_METRIC(name, expression, ...) o->metrics[NN_METRIC_##name] = expression;
#include "tables/metric.def"
    for (int i = 0; i < NN_N_METRIC; i++) /* the same NaN on all machines */
        if (o->metrics[i] != o->metrics[i])
            o->metrics[i] = NN_NAN;
}
