/* Makes batches: gathers scaled rows and targets; draws the masks of dropout; adds penalties; clips. */
#include "kernels/batch.h"
#include "kernels/philox.h"
#include "nn_random.h"

/* Reads one row of inputs of type T. They are scaled in float64 and rounded once, since a column such as 1.6e9 + 10 i
 * would lose its content in float32 before the shift. Each type has a loop of its own, so that it runs in vectors. */
#define READ_ROW(T, name)                                                                                              \
    static void read_##name(const nn_split *split, size_t n, const void *inputs, REAL *restrict x)                     \
    {                                                                                                                  \
        const T *raw = inputs;                                                                                         \
        const double *shift = split->shift, *factor = split->factor, *fill = split->fill;                              \
        if (fill != NULL)                                                                                              \
            for (size_t j = 0; j < n; j++) {                                                                           \
                const double r = (double)raw[j] == (double)raw[j] ? (double)raw[j] : fill[j];                          \
                x[j] = (REAL)(shift != NULL ? (r - shift[j]) * factor[j] : r);                                         \
            }                                                                                                          \
        else if (shift != NULL)                                                                                        \
            for (size_t j = 0; j < n; j++)                                                                             \
                x[j] = (REAL)(((double)raw[j] - shift[j]) * factor[j]);                                                \
        else                                                                                                           \
            for (size_t j = 0; j < n; j++)                                                                             \
                x[j] = (REAL)raw[j];                                                                                   \
    }
READ_ROW(uint8_t, uint8)
READ_ROW(float, float32)
READ_ROW(double, float64)

typedef void read_row(const nn_split *split, size_t n, const void *inputs, REAL *x);

void X(nn_gather)(const nn_job *job, const uint32_t *rows, size_t n, size_t more, REAL *x, size_t stride)
{
    static const struct {
        read_row *convert;
        size_t bytes;
    } types[] = {[NN_UINT8] = {read_uint8, 1},
                 [NN_FLOAT32] = {read_float32, sizeof(float)},
                 [NN_FLOAT64] = {read_float64, sizeof(double)}};
    const nn_data *data = job->data;
    const size_t row_bytes = data->n_inputs * types[data->input_type].bytes;
    for (size_t r = 0; r < n; r++) {
        /* Shuffled rows come from anywhere. They go to the second cache: the first is for weights. */
        if (r + 1 < n + more)
            for (size_t at = 0; at < row_bytes; at += NN_ALIGN)
                __builtin_prefetch((const char *)data->inputs + rows[r + 1] * row_bytes + at, 0, 2);
        types[data->input_type].convert(job->split, data->n_inputs, (const char *)data->inputs + rows[r] * row_bytes,
                                        x + r * stride);
    }
}

/* The class of a row: its own one, or, where the draw of its noise is below `noisy`, another. */
static int32_t class_of(const nn_lane *lane, uint32_t row, uint64_t noisy)
{
    const nn_data *data = lane->job.data;
    const nn_noise noise = noisy > 0 ? nn_noise_of(data, lane->noise_key, row) : (nn_noise){0};
    return noise.draw < noisy ? noise.new_class : data->classes[row];
}

static void gather_classes(const nn_lane *lane, uint64_t noisy, const uint32_t *rows, size_t n, size_t k, REAL *t,
                           int32_t *classes, size_t row_stride, size_t unit_stride)
{
    for (size_t i = 0; i < k; i++)
        for (size_t r = 0; r < n; r++)
            t[r * row_stride + i * unit_stride] = 0;
    for (size_t r = 0; r < n; r++) {
        const int32_t c = class_of(lane, rows[r], noisy);
        classes[r * row_stride] = c;
        if (k == 1) /* one unit stands for two classes by 0 or 1 */
            t[r * row_stride] = (REAL)c;
        else
            t[r * row_stride + (size_t)c * unit_stride] = 1;
    }
}

/* The noise is in the units of the raw targets. Like inputs, targets are scaled in float64 and rounded once. */
static void gather_values(const nn_lane *lane, double noise, uint32_t row, size_t k, REAL *t, size_t unit_stride)
{
    const double *values = lane->job.data->targets + row * k;
    const double *shift = lane->job.split->target_shift, *scale = lane->job.split->target_scale;
    uint32_t words[4];
    for (size_t i = 0; i < k; i++) {
        if (noise > 0 && i % 4 == 0)
            nn_philox(lane->noise_key, 0, row, 0, (uint32_t)(i / 4), words);
        const double raw = noise > 0 ? values[i] + noise * nn_normal(words[i % 4]) : values[i];
        t[i * unit_stride] = (REAL)(scale != NULL ? (raw - shift[i]) / scale[i] : raw);
    }
}

