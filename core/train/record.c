/* Says which epochs and which curves of a run are recorded. */
#include "nn.h"

/* The i-th recorded epoch, without an end; several i may give the same epoch. */
static double nth_epoch(const nn_recording *recording, int64_t i)
{
    if (recording->every > 0)
        return (double)(i * recording->every);
    return i == 0 ? 0 : floor(pow(10.0, (double)(i - 1) / recording->per_decade) + 0.5);
}

size_t nn_recorded_epochs(const nn_recording *recording, int64_t epochs, uint32_t *out)
{
    size_t n = 0;
    double last = -1, end = (double)epochs;
    if (out == NULL && recording->every > 0) /* every workspace counts them, so this has to be fast */
        return (size_t)(epochs / recording->every + (epochs % recording->every != 0)) + 1;
    for (int64_t i = 0; last < end; i++) {
        double epoch = nth_epoch(recording, i);
        if (epoch == last)
            continue;
        last = epoch < end ? epoch : end;
        if (out != NULL)
            out[n] = (uint32_t)last;
        n++;
    }
    return n;
}

/* Is the measure asked for, and have the data it? */
static bool is_measured(const nn_data *data, const nn_recording *recording, int measure)
{
    const nn_measured of = nn_measure_of[measure];
    return recording->measures[measure] && (of == NN_OF_ANY || (of == NN_OF_CLASSES) == (data->classes != NULL));
}

size_t nn_n_curves(const nn_recording *recording, int n_layers)
{
    for (int i = 0; i < NN_N_MEASURE && !recording->gradient; i++)
        if (recording->measures[i])
            return NN_N_CURVE;
    return recording->gradient ? NN_N_CURVE + (size_t)n_layers : NN_N_USUAL_CURVE;
}

bool nn_curve_recorded(const nn_recording *recording, const nn_data *data, const nn_split *split, int curve)
{
    const nn_curve_row *row = &nn_curve_rows[curve];
    if (row->what == NN_ACCURACY_CURVE && data->classes == NULL)
        return false;
    if (row->what == NN_GRADIENT_CURVE && !recording->gradient)
        return false;
    if (row->what == NN_ASKED_CURVE && !is_measured(data, recording, row->measure))
        return false;
    return row->part == NN_NO_PART || (recording->parts[row->part] && split->n[row->part] > 0);
}

size_t nn_lowest(const double *curve, size_t n)
{
    size_t lowest = 0;
    for (size_t i = 1; i < n; i++)
        if (nn_better(curve[i], curve[lowest]))
            lowest = i;
    return lowest;
}
