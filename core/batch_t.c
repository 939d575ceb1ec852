/* What a batch is made of: rows of the data, scaled, with their targets; and the masks of dropout. */
#include "layer_t.h"

static double raw_input(const nn_data *data, size_t at)
{
    switch (data->input_type) {
    case NN_UINT8:
        return ((const uint8_t *)data->inputs)[at];
    case NN_FLOAT32:
        return (double)((const float *)data->inputs)[at];
    default:
        return ((const double *)data->inputs)[at];
    }
}

/* Scaled in float64 and rounded once: a column such as 1.6e9 + 10 i would lose its content in float32 before the shift. */
static void gather_inputs(const nn_data *data, const nn_split *split, uint32_t row, REAL *x)
{
    for (size_t j = 0; j < data->n_inputs; j++) {
        double raw = raw_input(data, row * data->n_inputs + j);
        if (split->fill != NULL && raw != raw)
            raw = split->fill[j];
        x[j] = (REAL)(split->shift != NULL ? (raw - split->shift[j]) * split->factor[j] : raw);
    }
}

void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t k, REAL *x, REAL *t,
                  int32_t *classes)
{
    const nn_data *data = job->data;
    for (size_t r = 0; r < n; r++, t += k) {
        gather_inputs(data, job->split, rows[r], x + r * data->n_inputs);
        classes[r] = data->classes != NULL ? data->classes[rows[r]] : -1;
        for (size_t i = 0; i < k; i++) {
            if (data->classes == NULL)
                t[i] = (REAL)data->targets[rows[r] * k + i];
            else if (k == 1)
                t[i] = (REAL)classes[r]; /* two classes on one unit: 0 or 1 */
            else
                t[i] = (REAL)(classes[r] == (int32_t)i);
        }
    }
}

void X(nn_drop)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n,
                size_t width, REAL *a, REAL *slope)
{
    const uint32_t threshold = (uint32_t)(rate * 0x1p32); /* a unit is dropped where its word is below */
    const REAL keep = (REAL)(1 / (1 - rate));
    uint32_t words[4];
    for (size_t r = 0; r < n; r++) {
        for (size_t u = 0; u < width; u++) {
            if (u % 4 == 0)
                nn_philox(key, epoch, position + (uint32_t)r, (uint32_t)layer, (uint32_t)(u / 4), words);
            const REAL mask = words[u % 4] < threshold ? (REAL)0 : keep;
            a[r * width + u] *= mask;
            if (slope != NULL)
                slope[r * width + u] *= mask;
        }
    }
}