void X(nn_gather_targets)(const nn_lane *lane, nn_part part, const uint32_t *rows, size_t n, size_t k, REAL *t,
                          int32_t *classes, size_t row_stride, size_t unit_stride)
{
    const double noise = part == NN_TRAIN ? lane->job.hyper->label_noise : 0;
    if (lane->job.data->classes != NULL)
        gather_classes(lane, part == NN_TRAIN ? lane->noise_below : 0, rows, n, k, t, classes, row_stride, unit_stride);
    else
        for (size_t r = 0; r < n; r++) {
            classes[r * row_stride] = -1;
            gather_values(lane, noise, rows[r], k, t + r * row_stride, unit_stride);
        }
}

/* A place among the draws of a batch, of which each is for NN_DRAW_UNITS units of a row. */
typedef struct draw_at {
    uint32_t row, of_row;
} draw_at;

static draw_at next_draw(draw_at at, uint32_t draws)
{
    const bool last = at.of_row + 1 == draws;
    return (draw_at){at.row + last, last ? 0 : at.of_row + 1};
}

/* Turns the words of a block of draws into masks [draw][unit]. */
static void masks_of(uint32_t words[4][NN_BLOCK], nn_drop drop, REAL *restrict masks)
{
    for (size_t i = 0; i < NN_BLOCK; i++)
        for (size_t w = 0; w < 4; w++) {
            masks[NN_DRAW_UNITS * i + 2 * w] = (words[w][i] & NN_DRAW_MASK) < drop.below ? (REAL)0 : drop.keep;
            masks[NN_DRAW_UNITS * i + 2 * w + 1] = words[w][i] >> NN_DRAW_BITS < drop.below ? (REAL)0 : drop.keep;
        }
}

void X(nn_masks)(uint64_t key, uint32_t epoch, uint32_t position, int layer, double rate, size_t n_rows, size_t width,
                 REAL *mask, size_t row_stride)
{
    const uint32_t draws = (uint32_t)((width + NN_DRAW_UNITS - 1) / NN_DRAW_UNITS);
    const nn_drop drop = nn_drop_of(rate);
    draw_at drawn = {0}, at = {0};
    nn_draws d;
    for (size_t i = 0; i < NN_BLOCK; i++)
        nn_set_draw(&d, i, key, epoch, layer);
    while (at.row < n_rows) {
        uint32_t words[4][NN_BLOCK];
        REAL masks[NN_DRAW_UNITS * NN_BLOCK];
        for (size_t i = 0; i < NN_BLOCK; i++, drawn = next_draw(drawn, draws)) {
            d.c[1][i] = position + drawn.row;
            d.c[3][i] = drawn.of_row;
        }
        nn_philox_block(&d, words);
        masks_of(words, drop, masks);
        for (size_t i = 0; i < NN_BLOCK && at.row < n_rows; i++, at = next_draw(at, draws)) {
            const size_t unit = NN_DRAW_UNITS * (size_t)at.of_row, n = width - unit;
            REAL *to = mask + at.row * row_stride + unit;
            if (n >= NN_DRAW_UNITS)
                memcpy(to, masks + NN_DRAW_UNITS * i, NN_DRAW_UNITS * sizeof *to);
            else
                memcpy(to, masks + NN_DRAW_UNITS * i, n * sizeof *to);
        }
    }
}

void X(nn_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1)
{
    const double rows = job->hyper->reduction == NN_REDUCTION_sum ? (double)n : 1;
    const double n_train = (double)job->split->n[NN_TRAIN];
    *l2 = (REAL)(rows * job->hyper->lambda / n_train);
    *l1 = (REAL)(rows * job->hyper->l1 / n_train);
}

void X(nn_step_penalty_of)(const nn_job *job, size_t n, REAL *l2, REAL *l1)
{
    X(nn_penalty_of)(job, n, l2, l1);
    if ((nn_optimizer_rows[job->hyper->optimizer].traits & NN_DECOUPLED) != 0)
        *l2 = 0;
}

void X(nn_scale)(size_t n, REAL factor, REAL *restrict w)
{
    if (factor != 1)
        for (size_t i = 0; i < n; i++)
            w[i] *= factor;
}

/* The 1e-6 is that of torch.nn.utils.clip_grad_norm_. */
REAL X(nn_clip_factor)(const nn_hyper *h, double squares)
{
    const double factor = h->clip_norm / (sqrt(squares) + 1e-6);
    return factor < 1 ? (REAL)factor : (REAL)1;
}

void X(nn_penalise)(size_t n, REAL l2, REAL l1, const REAL *restrict w, REAL *restrict g)
{
    if (l2 != 0 || l1 != 0)
        for (size_t i = 0; i < n; i++)
            g[i] = nn_penalised(g[i], w[i], l2, l1);
}
