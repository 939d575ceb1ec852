/* Computes the metrics of metric.def: one number for each run, a pure function of its outcome. */
#include "train/metric.h"
#include "train/stop.h"

static double gap(const nn_snapshot *at)
{
    return at->part[NN_VALIDATION].loss - at->part[NN_TRAIN].loss;
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

/* The last point at which the validation loss is lowest, or n_reached if no point comes after it. */
static size_t overfit_point(const nn_outcome *o)
{
    const double *validation = curve_of(o, NN_CURVE_validation_loss);
    size_t lowest = o->n_reached > 0 ? nn_lowest(validation, o->n_reached) : 0;
    for (size_t i = lowest + 1; i < o->n_reached; i++)
        if (validation[i] == validation[lowest])
            lowest = i;
    return lowest + 1 < o->n_reached && validation[lowest] == validation[lowest] ? lowest : o->n_reached;
}

static double overfit_epoch(const nn_outcome *o)
{
    const size_t point = overfit_point(o);
    return point < o->n_reached ? (double)o->epochs[point] : NN_NAN;
}

static double overfit_area(const nn_outcome *o)
{
    const double *validation = curve_of(o, NN_CURVE_validation_loss);
    const double lowest = o->n_reached > 0 ? validation[nn_lowest(validation, o->n_reached)] : NN_NAN;
    double area = 0;
    for (size_t i = overfit_point(o); i < o->n_reached; i++)
        area += validation[i] - lowest;
    return lowest == lowest ? area : NN_NAN;
}

/* 1 if the loss falls to a first minimum, rises by a tenth or more, and falls again to within a hundredth of it. */
static double double_descent(const nn_outcome *o)
{
    const double *loss = curve_of(o, NN_CURVE_validation_loss);
    double lowest = NN_NAN, peak = NN_NAN;
    bool descended = false;
    for (size_t i = 0; i < o->n_reached; i++) {
        if (peak == peak && loss[i] <= 1.01 * lowest)
            return 1;
        if (descended && loss[i] >= 1.1 * lowest && loss[i] > lowest)
            peak = loss[i];
        if (nn_better(loss[i], lowest)) {
            descended |= lowest == lowest;
            lowest = loss[i];
        }
    }
    return lowest == lowest ? 0 : NN_NAN;
}

/* The epoch at which the first target rule of the grid is reached. */
static double epochs_to_target(const nn_outcome *o)
{
    for (int r = 0; o->stopping != NULL && r < o->stopping->n_rules; r++)
        if (o->stopping->rules[r].kind == NN_STOP_target)
            return o->stops[r].epoch >= 0 ? o->stops[r].epoch : NN_NAN;
    return NN_NAN;
}

/* 1 - error if there are classes, which a precision that is not NaN shows. */
static double accuracy(const nn_score *score, const nn_quality *quality)
{
    return quality->precision == quality->precision ? 1 - score->error : NN_NAN;
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

void nn_recall(nn_outcome *o)
{
    for (int i = 0; i < NN_N_AT; i++)
        o->at[i] = no_snapshot();
#define NN_METRIC(...)
#define NN_METRIC_AT(name, place, better, help) place = o->metrics[NN_METRIC_##name];
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
#define NN_METRIC(name, expression, better, help) o->metrics[NN_METRIC_##name] = expression;
#include "tables/metric.def"
    for (int i = 0; i < NN_N_METRIC; i++) /* the same NaN on all machines */
        if (o->metrics[i] != o->metrics[i])
            o->metrics[i] = NN_NAN;
}
